package maillog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"sync"
	"time"
)

// grace is how long a renamed file is still read: the syslog daemon writes on to it until
// it is told of the rotation.
const grace = 30 * time.Second

// Follower reads logs as they grow, from where it was before.
type Follower struct {
	Host     string   // the MTA's name for itself
	Files    []string // absolute paths
	Journald bool
	Parser   *Parser
	Store    Store
	Log      *slog.Logger
	Now      func() time.Time
	Interval time.Duration // between looks at a file; 0 is a second
	// Rest is how long nobody may have written to a file until it is left, read to its end; 0 for ever.
	Rest time.Duration

	// Journalctl is the program that reads journald's files; nil is journalctl.
	Journalctl []string
}

// source is one log that is followed.
type source interface {
	// round reads what is new. It is called again after the interval, also after an error.
	round(ctx context.Context) error
	// rested says whether nobody needs to look again.
	rested() bool
	close()
}

// Run follows all logs until ctx ends. Trouble with one is logged when it begins, and
// does not touch the others.
func (f *Follower) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, path := range f.Files {
		wg.Go(func() { f.follow(ctx, path, &fileSource{Follower: f, path: path}) })
	}
	if f.Journald {
		wg.Go(func() { f.follow(ctx, journald, &journalSource{Follower: f}) })
	}
	wg.Wait()
}

// follow goes on until ctx ends.
func (f *Follower) follow(ctx context.Context, name string, s source) {
	defer s.close()
	if f.Rest == 0 {
		f.Log.Info("following the mail log", "log", name)
	}
	tick := time.NewTicker(max(f.Interval, time.Millisecond))
	if f.Interval == 0 {
		tick.Reset(time.Second)
	}
	defer tick.Stop()
	trouble := ""
	for {
		err := s.round(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil && trouble != "":
			trouble = ""
			f.Log.Info("the mail log is read again", "log", name)
		case err != nil && err.Error() != trouble:
			trouble = err.Error()
			f.Log.Error("the mail log is not read", "log", name, "error", err)
		}
		if s.rested() {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// tail is an open file at a position.
type tail struct {
	feed
	file  *os.File
	info  os.FileInfo
	until time.Time // of a renamed file: when nobody writes to it any more
}

// fileSource follows one path through rotations.
type fileSource struct {
	*Follower
	path   string
	cur    *tail
	old    []*tail
	looked time.Time // when cur was last read
}

func (s *fileSource) close() {
	for _, t := range append(s.old, s.cur) {
		if t != nil {
			t.file.Close()
		}
	}
}

func (s *fileSource) rested() bool {
	if s.Rest == 0 || len(s.old) > 0 {
		return false
	}
	info, err := os.Stat(s.path)
	if err != nil && s.cur != nil {
		info, err = s.cur.file.Stat() // between renaming and the next line
	}
	return err != nil || s.Now().Sub(info.ModTime()).Abs() > s.Rest
}

func (s *fileSource) round(ctx context.Context) error {
	if s.cur == nil {
		if err := s.begin(ctx); err != nil {
			return err
		}
	}
	now := s.Now()
	for len(s.old) > 0 {
		if err := s.old[0].more(ctx); err != nil {
			return err
		}
		if now.Before(s.old[0].until) {
			break
		}
		s.old[0].file.Close()
		s.old = s.old[1:]
	}
	if err := s.truncated(ctx); err != nil {
		return err
	}
	if err := s.cur.more(ctx); err != nil {
		return err
	}
	s.looked = now
	return s.renamed(ctx, now)
}

// begin opens the file for the first time and reads what was rotated away since the last
// position.
func (s *fileSource) begin(ctx context.Context) error {
	t, err := s.open(ctx)
	if err != nil {
		return err
	}
	known, err := s.Store.LogPositions(ctx, s.path, "")
	if err == nil && len(known) > 0 && known[0].Head != t.batch.Position.Head {
		err = s.catchUp(ctx, known[0].Head, known[0].At)
	}
	if err != nil {
		return errors.Join(err, t.file.Close())
	}
	s.cur = t
	return nil
}

// open opens the file where it was read before, else at its begin.
func (s *fileSource) open(ctx context.Context) (*tail, error) {
	f, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	t := &tail{file: f, feed: feed{parser: s.Parser, store: s.Store, host: s.Host, ref: s.Now}}
	t.batch.Position.Source = s.path
	if t.info, err = f.Stat(); err == nil && !t.info.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", s.path)
	}
	if err == nil {
		err = t.recognise(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return t, nil
}

// recognise finds out which file this is, by its first line, as soon as there is one.
func (t *tail) recognise(ctx context.Context) error {
	p := &t.batch.Position
	p.Device, p.Inode = identity(t.info)
	h, err := fingerprint(io.NewSectionReader(t.file, 0, headBytes))
	if err != nil || h == "" {
		return err
	}
	known, err := t.store.LogPositions(ctx, "", h)
	if err != nil {
		return err
	}
	p.Head, p.Offset = h, 0
	for _, k := range known {
		p.Offset = max(p.Offset, k.Offset)
	}
	return nil
}

// more reads the lines that were added.
func (t *tail) more(ctx context.Context) error {
	if t.batch.Position.Head == "" {
		if err := t.recognise(ctx); err != nil || t.batch.Position.Head == "" {
			return err
		}
	}
	if _, err := t.file.Seek(t.batch.Position.Offset+t.beyond, io.SeekStart); err != nil {
		return err
	}
	if err := t.read(ctx, t.file, false); err != nil {
		return err
	}
	return t.trouble()
}

// truncated starts anew when the file was emptied in place (logrotate's copytruncate),
// after the rest of the copy was read.
func (s *fileSource) truncated(ctx context.Context) error {
	p := &s.cur.batch.Position
	if p.Head == "" {
		return nil
	}
	info, err := s.cur.file.Stat()
	if err != nil {
		return err
	}
	now, err := fingerprint(io.NewSectionReader(s.cur.file, 0, headBytes))
	if err != nil || now == p.Head && info.Size() >= p.Offset+s.cur.beyond {
		return err
	}
	if err := s.cur.keep(ctx); err != nil {
		return err
	}
	if err := s.catchUp(ctx, p.Head, s.looked); err != nil {
		return err
	}
	p.Head, p.Offset = "", 0
	s.cur.beyond, s.cur.streak = 0, 0
	return nil
}

// renamed turns to the new file when the path leads to another one.
func (s *fileSource) renamed(ctx context.Context, now time.Time) error {
	info, err := os.Stat(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // between renaming and the next line; the open file is read on
	}
	if err != nil || os.SameFile(info, s.cur.info) {
		return err
	}
	next, err := s.open(ctx)
	if err != nil {
		return err
	}
	s.cur.until = now.Add(grace)
	s.old, s.cur = append(s.old, s.cur), next
	return nil
}

// catchUp reads what was written to a log after a time and rotated away before we came:
// the rest of the file with a head, and the files between it and today's.
func (s *fileSource) catchUp(ctx context.Context, last string, since time.Time) error {
	list, err := rotated(s.path)
	if err != nil {
		return err
	}
	found := last == ""
	for _, r := range list {
		h, err := headOf(r.path)
		if err != nil {
			s.Log.Warn("a rotated mail log cannot be read", "log", r.path, "error", err)
			continue
		}
		found = found || h == last
		if h != last && r.at.Before(since.Add(-time.Minute)) {
			continue // older than what was read
		}
		counts, err := readOn(ctx, s.Parser, s.Store, s.Host, s.path, r.path)
		if errors.Is(err, errUnreadable) {
			s.Log.Warn("a rotated mail log cannot be read", "log", r.path, "error", err)
			continue
		}
		if err != nil {
			return err
		}
		if counts.Read > 0 {
			s.Log.Info("a rotated mail log was read to its end", "log", r.path, "lines", counts.Read)
		}
	}
	if !found {
		s.Log.Warn("a mail log was rotated away before it was read to its end", "log", s.path,
			"hint", "hisseki maillog import FILE reads it later")
	}
	return nil
}
