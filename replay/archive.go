package replay

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// ArchiveOptions say how kept mail is read. The zero value is fine.
type ArchiveOptions struct {
	// Sender, when set, is the account that sent all of it: a Sent folder belongs to
	// one account whatever From says.
	Sender string
	// SenderOf names the sender otherwise; nil takes the From address in lower case.
	SenderOf func(e *analyzer.Envelope) (sender string, class analyzer.Class)
	// All takes mail too that names no usable time or sender, with its file's time and as
	// mail of the null sender. Its time is a guess, so nothing should be learned from it.
	All     bool
	MaxBody int64 // bytes kept of a body, 0 means 4 MiB as the milter
	MaxFile int64 // bytes of one compressed mbox after decompression, 0 means 16 GiB
}

// Skip is a file or mail that was left out, and why.
type Skip struct {
	Name string
	Why  string
}

// Archive is kept mail in time order: .eml files, mbox files, Maildirs and folders of
// them, each file perhaps .gz or .zst. In memory it holds a place and a time for each
// mail. It implements Source.
type Archive struct {
	opt     ArchiveOptions
	files   []mailFile
	places  []place
	next    int
	skipped []Skip
	seen    map[[8]byte]bool // mails by Message-ID, Date and From; nil after the index
}

// mailFile is a file with mail.
type mailFile struct {
	path  string
	at    time.Time // when it was written
	form  form
	open  *os.File // the mbox that was read last
	spool *os.File // what a compressed mbox holds, already unlinked
}

// place is where a mail lies.
type place struct {
	at             int64 // Unix seconds
	offset, length int64 // in an mbox
	file           int32
}

// OpenPaths looks through files and folders and finds each mail's time. A path that
// cannot be read or holds no mail is an error; a file inside a folder that cannot be
// read, and without All a mail without a usable time or sender or found twice (in several
// folders), are left out and listed by Skipped.
func OpenPaths(ctx context.Context, paths []string, opt ArchiveOptions) (*Archive, error) {
	if opt.MaxBody <= 0 {
		opt.MaxBody = maxBody
	}
	if opt.MaxFile <= 0 {
		opt.MaxFile = 16 << 30
	}
	a := &Archive{opt: opt, seen: make(map[[8]byte]bool)}
	for _, path := range paths {
		if err := a.addPath(ctx, path); err != nil {
			a.Close()
			return nil, err
		}
	}
	a.seen = nil
	sort.SliceStable(a.places, func(i, j int) bool { return a.places[i].at < a.places[j].at })
	return a, nil
}

func (a *Archive) addPath(ctx context.Context, path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	if !st.IsDir() {
		ok, err := a.addFile(ctx, path)
		if err == nil && !ok {
			err = errors.New("neither a mail nor an mbox: it begins with no header and no " +
				`"From " line`)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		return nil
	}
	files, err := listFiles(path)
	if err != nil {
		return err
	}
	for _, file := range files {
		ok, err := a.addFile(ctx, file)
		if ctx.Err() != nil {
			return fmt.Errorf("read %s: %w", path, ctx.Err())
		}
		if err != nil {
			a.skip(file, err.Error())
		} else if !ok {
			a.skip(file, "not mail")
		}
	}
	return nil
}

// addFile indexes one file; false means that it holds no mail.
func (a *Archive) addFile(ctx context.Context, path string) (bool, error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	form, err := formOf(path)
	if err != nil || form == notMail {
		return false, err
	}
	f, err := openRegular(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return false, err
	}
	a.files = append(a.files, mailFile{path: path, form: form, at: st.ModTime()})
	file := len(a.files) - 1
	if form == mbox {
		return true, a.addMbox(ctx, file, f)
	}
	src, err := readMail(f, path, maxHead, 1)
	if err != nil {
		return false, err
	}
	a.add(src.Header, place{file: int32(file)}, time.Time{})
	return true, nil
}

// addMbox indexes the mails of an mbox. Of a damaged compressed file the readable
// beginning counts.
func (a *Archive) addMbox(ctx context.Context, file int, f *os.File) error {
	plain := io.Reader(f)
	if trimExt(f.Name()) != f.Name() {
		spool, err := a.spool(f)
		if spool == nil {
			return err
		}
		if err != nil {
			a.skip(f.Name(), "only its beginning could be read: "+err.Error())
		}
		a.files[file].spool = spool
		plain = spool
	}
	return scanMbox(plain, func(p piece) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		head, err := content.ReadSource(bytes.NewReader(p.head), 1)
		if err != nil {
			return err
		}
		a.add(head.Header, place{file: int32(file), offset: p.offset, length: p.length}, p.from)
		return nil
	})
}

// spool decompresses a file into a temporary one without a name, for a compressed file
// cannot be read in any order. It returns the file with what could be read.
func (a *Archive) spool(f *os.File) (*os.File, error) {
	plain, done, err := inflate(f, f.Name())
	if err != nil {
		return nil, err
	}
	defer done()
	tmp, err := os.CreateTemp("", "hisseki-replay-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary file: %w", err)
	}
	if err := os.Remove(tmp.Name()); err != nil {
		tmp.Close()
		return nil, fmt.Errorf("unlink the temporary file: %w", err)
	}
	_, err = io.CopyN(tmp, plain, a.opt.MaxFile)
	if err == io.EOF {
		err = nil
	} else if n, _ := io.ReadFull(plain, make([]byte, 1)); err == nil && n > 0 {
		err = fmt.Errorf("it holds more than %d bytes", a.opt.MaxFile)
	}
	if _, serr := tmp.Seek(0, io.SeekStart); serr != nil { // for the index to read it
		tmp.Close()
		return nil, fmt.Errorf("rewind the temporary file: %w", serr)
	}
	return tmp, err
}

// add notes one mail, or why not.
func (a *Archive) add(fields []content.Field, p place, fallback time.Time) {
	name := a.name(p)
	if len(fields) == 0 && !a.opt.All {
		a.skip(name, "no header")
		return
	}
	at := mailTime(fields)
	if at.IsZero() {
		at = fallback
	}
	if at.IsZero() && a.opt.All {
		at = a.files[p.file].at
	}
	if at.IsZero() {
		a.skip(name, "no usable date: neither Received nor Date nor an mbox line tells one")
		return
	}
	if key, ok := identity(fields); ok && !a.opt.All {
		if a.seen[key] {
			a.skip(name, "the same mail as another")
			return
		}
		a.seen[key] = true
	}
	p.at = at.Unix()
	a.places = append(a.places, p)
}

// identity is the same for copies of a mail. Learning takes a mail once, from whatever
// folders; judging takes every one, for odd mail shares even its ids with other mail.
func identity(fields []content.Field) (key [8]byte, ok bool) {
	h := sha256.New()
	for _, f := range fields {
		switch strings.ToLower(f.Name) {
		case "message-id":
			ok = true
			fallthrough
		case "date", "from":
			fmt.Fprintf(h, "%s:%s\n", strings.ToLower(f.Name), strings.TrimSpace(f.Value))
		}
	}
	copy(key[:], h.Sum(nil))
	return key, ok
}

// nullSender is the sender of kept mail that names none.
const nullSender = "null:"

func (a *Archive) skip(name, why string) {
	a.skipped = append(a.skipped, Skip{name, why})
}

// name is the file's, with the mail's offset in an mbox.
func (a *Archive) name(p place) string {
	f := &a.files[p.file]
	if f.form == mbox {
		return fmt.Sprintf("%s:%d", f.path, p.offset)
	}
	return f.path
}

// Count returns the number of mails.
func (a *Archive) Count() int { return len(a.places) }

// Skipped returns what was left out until now.
func (a *Archive) Skipped() []Skip { return a.skipped }

// Close removes the temporary files.
func (a *Archive) Close() error {
	var errs []error
	for i := range a.files {
		f := &a.files[i]
		for _, h := range []*os.File{f.spool, f.open} {
			if h != nil {
				errs = append(errs, h.Close())
			}
		}
		f.spool, f.open = nil, nil
	}
	return errors.Join(errs...)
}

// Next returns the next mail and io.EOF at the end.
func (a *Archive) Next() (*Act, error) {
	for a.next < len(a.places) {
		p := a.places[a.next]
		a.next++
		src, err := a.read(p)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", a.name(p), err)
		}
		at := time.Unix(p.at, 0).UTC()
		m := &analyzer.Mail{Envelope: envelopeOf(src.Header, at), Source: src}
		switch {
		case a.opt.Sender != "":
			m.Login = a.opt.Sender
			m.Sender = strings.ToLower(a.opt.Sender)
		case m.Login == "" && !a.opt.All:
			a.skip(a.name(p), "no sender: no From address")
			continue
		case m.Login == "":
			m.Sender, m.Class = nullSender, analyzer.Null
		case a.opt.SenderOf != nil:
			m.Sender, m.Class = a.opt.SenderOf(&m.Envelope)
		}
		return &Act{Time: at, Name: a.name(p), Mail: m}, nil
	}
	return nil, io.EOF
}

func (a *Archive) read(p place) (content.Source, error) {
	f := &a.files[p.file]
	if f.form == single {
		h, err := openRegular(f.path)
		if err != nil {
			return content.Source{}, err
		}
		defer h.Close()
		return readMail(h, f.path, maxMail, a.opt.MaxBody)
	}
	h := f.spool
	if h == nil {
		var err error
		if h, err = a.handle(p.file); err != nil {
			return content.Source{}, err
		}
	}
	r := newUnquoter(io.NewSectionReader(h, p.offset, p.length))
	return content.ReadSource(io.LimitReader(r, maxMail), a.opt.MaxBody)
}

// maxOpen bounds the mbox files that are open at once: mails of many accounts' files
// alternate in time.
const maxOpen = 64

// handle returns an open mbox, closing another one when there are too many.
func (a *Archive) handle(file int32) (*os.File, error) {
	f := &a.files[file]
	if f.open != nil {
		return f.open, nil
	}
	open := 0
	for i := range a.files {
		if a.files[i].open != nil {
			if open++; open >= maxOpen {
				a.files[i].open.Close()
				a.files[i].open = nil
			}
		}
	}
	var err error
	f.open, err = openRegular(f.path)
	return f.open, err
}
