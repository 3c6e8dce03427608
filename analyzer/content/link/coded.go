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
//	location = "https:" + "//example.org/"
//	location = String.fromCharCode(104, 116, 116, 112, 115, 58, 47, 47, 101, ...)
//	ATTACH;ENCODING=BASE64:PGEgaHJlZj0iaHR0cHM6Ly9leGFtcGxlLm9yZy8i...
//
// left is how many of all the texts of a mail are looked at yet, MaxCoded at first: where one begins in
// another, each costs as much as a whole one. all is false when there were more.
func Coded(text string, left *int, found func(raw string)) (all bool) {
	give := func(v escaped) bool {
		if v.times == 0 && !dotAhead(v.text) {
			return true
		}
		if *left--; *left < 0 {
			return false
		}
		if head := v.cut(innerHost); head != "" {
			if u := split(head, InText); u.named(head) {
				found(v.cut(len(v.text)))
			}
		}
		return true
	}
	if strings.IndexByte(text, '\\') >= 0 {
		if plain := mime.UnescapeScript(text); plain != text {
			eachWeb(plain, give)
		}
	}
	if strings.Contains(text, "%3A") || strings.Contains(text, "%3a") || strings.Contains(text, "%2F") {
		eachWeb(text, give)
	}
	if strings.Contains(text, "%68") || strings.Contains(text, "%48") { // "%68ttps"
		eachWeb(mime.PercentDecode(text), give)
	}
	if strings.ContainsAny(text, `"'`) && strings.IndexByte(text, '+') >= 0 || strings.Contains(text, `"//`) || strings.Contains(text, "'//") {
		eachWeb(joinStrings(text), give)
	}
	if codes := charCodes(text); codes != "" {
		eachWeb(codes, give)
	}
	each64(text, give)
	return *left >= 0
}

// MaxCoded bounds what may be a URL in the scripts and cards of one mail. A page's own have hundreds.
const MaxCoded = 1 << 12

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

// joinStrings undoes how a script puts strings together, and gives a scheme to those that have none:
//
//	"https:" + '//exa' + "mple.org/"     "https://example.org/"
//	location = "//example.org/"          location = "http://example.org/"
func joinStrings(s string) string {
	var b strings.Builder
	b.Grow(len(s) + len("http:")*(strings.Count(s, `"//`)+strings.Count(s, "'//")+strings.Count(s, "`//")))
	for i := 0; i < len(s); i++ {
		if s[i] != '"' && s[i] != '\'' && s[i] != '`' {
			b.WriteByte(s[i])
			continue
		}
		rest := strings.TrimLeft(s[i+1:min(len(s), i+maxJoint)], " \t\r\n")
		if rest != "" && rest[0] == '+' {
			rest = strings.TrimLeft(rest[1:], " \t\r\n")
			if rest != "" && strings.IndexByte("\"'`", rest[0]) >= 0 {
				i = min(len(s), i+maxJoint) - len(rest) // the quote that opens the next string
				continue
			}
		}
		b.WriteByte(s[i])
		if strings.HasPrefix(s[i+1:], "//") {
			b.WriteString("http:")
		}
	}
	return b.String()
}

// maxJoint bounds what may stand between two strings that a script puts together, in bytes.
const maxJoint = 40

// Bounds of a list of character codes that says something, and of all of them, in characters.
const (
	minCodes = len("http://a.b")
	maxCodes = 64 << 10
)

// charCodes returns the text of the lists of decimal character codes in a script, a line each: "104,
// 116, 116, 112". What is no list is passed over.
func charCodes(s string) string {
	if !strings.Contains(s, "104") && !strings.Contains(s, "72") { // "h", "H"
		return ""
	}
	var all, list strings.Builder
	end := func() {
		if list.Len() >= minCodes {
			all.WriteString(list.String() + "\n")
		}
		list.Reset()
	}
	for i := 0; i < len(s) && all.Len()+list.Len() < maxCodes; {
		j, n := i, 0
		for j < len(s) && j-i < 3 && s[j] >= '0' && s[j] <= '9' {
			n = n*10 + int(s[j]-'0')
			j++
		}
		switch {
		case j > i && n >= '\t' && n < 0x7f:
			list.WriteByte(byte(n))
			i = j
		case j > i:
			end()
			i = j
		case strings.IndexByte(", \t\r\n", s[i]) >= 0:
			i++
		default:
			end()
			i++
		}
	}
	end()
	return all.String()
}
