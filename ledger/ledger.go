// Package ledger is the life of holds, incidents, cases, rules and lessons in plain Go: what
// they are, which states they have, and what follows from what. It knows no SQL, no clock and
// no I/O: who keeps them (store) and who shows them asks it.
package ledger
