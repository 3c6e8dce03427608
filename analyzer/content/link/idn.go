package link

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
	"golang.org/x/text/unicode/norm"
	"mvdan.cc/xurls/v2"

	"hisseki/analyzer/content/mime"
)

// maxWideHost bounds a host in text with letters beyond ASCII: 253 characters, most of
// them ASCII.
const maxWideHost = 300

// wideHost reads a host with characters beyond ASCII at text[at], perhaps behind a user
// part, and returns it with its length in text; 0 when there is none, or when the ASCII in
// front of them is a whole host already ("https://example.comです").
func (s *scanner) wideHost(at int) (host string, n int) {
	if at < s.noIDN {
		return "", 0
	}
	text := s.text[at:]
	if user := userPart(text); user > 0 {
		host, n := wideHost(text[user:], true)
		if end := authorityEnd(text[user:]); n == 0 && end > 0 {
			host, n = text[user:user+end], end
		}
		return "user@" + host, user + n
	}
	host, n = wideHost(text, true)
	switch {
	case n == 0:
		s.noIDN = at + hostRun(text)
	case n < len(text) && text[n] == '@': // "例え.jp@example.org": the user part looks like a host
		if end := n + 1 + authorityEnd(text[n+1:]); end > n+1 && isHostByte(text[n+1]) {
			return "user@" + text[n+1:end], end
		}
	}
	return host, n
}

// userPart returns the length of a user part such as "user:パス@", 0 when there is none.
// Text goes on behind a host as well ("https://example.org、info@example.org"): only what a
// colon announces counts.
func userPart(text string) int {
	colon := false
	for i, r := range text[:min(len(text), maxWideHost)] {
		switch {
		case r == '@':
			if colon {
				return i + 1
			}
			return 0
		case r == ':':
			colon = true
		case r >= utf8.RuneSelf && !colon, !isHostRune(r) && r != '_' && r != '%':
			return 0
		}
	}
	return 0
}

// hostRun returns the length of the characters at the start of text that a host may have.
func hostRun(text string) int {
	text = text[:min(len(text), maxWideHost)]
	for i, r := range text {
		if !isHostRune(r) {
			return i
		}
	}
	return len(text)
}

// wideHost reads a host at the start of text. private says whether a last label that is not a
// top-level domain will do, as behind a scheme ("https://日本.example/").
func wideHost(text string, private bool) (host string, n int) {
	if isWhole(text) {
		return "", 0
	}
	run := hostRun(text)
	ends := run < len(text) && strings.IndexByte("/:?#", text[run]) >= 0 ||
		(run == len(text) || text[run] <= ' ') && !strings.ContainsAny(text[:run], "。．｡") // no sentence ends
	if text = text[:run]; private && ends && isHostAlone(text) {
		return text, run
	}
	var b strings.Builder
	good, goodLen := 0, 0 // what of b and of text is a host, as far as seen
	for at := 0; at < len(text); {
		label, next := cutLabel(text[at:])
		if label == "" {
			break
		}
		first := at == 0
		end := at+next >= len(text) || text[at+next] >= utf8.RuneSelf
		// ASCII and then others: the text goes on behind the last label ("例え.jpです")
		k := asciiPrefix(label)
		mixed := k > 0 && k < len(label)
		tld := !first && isTLD(label[:or(mixed, k, len(label))])
		local := private && !first && end && k > 1 && isWord(label[:k])
		switch {
		case mixed && (tld || local):
			b.WriteString(label[:k])
			return b.String(), at + k
		case tld, local:
			b.WriteString(label)
			good, goodLen = b.Len(), at+len(label)
		default:
			b.WriteString(label)
		}
		b.WriteByte('.')
		at += next
	}
	return b.String()[:good], goodLen
}

// isWhole says whether the ASCII at the start of text is a whole host.
func isWhole(text string) bool {
	i, dot := 0, 0
	for ; i < len(text) && text[i] < utf8.RuneSelf && isHostRune(rune(text[i])); i++ {
		if text[i] == '.' {
			dot = i
		}
	}
	return dot > 0 && dot+1 < i && isTLD(text[dot+1:i])
}

// isHostAlone says whether text with characters beyond ASCII, around which a URL says that it is
// a host, can be one though its last label is not known: an address in other digits, a name
// below one that is private or for tests ("例え.テスト").
func isHostAlone(text string) bool {
	if host := asciiHost(text); isIPv4(host) {
		return true
	}
	last := text
	for label, next := cutLabel(last); next < len(last); label, next = cutLabel(last) {
		if label == "" {
			return false
		}
		last = last[next:]
	}
	return last != text && (last == "" || asciiPrefix(last) == 0)
}

func or(first bool, a, b int) int {
	if first {
		return a
	}
	return b
}

// cutLabel reads a label at the start of text; next is where the following one begins.
// IDNA has four dots (UTS 46 section 2.3).
func cutLabel(text string) (label string, next int) {
	for i, r := range text {
		if r == '.' || r == '。' || r == '．' || r == '｡' {
			return text[:i], i + utf8.RuneLen(r)
		}
	}
	return text, len(text)
}

func asciiPrefix(s string) int {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return i
		}
	}
	return len(s)
}

// isWord says whether a label is letters, as top-level domains are, private ones too.
func isWord(label string) bool {
	for i := 0; i < len(label); i++ {
		if !mime.IsLetter(label[i]) {
			return false
		}
	}
	return true
}

// isHostRune says whether a character may stand in a host as people write it: letters,
// digits, and the symbols that UTS 46 allows or maps, such as emoji, ① and №. Punctuation
// ends a host in text, but for the middle dots of Catalan and Japanese.
func isHostRune(r rune) bool {
	switch {
	case r < utf8.RuneSelf:
		return r == '.' || isHostByte(byte(r))
	case strings.ContainsRune("。．｡・·\u200c\u200d", r): // dots, and joiners within emoji
		return true
	case strings.ContainsRune("\u2010\u2011\u2012\u2013\uff0d", r): // hyphens, as people type them
		return true
	case r >= 0xff00 && r <= 0xff65:
		return unicode.IsLetter(r) || unicode.IsNumber(r) // not full-width punctuation
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.S)
}

// wideTLDs are the top-level domains beyond ASCII.
var wideTLDs = sync.OnceValue(func() map[string]bool {
	all := make(map[string]bool)
	for _, tld := range xurls.TLDs {
		if !mime.IsASCII(tld) {
			all[tld] = true
		}
	}
	for _, tld := range strings.Fields(testTLDs) {
		all[tld] = true
	}
	return all
})

// testTLDs are the words for "test" that IANA keeps as top-level domains
// (iana.org/domains/reserved).
const testTLDs = "إختبار آزمایشی 测试 測試 испытание परीक्षा δοκιμή 테스트 טעסט テスト பரிட்சை"

// isTLD says whether a label is a top-level domain: by the public suffix list, or beyond
// ASCII by IANA's.
func isTLD(label string) bool {
	if label == "" || len(label) > 63 {
		return false
	}
	low := strings.ToLower(label)
	if !mime.IsASCII(label) {
		if low = strings.ToLower(norm.NFKC.String(label)); !mime.IsASCII(low) { // not "ＪＰ"
			return wideTLDs()[low]
		}
	}
	suffix, icann := publicsuffix.PublicSuffix(low)
	return icann && suffix == low
}
