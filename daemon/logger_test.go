package daemon

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"hisseki/internal/config"
)

// TestLinesCannotBeForged: whatever a value holds, a record is one line, and its fields
// are what we wrote.
func TestLinesCannotBeForged(t *testing.T) {
	hostile := "x\r\ntime=2026-01-01 level=INFO msg=verdict action=pass\n{\"a\":1}\u2028\x1b[2J\x00\"" +
		" queue_id=4F"
	for _, format := range []config.Format{"text", "json"} {
		var out bytes.Buffer
		NewLogger(&out, format, new(slog.LevelVar), "test").Warn("verdict", "queue_id", hostile,
			"sender", hostile, "error", errors.New(hostile), "seen", hostile)
		line := out.String()
		if strings.Count(line, "\n") != 1 || strings.ContainsAny(line, "\r\x1b\x00\u2028") {
			t.Errorf("%s: %q", format, line)
		}
		if format != "json" {
			if strings.Count(line, " action=pass") != strings.Count(line, `msg=verdict action=pass`) {
				t.Errorf("a field stands outside its quotes: %s", line)
			}
			continue
		}
		var fields map[string]any
		if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
			t.Fatal(err)
		}
		if fields["email.local_id"] != hostile || fields["error.message"] != hostile ||
			fields["event.action"] != "verdict" || fields["event.kind"] != "alert" {
			t.Errorf("fields %v", fields)
		}
	}
}
