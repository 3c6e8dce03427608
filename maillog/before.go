package maillog

import (
	"net/netip"
	"strings"
	"time"
)

// maxPrefix bounds a word before the time, in bytes: a file's path is one.
const maxPrefix = 255

// Bounds of the words before a time: how many are looked at, and what they may cost together. grep
// and stern put two of theirs each, and more are words of a line without a time, which may be anybody's:
//
//	203.0.113.5 - bob [04/Nov/2026:10:00:00 +0900] "GET /a HTTP/1.1" 200 5      a web server's
//	login failed for Nov  4 10:00:00 mx dovecot: ...                            a name, as it was tried
const (
	maxWords    = 16
	maxBefore   = 2*costColon + 2*costWord
	costColon   = 1
	costWord    = 3
	costClosing = 6 // "mail-1  |", "[pod/mail-0/postfix]": behind it the time must follow
	costForeign = maxBefore + 1
)

// behindWord returns what follows a word that stands before a line: "mail-1  | Nov  4 ...",
// "[pod/mail-0/postfix] Nov  4 ...", "/var/log/mail.log:12:Nov  4 ...", and what it costs. A line that
// begins with a blank has none: so journalctl continues a message, which may be anybody's. Nor has a
// field of a mail, "Date: Mon, 02 Nov 2026 09:00:00 +0900".
func behindWord(line string) (inner string, cost int, ok bool) {
	end := strings.IndexAny(line[:min(len(line), maxPrefix)], " :")
	if end <= 0 || !strings.ContainsAny(line[end:min(len(line), maxHead)], "0123456789") {
		return "", 0, false
	}
	if strings.HasPrefix(line[end:], ": ") {
		return "", 0, false
	}
	word, after := line[:end], strings.TrimLeft(line[end+1:], " ")
	inner = strings.TrimLeft(after, " |")
	switch {
	case line[end] == ':':
		cost = costColon
	case len(inner) < len(after), word[0] == '[' && word[end-1] == ']':
		cost = costClosing
	case isPlace(word) && strings.Trim(word, "0123456789.:-") != "":
		cost = costWord
	default: // an address, "-", something in quotes
		cost = costForeign
	}
	return inner, cost, inner != ""
}

// isPlace says whether a word may be the name or address of a machine or of a container. The tag of
// another program is none, "[sshd]" or "sshd[5]": what follows it may be anybody's.
func isPlace(word string) bool {
	if strings.HasSuffix(word, "]") {
		_, err := netip.ParseAddr(strings.Trim(word, "[]"))
		return err == nil
	}
	return !strings.ContainsAny(word, "\"'`=,;(){}<>?")
}

// innerHead reads a line that stands in another behind its time, and no more than two words: the
// stream and whether the line is whole (CRI), a group and a stream. A program's tag is none of them:
// its words may be anybody's.
func innerHead(rest string, ref time.Time, zone *time.Location, depth int) (h head, ok bool) {
	for range 3 {
		s := stamp{ref: ref, zone: zone}
		if _, ok := s.read(rest); ok {
			return timedHead(rest, ref, zone, depth)
		}
		word, after, found := strings.Cut(rest, " ")
		if !found || word == "" || strings.ContainsAny(word, ":[") || !isPlace(word) {
			return h, false
		}
		rest = after
	}
	return h, false
}
