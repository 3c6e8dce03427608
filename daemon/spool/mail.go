package spool

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"hisseki/analyzer"
)

// Mail is a mail as it came, with why it was not judged.
type Mail struct {
	Mail   analyzer.Mail
	Who    string          // account or client whose share it takes
	Reason string          // why it was not judged
	Action analyzer.Action // what was done with it
	Kept   int64           // what Keep calls it
}

// A file has a line that says what it is, the length of its head in four bytes, the head, which is
// the Mail without its body in Go's gob encoding, and the body.
const (
	magic       = "hisseki unjudged mail 1\n"
	lengthBytes = 4
	maxHead     = 16 << 20 // envelope and header: a thousand times what they are
	maxFile     = maxHead + 1<<30
)

func (m *Mail) head() ([]byte, error) {
	bare := *m
	bare.Mail.Body = nil
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(&bare); err != nil {
		return nil, err
	}
	if b.Len() > maxHead {
		return nil, fmt.Errorf("the envelope and header take %d bytes", b.Len())
	}
	return b.Bytes(), nil
}

// ErrBroken says that a file is none of Keep's, or not whole.
var ErrBroken = errors.New("the file is damaged")

// decode reads a file; size is its length. Without body only the head is read.
func decode(r io.Reader, size int64, body bool) (*Mail, error) {
	start := make([]byte, len(magic)+lengthBytes)
	if _, err := io.ReadFull(r, start); err != nil || string(start[:len(magic)]) != magic {
		return nil, ErrBroken
	}
	length := int64(binary.BigEndian.Uint32(start[len(magic):]))
	rest := size - int64(len(start)) - length
	if length > maxHead || rest < 0 || size > maxFile {
		return nil, ErrBroken
	}
	head := make([]byte, length)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, ErrBroken
	}
	var m Mail
	if err := gob.NewDecoder(bytes.NewReader(head)).Decode(&m); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBroken, err)
	}
	if !body {
		return &m, nil
	}
	m.Mail.Body = make([]byte, rest)
	if _, err := io.ReadFull(r, m.Mail.Body); err != nil {
		return nil, ErrBroken
	}
	return &m, nil
}

// Waiting is one mail that waits.
type Waiting struct {
	Since time.Time
	Tries int // before
	file  file
}

// Kept is what Keep called a mail.
func (w Waiting) Kept() int64 { return w.file.time }

// Mails returns what waits, oldest first.
func (s *Spool) Mails() []Waiting {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Waiting
	for _, f := range s.files {
		if f.whole {
			out = append(out, Waiting{time.Unix(0, f.time), f.tries, f})
		}
	}
	return out
}

// Head reads a mail without its body.
func (s *Spool) Head(w Waiting) (*Mail, error) { return s.read(w.file, false) }

// Try reads a mail to judge it, and notes before that it is tried: one that brings the process
// down is not tried for ever. ErrBroken says that it never can be read, fs.ErrNotExist that it is gone.
func (s *Spool) Try(w Waiting) (*Mail, error) {
	root, err := s.root(false)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	tried := w.file
	tried.tries++
	if err := root.Rename(w.file.name(), tried.name()); err != nil {
		return nil, err
	}
	m, err := s.read(tried, true)
	if err != nil && !errors.Is(err, ErrBroken) && root.Rename(tried.name(), w.file.name()) == nil {
		return nil, err // the disk's or the system's trouble: the mail was not tried
	}
	s.change(tried, func(f *file) { f.tries = tried.tries })
	return m, err
}

func (s *Spool) read(f file, body bool) (*Mail, error) {
	root, err := s.root(false)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	r, err := root.Open(f.name())
	if err != nil {
		return nil, err
	}
	defer r.Close()
	info, err := r.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, ErrBroken
	}
	m, err := decode(r, info.Size(), body)
	if err == nil {
		m.Kept = f.time
	}
	return m, err
}

// Drop removes a mail.
func (s *Spool) Drop(w Waiting) error {
	root, err := s.root(false)
	if err != nil {
		return err
	}
	defer root.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	f := w.file
	for _, g := range s.files {
		if g.time == f.time {
			f = g // it may have been tried since
		}
	}
	s.forget(f)
	if err := root.Remove(f.name()); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
