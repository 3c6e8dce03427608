package hook

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/japanese"
)

// letter is a mail with one part of plain text. Line ends are "\n", as sendmail expects.
type letter struct {
	From      string // bare address
	To        []string
	Subject   string
	Body      string // lines of at most 900 bytes
	MessageID string
	InReplyTo string // "" for none
	Date      time.Time
	Japanese  bool // written in Japanese
}

// charset is how text becomes bytes.
type charset struct {
	name   string
	encode func(string) string
	seven  bool // the bytes are 7-bit lines already
}

func same(s string) string { return s }

var (
	ascii = charset{"us-ascii", same, true}
	utf   = charset{"utf-8", same, false}
	// iso2022 is what every Japanese mail program has read since RFC 1468.
	iso2022 = charset{"iso-2022-jp", func(s string) string {
		out, _ := jis(s)
		return out
	}, true}
)

// charsetOf returns the oldest charset that holds a text: US-ASCII, ISO-2022-JP for
// Japanese, UTF-8.
func charsetOf(text string, isJapanese bool) charset {
	if strings.IndexFunc(text, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return ascii
	}
	if isJapanese {
		if _, ok := jis(text); ok {
			return iso2022
		}
	}
	return utf
}

// jis encodes in ISO-2022-JP as RFC 1468 has it: ASCII, JIS X 0201 Roman and JIS X 0208.
// What the encoder knows beyond (half-width kana, vendors' characters) is refused, for
// strict readers would see something else.
func jis(s string) (string, bool) {
	out, err := japanese.ISO2022JP.NewEncoder().String(s)
	if err != nil {
		return "", false
	}
	double := false
	for i := 0; i < len(out); i++ {
		switch c := out[i]; {
		case c == 0x1b && i+2 < len(out):
			switch out[i : i+3] {
			case "\x1b(B", "\x1b(J":
				double = false
			case "\x1b$B", "\x1b$@":
				double = true
			default:
				return "", false
			}
			i += 2
		case double:
			row := c - 0x20 // 1 to 8 are signs and letters, 16 to 84 kanji
			if row > 8 && row < 16 || row > 84 {
				return "", false
			}
			i++
		}
	}
	return out, true
}

// compose writes the mail.
func (l *letter) compose() []byte {
	cs := charsetOf(l.Subject+l.Body, l.Japanese)
	var b bytes.Buffer
	field := func(name, value string) { fmt.Fprintf(&b, "%s: %s\n", name, value) }
	field("From", "hisseki <"+l.From+">")
	field("To", strings.Join(l.To, ",\n "))
	field("Subject", encodedWords(cs, l.Subject, len("Subject: ")))
	field("Date", l.Date.Format(time.RFC1123Z))
	field("Message-ID", l.MessageID)
	if l.InReplyTo != "" {
		field("In-Reply-To", l.InReplyTo)
		field("References", l.InReplyTo)
	}
	field("Auto-Submitted", "auto-generated") // RFC 3834: nobody's vacation answers
	field("MIME-Version", "1.0")
	field("Content-Type", "text/plain; charset="+cs.name)
	if cs.seven {
		field("Content-Transfer-Encoding", "7bit")
		fmt.Fprintf(&b, "\n%s", cs.encode(l.Body))
		return b.Bytes()
	}
	field("Content-Transfer-Encoding", "base64")
	b.WriteString("\n")
	text := base64.StdEncoding.EncodeToString([]byte(cs.encode(strings.ReplaceAll(l.Body, "\n",
		"\r\n")))) // base64 carries the canonical line ends (RFC 2045 section 6.8)
	for ; len(text) > 76; text = text[76:] {
		b.WriteString(text[:76] + "\n")
	}
	b.WriteString(text + "\n")
	return b.Bytes()
}

// maxWord and maxLine are RFC 2047's bounds of an encoded word and of a line with one.
const (
	maxWord = 75
	maxLine = 76
)

// encodedWords writes a header's value as encoded words (RFC 2047), each of them whole
// characters that begin and end in ASCII, one a line. before is the length of the name.
func encodedWords(cs charset, text string, before int) string {
	if cs.name == ascii.name {
		return text
	}
	var words []string
	word := func(s string) string {
		return "=?" + strings.ToUpper(cs.name) + "?B?" +
			base64.StdEncoding.EncodeToString([]byte(cs.encode(s))) + "?="
	}
	for text != "" {
		room := maxWord
		if len(words) == 0 {
			room = maxLine - before
		}
		end := 0
		for end < len(text) {
			_, size := utf8.DecodeRuneInString(text[end:])
			if end > 0 && len(word(text[:end+size])) > room {
				break
			}
			end += size
		}
		words = append(words, word(text[:end]))
		text = text[end:]
	}
	return strings.Join(words, "\n ")
}
