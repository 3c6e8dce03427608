// Package abuse is tests only: what docs/security.md promises, tried as an enemy would. Each kind
// of enemy has a file: a thief with one account, an outsider, a local user, a captured serve, the
// receiver of a webhook.
package abuse
