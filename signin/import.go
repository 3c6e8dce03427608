package signin

import (
	"context"
	"errors"
	"fmt"
	"io"

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
	if len(batch.Logins) > 0 {
		err = errors.Join(err, keep())
	}
	return k, err
}

// ImportFile reads a log file, or standard input for "-". A file of lines is read on from where
// it was read before, also under another name, compressed or rotated.
func (m *Importer) ImportFile(ctx context.Context, path string, stdin io.Reader) (Kept, error) {
	if path == "-" {
		return m.Import(ctx, stdin)
	}
	lines, _, err := isLines(path)
	if err != nil {
		return Kept{}, fmt.Errorf("import sign-ins: %w", err)
	}
	if lines {
		return m.importLines(ctx, path)
	}
	f, _, err := maillog.Open(path)
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
	if half := c.Unreadable - k.Strange; half > 0 { // the last line, which has no end yet
		k.strange("the last line", []byte(c.Sample))
	}
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

// isLines says whether a file is one of lines, by its beginning, and whether it is compressed.
func isLines(path string) (lines, packed bool, err error) {
	f, packed, err := maillog.Open(path)
	if err != nil {
		return false, false, err
	}
	begin, err := io.ReadAll(io.LimitReader(f, maxLine))
	return IsLines(begin), packed, errors.Join(err, f.Close())
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
