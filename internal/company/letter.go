package company

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"strings"
	"time"

	"golang.org/x/text/encoding/japanese"
)

// letter is what compose makes a message of.
type letter struct {
	from    *person
	to      *partner
	cc      []string
	at      time.Time
	subject string
	body    string
	mailer  string // "" leaves no trace of one
	charset string // "utf-8" or "iso-2022-jp"
	serial  int
}

// compose writes a message with the header order and encoding of its mail program.
func compose(l letter) []byte {
	var b bytes.Buffer
	field := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	from := fmt.Sprintf("%s <%s>", word(l.charset, l.from.name), l.from.login)
	to := fmt.Sprintf("%s <%s>", word(l.charset, l.to.name), l.to.address)
	date := l.at.In(Tokyo).Format(time.RFC1123Z)
	id := fmt.Sprintf("<%d.%d@%s>", l.at.Unix(), l.serial, "pc."+domain(l.from.login))
	if l.mailer == "" {
		field("Content-Type", `text/plain; charset="utf-8"`)
		field("MIME-Version", "1.0")
		field("Content-Transfer-Encoding", "base64")
		field("From", from)
		field("To", to)
		field("Subject", word(l.charset, l.subject))
		field("Date", date)
		field("Message-ID", fmt.Sprintf("<%016x@DESKTOP-7Q2K1LM>", l.at.UnixNano()))
		b.WriteString("\r\n" + base64Lines([]byte(l.body)))
		return b.Bytes()
	}
	field("From", from)
	field("To", to)
	if len(l.cc) > 0 {
		field("Cc", strings.Join(l.cc, ", "))
	}
	field("Subject", word(l.charset, l.subject))
	field("Date", date)
	field("Message-ID", id)
	field("MIME-Version", "1.0")
	field("Content-Type", fmt.Sprintf("text/plain; charset=%q", l.charset))
	text := strings.ReplaceAll(l.body, "\n", "\r\n")
	if l.charset == "iso-2022-jp" {
		field("Content-Transfer-Encoding", "7bit")
		field("X-Mailer", l.mailer)
		b.WriteString("\r\n" + encode(text))
		return b.Bytes()
	}
	field("Content-Transfer-Encoding", "8bit")
	field("User-Agent", l.mailer)
	b.WriteString("\r\n" + text)
	return b.Bytes()
}

// word returns an RFC 2047 encoded word.
func word(charset, s string) string {
	if charset == "iso-2022-jp" {
		return "=?ISO-2022-JP?B?" + base64.StdEncoding.EncodeToString([]byte(encode(s))) + "?="
	}
	return mime.BEncoding.Encode("UTF-8", s)
}

// encode returns text in ISO-2022-JP. All our texts are within JIS X 0208.
func encode(s string) string {
	out, err := japanese.ISO2022JP.NewEncoder().String(s)
	if err != nil {
		panic("company: a text outside ISO-2022-JP: " + s)
	}
	return out
}

func base64Lines(data []byte) string {
	var b strings.Builder
	for s := base64.StdEncoding.EncodeToString(data); s != ""; {
		n := min(76, len(s)) // RFC 2045 section 6.8
		b.WriteString(s[:n] + "\r\n")
		s = s[n:]
	}
	return b.String()
}

func domain(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
