package review

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"hisseki/analyzer/content"
)

// Letter is a mail as its reader sees it: decoded, bounded, still hostile.
type Letter struct {
	Fields []content.Field // of the header, decoded, those that people look at
	Text   string          // of the parts that mail programs show
	Links  []string        // where the links of HTML lead, at most maxLetterLinks
	Files  []string        // "name, kind, size"
	Notes  []string        // what was wrong or could not be read
}

// Bounds of a Letter.
const (
	maxLetterText  = 64 << 10 // bytes
	maxLetterLinks = 50
	maxLetterFiles = 50
	letterBudget   = 2 * time.Second
)

// ReadLetter reads a mail's source for people. It never fails: what cannot be read is in
// the notes.
func ReadLetter(source []byte, now func() time.Time) *Letter {
	src, err := content.ReadSource(bytes.NewReader(source), 0)
	c := content.Parse(src, content.Limits{TextBytes: maxLetterText, Budget: letterBudget, Now: now})
	l := &Letter{Text: c.Text}
	if err != nil {
		l.Notes = append(l.Notes, err.Error())
	}
	l.header(c)
	for i := range c.URLs[:min(len(c.URLs), maxLetterLinks)] {
		u := &c.URLs[i]
		if !strings.Contains(c.Text, u.Raw) {
			l.Links = append(l.Links, u.Raw)
		}
	}
	for i := range c.Attachments[:min(len(c.Attachments), maxLetterFiles)] {
		a := &c.Attachments[i]
		l.Files = append(l.Files, fmt.Sprintf("%s, %s, %d bytes", a.Name, a.Kind, a.Size))
	}
	for _, d := range c.Defects {
		l.Notes = append(l.Notes, d.Detail)
	}
	if c.Hidden > 0 {
		l.Notes = append(l.Notes, fmt.Sprintf("%d characters are hidden from readers", c.Hidden))
	}
	return l
}

func (l *Letter) header(c *content.Content) {
	add := func(name, value string) {
		if value != "" {
			l.Fields = append(l.Fields, content.Field{Name: name, Value: value})
		}
	}
	add("From", mailboxes(c.From))
	add("Sender", mailboxes(c.Sender))
	add("Reply-To", mailboxes(c.ReplyTo))
	add("To", mailboxes(c.To))
	if !c.Date.IsZero() {
		add("Date", c.Date.Format("2006-01-02 15:04:05 -0700"))
	}
	add("Subject", c.Subject)
	if c.MessageID != "" {
		add("Message-ID", "<"+c.MessageID+">")
	}
	add("Mailer", c.Mailer)
}

func mailboxes(list []content.Address) string {
	var out []string
	for _, a := range list {
		switch {
		case a.Name == "":
			out = append(out, a.Addr)
		case a.Addr == "":
			out = append(out, a.Name)
		default:
			out = append(out, a.Name+" <"+a.Addr+">")
		}
	}
	return strings.Join(out, ", ")
}
