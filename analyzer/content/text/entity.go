package text

import (
	"bytes"
	"io"
	"strings"
)

// Bounds of entities that a page declares itself.
const (
	maxEntities = 200
	maxEntity   = 4096    // bytes of one's text
	maxExpanded = 1 << 20 // bytes that all grow to beyond what stands there
	entityDepth = 4       // in each other
)

// Expanded undoes the entities that XML declares itself, as browsers do in SVG and XHTML (XML 1.0, section
// 4.2); HTML has none. all is false where there are more than are read.
//
//	<!DOCTYPE svg [<!ENTITY to "https://example.org/">]><svg><a href="&to;">
func Expanded(data []byte) (out []byte, all bool) {
	if !bytes.Contains(data, []byte("<!ENTITY")) {
		return data, true
	}
	all = true
	var pairs []string
	for rest := data; ; {
		_, after, ok := bytes.Cut(rest, []byte("<!ENTITY"))
		if !ok {
			break
		}
		rest = after
		declared, _, _ := strings.Cut(string(after[:min(len(after), maxEntity)]), ">")
		name, value, ok := strings.Cut(strings.TrimLeft(declared, " \t\r\n"), " ")
		value = strings.TrimLeft(value, " \t\r\n")
		if !ok || value == "" || value[0] != '"' && value[0] != '\'' || name == "%" {
			all = all && name != "%" && ok
			continue
		}
		value, _, ok = strings.Cut(value[1:], value[:1])
		if all = all && ok && len(pairs) < 2*maxEntities; !all {
			break
		}
		pairs = append(pairs, "&"+name+";", value)
	}
	undo := strings.NewReplacer(pairs...)
	text := string(data)
	for range entityDepth {
		next := bounded{room: len(data) + maxExpanded}
		if _, err := undo.WriteString(&next, text); err != nil {
			return data, false
		}
		if next.b.String() == text {
			return []byte(text), all
		}
		text = next.b.String()
	}
	return []byte(text), false
}

// bounded keeps what is written to it while there is room.
type bounded struct {
	b    strings.Builder
	room int
}

func (w *bounded) Write(p []byte) (int, error) {
	if w.b.Len() == 0 {
		w.b.Grow(w.room)
	}
	if w.b.Len()+len(p) > w.room {
		return 0, io.ErrShortWrite
	}
	return w.b.Write(p)
}

func (w *bounded) WriteString(s string) (int, error) {
	if w.b.Len()+len(s) > w.room {
		return 0, io.ErrShortWrite
	}
	if w.b.Len() == 0 {
		w.b.Grow(w.room)
	}
	return w.b.WriteString(s)
}
