package link

import (
	"strings"

	"hisseki/analyzer/content/mime"
)

// Coded calls found for the URLs that stand in a script or a card in base64, in percent escapes or
// in those of JavaScript, which programs undo when they run or show it:
//
//	location = atob("aHR0cHM6Ly9leGFtcGxlLm9yZy8=")
//	location = "\x68ttps:\/\/example.org/"
//	ATTACH;ENCODING=BASE64:PGEgaHJlZj0iaHR0cHM6Ly9leGFtcGxlLm9yZy8i...
func Coded(text string, found func(raw string)) {
	give := func(v escaped) bool {
		if v.times == 0 && !dotAhead(v.text) {
			return true
		}
		if head := v.cut(innerHost); head != "" {
			if u := split(head, InText); u.named(head) {
				found(v.cut(len(v.text)))
			}
		}
		return true
	}
	if at := strings.Index(text, "\\"); at >= 0 {
		if plain := unescapeScript(text); plain != text {
			eachWeb(plain, give)
		}
	}
	if strings.Contains(text, "%3A") || strings.Contains(text, "%3a") || strings.Contains(text, "%2F") {
		eachWeb(text, give)
	}
	each64(text, give)
}

// dotAhead says whether what follows a scheme may be a host of several labels.
func dotAhead(text string) bool {
	_, rest, _ := strings.Cut(text[:min(len(text), innerHost)], ":")
	rest = strings.TrimLeft(rest, "/")
	end := strings.IndexAny(rest, "/?#\"' <>")
	if end < 0 {
		end = len(rest)
	}
	return strings.IndexByte(rest[:end], '.') > 0
}

// cut is plain up to what no URL has.
func (v escaped) cut(most int) string {
	raw := v.plain(most)
	if end := strings.IndexFunc(raw, notURL); end >= 0 {
		raw = raw[:end]
	}
	return raw
}

// unescapeScript undoes "\x68", "\u0068" and "\/" of JavaScript (ECMA-262, section 12.9.4).
func unescapeScript(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		n := 0
		switch s[i+1] {
		case 'x':
			n = 2
		case 'u':
			n = 4
		case '/':
			continue // what follows stands for itself
		}
		r, ok := hexRune(s[i+2:], n)
		if n == 0 || !ok {
			b.WriteByte(s[i])
			continue
		}
		b.WriteRune(r)
		i += 1 + n
	}
	return b.String()
}

// hexRune reads n hexadecimal digits at the start of s.
func hexRune(s string, n int) (r rune, ok bool) {
	if len(s) < n {
		return 0, false
	}
	for i := range n {
		d := mime.Unhex(s[i])
		if d < 0 {
			return 0, false
		}
		r = r<<4 | rune(d)
	}
	return r, true
}
