package link

import (
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"hisseki/analyzer/content/mime"
)

// bare reads a host without a scheme around the dot at text[i], and the path behind
// it:
//
//	see www.example.org/a, example.com and files.example[.]net
//
// end is behind all that the dot's run of host characters has to say.
func (s *scanner) bare(i int) (h Hit, end int) {
	text := s.text
	if i == 0 || i+1 >= len(text) {
		return Hit{}, i
	}
	before, next := text[i-1], text[i+1]
	switch {
	case before == '[' && next == ']': // "example[.]com"
		return s.bareDefanged(i)
	case before >= utf8.RuneSelf: // "例え.jp/login", "пример.рф"
		return s.bareIDN(i)
	case !isHostByte(before): // "cd ../bin"
		return Hit{}, i
	case next >= utf8.RuneSelf: // "www.例え.jp"
		return s.bareWide(i)
	case next == '-' || !isHostByte(next): // "the end. Then"
		return Hit{}, i
	}
	start, stop, end := s.hostAround(i)
	if stop <= i {
		return Hit{}, i + 1
	}
	host := text[start:stop]
	if to, end := s.share(start, stop); to != "" {
		return Hit{Raw: to, At: start - 2}, end
	}
	www := mime.HasFold(host, "www.")
	if www && stop < len(text) && text[stop] >= utf8.RuneSelf { // "www.a例え.jp"
		if h, end := s.bareWide(i); h.Raw != "" {
			return h, end
		}
	}
	if !s.linkable(host, start, stop) {
		return Hit{}, max(end, i+1)
	}
	path := pathAt(text[stop:])
	return Hit{Raw: "http://" + host + path, At: start, Bare: !www}, stop + len(path)
}

// share reads "\\\\files.example.org\\share\\a.exe" around the host at text[start:stop].
func (s *scanner) share(start, stop int) (to string, end int) {
	text := s.text
	if start-2 < s.done || text[start-2:start] != `\\` || stop >= len(text) ||
		text[stop] != '\\' && text[stop] != '@' {
		return "", stop
	}
	if !isOutside(text[start:stop]) {
		return "", stop
	}
	end = stop + shareEnd(text[stop:])
	return share(text[start:end]), end
}

// hostAround returns where the host around the dot at text[i] starts and stops, and the end
// of its run of host characters; dots and hyphens around a host are not of it:
//
//	...example.org.-   start is at "e", stop behind "g", end behind "-"
func (s *scanner) hostAround(i int) (start, stop, end int) {
	text := s.text
	start, end = i, i
	for start > s.done && i-start < 253 && (isHostByte(text[start-1]) || text[start-1] == '.') {
		start--
	}
	for end < len(text) && end-start < 256 && (isHostByte(text[end]) || text[end] == '.') {
		end++
	}
	host := strings.TrimRight(text[start:end], ".-")
	lead := strings.TrimLeft(host, ".-")
	start += len(host) - len(lead)
	return start, start + len(lead), end
}

// bareDefanged reads "www.example[.]com/path" around the dot at text[i] of "[.]".
func (s *scanner) bareDefanged(i int) (h Hit, end int) {
	text := s.text
	start, run := i, i
	for start > s.done && i-start < 253 && isDefangedByte(text[start-1]) {
		start--
	}
	for start < i && !isHostByte(text[start]) {
		start++
	}
	for run < len(text) && isDefangedByte(text[run]) {
		run++
	}
	if start > 0 && strings.IndexByte("@/\\_", text[start-1]) >= 0 || start >= i-1 {
		return Hit{}, run // no other dot in this run does better
	}
	host := strings.TrimRight(defangs.Replace(text[start:run]), ".-[]")
	j := strings.LastIndexByte(host, '.')
	if j <= 0 || strings.ContainsAny(host, "[]") || !isTLD(host[j+1:]) {
		return Hit{}, run
	}
	path := pathAt(text[run:])
	return Hit{Raw: "http://" + host + path, At: start, Defanged: true}, run + len(path)
}

func isDefangedByte(c byte) bool { return isHostByte(c) || strings.IndexByte(".[]", c) >= 0 }

// bareWide reads "www.例え.jp" around the dot at text[i].
func (s *scanner) bareWide(i int) (h Hit, end int) {
	start := i
	for start > s.done && i-start < 64 && isHostByte(s.text[start-1]) {
		start--
	}
	if !mime.HasFold(s.text[start:], "www.") || start < s.noIDN {
		return Hit{}, i
	}
	host, n := wideHost(s.text[start:], false)
	if n == 0 {
		s.noIDN = start + hostRun(s.text[start:])
		return Hit{}, i
	}
	path := pathAt(s.text[start+n:])
	return Hit{Raw: "http://" + host + path, At: start}, start + n + len(path)
}

// bareIDN reads "例え.jp/login" around the dot at text[i], the first of the host's that follows a
// character beyond ASCII. What stands in front without a blank is of the host, as for programs
// that make links of these.
func (s *scanner) bareIDN(i int) (h Hit, end int) {
	if i < s.noIDN {
		return Hit{}, i
	}
	start := i
	for start > s.done && i-start < maxWideHost/2 {
		r, n := utf8.DecodeLastRuneInString(s.text[s.done:start])
		if !isHostRune(r) {
			break
		}
		start -= n
	}
	for start < i && strings.IndexByte(".-", s.text[start]) >= 0 {
		start++
	}
	host, n := wideHost(s.text[start:], false)
	if n == 0 {
		s.noIDN = start + hostRun(s.text[start:])
	}
	if start+n <= i || start > 0 && strings.IndexByte("@/\\_=:$%&#~+", s.text[start-1]) >= 0 {
		return Hit{}, i
	}
	path := pathAt(s.text[start+n:])
	if !linkableIDN(host, path, s.text[start+n:]) {
		return Hit{}, i
	}
	return Hit{Raw: "http://" + host + path, At: start, Bare: true}, start + n + len(path)
}

// linkableIDN says whether a bare host with letters beyond ASCII is meant as one: prose in Chinese
// and Japanese has dots too, and words that are top-level domains ("1.ポイント", "資料.zip").
func linkableIDN(host, path, behind string) bool {
	tld := host[strings.LastIndexByte(host, '.')+1:]
	if len(path) > 1 && path[0] == '/' {
		return !fileTLD[tld]
	}
	if strings.ContainsFunc(host, unicode.IsSymbol) {
		return false
	}
	if behind = strings.TrimPrefix(behind, "."); hostRun(behind) > 0 || strings.HasPrefix(behind, "@") {
		return false // it goes on
	}
	if mime.IsASCII(tld) {
		return commonTLD[strings.ToLower(tld)]
	}
	r, _ := utf8.DecodeRuneInString(tld)
	return !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

func isHostByte(c byte) bool {
	return c == '-' || mime.IsLetter(c) || c >= '0' && c <= '9'
}

// linkable says whether mail programs would make a link of a bare host at
// text[start:stop]. Words with a dot in them are everywhere: file names, ends of
// sentences without a blank, names in programs.
func (s *scanner) linkable(host string, start, stop int) bool {
	last := strings.LastIndexByte(host, '.')
	if s.joined(start, stop) || last <= 0 || strings.Contains(host, "..") {
		return false
	}
	tld, behind := host[last+1:], s.text[stop:]
	switch {
	case mime.HasFold(host, "www."): // "www.example.org", "www.203.0.113.9"
		return last > 3 && (isTLD(tld) || isReserved(host) || isIPv4(host[4:]))
	case tld[0] >= '0' && tld[0] <= '9': // "203.0.113.9/login", "version 1.2.3.4"
		return linkableIPv4(host, behind)
	case len(tld) < 2 || !isTLD(tld): // "e.g", "main.go"
		return false
	}
	return !oddCase(host, last, behind) && linkableName(host, last, behind)
}

// joined says whether what stands at text[start:stop] is part of something longer: an
// address, a path, a name or a call in a program:
//
//	user@example.org   /srv/example.org   a_example.org   os.Open(   key=example.org
func (s *scanner) joined(start, stop int) bool {
	if s.labelled(start, stop) {
		return false
	}
	return start > 0 && strings.IndexByte("@/\\_=:$%&#~+-.", s.text[start-1]) >= 0 ||
		stop < len(s.text) && strings.IndexByte("@_\\(=%", s.text[stop]) >= 0
}

// labelled says whether what stands at text[start:stop] follows a word and a colon, as a host
// with a path does where people name it: "URL:portal.example.org/login", not "std::a.example".
func (s *scanner) labelled(start, stop int) bool {
	return start > 1 && s.text[start-1] == ':' && mime.IsLetter(s.text[start-2]) &&
		stop+1 < len(s.text) && s.text[stop] == '/' && isHostByte(s.text[stop+1])
}

// linkableIPv4 says whether a bare address with behind after it is meant as a link:
// "203.0.113.9/login", not the network "10.0.0.0/8".
func linkableIPv4(host, behind string) bool {
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsGlobalUnicast() && !ip.IsPrivate() &&
		len(behind) > 1 && behind[0] == '/' && mime.IsLetter(behind[1])
}

// oddCase says whether a host, whose last dot is at last, has capitals as prose and
// programs have them: "delivered.The", "System.Net". "Example.com/a" may be a link.
func oddCase(host string, last int, behind string) bool {
	if tld := host[last+1:]; strings.ToLower(tld) != tld && strings.ToUpper(tld) != tld {
		return true
	}
	lower, upper := strings.ToLower(host[:last]) == host[:last], strings.ToUpper(host) == host
	return !lower && !upper && !strings.HasPrefix(behind, "/")
}

// linkableName says whether a bare name, whose last dot is at last, is long enough to be
// a link rather than words, by what its top-level domain may also mean.
func linkableName(host string, last int, behind string) bool {
	path := len(behind) > 1 && behind[0] == '/' && behind[1] > ' ' && behind[1] < 0x7f
	labels := strings.Count(host, ".") + 1
	tld := strings.ToLower(host[last+1:])
	switch {
	case commonTLD[tld]:
		// "t.net" alone is the end of a wrapped line; "x.com/user" is a link
		return path || labels >= 3 || last-1-strings.LastIndexByte(host[:last], '.') >= 3
	case fileTLD[tld]: // "setup.py", "a.zip"
		return false
	case wordTLD[tld]: // "it.is", but "a.example.is/login"
		return path && labels >= 3
	}
	// a new top-level domain: "kakunin.shop", not "or.link" or "dmesg.RIP:"
	return path || labels >= 3 || last >= 4 && len(tld) >= 3 && !strings.HasPrefix(behind, ":")
}

// commonTLD are top-level domains that are neither English words nor file types.
var commonTLD = setOf("com net org edu gov mil int biz jp de uk fr eu ru cn kr tw br au " +
	"nl se cz es ch dk fi be ca nz sg hk")

// wordTLD are top-level domains that end sentences and name things in programs:
// "attr.read", "multi-user.target", "it.is".
var wordTLD = setOf("in to is it at be no so me my us am as do id la by or he we an pm " +
	"tv re ad ai gs mx read target build global family data run map host name zone " +
	"service network system date menu show post prod info net new now here page call " +
	"case dev box bot systems services open works active next link links pid lds events email " +
	"directory group stream work man rip store one xxx drive free channel radio lease like parts " +
	"bio arpa graphics google video report day support shell security press bar foo jobs dot you")

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
