// Package spool keeps mails that were not judged in files until they are: within bounds of bytes,
// number and age, for their owner alone.
package spool

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// MaxFiles bounds how many mails are kept: a flood of small ones must not fill the folder.
const MaxFiles = 5000

// reserve is how many bytes of the disk are left to others, the store above all.
const reserve = 256 << 20

// Reasons why a mail is not kept.
var (
	ErrOff  = errors.New("milter.keep_unjudged is 0")
	ErrFull = errors.New("no room in milter.keep_unjudged")
	errDisk = errors.New("the disk is nearly full")
)

// Spool is a folder of mails. Of its bytes, and of MaxFiles, an account or client has as much as it
// leaves free, so that nobody can take all room from others' mail: neither by big mails nor by many.
type Spool struct {
	folder string
	bytes  int64 // at most

	mu    sync.Mutex
	files []file // oldest first
	used  int64
	by    map[uint64]share // of used and files, by account or client
	last  int64            // name of the newest
}

// share is what one account or client has of the spool.
type share struct {
	bytes int64
	files int
}

// file is a mail's, named "TIME-WHO-TRIES": Unix nanoseconds, a hash of the account or client, and
// how often it was tried to judge it.
type file struct {
	time  int64
	who   uint64
	tries int
	size  int64
	whole bool // else it is being written
}

func (f file) name() string { return fmt.Sprintf("%019d-%016x-%d", f.time, f.who, f.tries) }

// parseName reads what file.name wrote.
func parseName(name string) (f file, ok bool) {
	_, err := fmt.Sscanf(name, "%d-%x-%d", &f.time, &f.who, &f.tries)
	return f, err == nil && f.name() == name
}

// unfinished begins the name of a file that is being written.
const unfinished = "new-"

// Open returns the mails that a folder has. It is made with the first mail; bytes bound what all
// files take together, 0 keeps none. On an error the spool keeps nothing.
func Open(folder string, bytes int64) (*Spool, error) {
	s := &Spool{folder: folder, bytes: bytes, by: make(map[uint64]share)}
	root, err := s.root(false)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err == nil {
		defer root.Close()
		err = s.list(root)
	}
	if err != nil {
		s.bytes = 0
		return s, fmt.Errorf("mails that wait to be judged: %w", err)
	}
	return s, nil
}

// root opens the folder, in which no name leads out of it.
func (s *Spool) root(create bool) (*os.Root, error) {
	if create {
		if err := os.Mkdir(s.folder, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	info, err := os.Lstat(s.folder)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s must be a folder that only its owner may open: chmod 0700 it, or remove it",
			s.folder)
	}
	return os.OpenRoot(s.folder)
}

// list reads what is there. What was being written when the process ended is removed.
func (s *Spool) list(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		f, ok := parseName(e.Name())
		info, err := e.Info()
		switch {
		case err != nil:
			continue // gone meanwhile
		case strings.HasPrefix(e.Name(), unfinished):
			err = root.Remove(e.Name())
		case ok && info.Mode().IsRegular():
			f.size, f.whole = info.Size(), true
			s.add(f)
		}
		if err != nil {
			return err
		}
	}
	slices.SortFunc(s.files, func(a, b file) int { return cmp.Compare(a.time, b.time) })
	return nil
}

func (s *Spool) add(f file) {
	s.files = append(s.files, f)
	s.used += f.size
	s.by[f.who] = share{s.by[f.who].bytes + f.size, s.by[f.who].files + 1}
	s.last = max(s.last, f.time)
}

func (s *Spool) forget(f file) {
	i := slices.IndexFunc(s.files, func(g file) bool { return g.time == f.time })
	if i < 0 {
		return
	}
	s.files = slices.Delete(s.files, i, i+1)
	s.used -= f.size
	left := share{s.by[f.who].bytes - f.size, s.by[f.who].files - 1}
	if s.by[f.who] = left; left.files <= 0 {
		delete(s.by, f.who)
	}
}

// Waiting says how many mails wait, and their bytes.
func (s *Spool) Waiting() (mails int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.files), s.used
}

// take makes room for a mail of an account or client.
func (s *Spool) take(who string, size int64, now time.Time) (file, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := fnv.New64a()
	h.Write([]byte(who))
	f := file{time: max(now.UnixNano(), s.last+1), who: h.Sum64(), size: size}
	switch {
	case s.bytes == 0:
		return f, ErrOff
	case s.by[f.who].files+1 > MaxFiles-len(s.files), s.by[f.who].bytes+size > s.bytes-s.used-size:
		return f, ErrFull
	}
	s.add(f)
	return f, nil
}

// Keep writes a mail, and names it by now (Mail.Kept). The error says why it is not kept.
func (s *Spool) Keep(m *Mail, now time.Time) (err error) {
	head, err := m.head()
	if err != nil {
		return err
	}
	f, err := s.take(m.Who, int64(len(magic)+lengthBytes+len(head)+len(m.Mail.Body)), now)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.forget(f)
		}
	}()
	root, err := s.root(true)
	if err != nil {
		return err
	}
	defer root.Close()
	if free, err := freeBytes(s.folder); err != nil || free < f.size+reserve {
		return cmp.Or(err, errDisk)
	}
	if err := write(root, f.name(), head, m.Mail.Body); err != nil {
		return err
	}
	s.change(f, func(f *file) { f.whole = true })
	m.Kept = f.time
	return nil
}

// change changes what is known of a file.
func (s *Spool) change(f file, do func(*file)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.files {
		if s.files[i].time == f.time {
			do(&s.files[i])
		}
	}
}

// write makes a file under its name when all of it is there. It is not forced to the disk: what a
// crash of the machine loses is said to be lost.
func write(root *os.Root, name string, head, body []byte) (err error) {
	w, err := root.OpenFile(unfinished+name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, root.Remove(unfinished+name))
		}
	}()
	length := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(head)))
	for _, part := range [][]byte{length, head, body} {
		if _, err = w.Write(part); err != nil {
			return errors.Join(err, w.Close())
		}
	}
	if err = w.Close(); err != nil {
		return err
	}
	return root.Rename(unfinished+name, name)
}

func freeBytes(folder string) (int64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * s.Bsize, nil
}
