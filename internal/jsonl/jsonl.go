// Package jsonl writes JSON lines: what every --json prints.
package jsonl

import (
	"encoding/json"
	"fmt"
	"io"
)

// Write prints one JSON object a line. JSON escapes control characters itself, so hostile
// text is harmless on a terminal.
func Write[T any](w io.Writer, lines []T) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for i := range lines {
		if err := enc.Encode(lines[i]); err != nil {
			return fmt.Errorf("writing JSON: %w", err)
		}
	}
	return nil
}
