package postfix

import "strings"

// troubles are words of reasons for which no password was judged: the server could not, the
// client gave up or spoke badly, or there is no such user. They are of Postfix's and
// Dovecot's client of the authentication server (xsasl_dovecot_server.c), of Cyrus SASL
// (saslerr.c) and of PAM (pam_strerror(3)).
var troubles = []string{
	"abort", "base64", "cancel", "cannot", "connection", "critical error", "encryption needed",
	"generic", "i/o error", "input/output", "internal", "invalid parameter", "malformed",
	"mechanism", "no memory", "not available", "not support", "out of memory", "protocol",
	"step is needed", "symbol", "system error", "temporar", "timed out", "timeout", "transition",
	"try again", "unable", "unavailable", "unknown user", "user not found", "user not known",
}

// serverTrouble says whether a failed authentication says nothing about an account.
// "(reason unavailable)" and prompts such as "UGFzc3dvcmQ6" are of wrong passwords.
func serverTrouble(reason string) bool {
	reason = strings.ToLower(reason)
	if reason == "(reason unavailable)" {
		return false
	}
	for _, word := range troubles {
		if strings.Contains(reason, word) {
			return true
		}
	}
	return false
}
