package mime

import (
	"bytes"
	"strings"
	"time"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"

	"hisseki/internal/maildate"
)

// single lists the fields that RFC 5322 section 3.6 allows once.
var single = []string{
	"From", "Sender", "Reply-To", "To", "Cc", "Date", "Message-Id", "In-Reply-To",
	"References", "Subject", "Content-Type", "Content-Transfer-Encoding",
}

// Head is what the header of a mail says.
type Head struct {
	Subject    string // decoded, one line
	From       []Address
	Sender     []Address
	ReplyTo    []Address
	To         []Address // To and Cc
	Date       time.Time // zero when absent or unreadable
	Zone       string    // "+0900" or a name such as "GMT"; "" when absent
	MessageID  string    // without angle brackets
	InReplyTo  []string
	References []string
	Mailer     string   // X-Mailer or User-Agent, decoded
	Names      []string // header names as written, in order
}

// readHead fills the Head and returns the header as go-message wants it.
func (r *Reader) readHead(src Source) message.Header {
	fields := src.Header
	if len(fields) > maxFields {
		fields = fields[:maxFields]
	}
	if src.HeaderDropped > 0 || len(fields) < len(src.Header) {
		r.Defect(DefectHeader, "more header fields than are kept")
	}
	h := gomail.Header{Header: buildHeader(fields)}
	r.Names = make([]string, 0, len(fields))
	for _, f := range fields {
		r.Names = append(r.Names, cleanName(f.Name))
		if strings.IndexByte(f.Value, 0) >= 0 {
			r.Defect(DefectNUL, "NUL bytes in the header")
		}
	}
	for _, name := range single {
		if len(h.Values(name)) > 1 {
			r.Defect(DefectDuplicate, "a field that may stand once stands twice: "+name)
		}
	}
	out := &r.Head
	out.Subject = decodeField(h.Get("Subject"))
	out.From = r.addresses(h.Values("From"))
	out.Sender = r.addresses(h.Values("Sender"))
	out.ReplyTo = r.addresses(h.Values("Reply-To"))
	out.To = append(r.addresses(h.Values("To")), r.addresses(h.Values("Cc"))...)
	out.Date, out.Zone = maildate.Parse(h.Get("Date"))
	out.MessageID = first(messageIDs(h.Get("Message-Id")))
	out.InReplyTo = messageIDs(h.Get("In-Reply-To"))
	out.References = messageIDs(h.Get("References"))
	out.Mailer = decodeField(h.Get("X-Mailer"))
	if out.Mailer == "" {
		out.Mailer = decodeField(h.Get("User-Agent"))
	}
	return h.Header
}

// buildHeader turns fields in wire order into go-message's header. Its Add
// prepends, so that the fields go in from the last to the first.
func buildHeader(fields []Field) message.Header {
	var h message.Header
	for i := len(fields) - 1; i >= 0; i-- {
		value := fields[i].Value
		if len(value) > maxFieldBytes {
			value = value[:maxFieldBytes]
		}
		h.Add(cleanName(fields[i].Name), value)
	}
	return h
}

// cleanName drops from a field name what RFC 5322 section 2.2 does not allow.
func cleanName(name string) string {
	name = strings.TrimRight(name, " \t")
	ok := len(name) <= 200
	for i := 0; i < len(name) && ok; i++ {
		ok = name[i] > ' ' && name[i] < 0x7f && name[i] != ':'
	}
	if ok {
		return name
	}
	if len(name) > 200 {
		name = name[:200]
	}
	return strings.Map(func(r rune) rune {
		if r > ' ' && r < 0x7f && r != ':' {
			return r
		}
		return '_'
	}, name)
}

// messageIDs finds the ids between angle brackets, or bare ones when there are no
// brackets.
func messageIDs(value string) []string {
	var ids []string
	rest := value
	for len(ids) < maxIDs {
		open := strings.IndexByte(rest, '<')
		if open < 0 {
			break
		}
		end := strings.IndexByte(rest[open:], '>')
		if end < 0 {
			break
		}
		id := strings.Join(strings.Fields(rest[open+1:open+end]), "")
		if id != "" && len(id) <= 998 {
			ids = append(ids, strings.ToValidUTF8(id, "\uFFFD"))
		}
		rest = rest[open+end+1:]
	}
	if len(ids) > 0 {
		return ids
	}
	for _, w := range strings.Fields(value) {
		w = strings.Trim(w, "<>")
		if strings.IndexByte(w, '@') > 0 && len(w) <= 998 && len(ids) < maxIDs {
			ids = append(ids, strings.ToValidUTF8(w, "\uFFFD"))
		}
	}
	return ids
}

func first(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[0]
}

// splitFields reads a header block leniently. Lines that are neither a field nor
// its continuation are dropped and make ok false. The block ends at the first
// empty line; rest is what follows it.
func splitFields(b []byte) (fields []Field, rest []byte, ok bool) {
	ok = true
	read := 0
	var value []byte // of the last field, folds joined by "\n"
	end := func() {
		if len(fields) > 0 {
			fields[len(fields)-1].Value = string(value)
		}
	}
	for len(b) > 0 {
		line, after := cutLine(b)
		if len(line) == 0 {
			end()
			return fields, after, ok
		}
		b = after
		read += len(line) + 1
		if read > maxPartHeader || len(fields) >= maxFields {
			end() // go on to the empty line without keeping anything
			return fields, afterBlankLine(b), false
		}
		if line[0] == ' ' || line[0] == '\t' {
			if len(fields) > 0 {
				value = append(append(value, '\n'), line...)
			} else {
				ok = false
			}
			continue
		}
		colon := bytes.IndexByte(line, ':')
		if colon <= 0 || !isFieldName(line[:colon]) {
			ok = false
			continue
		}
		end()
		fields = append(fields, Field{Name: string(bytes.TrimRight(line[:colon], " \t"))})
		value = append(value[:0], bytes.TrimPrefix(line[colon+1:], []byte{' '})...)
	}
	end()
	return fields, nil, ok
}

// isFieldName tells whether b can name a field; blanks before the colon are
// tolerated as mail programs do.
func isFieldName(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	if len(b) == 0 || len(b) > 200 {
		return false
	}
	for _, c := range b {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// cutLine splits b behind its first line; line comes without its line end.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return bytes.TrimSuffix(b, []byte{'\r'}), nil
	}
	return bytes.TrimSuffix(b[:i], []byte{'\r'}), b[i+1:]
}

// afterBlankLine returns what follows the first empty line of b.
func afterBlankLine(b []byte) []byte {
	if len(b) > 0 && b[0] == '\n' {
		return b[1:]
	}
	if bytes.HasPrefix(b, []byte("\r\n")) {
		return b[2:]
	}
	lf, crlf := bytes.Index(b, []byte("\n\n")), bytes.Index(b, []byte("\n\r\n"))
	switch {
	case lf < 0 && crlf < 0:
		return nil
	case crlf < 0 || lf >= 0 && lf < crlf:
		return b[lf+2:]
	}
	return b[crlf+3:]
}
