package mime

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

// decodeField decodes the encoded-words of a field (RFC 2047) as mail programs do
// rather than as the RFC demands: characters split between two words are put
// together again, words may hold blanks, stand in quotes or lack their end. Raw
// 8-bit text and bare ISO-2022-JP are recognised. The result is one line of valid
// UTF-8.
func decodeField(value string) string {
	if len(value) > maxFieldBytes {
		value = value[:maxFieldBytes]
	}
	value = unfold(value)
	if strings.Contains(value, "=?") {
		value = decodeWords(value)
	} else if !IsASCII(value) || strings.IndexByte(value, 0x1b) >= 0 {
		value = guessText([]byte(value))
	}
	return oneLine(value)
}

// unfold joins folded lines (RFC 5322 section 2.2.3).
func unfold(value string) string {
	if strings.IndexByte(value, '\n') < 0 && strings.IndexByte(value, '\r') < 0 {
		return value
	}
	return strings.NewReplacer("\r\n", "", "\n", "", "\r", "").Replace(value)
}

// oneLine makes every run of blanks and controls one blank.
func oneLine(s string) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	clean := true
	for i := 0; i < len(s) && clean; i++ {
		clean = s[i] >= ' ' && s[i] != 0x7f && s[i] < 0xc2 // U+0085 starts with 0xc2
		clean = clean || s[i] > 0xc2
	}
	if !clean {
		s = strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0x7f && r <= 0x9f {
				return ' '
			}
			return r
		}, s)
	}
	return strings.TrimSpace(s)
}

// word is one encoded-word: its bytes decoded from base64 or Q, charset not yet.
type word struct {
	charset string
	data    []byte
}

func decodeWords(s string) string {
	var b strings.Builder
	var held []word // adjacent words of one charset, not yet converted
	flush := func() {
		if len(held) == 0 {
			return
		}
		var data []byte
		for _, w := range held {
			data = append(data, w.data...)
		}
		text, _ := DecodeCharset(data, held[0].charset)
		b.WriteString(text)
		held = held[:0]
	}
	last := strings.LastIndex(s, "?=") // the end of a word is looked for no further
	size := len(s)
	for s != "" {
		i := strings.Index(s, "=?")
		if i < 0 {
			break
		}
		w, n := readWord(s[i:], last-(size-len(s))-i)
		if n == 0 {
			flush()
			b.WriteString(plainText(s[:i+2]))
			s = s[i+2:]
			continue
		}
		if gap := s[:i]; strings.TrimSpace(gap) != "" || len(held) == 0 {
			flush()
			b.WriteString(plainText(gap))
		} else if held[0].charset != w.charset || endsWhole(held[len(held)-1]) {
			flush()
		}
		held = append(held, w)
		s = s[i+n:]
	}
	flush()
	b.WriteString(plainText(s))
	return b.String()
}

// endsWhole says whether a word's bytes certainly end with a whole character, so
// that the next word starts anew (ISO-2022-JP begins in ASCII in each word).
func endsWhole(w word) bool {
	if strings.HasPrefix(w.charset, "iso-2022") {
		return strings.HasSuffix(string(w.data), "\x1b(B") ||
			strings.HasSuffix(string(w.data), "\x1b(J")
	}
	return false
}

func plainText(s string) string {
	if IsASCII(s) && strings.IndexByte(s, 0x1b) < 0 {
		return s
	}
	return guessText([]byte(s))
}

// readWord reads an encoded-word at the start of s and returns its length, 0 when
// there is none. last is where in s the last "?=" stands, if it stands there.
//
//	=?iso-2022-jp?B?GyRCMj8bKEI=?=
//	=?utf-8*en?q?a_b=3F?=
func readWord(s string, last int) (word, int) {
	charset, rest, ok := strings.Cut(s[2:], "?")
	if !ok || charset == "" || len(charset) > 60 || strings.ContainsAny(charset, " \t=") {
		return word{}, 0
	}
	if len(rest) < 2 || rest[1] != '?' {
		return word{}, 0
	}
	kind, data := rest[0]|0x20, rest[2:]
	head := len(s) - len(data)
	size, end := wordData(data, kind, last >= head)
	data = data[:size]
	charset, _, _ = strings.Cut(strings.ToLower(charset), "*") // RFC 2231 language
	w := word{charset: charset}
	switch kind {
	case 'b':
		w.data = lenientBase64(data)
	case 'q':
		w.data = decodeQ(data)
	default:
		return word{}, 0
	}
	return w, head + end
}

// wordData returns the size of the data of an encoded-word that s begins with, and where
// the word ends; ended says that a "?=" follows at all.
func wordData(s string, kind byte, ended bool) (size, end int) {
	size = -1
	if ended {
		size = strings.Index(s, "?=")
	}
	if size < 0 { // a word cut off: take what there is up to the next blank
		if size = strings.IndexAny(s, " \t"); size < 0 {
			size = len(s)
		}
		return size, size
	}
	if _, ok := hexAt(s, size+2); ok && kind == 'q' && strings.HasPrefix(s[size:], "?==") {
		// "?=" here is the start of "=XX" behind a literal question mark
		if next := strings.Index(s[size+2:], "?="); next >= 0 {
			size += 2 + next
		}
	}
	return size, size + 2
}

// hexAt reads the byte that s writes as "=XX" at i; ok is false for anything else.
func hexAt(s string, i int) (c byte, ok bool) {
	if i+2 >= len(s) || s[i] != '=' {
		return 0, false
	}
	return unhexPair(s[i+1], s[i+2])
}

func lenientBase64(s string) []byte {
	if out, err := base64.StdEncoding.DecodeString(s); err == nil {
		return out
	}
	out, _ := looseBase64(nil, []byte(s))
	return out
}

// decodeQ decodes the Q encoding (RFC 2047 section 4.2); bad escapes stay.
func decodeQ(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		c, ok := hexAt(s, i)
		switch {
		case ok:
			i += 2
		case s[i] == '_':
			c = ' '
		default:
			c = s[i]
		}
		out = append(out, c)
	}
	return out
}
