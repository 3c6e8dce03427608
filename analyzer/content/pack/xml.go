package pack

import (
	"bytes"
	"html"
	"strings"
)

// IsXML says whether a part of a document is XML: pictures, pages and embedded files are not.
func IsXML(name string, data []byte) bool {
	at := bytes.IndexByte(data[:min(len(data), 100)], '<') // behind blanks and a byte order mark
	if at < 0 {
		return false
	}
	head := bytes.ToLower(data[at:min(len(data), at+100)])
	name = strings.ToLower(name)
	return !strings.HasSuffix(name, "html") &&
		!strings.HasSuffix(name, ".htm") && !bytes.HasPrefix(head, []byte("<html")) &&
		!bytes.HasPrefix(head, []byte("<!doctype html"))
}

// A Ref is where an element of a document leads.
type Ref struct {
	URL    string
	Loaded bool // a picture, which is loaded and not followed
}

// External calls found for the targets of a relationships part that lie outside of the
// package (ECMA-376 part 2, section 9.3):
//
//	<Relationship Type=".../hyperlink" Target="https://example.org/" TargetMode="External"/>
func External(data []byte, found func(Ref)) {
	for {
		i := bytes.Index(data, []byte("Relationship"))
		if i < 0 {
			return
		}
		data = data[i+len("Relationship"):]
		tag := data[:min(len(data), maxTag)]
		if end := bytes.Index(tag, []byte("Relationship")); end >= 0 {
			tag = tag[:end]
		}
		if end := bytes.IndexByte(tag, '>'); end >= 0 {
			tag = tag[:end]
		}
		if !strings.EqualFold(attribute(tag, "TargetMode"), "External") {
			continue
		}
		found(Ref{attribute(tag, "Target"),
			strings.HasSuffix(strings.ToLower(attribute(tag, "Type")), "/image")})
	}
}

// maxTag is how much of one tag is looked at.
const maxTag = 16 << 10

// attribute returns the value of a tag's attribute, "" when there is none.
func attribute(tag []byte, name string) string {
	for {
		i := bytes.Index(tag, []byte(name))
		if i < 0 {
			return ""
		}
		before := i == 0 || strings.IndexByte(" \t\r\n:.", tag[i-1]) >= 0
		tag = tag[i+len(name):]
		rest := bytes.TrimLeft(tag, " \t\r\n")
		if !before || len(rest) == 0 || rest[0] != '=' {
			continue
		}
		rest = bytes.TrimLeft(rest[1:], " \t\r\n")
		if len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
			continue
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return ""
		}
		return html.UnescapeString(string(rest[1 : 1+end]))
	}
}

// Text strips the tags of a document's part: a paragraph, a cell and a break end a line. It
// appends to out and calls found for the references in tags:
//
//	<text:a xlink:href="https://example.org/">   (OpenDocument)
//	<w:fldSimple w:instr="HYPERLINK &quot;https://example.org/&quot;">
func Text(out, data []byte, found func(Ref)) []byte {
	for len(data) > 0 {
		open := bytes.IndexByte(data, '<')
		if open < 0 {
			open = len(data)
		}
		out = append(out, data[:open]...)
		if data = data[open:]; len(data) == 0 {
			break
		}
		end := bytes.IndexByte(data, '>')
		if end < 0 {
			break
		}
		tag := data[1:end]
		data = data[end+1:]
		if breaks(tag) {
			out = append(out, '\n')
		}
		if len(tag) > 12 && len(tag) <= maxTag {
			references(tag, found)
		}
	}
	return out
}

// further are attributes by which parts of documents name what they fetch or lead to: web queries
// of worksheets, pages of XPS, links of Word's older XML.
var further = []string{"url", "dest", "NavigateUri", "source", "codebase", "Uri"}

// references calls found for what a tag leads to.
func references(tag []byte, found func(Ref)) {
	if bytes.Contains(tag, []byte("href")) {
		if to := attribute(tag, "href"); to != "" {
			name, _, _ := bytes.Cut(tag, []byte(" "))
			found(Ref{to, bytes.HasSuffix(name, []byte(":image"))})
		}
	}
	if bytes.Contains(tag, []byte("formula=")) { // of OpenDocument's cells: of:=HYPERLINK("https://example.org/")
		for _, word := range strings.Split(attribute(tag, "formula"), `"`) {
			if strings.Contains(word, "://") {
				found(Ref{URL: word})
			}
		}
	}
	if bytes.Contains(tag, []byte("://")) || bytes.Contains(tag, []byte("&#")) || bytes.Contains(tag, []byte(`\\`)) {
		for _, name := range further {
			if to := attribute(tag, name); strings.Contains(to, "://") || strings.HasPrefix(to, `\\`) {
				found(Ref{URL: to})
			}
		}
	}
	if bytes.Contains(tag, []byte("instr=")) {
		for _, word := range strings.Fields(strings.ReplaceAll(attribute(tag, "instr"), `"`, " ")) {
			if strings.Contains(word, ":") {
				found(Ref{URL: word})
			}
		}
	}
}

// breaks says whether a line ends at a tag: "/w:p", "w:br/", "/si", "/text:p".
func breaks(tag []byte) bool {
	if len(tag) == 0 {
		return false
	}
	closing := tag[0] == '/'
	if closing {
		tag = tag[1:]
	}
	if i := bytes.IndexAny(tag[:min(len(tag), 40)], " /"); i >= 0 {
		tag = tag[:i]
	}
	if i := bytes.IndexByte(tag, ':'); i >= 0 {
		tag = tag[i+1:]
	}
	switch string(tag) {
	case "p", "h", "si", "row", "tr", "tc", "comment", "lpwstr", "table-cell", "is", "f", "v":
		return closing
	case "br", "cr", "tab", "line-break", "fldChar":
		return true
	}
	return false
}

// Sheet appends the texts and formulas of a worksheet, whose cells are mostly figures and
// references to texts that stand elsewhere: "<t>...</t>", "<f>HYPERLINK(...)</f>".
func Sheet(out, data []byte) []byte {
	for _, open := range []string{"<t>", "<t ", "<f>", "<f ", "<oddHeader>", "<oddFooter>"} {
		for rest := data; ; {
			i := bytes.Index(rest, []byte(open))
			if i < 0 {
				break
			}
			rest = rest[i+len(open):]
			if open[len(open)-1] == ' ' {
				_, rest, _ = bytes.Cut(rest, []byte(">"))
			}
			end := bytes.IndexByte(rest, '<')
			if end < 0 {
				end = len(rest)
			}
			if end > 0 {
				out = append(append(out, rest[:end]...), '\n')
			}
			rest = rest[end:]
		}
	}
	return out
}
