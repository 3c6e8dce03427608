// Package jsonl writes JSON lines: what every --json prints.
package jsonl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf8"
)

// Write prints one JSON object a line.
func Write[T any](w io.Writer, lines []T) error {
	for i := range lines {
		line, err := Line(lines[i])
		if err == nil {
			_, err = w.Write(line)
		}
		if err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
	}
	return nil
}

// Line is a value as a line of JSON, harmless on a terminal: encoding/json escapes the control characters
// below U+0020, and Line the others that terminals obey, which are in strings only.
func Line(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	text := b.Bytes()
	if !bytes.ContainsFunc(text, obeyed) {
		return text, nil
	}
	out := make([]byte, 0, len(text)+64)
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		if obeyed(r) {
			out = fmt.Appendf(out, `\u%04x`, r)
		} else {
			out = append(out, text[:n]...)
		}
		text = text[n:]
	}
	return out, nil
}

// obeyed says whether terminals do something at a character: DEL, C1 (U+009B begins a command as ESC [
// does, ECMA-48), and marks that turn the direction of writing (UAX #9).
func obeyed(r rune) bool {
	return r >= 0x7f && r <= 0x9f || r == 0x061c || r == 0x200e || r == 0x200f || r >= 0x202a && r <= 0x202e ||
		r >= 0x2066 && r <= 0x2069
}
