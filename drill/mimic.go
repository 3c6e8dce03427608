package drill

import (
	"cmp"
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

// ErrNoSample says that the past does not show how an account's mail looks: a store
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

// CanImitate says whether it is known how the account's mail looks.
func (a *Account) CanImitate() bool { return len(a.sample.Header) > 0 }

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
// words. Only what it asks for is the thief's.
func (t *thief) imitate(m *analyzer.Mail, l *letter, to string) part {
	src := t.account.sample
	for _, f := range src.Header {
		switch strings.ToLower(f.Name) {
		case "to":
			f.Value = to
		case "date":
			f.Value = l.at.In(zone(f.Value)).Format(time.RFC1123Z)
		case "message-id":
			f.Value = t.digits(f.Value)
		case "subject":
			if l.ask.subject != "" {
				f.Value = strings.TrimRight(f.Value, "\r\n") + " " + l.ask.subject
			}
		case "cc", "bcc", "received", "dkim-signature": // an answer stays in its thread
			continue
		}
		m.Header = append(m.Header, f)
	}
	_, encoding := form(src)
	if l.answers != "" {
		setField(m, "In-Reply-To", "<"+l.answers+">")
	}
	p := part{kind: cmp.Or(field(src, "Content-Type"), "text/plain"), encoding: cmp.Or(encoding, "7bit")}
	p.text = plainText(src.Body, p.encoding) + l.quote()
	if l.ask.text != "" && !l.ask.quoted {
		p.text = l.ask.text + "\r\n\r\n" + p.text
	}
	return p
}

// setField changes a field where it stands, for the order of fields is a habit too, or
// appends it.
func setField(m *analyzer.Mail, name, value string) {
	for i := range m.Header {
		if strings.EqualFold(m.Header[i].Name, name) {
			m.Header[i].Value = value
			return
		}
	}
	m.Header = append(m.Header, content.Field{Name: name, Value: value})
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

// plainText is what a body says, without base64. Other text may stand before and after them: there
// every charset of mail is in its ASCII state. It must have no "=".
func plainText(body []byte, encoding string) string {
	if encoding != "base64" {
		return string(body)
	}
	own, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(body)), ""))
	if err != nil {
		return ""
	}
	return string(own)
}

// NeedsSample says whether a recipe can only be played with Keep.
func (r *Recipe) NeedsSample() bool { return r.Name == mimic }

const mimic = "mimic"

// possible says why a recipe cannot be played in an account.
func (d *Drill) possible(a *Account, r Recipe) error {
	switch {
	case (d.opt.OwnNetwork || d.opt.Attacker == Own) && !d.opt.NoClient && !a.Client.IsValid():
		return fmt.Errorf("drill %s: %w", a.Sender, ErrNoNetwork)
	case (r.NeedsSample() || d.opt.Attacker.ownWords()) && !a.CanImitate():
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
