package drill

import (
	"encoding/base64"
	"errors"
	"fmt"
	"mime"
	"slices"
	"strings"
	"time"
	"unicode"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/maildate"
)

// ErrNoSample says that the past tells nothing of how an account's mail looks: a store
// keeps no mail, an archive may hold none of plain text.
var ErrNoSample = errors.New("no plain mail of the account is known, so nobody can imitate it")

// maxSample bounds what is kept of an account's mail, in bytes.
const maxSample = 64 << 10

// Keep remembers how a mail of the account looks, when it is one that a thief can easily
// imitate: plain text.
func (a *Account) Keep(m *analyzer.Mail) {
	if kind, _ := form(m.Source); kind == "text/plain" && len(m.Body) <= maxSample {
		a.sample = m.Source
	}
}

// form returns a mail's media type and transfer encoding.
func form(src content.Source) (kind, encoding string) {
	kind = "text/plain"
	if ct := field(src, "Content-Type"); ct != "" {
		var err error
		if kind, _, err = mime.ParseMediaType(strings.ReplaceAll(ct, "\n", " ")); err != nil {
			kind = ""
		}
	}
	return kind, strings.ToLower(strings.TrimSpace(field(src, "Content-Transfer-Encoding")))
}

func field(src content.Source, name string) string {
	for _, f := range src.Header {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// imitate gives a mail the looks of the account's own: its mail program's header, its
// words. Only the link is the thief's.
func (t *thief) imitate(m *analyzer.Mail, l letter) {
	src := t.account.sample
	m.Header = nil
	for _, f := range src.Header {
		switch strings.ToLower(f.Name) {
		case "to":
			f.Value = strings.Join(l.to, ", ")
		case "date":
			f.Value = l.at.In(zone(f.Value)).Format(time.RFC1123Z)
		case "message-id":
			f.Value = t.digits(f.Value)
		case "cc", "bcc", "received", "dkim-signature": // an answer stays in its thread
			continue
		}
		m.Header = append(m.Header, f)
	}
	_, encoding := form(src)
	m.Body = insert(src.Body, l.url+"\r\n\r\n", encoding)
	m.BodySize = int64(len(m.Body))
}

// zone is the time zone of a Date field.
func zone(date string) *time.Location {
	t, _ := maildate.Parse(date)
	return t.Location()
}

// digits replaces the digits of a Message-ID: another one of the same form.
func (t *thief) digits(id string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return '0' + rune(t.rand.IntN(10))
		}
		return r
	}, id)
}

// insert puts ASCII text without "=" in front of a body, where every charset of mail is in
// its ASCII state.
func insert(body []byte, text, encoding string) []byte {
	if encoding != "base64" {
		return append([]byte(text), body...)
	}
	plain := strings.Join(strings.Fields(string(body)), "")
	if own, err := base64.StdEncoding.DecodeString(plain); err == nil {
		return []byte(encode(text + string(own)))
	}
	return []byte(encode(text))
}

// NeedsSample says whether a recipe can only be played with Keep.
func (r *Recipe) NeedsSample() bool { return r.Name == mimic }

const mimic = "mimic"

// possible says why a recipe cannot be played in an account.
func (d *Drill) possible(a *Account, r Recipe) error {
	switch {
	case d.opt.OwnNetwork && !a.Client.IsValid():
		return fmt.Errorf("drill %s: %w", a.Sender, ErrNoNetwork)
	case r.NeedsSample() && len(a.sample.Header) == 0:
		return fmt.Errorf("drill %s: %w", a.Sender, ErrNoSample)
	}
	return nil
}

// Impossible says whether an error of Run means only that too little is known of the
// account for this theft.
func Impossible(err error) bool {
	return errors.Is(err, ErrNoNetwork) || errors.Is(err, ErrNoSample)
}

// Archived returns the recipes, without those that need a sample when there are none.
func Archived(recipes []Recipe, samples bool) []Recipe {
	return slices.DeleteFunc(slices.Clone(recipes), func(r Recipe) bool {
		return !samples && r.NeedsSample()
	})
}
