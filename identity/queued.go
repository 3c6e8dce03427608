package identity

import (
	"iter"
	"strings"

	"hisseki/analyzer/content"
)

// Fields are those of a raw header, as it lies in a queue, that may say whose mail it is: From, what
// relays name, and the first Received fields.
func (id *Identity) Fields(header string) (fields []content.Field) {
	hops := 0
	for field := range unfolded(header) {
		name, value, ok := strings.Cut(field, ":")
		name = strings.TrimRight(name, " \t")
		hop := strings.EqualFold(name, "Received")
		if hop {
			hops++
		}
		if ok && (hop && hops <= maxHops || id.Names(name)) {
			fields = append(fields, content.Field{Name: name, Value: strings.TrimSpace(value)})
		}
	}
	return fields
}

// unfolded are the fields of a raw header, each with its folds.
func unfolded(header string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for header != "" {
			end := fieldEnd(header)
			if !yield(strings.TrimRight(header[:end], "\r\n")) {
				return
			}
			header = header[end:]
		}
	}
}

// fieldEnd is where the first field of a header ends, behind its folds.
func fieldEnd(header string) (end int) {
	for {
		i := strings.IndexByte(header[end:], '\n')
		if i < 0 {
			return len(header)
		}
		if end += i + 1; end == len(header) || header[end] != ' ' && header[end] != '\t' {
			return end
		}
	}
}
