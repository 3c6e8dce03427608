package mime

import (
	"bytes"
	"strings"
)

// UUFiles takes uuencoded files out of plain text, as Outlook and others do, and
// records them as attachments: "begin 644 NAME", lines, "end".
func (r *Reader) UUFiles(text string) string {
	var b strings.Builder
	for from := 0; ; {
		i := strings.Index(text[from:], "begin ")
		if i < 0 {
			break
		}
		i += from
		from = i + len("begin ")
		name, ok := uuName(text[i:])
		if !ok || i > 0 && text[i-1] != '\n' || len(r.Attachments) >= maxAttached {
			continue
		}
		end := len(text)
		if j := strings.Index(text[i:], "\nend"); j >= 0 {
			end = i + j + len("\nend")
		}
		data, whole := decodeUU([]byte(text[i:end]), r.Limits.PartBytes)
		e := entity{name: fileName(name), mediaType: "application/octet-stream"}
		r.record(e, data, !whole, true)
		b.WriteString(text[:i])
		text, from = text[end:], 0
	}
	if b.Len() == 0 {
		return text
	}
	b.WriteString(text)
	return b.String()
}

// uuName reads the name from a line "begin 644 NAME" with a full first line of data
// below it.
func uuName(text string) (string, bool) {
	line, rest, _ := strings.Cut(text, "\n")
	words := strings.SplitN(line, " ", 3)
	if len(words) < 3 || len(words[1]) < 3 || len(words[1]) > 4 ||
		strings.Trim(words[1], "01234567") != "" {
		return "", false
	}
	data, _, _ := strings.Cut(rest, "\n")
	if data == "" || data[0] < ' ' || data[0] > '`' {
		return "", false
	}
	n := int(data[0]-' ') & 63
	return strings.TrimSpace(words[2]), len(strings.TrimRight(data, " \r")) <= 1+(n+2)/3*4+2 &&
		len(data) > 1+n
}

// signed reads the mail inside an opaque S/MIME signature (RFC 8551 section 3.5.2).
// The structure around it is not checked: the MIME entity stands in it as it is.
func (r *Reader) signed(data []byte, at Place) {
	head := data[:min(len(data), 4096)]
	i := 0
	for ; i < len(head) && !HasFold(string(head[i:min(i+13, len(head))]), "content-type:"); i++ {
	}
	if i == len(head) {
		return
	}
	fields, body, _ := splitFields(data[i:])
	if len(fields) == 0 {
		return
	}
	if end := bytes.IndexByte(body, 0); end >= 0 {
		body = body[:end] // certificates follow
	}
	at.depth++
	r.walk(newEntity(buildHeader(fields), body), at)
}
