package mime

import (
	"cmp"
	"strings"
	"time"

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

// header is the fields of a mail or part that are read at all, in the order of the wire.
type header []Field

// readFields are the names of those fields, in lower case.
var readFields = map[string]bool{
	"from": true, "sender": true, "reply-to": true, "to": true, "cc": true, "date": true,
	"message-id": true, "in-reply-to": true, "references": true, "subject": true,
	"x-mailer": true, "user-agent": true, "content-type": true,
	"content-transfer-encoding": true, "content-disposition": true, "content-id": true,
	"content-base": true, "content-location": true,
	"list-unsubscribe": true, "list-help": true, "list-subscribe": true, "list-archive": true, "list-post": true,
}

// maxListed bounds the links of a header.
const maxListed = 50

// Listed returns the URLs of the web in the fields of mailing lists (RFC 2369), of which mail programs
// make buttons:
//
//	List-Unsubscribe: <mailto:leave@example.org>, <https://example.org/leave>
func (r *Reader) Listed() (links []string) {
	for _, f := range r.header {
		if !HasFold(f.Name, "list-") {
			continue
		}
		for rest := f.Value; len(links) < maxListed; {
			_, after, ok := strings.Cut(rest, "<")
			if !ok {
				break
			}
			var link string
			link, rest, _ = strings.Cut(after, ">")
			if link = strings.Join(strings.Fields(link), ""); HasFold(link, "http") {
				links = append(links, link)
			}
		}
	}
	return links
}

// IsRead says whether fields of a name say anything about a mail here. Whoever has to
// drop fields keeps the first of these.
func IsRead(name string) bool {
	name = strings.TrimRight(name, " \t")
	return len(name) <= len("content-transfer-encoding") && readFields[strings.ToLower(name)]
}

// quota counts fields of the names that are read.
type quota map[string]int

// take says whether a further field of a name may be kept, however many others are.
func (q *quota) take(name string) bool {
	if !IsRead(name) {
		return false
	}
	if *q == nil {
		*q = make(quota)
	}
	low := strings.ToLower(strings.TrimRight(name, " \t"))
	(*q)[low]++
	return (*q)[low] <= maxSame
}

// readable picks the fields that are read, wherever they stand among others. dropped says
// whether there were more of a name than are looked at.
func readable(fields []Field) (h header, dropped bool) {
	var q quota
	for _, f := range fields {
		if !IsRead(f.Name) {
			continue
		}
		if len(h) >= maxSame && !q.take(f.Name) {
			dropped = true
			continue
		}
		if len(f.Value) > maxFieldBytes {
			f.Value = f.Value[:maxFieldBytes]
		}
		f.Name = strings.TrimRight(f.Name, " \t")
		h = append(h, f)
	}
	return h, dropped
}

// dropField stands in a header for fields that were not kept and might have been read.
const dropField = "\x00dropped"

// get returns the first value of a field, "" when there is none.
func (h header) get(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			return f.Value
		}
	}
	return ""
}

// values returns all values of a field.
func (h header) values(name string) (all []string) {
	for _, f := range h {
		if strings.EqualFold(f.Name, name) {
			all = append(all, f.Value)
		}
	}
	return all
}

// readHead fills the Head and returns the fields that are read.
func (r *Reader) readHead(src Source) header {
	if src.HeaderDropped > 0 || len(src.Header) > maxFields {
		r.Defect(DefectHeader, "more header fields than are kept")
	}
	r.Names = make([]string, 0, min(len(src.Header), maxFields))
	for i, f := range src.Header {
		if i < maxFields {
			r.Names = append(r.Names, cleanName(f.Name))
		}
		if strings.IndexByte(f.Value, 0) >= 0 {
			r.Defect(DefectNUL, "NUL bytes in the header")
		}
	}
	h, dropped := readable(src.Header)
	if dropped || src.ReadDropped {
		h = append(h, Field{Name: dropField})
	}
	for _, name := range single {
		if len(h.values(name)) > 1 {
			r.Defect(DefectDuplicate, "a field that may stand once stands twice: "+name)
		}
	}
	out := &r.Head
	out.Subject = decodeField(h.get("Subject"))
	out.From = r.addresses(h.values("From"))
	out.Sender = r.addresses(h.values("Sender"))
	out.ReplyTo = r.addresses(h.values("Reply-To"))
	out.To = append(r.addresses(h.values("To")), r.addresses(h.values("Cc"))...)
	out.Date, out.Zone = maildate.Parse(h.get("Date"))
	out.MessageID = first(messageIDs(h.get("Message-Id")))
	out.InReplyTo = messageIDs(h.get("In-Reply-To"))
	out.References = messageIDs(h.get("References"))
	out.Mailer = cmp.Or(decodeField(h.get("X-Mailer")), decodeField(h.get("User-Agent")))
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
