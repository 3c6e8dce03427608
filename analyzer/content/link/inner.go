package link

import (
	"iter"
	"strings"

	"hisseki/analyzer/content/mime"
)

// Bounds of what is looked for within one URL: URLs given, URLs looked at, and the bytes in which
// the host of one ends.
const (
	maxInner  = 8
	maxTried  = 24
	innerHost = 300
)

// inner calls found for the URLs that stand within a URL of the web, as where a house redirector
// or a page behind a login leads on to: in its path, its query and its fragment, as they are,
// escaped or in base64; not for one of the same domain. all is false when there was more than is
// looked at.
//
//	https://shop.example/go?to=https%3A%2F%2Fother.example%2F
//	https://shop.example/app#/go?to=//other.example/
//	https://shop.example/go?to=aHR0cHM6Ly9vdGhlci5leGFtcGxlLw==
func (u *URL) inner(found func(to string)) (all bool) {
	rest := u.Path
	if i := strings.IndexByte(u.Raw, '#'); i >= 0 {
		rest += u.Raw[i:]
	}
	if len(rest) < len("/=//a.b") || u.mayBeCut() {
		return true
	}
	n, tried := 0, 0
	give := func(v escaped) bool {
		if tried++; n >= maxInner || tried > maxTried {
			return false
		}
		head := v.plain(innerHost)
		if inner := split(head, u.Where); inner.Domain != u.Domain && inner.named(head) {
			n++
			found(v.plain(len(v.text)))
		}
		return true
	}
	return eachWeb(rest, give) && each64(rest, give)
}

// escaped is a URL within another: what stands there and how often it is percent-encoded.
type escaped struct {
	text  string
	times int
}

// plain returns the URL that begins with most bytes of the text, "" for none. It ends where the
// next value begins.
func (v escaped) plain(most int) string {
	s := v.text[:min(len(v.text), most)]
	if end := strings.IndexAny(s, "&;|"); end >= 0 {
		s = s[:end]
	}
	for range v.times {
		s = mime.PercentDecode(s)
	}
	return web(s)
}

// named says whether the host of a URL that stands within another is whole: it is an address,
// ends with a top-level domain, or a path follows.
func (u *URL) named(raw string) bool {
	_, rest, _ := strings.Cut(raw, "://")
	return u.IP.IsValid() || isDotted(u.Host) && (endsHost(u.Host) || isReserved(u.Host) ||
		strings.IndexByte(rest, '/') > 0)
}

// isReserved says whether a host is below a name that is kept for documentation and tests
// (RFC 6761) or for a network of one's own.
func isReserved(host string) bool {
	return reserved[host[strings.LastIndexByte(host, '.')+1:]]
}

var reserved = setOf("example test invalid onion internal local lan home corp intra intranet alt")

// maxEscapes is how often what stands in a URL may be percent-encoded: once more where a
// redirector stands within another's value.
const maxEscapes = 4

// eachWeb gives the URLs that begin in s with their scheme, or as a parameter without one, until
// give says that it wants no more; then it is false.
func eachWeb(s string, give func(escaped) bool) bool {
	for i := 0; i < len(s); i++ {
		at, begin := i, "http"
		switch {
		case s[i] == '=' && i+1 < len(s) && (s[i+1] == '/' || s[i+1] == '%'): // "=//example.org/"
			at, begin = i+1, "//"
		case s[i]|0x20 != 'h' || !mime.HasFold(s[i:], begin):
			continue
		}
		if times := escapes(s[at:], begin); times >= 0 {
			text := s[at:min(len(s), at+maxURLBytes)]
			if !give(escaped{text, times}) {
				return false
			}
		}
	}
	return true
}

// escapes says how often a URL at the start of s, which begins with "//" or a scheme and its
// colon, is percent-encoded ("https%3A%2F%2F" is once); -1 for something else.
func escapes(s, begin string) int {
	const enough = 8 * maxEscapes // bytes that show it: "https%2525253A"
	start := s[:min(len(s), enough)]
	for n := range maxEscapes {
		if mime.HasFold(start, begin) && (begin == "//" || strings.Contains(start[:min(len(start), 8)], ":/")) {
			return n
		}
		plain := mime.PercentDecode(start)
		if plain == start {
			break
		}
		start = plain
	}
	return -1
}

// marks64 are what base64 makes of "http", by where it begins among the bytes: all of "http:"
// and "https" have one of these in them, and phase is where in a group of four it stands.
var marks64 = []struct {
	mark  string
	phase int
}{{"aHR0c", 0}, {"h0dHA6", 2}, {"h0dHBz", 2}, {"odHRw", 3}}

// at64 returns where a group of base64 begins in s so that a URL is in it, -1 for nowhere.
func at64(s string) int {
	for _, m := range marks64 {
		if i := strings.Index(s, m.mark); i >= m.phase {
			return (i - m.phase) % 4
		}
	}
	return -1
}

// each64 gives the URLs that stand in s in base64, perhaps within something else that is.
func each64(s string, give func(escaped) bool) bool {
	if at64(s) < 0 {
		return true
	}
	for run := range runs64(s) {
		at := at64(run)
		if at < 0 {
			continue
		}
		plain := strings.ReplaceAll(decode64(run[at:]), "\\", "") // JSON: "https:\/\/"
		for word := range strings.FieldsFuncSeq(plain, notURL) {
			if !eachWeb(word, give) {
				return false
			}
		}
	}
	return true
}

// notURL says whether a character ends a URL within something else.
func notURL(r rune) bool { return r <= ' ' || r == 0xfffd || strings.ContainsRune("\"'<>", r) }

// runs64 are the stretches of s that may be base64.
func runs64(s string) iter.Seq[string] {
	return strings.FieldsFuncSeq(s, func(r rune) bool {
		return r != '+' && r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	})
}

// queryValue returns the raw value of the first parameter of that name.
func queryValue(query, name string) string {
	for v := range queryValues(query, name) {
		return v
	}
	return ""
}

// queryValues are the raw values of the parameters of a name, however it is escaped; HTML's
// "&amp;" that was left in is tolerated.
func queryValues(query, name string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for query != "" {
			var pair string
			pair, query, _ = strings.Cut(query, "&")
			pair = strings.TrimPrefix(pair, "amp;")
			key, value, ok := strings.Cut(pair, "=")
			if ok && mime.PercentDecode(key) == name && !yield(value) {
				return
			}
		}
	}
}
