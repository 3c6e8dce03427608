// Package postfix knows Postfix's own language: queue ids and queues, the values of main.cf
// and master.cf as postconf prints them, lists of milters, and what its daemons log. It
// changes nothing: only package quarantine runs postsuper and postqueue.
package postfix

import "strings"

// The queues, as postqueue -j names them.
const (
	Maildrop = "maildrop" // from the sendmail command, not taken in yet
	Incoming = "incoming" // being taken in, or just taken in
	Active   = "active"   // being delivered
	Deferred = "deferred" // tried, to be tried again
	Hold     = "hold"     // until somebody lets it go
)

// Bounds of queue ids in bytes (Postfix's src/global/mail_queue.h): a short one is 5
// hexadecimal digits of microseconds and the inode number, a long one at least 6 digits of
// seconds, 4 of microseconds, a "z" and the inode number.
const (
	minShortID = 5
	minLongID  = 12
	longTime   = 10
	maxID      = 20
)

// ValidID says whether id is a queue id, which may be handed to Postfix's commands. "ALL",
// which postsuper takes for every mail, is none, and neither is the "NOQUEUE" of logs.
func ValidID(id string) bool { return LongID(id) || shortID(id) }

// LongID says whether id is one that Postfix never uses again, because the time is in it
// (enable_long_queue_ids). Short ones come again within seconds on a busy host.
func LongID(id string) bool {
	return len(id) >= minLongID && len(id) <= maxID && strings.LastIndexByte(id, 'z') >= longTime &&
		consists(id, isDigit52)
}

func shortID(id string) bool {
	return len(id) >= minShortID && len(id) <= maxID && consists(id, func(c byte) bool {
		return c >= '0' && c <= '9' || c >= 'A' && c <= 'F'
	})
}

// isDigit52 says whether c is a digit of long ids: no vowels, so that no words come out.
func isDigit52(c byte) bool {
	return c >= '0' && c <= '9' ||
		(c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') && strings.IndexByte("AEIOUaeiou", c) < 0
}

func consists(s string, of func(byte) bool) bool {
	for i := range len(s) {
		if !of(s[i]) {
			return false
		}
	}
	return true
}
