package mime

import "bytes"

// splitFields reads a header block leniently. Lines that are neither a field nor
// its continuation are dropped and make ok false. The block ends at the first
// empty line; rest is what follows it. Of a block that is too long only the fields that
// are read are kept, wherever they stand.
func splitFields(b []byte) (fields []Field, rest []byte, ok bool) {
	f := fieldReader{ok: true}
	for len(b) > 0 {
		line, after := cutLine(b)
		b = after
		if len(line) == 0 {
			rest = b
			break
		}
		f.line(line)
	}
	f.end()
	return f.fields, rest, f.ok
}

// fieldReader puts the lines of a header block together.
type fieldReader struct {
	fields []Field
	value  []byte // of the last field, folds joined by "\n"
	read   int
	ok     bool
	kept   bool  // the last field
	behind quota // fields kept of those behind the bounds
}

// end finishes the last field.
func (f *fieldReader) end() {
	if f.kept {
		f.fields[len(f.fields)-1].Value = string(f.value)
	}
	f.kept = false
}

func (f *fieldReader) line(line []byte) {
	f.read += len(line) + 1
	long := f.read > maxPartHeader || len(f.fields) >= maxFields
	f.ok = f.ok && !long && bytes.IndexByte(line, '\r') < 0 // some programs end a line there
	if line[0] == ' ' || line[0] == '\t' {
		switch {
		case !f.kept:
			f.ok = f.ok && len(f.fields) > 0 // a fold of nothing, or of what is not kept
		case len(f.value)+len(line) < maxFieldBytes:
			f.value = append(append(f.value, '\n'), line...)
		}
		return
	}
	colon := bytes.IndexByte(line, ':')
	if colon <= 0 || !isFieldName(line[:colon]) {
		f.ok = false
		return
	}
	f.end()
	name := line[:colon]
	if long && (len(name) > 100 || !f.behind.take(string(name))) {
		return
	}
	f.kept = true
	f.fields = append(f.fields, Field{Name: string(bytes.TrimRight(name, " \t"))})
	line = bytes.TrimPrefix(line[colon+1:], []byte{' '})
	f.value = append(f.value[:0], line[:min(len(line), maxFieldBytes)]...)
}

// isFieldName says whether b can name a field; blanks before the colon are
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
