package link

import (
	"net/netip"
	"strings"
	"unicode/utf8"

	"hisseki/analyzer/content/mime"
)

// A Hit is a URL found in text.
type Hit struct {
	Raw      string // as a mail program opens it: with scheme, neither hxxp nor [.]
	At       int    // offset in the text
	End      int    // offset behind what was read of it
	Defanged bool
	Bare     bool // without a scheme and "www."
}

// maxURLBytes bounds one URL as it is kept and its path as it is read. The host is found
// however long the user part before it is.
const maxURLBytes = 4096

// Find calls found for the URLs that mail programs would make clickable in text, in
// order. They are: web schemes anywhere, also next to Japanese text and in full-width
// letters; hxxp and [.] forms; bare hosts that begin with "www." or end with a top-level
// domain. Addresses are not URLs. It takes time in proportion to the text, whatever is in
// it: every look at what may be a URL either moves on behind it or is bounded.
func Find(text string, found func(Hit)) {
	if strings.Contains(text, "／／") || strings.Contains(text, "ｗｗｗ") ||
		strings.Contains(text, "：//") {
		text = foldWidth(text)
	}
	s := scanner{text: text}
	for i := 0; i < len(text); {
		if c := text[i]; c != ':' && c != '.' && c != '[' {
			i++
			continue
		}
		h, end := s.hint(i)
		if end <= i {
			i++
			continue
		}
		s.done, i = end, end
		if h.Raw != "" {
			h.End = end
			found(h)
		}
	}
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
	noIDN int // no host with letters beyond ASCII begins before this offset
}

// hint looks at text[i], a ':', '.' or '['. end is i when there is no URL.
func (s *scanner) hint(i int) (h Hit, end int) {
	rest := s.text[i:]
	switch rest[0] {
	case ':':
		if strings.HasPrefix(rest, "://") || strings.HasPrefix(rest, ":\\\\") {
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

// schemes are those of the web, and those by which people make links harmless.
var schemes = map[string]string{
	"https": "https", "http": "http", "ftp": "ftp", "ftps": "ftps",
	"hxxp": "http", "hxxps": "https", "htxp": "http", "httx": "http", "meow": "http",
	"hxtp": "http", "htxps": "https",
}

// scheme reads a URL whose scheme ends before colon and whose rest begins at body.
func (s *scanner) scheme(colon, body int, defanged bool) (Hit, int) {
	start := colon
	for start > s.done && colon-start < maxScheme && mime.IsLetter(s.text[start-1]) {
		start--
	}
	scheme := ""
	for n := colon - start; n >= 3 && scheme == ""; n-- {
		word := strings.ToLower(s.text[colon-n : colon])
		if scheme = schemes[word]; scheme != "" {
			start, defanged = colon-n, defanged || scheme != word
		}
	}
	if scheme == "" {
		return s.program(start, colon, body)
	}
	for body < len(s.text) && (s.text[body] == '/' || s.text[body] == '\\') && body-colon < 10 {
		body++ // "https:///example.org": browsers drop what is too much
	}
	rest, used, fanged := s.remainder(body)
	if rest == "" {
		return Hit{}, colon
	}
	return Hit{Raw: scheme + "://" + rest, At: start, Defanged: defanged || fanged}, body + used
}

// maxScheme is the length of the longest scheme in schemes and linked.
const maxScheme = 8

// linked are schemes of other programs than the browser that mail programs make links of in text.
var linked = setOf("file webcal webcals feed smb rdp telnet")

// program reads a URL that another program than the browser opens, which mail programs make a
// link of too: "file://files.example.org/a.exe", "webcal://example.org/a.ics". Its word begins at
// start.
func (s *scanner) program(start, colon, body int) (Hit, int) {
	scheme := strings.ToLower(s.text[start:colon])
	if start > 0 && (isHostByte(s.text[start-1]) || strings.IndexByte("+._", s.text[start-1]) >= 0) ||
		!linked[scheme] {
		return Hit{}, colon
	}
	rest, used, _ := s.remainder(body)
	to := Resolve("", scheme+"://"+rest)
	u := split(to, InText)
	if rest == "" || !isOutside(u.Host) || scheme == "file" && len(u.Path) < 2 { // "file://a.sh" in a recipe
		return Hit{}, colon
	}
	return Hit{Raw: to, At: start}, body + used
}

// isOutside says whether a host can be another organisation's: an address of the Internet, or a
// name that ends as names there do. Shares within a company have others.
func isOutside(host string) bool {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.IsGlobalUnicast() && !ip.IsPrivate()
	}
	return isDotted(host) && (endsHost(host) || isReserved(host))
}

// remainder reads what follows "://" at text[at]: up to the first character that no mail
// program takes in. Japanese text follows URLs without a blank, so that it ends at the
// first character beyond ASCII, except inside a host that is an IDN. [.] and its kin are
// read as dots, and used is the length in text. "" means that no host stands there.
func (s *scanner) remainder(at int) (rest string, used int, fanged bool) {
	text := s.text[at:]
	end := authorityEnd(text)
	if end < len(text) && text[end] >= utf8.RuneSelf {
		if host, n := s.wideHost(at); n > 0 {
			path := pathAt(text[n:])
			return host + path, n + len(path), false
		}
	}
	authority := text[:end]
	more := end < len(text) && strings.IndexByte("/?#\\", text[end]) >= 0 // a path follows
	if strings.ContainsAny(authority, "[({") {
		if plain := defangs.Replace(authority); plain != authority {
			host, whole := cutHost(plain, more)
			if host == "" {
				return "", 0, false
			}
			tail := ""
			if whole {
				tail = text[end:tailEnd(text, end)]
			}
			return clean(host + tail), end + len(tail), true
		}
	}
	host, whole := cutHost(authority, more)
	if host == "" {
		return "", 0, false
	}
	rest = host
	if whole {
		rest = text[:tailEnd(text, end)]
	}
	rest = clean(rest)
	return rest, len(rest), false
}

// authorityEnd finds where what may be user part, host and port ends.
func authorityEnd(text string) int {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c <= ' ' || c >= 0x7f || strings.IndexByte("/?#\\<>\"`", c) >= 0 {
			return i
		}
	}
	return len(text)
}

// cutHost cuts an authority where its host ends, and says whether that is all of it and
// what follows (more) belongs to the same URL:
// text goes on without a blank in "http://example.org(see", and programs and manuals are
// full of "http://${host}/" and "http://***", which are not URLs.
func cutHost(authority string, more bool) (host string, whole bool) {
	end, stop := walk(authority)
	if whole = more && stop == len(authority); !whole {
		authority = authority[:end]
	}
	user := strings.LastIndexByte(authority, '@') + 1
	i := strings.IndexAny(authority[user:], "${}*()'!,;&+|^=")
	if i < 0 {
		return authority, whole
	}
	name := authority[user : user+i]
	if strings.IndexByte("${}+=", authority[user+i]) >= 0 || !endsHost(name) {
		return "", false
	}
	return authority[:user+i], false
}

// endsHost says whether a host ends with a top-level domain or is an address.
func endsHost(host string) bool {
	host, _, _ = strings.Cut(host, ":")
	return isTLD(host[strings.LastIndexByte(host, '.')+1:]) || isIPv4(host)
}

// clean cuts a candidate where it ends as a URL: in front of punctuation.
func clean(rest string) string { return rest[:pathLen(rest)] }

// pathAt reads port, path and query behind a host.
func pathAt(text string) string {
	if text == "" || strings.IndexByte("/?#:", text[0]) < 0 {
		return ""
	}
	return clean(text[:tailEnd(text, 0)])
}

// tailEnd finds the first character behind text[from:] that is not of a URL. Latin letters
// with marks are, in a path.
func tailEnd(text string, from int) int {
	end, path := from, false
	for end < len(text) && end-from < maxURLBytes {
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

// Characters of a URL: any, and those that may stand at its end. "." and "," end sentences
// more often than URLs.
var midURL, endURL = func() (mid, end [256]bool) {
	for c := range 256 {
		letter := mime.IsLetter(byte(c)) || c >= '0' && c <= '9' || c >= utf8.RuneSelf
		end[c] = letter || c > 0 && strings.IndexByte("-_~%$&+=/#", byte(c)) >= 0
		mid[c] = end[c] || c > 0 && strings.IndexByte(".!'*,;:@?\\", byte(c)) >= 0
	}
	return mid, end
}()

// pathLen returns how much of a candidate is a URL: not the punctuation behind it, and of
// brackets only what is closed in it ("(see https://example.org/a_(b))").
func pathLen(s string) int {
	end, _ := walk(s)
	return end
}

// walk is pathLen that also says where it met what cannot be part of a URL.
func walk(s string) (end, stop int) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case endURL[c]:
			i++
			end = i
		case midURL[c]:
			i++
		default:
			behind := bracketed(s, i)
			if behind < 0 {
				return end, i
			}
			i, end = behind, behind
		}
	}
	return end, len(s)
}

// bracketed returns the offset behind the brackets that open at s[i], -1 when s[i] opens
// none or they are not closed. Inside stand others of their kind, one deep.
func bracketed(s string, i int) int {
	open := s[i]
	shut := map[byte]byte{'(': ')', '[': ']', '{': '}'}[open]
	if shut == 0 {
		return -1
	}
	depth := 1
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c == shut:
			if depth--; depth == 0 {
				return i + 1
			}
		case c == open && depth < 2:
			depth++
		case !midURL[c]:
			return -1
		}
	}
	return -1
}

var defangs = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".",
	"[DOT]", ".", "[:]", ":", "[.", ".", ".]", ".")
