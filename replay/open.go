package replay

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/term"
	"hisseki/internal/words"
)

// ClosingSource is a source that holds files open.
type ClosingSource interface {
	Source
	io.Closer
}

// timelineFile closes the timeline and its file.
type timelineFile struct {
	*Timeline
	file *os.File
}

func (t timelineFile) Close() error { return errors.Join(t.Timeline.Close(), t.file.Close()) }

// OpenTimelineFile opens a timeline.jsonl and the mails beside it. normal writes logins as
// mail has them.
func OpenTimelineFile(path string, normal func(login string) string) (ClosingSource, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open timeline: %w", err)
	}
	t, err := OpenTimeline(filepath.Dir(path), path, file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	t.Normal = normal
	return timelineFile{t, file}, nil
}

// JSONReport reports each event as a JSON line.
func JSONReport(w io.Writer) func(*Event) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e *Event) error {
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		return nil
	}
}

// OddText says why a mail was too odd to learn, in one line that is safe for a terminal.
func OddText(w words.Reader, name string, r *analyzer.Record) string {
	return w.W("learn-too-odd", term.Safe(name, 200), term.Safe(r.Envelope.Sender, 60), r.Envelope.Time.UTC().Format(time.DateTime),
		fmt.Sprintf("%.1f", r.Verdict.Points), reason(w, r.Verdict.Evidence, 200))
}
