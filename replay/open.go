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
func OddText(name string, r *analyzer.Record) string {
	why := ""
	if e := r.Verdict.Evidence; len(e) > 0 {
		why = e[0].Text
		if len(e) > 1 {
			why += fmt.Sprintf(" (+%d)", len(e)-1)
		}
	}
	return fmt.Sprintf("too odd: %s of %s, %s, %.1f points: %s", term.Safe(name, 200),
		term.Safe(r.Envelope.Sender, 60), r.Envelope.Time.UTC().Format(time.DateTime), r.Verdict.Points,
		term.Safe(why, 200))
}
