package link

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
	"mvdan.cc/xurls/v2"

	"hisseki/analyzer/content/mime"
)

// A Hit is a URL found in text.
type Hit struct {
	Raw      string // as a mail program opens it: with scheme, neither hxxp nor [.]
	At       int    // offset in the text
	Defanged bool
	Bare     bool // without a scheme
}

// maxURLBytes bounds one URL; longer ones are cut.
const maxURLBytes = 4096

// webURL matches a URL with a web scheme. It is only ever run on the few bytes
// behind a hint: over whole texts it would cost more than all other parsing.
var webURL = sync.OnceValue(func() *regexp.Regexp {
	re, err := xurls.StrictMatchingScheme(`^(?:https?|ftps?)://`)
	if err != nil {
		panic(err) // the expression is constant
	}
	return re
})

// Find calls found for the URLs that mail programs would make clickable in
// text, at most limit times, in order, and tells whether it looked at all of the
// text. They are: web schemes anywhere, also next to
// Japanese text and in full-width letters; hxxp and [.] forms; bare hosts that
// begin with "www." or end with a top-level domain. Addresses are not URLs.
func Find(text string, limit int, found func(Hit)) (whole bool) {
	if strings.Contains(text, "／／") || strings.Contains(text, "ｗｗｗ") ||
		strings.Contains(text, "：//") {
		text = foldWidth(text)
	}
	s := scanner{text: text, tries: limit * triesPerURL}
	for i := 0; i < len(text); {
		if limit <= 0 || s.tries <= 0 {
			return false
		}
		c := text[i]
		if c != ':' && c != '.' && c != '[' {
			i++
			continue
		}
		h, end := s.hint(i)
		if end > i {
			s.done = end
			i = end
			if h.Raw != "" {
				limit--
				found(h)
			}
			continue
		}
		i++
	}
	return true
}

// foldWidth turns full-width ASCII into ASCII but keeps every offset, by filling up
// with a character that ends a URL nowhere: the letters move to the front of the
// run and the room that is left comes behind it.
func foldWidth(text string) string {
	b := []byte(text)
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r < 0xff01 || r > 0xff5e {
			i += n
			continue
		}
		start, out := i, i
		for i < len(b) {
			r, n = utf8.DecodeRune(b[i:])
			switch {
			case r >= 0xff01 && r <= 0xff5e:
				b[out] = byte(r - 0xfee0)
			case r > ' ' && r < 0x7f:
				b[out] = byte(r)
			case r == '。' || r == '｡':
				b[out] = '.'
			default:
				n = 0
			}
			if n == 0 {
				break
			}
			out++
			i += n
		}
		if bytesHaveURL(b[start:out]) {
			for ; out < i; out++ {
				b[out] = ' '
			}
			continue
		}
		copy(b[start:i], text[start:i])
	}
	return string(b)
}

func bytesHaveURL(b []byte) bool {
	s := strings.ToLower(string(b))
	return strings.Contains(s, "://") || strings.HasPrefix(s, "www.")
}

// scanner looks at hints in a text; bytes before done belong to an earlier URL.
type scanner struct {
	text  string
	done  int
	tries int // left before giving up
}

// triesPerURL bounds the costly looks at what may be a URL.
const triesPerURL = 8

// hint looks at text[i], a ':', '.' or '['. end is i when there is no URL.
func (s *scanner) hint(i int) (h Hit, end int) {
	rest := s.text[i:]
	switch rest[0] {
	case ':':
		if strings.HasPrefix(rest, "://") {
			return s.scheme(i, i+3, false)
		}
		if strings.HasPrefix(rest, ":\\\\") {
			return s.scheme(i, i+3, false)
		}
	case '[':
		for _, form := range []string{"[:]//", "[://]", "[:]\\\\"} {
			if strings.HasPrefix(rest, form) {
				return s.scheme(i, i+len(form), true)
			}
		}
	case '.':
		return s.bare(i)
	}
	return Hit{}, i
}

// scheme reads a URL whose scheme ends before colon and whose rest begins at body.
func (s *scanner) scheme(colon, body int, defanged bool) (Hit, int) {
	s.tries--
	start := colon
	for start > s.done && colon-start < 8 && mime.IsLetter(s.text[start-1]) {
		start--
	}
	scheme := ""
	for n := min(colon-start, 5); n >= 3 && scheme == ""; n-- {
		word := strings.ToLower(s.text[colon-n : colon])
		switch word {
		case "https", "http", "ftp", "ftps":
			scheme, start = word, colon-n
		case "hxxp", "hxxps", "htxp", "httx", "h**p", "meow", "hxtp", "htxps":
			scheme, start, defanged = "http", colon-n, true
			if strings.HasSuffix(word, "s") {
				scheme = "https"
			}
		}
	}
	if scheme == "" {
		return Hit{}, colon
	}
	tail, used, fanged := readTail(s.text[body:])
	raw := matchURL(scheme + "://" + tail)
	if raw == "" || !opensHost(raw[len(scheme)+3:]) {
		return Hit{}, colon
	}
	end := body + used
	if !fanged && !isIDN(tail) {
		end = body + len(raw) - len(scheme) - 3
	}
	if end <= colon {
		end = colon + 1
	}
	return Hit{Raw: raw, At: start, Defanged: defanged || fanged}, end
}

// opensHost tells whether what follows "://" can be a host: programs and manuals
// are full of "http://${host}/" and "http://***".
func opensHost(rest string) bool {
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		rest = rest[:i]
	}
	rest = rest[strings.LastIndexByte(rest, '@')+1:]
	return rest != "" && !strings.ContainsAny(rest, "${}*()'!,;&+|^\"=")
}

// isIDN tells whether the host at the start of a tail goes beyond ASCII.
func isIDN(tail string) bool {
	if i := strings.IndexAny(tail, "/?#"); i >= 0 {
		tail = tail[:i]
	}
	return !mime.IsASCII(tail)
}

// matchURL cuts a candidate where xurls says that the URL ends. A host that is not
// ASCII stands in for one that is while matching.
func matchURL(candidate string) string {
	host, rest := candidate, ""
	scheme := strings.Index(candidate, "://") + 3
	if i := strings.IndexAny(candidate[scheme:], "/?#"); i >= 0 {
		host, rest = candidate[:scheme+i], candidate[scheme+i:]
	}
	if mime.IsASCII(host) {
		return webURL().FindString(candidate)
	}
	m := webURL().FindString("http://h" + rest)
	if m == "" {
		return host
	}
	return host + m[len("http://h"):]
}

// readTail reads what may belong to a URL behind "://": up to the first character
// that no mail program takes in. Japanese text follows URLs without a blank, so
// that the tail ends at the first character beyond ASCII, except inside a host
// that is an IDN. [.] and its kin are read as dots, and used is the length in text.
func readTail(text string) (tail string, used int, fanged bool) {
	end := tailEnd(text)
	tail, used = text[:end], end
	if end < len(text) && text[end] >= utf8.RuneSelf && !strings.ContainsAny(tail, "/?#") {
		if host, n := idnHost(text); n > end {
			more, m, f := readTail(text[n:])
			if more != "" && strings.IndexByte("/?#:", more[0]) < 0 {
				more, m = "", 0
			}
			return host + more, n + m, f
		}
	}
	if strings.ContainsAny(tail, "[({") {
		if t := refang(tail); t != tail {
			return t, used, true
		}
	}
	return tail, used, false
}

// tailEnd finds the first character that is not of a URL. Latin letters with marks
// are, in a path.
func tailEnd(text string) int {
	end, path := 0, false
	for end < len(text) && end < maxURLBytes {
		c := text[end]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(text[end:])
			if !path || r < 0xc0 || r > 0x24f || r == '×' || r == '÷' {
				break
			}
			end += n
			continue
		}
		if c <= ' ' || c == 0x7f || strings.IndexByte("<>\"`", c) >= 0 {
			break
		}
		path = path || c == '/'
		end++
	}
	return end
}

// refang reads [.], (.), [dot] and the like in a host as dots.
func refang(tail string) string {
	host, rest := tail, ""
	if i := strings.IndexAny(tail, "/?#"); i >= 0 {
		host, rest = tail[:i], tail[i:]
	}
	return defangs.Replace(host) + rest
}

var defangs = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".",
	"[DOT]", ".", "[:]", ":", "[.", ".", ".]", ".")

// idnHost reads a host with characters beyond ASCII at the start of text and
// returns it with its length in text, 0 when the ASCII in front of them is a whole
// host already ("https://example.comです").
func idnHost(text string) (host string, n int) {
	limit := min(len(text), 300)
	end := 0
	for end < limit {
		r, size := utf8.DecodeRuneInString(text[end:])
		if !isHostRune(r) {
			break
		}
		end += size
	}
	text = text[:end]
	ascii := 0
	for ascii < len(text) && text[ascii] < utf8.RuneSelf {
		ascii++
	}
	if lead := text[:ascii]; lead != "" && !strings.HasSuffix(lead, ".") {
		if i := strings.LastIndexByte(lead, '.'); i > 0 && isTLD(lead[i+1:]) {
			return "", 0
		}
	}
	plain := strings.NewReplacer("。", ".", "．", ".", "｡", ".").Replace(text)
	labels := strings.Split(plain, ".")
	size := 0
	for i, l := range labels {
		if l == "" {
			break
		}
		if i > 0 {
			// the last label: its ASCII front may be a TLD with text behind it
			k := 0
			for k < len(l) && l[k] < utf8.RuneSelf {
				k++
			}
			if k > 0 && k < len(l) && isTLD(l[:k]) {
				host += "." + l[:k]
				return host, dotted(text, size) + k
			}
			if isTLD(l) && (i == len(labels)-1 || labels[i+1] == "") {
				host += "." + l
				return host, dotted(text, size) + len(l)
			}
			host += "."
			size = dotted(text, size)
		}
		host += l
		size += len(l)
	}
	return "", 0
}

// dotted returns the offset behind the dot that stands at text[at:].
func dotted(text string, at int) int {
	_, n := utf8.DecodeRuneInString(text[at:])
	return at + n
}

func isHostRune(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r == '.' || r == '-' || mime.IsLetter(byte(r)) || r >= '0' && r <= '9'
	case r == '。' || r == '．' || r == '｡' || r == 'ー' || r == '々':
		return true
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)
}

// isTLD tells whether a label is a top-level domain by the public suffix list.
func isTLD(label string) bool {
	if label == "" || len(label) > 63 {
		return false
	}
	low := strings.ToLower(norm.NFKC.String(label))
	if !mime.IsASCII(low) {
		a, err := hostProfile().ToASCII(low)
		if err != nil {
			return false
		}
		low = a
	}
	suffix, icann := publicsuffix.PublicSuffix(low)
	return icann && suffix == low
}
