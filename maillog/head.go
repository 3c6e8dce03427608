package maillog

import (
	"strings"
	"time"
)

// head is what a line begins with, and message what the program said.
type head struct {
	at      time.Time
	fine    bool // at has parts of a second
	tag     string
	process string // id, "" when not known
	message string
	repeat  int // the message stands for so many more, 0 for itself
	again   int // the line before stands for so many more; there is no message
}

// parseHead reads a line up to the program's words. It knows these forms, which differ in
// what stands between time and tag:
//
//	Nov  4 10:00:00 mx postfix/smtpd[1]: x              RFC 3164; Postfix's and systemd's own
//	<22>1 2026-11-04T10:00:00.1Z mx postfix/smtpd 1 - - x   RFC 5424
//	Nov  4 10:00:00 mx mail.info postfix/smtpd[1]: x    BusyBox; without mx too, as OpenWrt
//	Nov  4 10:00:00 <2.6> mx postfix/smtpd[1]: x        FreeBSD's syslogd -v, <mail.info> with -vv
//	Nov  4 10:00:00 mx postfix/smtpd[1]: [ID 1 mail.info] x   Solaris
//	Nov  4 10:00:00 postfix/smtpd[1]: x                 without a host
//	Nov 04 10:00:00 auth: Info: x                       Dovecot's own file
//	2026-11-04T10:00:00.1Z stdout F Nov  4 10:00:00 ... CRI, around any other; docker logs -t without "stdout F"
//	mail-1  | Nov  4 10:00:00 mx postfix/smtpd[1]: x    docker compose, around any other
//	Nov  4 10:00:00 mx 1a2b3c4d5e6f[9]: Nov 04 ...      Docker's syslog driver, around any other
//
// with each of the times that stamp knows. ok is false for what is not a line of a log.
func parseHead(line string, ref time.Time, zone *time.Location) (h head, ok bool) {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "\ufeff"), "\r")
	line = strings.TrimLeft(line, "\x00") // what a file system leaves of a crash
	if pri, rest, found := strings.Cut(line, ">"); found && isPriority(pri) {
		line = strings.TrimPrefix(rest, " ")
	}
	modern := false
	if rest, found := strings.CutPrefix(line, "1 "); found && !strings.HasPrefix(rest, " ") {
		line, modern = rest, true // RFC 5424's version
	}
	s := stamp{ref: ref, zone: zone}
	rest, ok := s.read(line)
	if !ok {
		if name, inner, found := strings.Cut(line, " | "); found && isService(name) {
			return parseHead(inner, ref, zone)
		}
		return h, false
	}
	h.at, h.fine = s.at, s.fine
	if s.offset != nil { // "docker logs -t" puts its time before the line's own
		if in, ok := parseHead(rest, s.at, zone); ok {
			return in, true
		}
	}
	if stream, inner, found := strings.Cut(rest, " "); found && (stream == "stdout" || stream == "stderr") {
		_, inner, _ = strings.Cut(inner, " ") // F or P, whether the line is whole
		if in, ok := parseHead(inner, s.at, zone); ok {
			return in, true
		}
		rest = inner
	}
	if modern {
		h.structured(rest)
	} else {
		h.plain(rest)
	}
	h.unwrap(ref, zone)
	return h, true
}

// isService says whether s is what docker compose puts in front of a line: "mail-1  | Nov  4 ...".
func isService(s string) bool {
	s = strings.TrimRight(s, " ")
	return s != "" && len(s) <= 64 && strings.IndexByte(s, ' ') < 0
}

// isPriority says whether s is the beginning of "<22>".
func isPriority(s string) bool {
	return len(s) >= 2 && len(s) <= 4 && s[0] == '<' && digits(s[1:])
}

// structured reads "host tag process msgid [data] message" (RFC 5424 6.2).
func (h *head) structured(rest string) {
	f := strings.SplitN(rest, " ", 5)
	if len(f) < 5 {
		return
	}
	h.tag, h.process = f[1], strings.TrimPrefix(f[2], "-")
	data := f[4]
	for strings.HasPrefix(data, "[") {
		end := elementEnd(data)
		if end < 0 {
			return
		}
		data = data[end:]
	}
	data = strings.TrimPrefix(strings.TrimPrefix(data, "-"), " ")
	h.message = strings.TrimPrefix(data, "\ufeff")
}

// elementEnd returns where `[id name="value with \] in it"]` ends, -1 for nowhere.
func elementEnd(s string) int {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch {
		case quoted && s[i] == '\\':
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == ']' && !quoted:
			return i + 1
		}
	}
	return -1
}

// plain reads "host tag[process]: message" with what may stand between, or nothing of a
// program's: "mx -- MARK --".
func (h *head) plain(rest string) {
	for host := ""; ; {
		if h.again = repeated(rest); h.again > 0 {
			return
		}
		word, after, ok := strings.Cut(strings.TrimLeft(rest, " "), " ")
		switch {
		case !ok:
			return
		case strings.HasSuffix(word, ":"):
			h.tagged(strings.TrimSuffix(word, ":"), after, host == "")
			return
		case strings.HasPrefix(word, "<") && strings.HasSuffix(word, ">"), isFacility(word):
		case host != "":
			return
		default:
			host = word
		}
		rest = after
	}
}

// isFacility says whether a word is "mail.info".
func isFacility(word string) bool {
	facility, level, ok := strings.Cut(word, ".")
	if !ok {
		return false
	}
	switch level {
	case "debug", "info", "notice", "warn", "warning", "err", "error", "crit", "alert", "emerg", "panic":
	default:
		return false
	}
	switch facility {
	case "mail", "auth", "authpriv", "daemon", "syslog", "user", "kern", "cron", "lpr", "news", "uucp", "ftp":
		return true
	}
	return strings.HasPrefix(facility, "local")
}

// tagged takes "postfix/smtpd[123]" apart. What has Dovecot's levels and no host before it is
// of a file that Dovecot writes itself.
func (h *head) tagged(tag, message string, hostless bool) {
	message = strings.TrimLeft(message, " ")
	if hostless && ownFile(tag, message) {
		h.tag, h.message = "dovecot", tag+": "+message
		return
	}
	if i := strings.LastIndexByte(tag, '['); i > 0 && strings.HasSuffix(tag, "]") {
		h.process, tag = tag[i+1:len(tag)-1], tag[:i]
	}
	if id, rest, ok := strings.Cut(message, "] "); ok && strings.HasPrefix(id, "[ID ") {
		message = rest
	}
	h.tag, h.message = tag, message
}

// unwrap takes off what a message may be wrapped in: rsyslog's count of equal ones,
//
//	message repeated 4 times: [ warning: ...]
//
// and the time of Dovecot's that a container's log has beside its own.
func (h *head) unwrap(ref time.Time, zone *time.Location) {
	if isContainer(h.tag) {
		if in, ok := parseHead(h.message, h.at, zone); ok {
			at, fine := h.at, h.fine
			*h = in
			h.at, h.fine = at, fine
			return
		}
	}
	if rest, ok := strings.CutPrefix(h.message, "message repeated "); ok {
		count, rest, ok := strings.Cut(rest, " times: [")
		if n := number(count); ok && n > 0 {
			h.repeat = n
			h.message = strings.TrimPrefix(strings.TrimSuffix(rest, "]"), " ")
		}
	}
	if h.tag == "dovecot" {
		s := stamp{ref: ref, zone: zone}
		if rest, ok := s.read(h.message); ok {
			h.message = rest
		}
	}
}

// isContainer says whether a tag is of Docker's syslog driver: the beginning of a container's id,
// or "docker/NAME".
func isContainer(tag string) bool {
	return strings.HasPrefix(tag, "docker/") || len(tag) == 12 && strings.Trim(tag, "0123456789abcdef") == ""
}

// repeated reads "last message repeated 4 times", which BSD's and Solaris' syslogd write
// without a tag; 0 for anything else.
func repeated(rest string) int {
	count, ok := strings.CutPrefix(rest, "last message repeated ")
	count, _, end := strings.Cut(count, " time")
	if !ok || !end {
		return 0
	}
	return number(count)
}

// maxRepeat bounds how many events one line may stand for.
const maxRepeat = 10_000

// number reads a count, at most maxRepeat; 0 for none.
func number(s string) int {
	if s == "" || !digits(s) {
		return 0
	}
	n := 0
	for i := range len(s) {
		n = min(n*10+int(s[i]-'0'), maxRepeat)
	}
	return n
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
