package mime

import (
	"bytes"
	"strings"
)

// An entity is a mail or one of its parts: header and body, body still encoded.
type entity struct {
	head        header
	body        []byte
	mediaType   string // lower case, "text/plain" when absent or unreadable
	params      map[string]string
	disposition string // lower case, "" when absent
	name        string // file name, decoded
	encoding    string // normalised by transferName
	typed       bool   // has a Content-Type that could be read
	oddCoding   bool   // base64 or quoted-printable by a name that not all programs read
	conflict    bool   // boundary given twice
	contrary    bool   // its fields say two things of its type or encoding
	base        string // where its references lead from, "" for nowhere
}

// entity makes an entity of fields as written.
func (r *Reader) entity(fields []Field, body []byte) entity {
	head, dropped := readable(fields)
	if dropped {
		head = append(head, Field{Name: dropField})
	}
	return newEntity(head, body)
}

func newEntity(head header, body []byte) entity {
	e := entity{head: head, body: body, mediaType: "text/plain"}
	if value := head.get("Content-Type"); value != "" {
		main, params := readParams(value)
		e.params = params
		if major, minor, ok := strings.Cut(main, "/"); ok && major != "" && minor != "" {
			e.mediaType, e.typed = oneLine(main), true
		} else if whole := map[string]string{"text": "text/plain", "html": "text/html",
			"multipart": "multipart/mixed"}[main]; whole != "" {
			e.mediaType, e.typed = whole, true
		}
		e.conflict = strings.HasPrefix(main, "multipart/") &&
			(len(head.values("Content-Type")) > 1 || twiceBoundary(value))
	}
	e.setName()
	e.base = baseOf(head)
	written := head.get("Content-Transfer-Encoding")
	e.encoding = transferName(written)
	e.oddCoding = (e.encoding == "base64" || e.encoding == "quoted-printable") &&
		!strings.EqualFold(strings.TrimSpace(written), e.encoding)
	e.contrary = severalEncodings(written) || differ(head.values("Content-Type")) ||
		differ(head.values("Content-Transfer-Encoding")) || head.values(dropField) != nil
	return e
}

// baseOf returns the URL from which a page's references lead (RFC 2557 section 5).
func baseOf(head header) string {
	for _, name := range []string{"Content-Base", "Content-Location"} {
		value := strings.Trim(strings.Join(strings.Fields(head.get(name)), ""), `"<>`)
		if HasFold(value, "http://") || HasFold(value, "https://") {
			return value
		}
	}
	return ""
}

// setName reads the disposition and the file's name, which programs write into either field
// under either name.
func (e *entity) setName() {
	if value := e.head.get("Content-Disposition"); value != "" {
		main, params := readParams(value)
		e.disposition = main
		e.name = params["filename"]
		if e.name == "" {
			e.name = params["name"]
		}
	}
	if e.name == "" {
		e.name = e.params["name"]
	}
	if e.name == "" {
		e.name = e.params["filename"]
	}
	e.name = fileName(e.name)
}

// differ says whether a field that may stand once says two things.
func differ(values []string) bool {
	for _, v := range values {
		if !strings.EqualFold(strings.TrimSpace(v), strings.TrimSpace(values[0])) {
			return true
		}
	}
	return false
}

// twiceBoundary says whether a Content-Type names its boundary twice, or in a way that some programs
// read and others take as it stands:
//
//	boundary=b;boundary=c   boundary*=us-ascii''b; boundary=c   boundary="=?us-ascii?q?b?="
func twiceBoundary(value string) bool {
	plain, coded := 0, strings.Contains(value, "=?")
	for rest := strings.ToLower(value); ; {
		_, after, ok := strings.Cut(rest, "boundary")
		if !ok {
			return plain > 1 || plain > 0 && coded
		}
		rest = strings.TrimLeft(after, " \t")
		switch {
		case strings.HasPrefix(rest, "="):
			plain++
		case strings.HasPrefix(rest, "*"):
			coded = true
		}
	}
}

// fileName takes the path off a decoded file name and bounds it.
func fileName(name string) string {
	name = strings.TrimSpace(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 && i < len(name)-1 {
		name = name[i+1:]
	}
	if len(name) > 255 {
		// keep the end: the extension decides what the file is
		name = strings.ToValidUTF8(name[len(name)-255:], "")
	}
	return name
}

// readPart reads a part of a multipart: its header, then its body.
func (r *Reader) readPart(raw []byte) entity {
	fields, body, ok := splitFields(raw)
	if !ok {
		r.Defect(DefectPartHeader, "a part's header holds lines that are not fields")
	}
	if len(fields) == 0 && !ok {
		body = raw // no header at all: what stands there is the text
	}
	return r.entity(fields, body)
}

func (e entity) is(major string) bool {
	return strings.HasPrefix(e.mediaType, major+"/")
}

// attached says whether mail programs offer the entity as a file instead of
// showing it.
func (e entity) attached() bool {
	if e.disposition == "attachment" {
		return true
	}
	switch e.mediaType {
	case "text/plain", "text/html":
		return false
	case "text/enriched", "text/richtext", "text/x-amp-html", "text/watch-html", "text/markdown":
		return e.name != ""
	case "text/x-patch", "text/x-diff", "message/delivery-status", "text/rfc822-headers":
		return e.disposition != "inline" && e.name != ""
	}
	return true
}

// blank says whether b holds only blanks.
func blank(b []byte) bool {
	return len(bytes.TrimSpace(b)) == 0
}
