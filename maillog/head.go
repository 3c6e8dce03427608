package maillog

import (
	"strings"
	"time"

	"hisseki/postfix"
)

// head is what a line begins with, and message what the program said.
type head struct {
	at      time.Time
	fine    bool // at has parts of a second
	tag     string
	process string // id, "" when not known
	message string
	repeat  int    // the message stands for so many more, 0 for itself
	again   int    // the line before stands for so many more; there is no message
	odd     string // what follows the time, where no tag was found in it
}

// parseHead reads a line up to the program's words. It knows these forms, which differ in
// what stands between time and tag; a tab is a blank:
//
//	Nov  4 10:00:00 mx postfix/smtpd[1]: x              RFC 3164; Postfix's and systemd's own
//	<22>1 2026-11-04T10:00:00.1Z mx postfix/smtpd 1 - - x   RFC 5424, after its length too (RFC 6587)
//	2026-11-04T10:00:00.1Z mx postfix/smtpd 1 - x       parts of it, by a template
//	Nov  4 10:00:00 mx mail.info postfix/smtpd[1]: x    BusyBox; without mx too, as OpenWrt
//	Nov  4 10:00:00 mx 192.0.2.5 INFO postfix/smtpd[1]: x   templates of rsyslog and syslog-ng
//	Nov  4 10:00:00 <2.6> mx postfix/smtpd[1]: x        FreeBSD's syslogd -v, <mail.info> with -vv
//	Nov  4 10:00:00 mx mail:info postfix/smtpd[1]: x    AIX
//	Nov  4 10:00:00 mx postfix/smtpd[1]: [ID 1 mail.info] x   Solaris
//	Nov  4 10:00:00 [postfix/smtpd] x                   metalog
//	Nov  4 10:00:00 postfix/smtpd[1]: x                 without a host
//	Nov 04 10:00:00 auth: Info: x                       Dovecot's own file
//	2026-11-04T10:00:00.1Z stdout F Nov  4 10:00:00 ... CRI, around any other; docker logs -t without "stdout F"
//	mail-1  | Nov  4 10:00:00 mx postfix/smtpd[1]: x    docker compose, kubectl, stern: words before any other
//	mail.log:12:Nov  4 10:00:00 mx postfix/smtpd[1]: x  grep
//	Nov  4 10:00:00 mx 1a2b3c4d5e6f[9]: Nov 04 ...      Docker's syslog driver, around any other
//
// with each of the times that stamp knows. ok is false for what is not a line of a log.
func parseHead(line string, ref time.Time, zone *time.Location) (h head, ok bool) {
	for words, spent := 0, 0; words < maxWords; words++ {
		line = bare(line)
		if spent <= maxBefore {
			h, ok = timedHead(line, ref, zone, maxWrapped)
		} else { // there is a time, but no program that can be believed behind it
			s := stamp{ref: ref, zone: zone}
			h.odd, ok = s.read(line)
			h.at, h.fine = s.at, s.fine
		}
		if ok {
			return h, true
		}
		inner, cost, found := behindWord(line)
		if !found {
			break
		}
		spent += cost
		if cost == costClosing {
			spent = max(spent, maxBefore)
		}
		line = inner
	}
	return head{}, false
}

// maxWrapped is how many lines in each other are read: CRI's around Docker's around Dovecot's.
const maxWrapped = 3

// timedHead reads a line that begins with its time, or its priority. depth is how many more lines may
// stand in it.
func timedHead(line string, ref time.Time, zone *time.Location, depth int) (h head, ok bool) {
	line, modern := priority(bare(line))
	s := stamp{ref: ref, zone: zone}
	rest, ok := s.read(line)
	if !ok {
		return h, false
	}
	h.at, h.fine = s.at, s.fine
	if s.offset != nil && depth > 0 { // "docker logs -t" puts its time before the line's own
		if in, ok := innerHead(rest, s.at, zone, depth-1); ok {
			return in, true
		}
	}
	if modern {
		h.structured(rest)
	} else {
		h.plain(rest)
	}
	if h.tag == "" {
		h.odd = rest
	}
	h.unwrap(ref, zone, depth)
	return h, true
}

// bare takes off what programs and file systems leave around a line.
func bare(line string) string {
	line = strings.TrimSuffix(strings.TrimPrefix(line, "\ufeff"), "\r")
	return blanks(strings.TrimLeft(line, "\x00\t")) // NUL: of a crash
}

// maxHead bounds what may stand before a program's words, in bytes.
const maxHead = 300

// blanks makes tabs in a line's head blanks.
func blanks(line string) string {
	n := min(len(line), maxHead)
	if strings.IndexByte(line[:n], '\t') < 0 {
		return line
	}
	return strings.ReplaceAll(line[:n], "\t", " ") + line[n:]
}

// priority takes off "<22>", "<mail.info>", RFC 5424's "<22>1 " and RFC 6587's length before it.
func priority(line string) (rest string, modern bool) {
	if length, after, ok := strings.Cut(line, " <"); ok && len(length) <= 5 && digits(length) {
		line = "<" + after
	}
	if pri, after, found := strings.Cut(line, ">"); found && isPriority(pri) {
		line = strings.TrimPrefix(after, " ")
	}
	if rest, found := strings.CutPrefix(line, "1 "); found && !strings.HasPrefix(rest, " ") {
		return rest, true // RFC 5424's version
	}
	return line, false
}

// isPriority says whether s is the beginning of "<22>" or "<mail.info>".
func isPriority(s string) bool {
	return len(s) >= 2 && s[0] == '<' && (len(s) <= 4 && digits(s[1:]) || isFacility(s[1:]))
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

// maxHosts is how many words that say nothing may stand before a tag of Postfix's or Dovecot's,
// beside those of facility and level: names and addresses of a machine and of who sent its log on.
const maxHosts = 3

// plain reads "host tag[process]: message" with what may stand between, or nothing of a
// program's: "mx -- MARK --".
func (h *head) plain(rest string) {
	hosts := 0
	for range maxWords {
		if h.again = repeated(rest); h.again > 0 {
			return
		}
		word, after, ok := strings.Cut(strings.TrimLeft(rest, " "), " ")
		name, tagged := strings.CutSuffix(word, ":")
		switch {
		case !ok:
			return
		case tagged && name != "" && (hosts < 2 || isOurs(name)):
			h.tagged(name, after, hosts == 0)
			return
		case isOurs(word) && h.untagged(word, after):
			return
		case isLevel(word):
		case tagged && name != "", hosts == maxHosts, !isPlace(word):
			return
		default:
			hosts++
		}
		rest = after
	}
}

// isOurs says whether a word is a tag with which Postfix or Dovecot logs and nothing else is
// likely to: "postfix/smtpd[1]", "dovecot", "[postfix/smtpd]". What a site calls its Postfix
// (syslog_name) is known by the process behind it.
func isOurs(word string) bool {
	inner, bracketed := strings.CutPrefix(strings.TrimSuffix(word, "]"), "[")
	name, process, numbered := strings.Cut(inner, "[")
	if bracketed && numbered || numbered && !digits(process) {
		return false
	}
	_, _, postfixes := postfix.Tag(name)
	return name == "dovecot" || postfixes && (numbered || strings.HasPrefix(name, "postfix"))
}

// untagged reads a tag without a colon:
//
//	[postfix/smtpd] x          metalog
//	postfix/smtpd[1] x         RFC 3164 5.3 asks for no colon
//	postfix/smtpd 1 - x        by a template, parts of RFC 5424
func (h *head) untagged(word, after string) bool {
	if name, ok := strings.CutPrefix(word, "["); ok {
		h.tagged(strings.TrimSuffix(name, "]"), after, false)
		return true
	}
	if strings.HasSuffix(word, "]") {
		h.tagged(word, after, false)
		return true
	}
	process, message, ok := strings.Cut(after, " ")
	if !ok || process != "-" && !digits(process) {
		return false
	}
	for range 2 { // the message's id and its data
		message = strings.TrimPrefix(message, "- ")
	}
	h.tag, h.process, h.message = word, strings.TrimPrefix(process, "-"), message
	return true
}

// isLevel says whether a word tells of how important a line is: "mail.info", "<2.6>", "mail",
// "[INFO]", "mail:info", "mail.6", "mail-info", "6", or nothing, ":".
func isLevel(word string) bool {
	if strings.HasPrefix(word, "<") && strings.HasSuffix(word, ">") || word == ":" || word == "-" || word == "|" {
		return true
	}
	word = strings.ToLower(strings.Trim(word, "[]()|"))
	if isFacility(dotted.Replace(word)) || isFacility(word+".info") ||
		isFacility("mail."+word) || len(word) == 1 && digits(word) {
		return true
	}
	facility, level, ok := strings.Cut(word, ".")
	return ok && isFacility(facility+".info") && len(level) == 1 && digits(level)
}

var dotted = strings.NewReplacer(":", ".", "-", ".")

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
	return strings.HasPrefix(facility, "local") && len(facility) == len("local0")
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
func (h *head) unwrap(ref time.Time, zone *time.Location, depth int) {
	if depth > 0 && isContainer(h.tag) {
		if in, ok := timedHead(h.message, h.at, zone, depth-1); ok {
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
	if !ok {
		return 0
	}
	count, _, ok = strings.Cut(count, " time")
	if !ok {
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
