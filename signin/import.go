package signin

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"hisseki/ledger"
	"hisseki/maillog"
)

// Store keeps what was read, as store.DB does.
type Store = maillog.Store

// maxBatch is how many events go into one transaction.
const maxBatch = 500

// Importer reads logs into a store.
type Importer struct {
	Parser *Parser
	Normal func(account string) string // turns an account's name into a sender; nil keeps it
	Store  Store
}

// Kept says what became of a log.
type Kept struct {
	Counts
	New int // events that were not known before, of accounts that are known
}

// Import reads a whole log. Events that have an id count once, in whatever log they come.
func (m *Importer) Import(ctx context.Context, r io.Reader) (Kept, error) {
	var k Kept
	var batch ledger.LogBatch
	keep := func() error {
		kept, err := m.Store.KeepLog(ctx, &batch)
		k.New += kept.Logins
		batch.Logins = batch.Logins[:0]
		return err
	}
	var err error
	k.Counts, err = m.Parser.Read(ctx, r, func(f Format, e *Event) error {
		batch.Logins = append(batch.Logins, e.Login(f, m.Normal))
		if len(batch.Logins) < maxBatch {
			return nil
		}
		return keep()
	})
	if len(batch.Logins) > 0 && err == nil {
		err = keep()
	}
	return k, err
}

// ImportFile reads a log file, or standard input for "-". A file of lines is read on from where
// it was read before, also under another name, compressed or rotated.
func (m *Importer) ImportFile(ctx context.Context, path string, stdin io.Reader) (Kept, error) {
	if path == "-" {
		return m.Import(ctx, stdin)
	}
	lines, err := m.isLines(path)
	if err != nil {
		return Kept{}, fmt.Errorf("import sign-ins: %w", err)
	}
	if lines {
		return m.importLines(ctx, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return Kept{}, fmt.Errorf("import sign-ins: %w", err)
	}
	defer f.Close()
	k, err := m.Import(ctx, f)
	if err != nil {
		err = fmt.Errorf("import sign-ins: %s: %w", path, err)
	}
	return k, err
}

// importLines reads a file of lines, and where it was left the next time.
func (m *Importer) importLines(ctx context.Context, path string) (k Kept, err error) {
	c, err := maillog.Import(ctx, m.lineParser(&k.Counts), m.Store, "", path)
	k.New = c.Logins
	return k, err
}

// lineParser reads lines for package maillog, which knows where a file was left and what became
// of it by rotation. It counts in c, when that is not nil.
func (m *Importer) lineParser(c *Counts) *maillog.Parser {
	n := 0
	return &maillog.Parser{Other: func(line string) (logins []ledger.LogLogin, readable bool) {
		n++
		f := m.Parser.Line(line)
		if c != nil {
			_ = c.take(f, fmt.Sprintf("new line %d", n), []byte(line), func(Format, *Event) error { return nil })
		}
		for i := range f.Events {
			logins = append(logins, f.Events[i].Login(f.Format, m.Normal))
		}
		return logins, f.Verdict != Strange
	}}
}

// isLines says whether a file is one of lines, by its first.
func (m *Importer) isLines(path string) (bool, error) {
	first, err := maillog.FirstLine(path, maxLine)
	if err != nil {
		return false, err
	}
	return m.Parser.IsLines(first), nil
}

// Follower reads logs as they grow. Those of lines are followed through rotations; documents and
// tables, which something writes anew, are read whole when they changed.
type Follower struct {
	Importer
	Files    []string // absolute paths, or patterns of them
	Log      *slog.Logger
	Now      func() time.Time
	Interval time.Duration // between looks at the files; 0 is five seconds

	followed map[string]bool
	read     map[string]stamp
}

// stamp is when a document was written, and how long it was.
type stamp struct {
	at   time.Time
	size int64
}

// maxFiles bounds the files that patterns name.
const maxFiles = 1000

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	if len(f.Files) == 0 {
		return
	}
	f.followed, f.read = make(map[string]bool), make(map[string]stamp)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tick := time.NewTicker(max(f.Interval, time.Millisecond))
	if f.Interval == 0 {
		tick.Reset(5 * time.Second)
	}
	defer tick.Stop()
	for {
		f.look(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look begins to follow new files of lines, and reads documents that changed.
func (f *Follower) look(ctx context.Context) {
	for _, pattern := range f.Files {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Log.Error("sign-in logs are not read", "files", pattern, "error", err)
			continue
		}
		for _, path := range paths[:min(len(paths), maxFiles)] {
			if !f.followed[path] && ctx.Err() == nil {
				f.one(ctx, path)
			}
		}
	}
}

func (f *Follower) one(ctx context.Context, path string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return
	}
	now := stamp{info.ModTime(), info.Size()}
	// Whoever writes a document may not be done with it.
	if f.read[path] == now || f.Now().Sub(now.at) < time.Second && f.read[path].size != now.size {
		return
	}
	f.read[path] = now
	lines, err := f.isLines(path)
	switch {
	case err != nil:
		f.Log.Error("a sign-in log is not read", "log", path, "error", err)
	case lines:
		f.followed[path] = true
		follow := &maillog.Follower{Files: []string{path}, Parser: f.lineParser(nil), Store: f.Store, Log: f.Log,
			Now: f.Now, Interval: f.Interval}
		go follow.Run(ctx)
	default:
		k, err := f.ImportFile(ctx, path, nil)
		f.tell(path, k, err)
	}
}

func (f *Follower) tell(path string, k Kept, err error) {
	switch {
	case err != nil:
		f.Log.Error("a sign-in log is not read", "log", path, "error", err)
	case k.Strange > 0:
		f.Log.Warn("a sign-in log was read in part", "log", path, "format", k.Format, "events", k.Events,
			"not understood", k.Strange, "first", k.First.Where+": "+k.First.What)
	default:
		f.Log.Info("a sign-in log was read", "log", path, "format", k.Format, "events", k.Events, "new", k.New)
	}
}

// Line is one log's result as JSON, schema 1.
type Line struct {
	Schema  int    `json:"schema"`
	Kind    string `json:"kind"` // "signin"
	File    string `json:"file"`
	Format  Format `json:"format"`
	Events  int    `json:"events"`
	New     int    `json:"new"`
	Others  int    `json:"others"`
	Strange int    `json:"not_understood"`
	Where   string `json:"where,omitempty"`
	Sample  string `json:"sample,omitempty"`
}

// Line is the result of a file.
func (k *Kept) Line(file string) Line {
	return Line{1, "signin", file, k.Format, k.Events, k.New, k.Others, k.Strange, k.First.Where, k.First.What}
}

// String says the result in words.
func (k *Kept) String() string {
	format := k.Format
	if format == "" {
		format = "no known format"
	}
	text := fmt.Sprintf("%s, %d events, %d new, %d about other things", format, k.Events, k.New, k.Others)
	if k.Strange > 0 {
		text += fmt.Sprintf("; %d not understood, the first at %s: %s", k.Strange, k.First.Where, k.First.What)
	}
	return text
}
