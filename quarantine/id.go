package quarantine

import "regexp"

// Queue ids as Postfix makes them (src/global/mail_queue.h): a long one is the time in
// base 52 without vowels, a "z" and the inode in base 51; a short one is hexadecimal.
var (
	longID  = regexp.MustCompile(`^[0-9B-DF-HJ-NP-TV-Zb-df-hj-np-tv-z]{10,20}$`)
	shortID = regexp.MustCompile(`^[0-9A-F]{5,20}$`)
)

// ValidID says whether id may be handed to Postfix's commands. "ALL", which postsuper
// takes for every mail, is none.
func ValidID(id string) bool { return longID.MatchString(id) || shortID.MatchString(id) }

// reusable says whether Postfix may give the same id to another mail. A long id contains
// its microsecond, so only short ones come again, within seconds on a busy host.
func reusable(id string) bool { return shortID.MatchString(id) }
