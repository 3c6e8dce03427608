package mime

import "strings"

// UUFiles takes uuencoded files out of plain text, as Outlook and others do, and shows
// them as attachments: "begin 644 NAME", lines, "end".
func (r *Reader) UUFiles(text string, at Place) string {
	var b strings.Builder
	for from := 0; ; {
		i := strings.Index(text[from:], "begin ")
		if i < 0 {
			break
		}
		i += from
		from = i + len("begin ")
		if i > 0 && text[i-1] != '\n' {
			continue
		}
		name, ok := uuName(text[i:])
		if !ok || !r.spend(len("begin ")) {
			continue
		}
		end := len(text)
		if j := strings.Index(text[i:], "\nend"); j >= 0 {
			end = i + j + len("\nend")
		}
		data, whole := decodeUU([]byte(text[i:end]), r.Limits.PartBytes)
		e := entity{name: fileName(name), mediaType: "application/octet-stream"}
		r.visitor.File(r.record(e, data, !whole, true, at), at)
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
	if len(words) < 3 || len(words[1]) < 3 || len(words[1]) > 6 ||
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
