package point

import "strings"

// services are where one writes to a name, in lower case: who answers there is seen by no mail
// filter. A word of other uses is none: programmers write "signal: SIG_DFL".
var services = []string{"telegram", "whatsapp", "wechat", "weixin", "kakaotalk", "viber", "skype",
	"line id", "lineid", "discord", "微信", "カカオトーク", "ライン"}

// servicesFrom are the services by their first byte, in either case.
var servicesFrom = func() (t [256][]string) {
	for _, s := range services {
		t[s[0]] = append(t[s[0]], s)
		if class[s[0]] == classLetter {
			t[s[0]-'a'+'A'] = append(t[s[0]-'a'+'A'], s)
		}
	}
	return t
}()

// begins says whether text begins with a word in lower case; only ASCII has cases here. It ends at
// the first byte that differs: every character of Japanese text may begin the name of a service.
func begins(text, word string) bool {
	if len(text) < len(word) {
		return false
	}
	for i := range len(word) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// Bounds of a name, and of what stands between the service and it.
const (
	minHandle = 4
	maxHandle = 40
	maxBefore = 24
)

// handle finds the name that stands behind a service at the beginning of a word, and returns where
// to go on:
//
//	please write me on Telegram: @acc_dept      LINE ID：kaikei88      my Skype id is live:office.7
func handle(text string, i int, found func(Hit)) (next int) {
	if i > 0 && class[text[i]] == classLetter && isAlnum(text[i-1]) {
		return i + 1
	}
	for _, service := range servicesFrom[text[i]] {
		if !begins(text[i:], service) {
			continue
		}
		end := i + len(service)
		if start, n := nameBehind(text, end); n > 0 {
			found(Hit{Handle, "handle:" + service + ":" + strings.ToLower(text[start:start+n]), text[start : start+n], start})
			return start + n
		}
		return end
	}
	return i + 1
}

// nameBehind returns where a name stands: behind "@", or behind a colon or "id" with a sign that no
// word of a sentence has in it.
func nameBehind(text string, i int) (start, n int) {
	colon := begins(text[i-2:], "id") // "line id"
	for end := min(i+maxBefore, len(text)); i < end; {
		rest := text[i:]
		switch {
		case rest[0] == '@':
			n = nameLength(rest[1:])
			return i + 1, n
		case rest[0] == ':':
			colon, i = true, i+1
		case strings.HasPrefix(rest, "："):
			colon, i = true, i+len("：")
		case rest[0] == ' ' || rest[0] == '(' || rest[0] == '-':
			i++
		case strings.HasPrefix(rest, "は") || strings.HasPrefix(rest, "で"):
			i += len("は")
		case !isAlnum(rest[0]):
			return 0, 0
		default:
			n = nameLength(rest)
			if colon && n > 0 && strings.ContainsAny(rest[:n], "_.0123456789") && class[rest[0]] == classLetter {
				return i, n
			}
			word := rest[:max(n, 1)]
			if n == 0 {
				word = rest[:wordLength(rest)]
			}
			if !strings.EqualFold(word, "id") && !strings.EqualFold(word, "is") && !strings.EqualFold(word, "name") {
				return 0, 0
			}
			colon, i = true, i+len(word)
		}
	}
	return 0, 0
}

// nameLength returns how long the name is that s begins with, 0 for none.
func nameLength(s string) int {
	n := 0
	for n < len(s) && n <= maxHandle && (isAlnum(s[n]) || s[n] == '_' || s[n] == '.' || s[n] == '-') {
		n++
	}
	n = len(strings.TrimRight(s[:n], ".-"))
	if n < minHandle || n > maxHandle {
		return 0
	}
	return n
}

// wordLength is how many letters and digits s begins with, at least one.
func wordLength(s string) int {
	n := 1
	for n < len(s) && n < maxHandle && isAlnum(s[n]) {
		n++
	}
	return n
}
