package link

import (
	"strings"

	"hisseki/analyzer/content/mime"
)

// bare reads a host without a scheme around the dot at text[i], and the path behind
// it.
func (s *scanner) bare(i int) (Hit, int) {
	text := s.text
	if i == 0 || i+1 >= len(text) {
		return Hit{}, i
	}
	next := text[i+1]
	if text[i-1] == '[' && next == ']' { // "example[.]com"
		return s.bareDefanged(i)
	}
	if !isHostByte(text[i-1]) {
		return Hit{}, i
	}
	if !mime.IsLetter(next) && (next < '0' || next > '9') {
		if next >= 0x80 {
			return s.bareIDN(i)
		}
		return Hit{}, i
	}
	start := i
	for start > s.done && i-start < 253 && (isHostByte(text[start-1]) || text[start-1] == '.') {
		start--
	}
	end := i
	for end < len(text) && end-start < 256 && (isHostByte(text[end]) || text[end] == '.') {
		end++
	}
	host := strings.TrimRight(text[start:end], ".-")
	lead := strings.TrimLeft(host, ".-")
	start += len(host) - len(lead)
	host = lead
	stop := start + len(host)
	if stop <= i {
		return Hit{}, i + 1
	}
	if next := nextRune(text, stop); next >= 0x80 && mime.HasFold(host, "www.") {
		return s.bareIDN(i)
	}
	if !s.linkable(host, start, stop) {
		return Hit{}, max(end, i+1)
	}
	tail, _, _ := readTail(text[stop:])
	if tail != "" && strings.IndexByte("/?#:", tail[0]) < 0 {
		tail = ""
	}
	raw := matchURL("http://" + host + tail)
	if raw == "" {
		return Hit{}, stop
	}
	return Hit{Raw: raw, At: start, Bare: true}, start + len(raw) - len("http://")
}

func nextRune(text string, i int) byte {
	if i < len(text) {
		return text[i]
	}
	return 0
}

// bareDefanged reads "www.example[.]com/path" around the dot at text[i] of "[.]".
func (s *scanner) bareDefanged(i int) (Hit, int) {
	text := s.text
	s.tries--
	start := i - 1 // the bracket
	if text[start] != '[' {
		return Hit{}, i
	}
	for start > s.done && i-start < 253 && (isHostByte(text[start-1]) ||
		strings.IndexByte(".[]", text[start-1]) >= 0) {
		start--
	}
	for start < i && !isHostByte(text[start]) {
		start++
	}
	if start > 0 && strings.IndexByte("@/\\_", text[start-1]) >= 0 || start >= i-1 {
		return Hit{}, i
	}
	tail, used, fanged := readTail(text[start:])
	raw := matchURL("http://" + tail)
	host, _, _ := strings.Cut(strings.TrimPrefix(raw, "http://"), "/")
	j := strings.LastIndexByte(host, '.')
	if !fanged || j <= 0 || !isTLD(host[j+1:]) || strings.ContainsRune(host, '@') {
		return Hit{}, max(start+used, i+1) // no other dot in this run does better
	}
	return Hit{Raw: raw, At: start, Defanged: true}, max(start+used, i+1)
}

// bareIDN reads "www.例え.jp" around the dot at text[i].
func (s *scanner) bareIDN(i int) (Hit, int) {
	s.tries--
	start := i
	for start > s.done && i-start < 64 && isHostByte(s.text[start-1]) {
		start--
	}
	if !mime.HasFold(s.text[start:], "www.") {
		return Hit{}, i
	}
	host, n := idnHost(s.text[start:])
	if n == 0 {
		return Hit{}, i
	}
	tail, _, _ := readTail(s.text[start+n:])
	if tail != "" && strings.IndexByte("/?#:", tail[0]) < 0 {
		tail = ""
	}
	raw := matchURL("http://" + host + tail)
	return Hit{Raw: raw, At: start, Bare: true}, start + n + len(raw) - len("http://") - len(host)
}

func isHostByte(c byte) bool {
	return c == '-' || mime.IsLetter(c) || c >= '0' && c <= '9'
}

// linkable tells whether mail programs would make a link of a bare host at
// text[start:stop]. Words with a dot in them are everywhere: file names, ends of
// sentences without a blank, names in programs.
func (s *scanner) linkable(host string, start, stop int) bool {
	if start > 0 {
		if c := s.text[start-1]; strings.IndexByte("@/\\_=:$%&#~+-.", c) >= 0 {
			return false
		}
	}
	var after byte = ' '
	if stop < len(s.text) {
		after = s.text[stop]
	}
	if strings.IndexByte("@_\\(=%", after) >= 0 {
		return false
	}
	last := strings.LastIndexByte(host, '.')
	if last <= 0 || strings.Contains(host, "..") {
		return false
	}
	tld := host[last+1:]
	if mime.HasFold(host, "www.") {
		return last > 3 && (isTLD(tld) || isIPv4(host[4:]))
	}
	if len(tld) < 2 || !isTLD(tld) {
		return false
	}
	if low := strings.ToLower(tld); low != tld && strings.ToUpper(tld) != tld {
		return false // "delivered.The"
	}
	lower, upper := strings.ToLower(host[:last]) == host[:last], strings.ToUpper(host) == host
	if !lower && !upper && after != '/' {
		return false // "System.Net"
	}
	path := after == '/' && stop+1 < len(s.text) && s.text[stop+1] > ' ' && s.text[stop+1] < 0x7f
	labels := strings.Count(host, ".") + 1
	tld = strings.ToLower(tld)
	switch {
	case commonTLD[tld]:
		// "t.net" alone is the end of a wrapped line; "x.com/user" is a link
		return path || labels >= 3 || last-1-strings.LastIndexByte(host[:last], '.') >= 3
	case fileTLD[tld]:
		return false
	case wordTLD[tld]:
		return path && labels >= 3
	}
	return path || labels >= 3
}

// commonTLD are top-level domains that are neither English words nor file types.
var commonTLD = setOf("com net org edu gov mil int biz jp de uk fr eu ru cn kr tw br au " +
	"nl se cz es ch dk fi be ca nz sg hk")

// wordTLD are top-level domains that end sentences and name things in programs:
// "attr.read", "multi-user.target", "it.is".
var wordTLD = setOf("in to is it at be no so me my us am as do id la by or he we an pm " +
	"tv re ad ai gs mx read target build global family data run map host name zone " +
	"service network system date menu show post prod info net new now here page call " +
	"case dev box bot systems services open works active")

// fileTLD are top-level domains that are also ends of file names.
var fileTLD = setOf("zip mov py sh pl rs md cc bb ac ps ml so am mk inc ms ai sc st gd " +
	"lc pm cs bz cfg java map foo prof lib dll bin vi mm mp mo mc kt hs la do ad dm lua " +
	"id vc va ts tex cat pub")

func setOf(words string) map[string]bool {
	set := make(map[string]bool)
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}
