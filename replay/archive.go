package replay

import (
	"bufio"
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

	"hisseki/analyzer/content"
	"hisseki/internal/mailbox"
	"hisseki/internal/unpack"
)

// ArchiveOptions say how kept mail is read. The zero value is fine.
type ArchiveOptions struct {
	// Sender, when set, is the account that sent all of it: a Sent folder belongs to
	// one account whatever From says.
	Sender string
	// Normal turns an address into the account whose habits count; nil takes it in lower case.
	Normal func(login string) string
	// All takes mail too that names no usable time or sender, with its file's time and as
	// mail of the null sender. Its time is a guess, so nothing should be learned from it.
	All bool
	// Origins, when set, tell the client of a mail, and its account where Sender does not.
	Origins *Origins
	MaxBody int64 // bytes kept of a body, 0 means 10 MiB as the milter
	MaxFile int64 // bytes of one compressed mbox after decompression, 0 means 16 GiB
}

// Skip is a file or mail that was left out, and why.
type Skip struct {
	Name string
	Why  string
}

// Archive is kept mail in time order: .eml files, mbox files, Maildirs and folders of
// them, each file perhaps compressed (gzip, zstd, bzip2, xz). In memory it holds a place and a time for each
// mail. It implements Source.
type Archive struct {
	opt     ArchiveOptions
	files   []mailFile
	places  []place
	next    int
	skipped []Skip
	found   int              // mails in all, also what is left out
	seen    map[[8]byte]bool // mails by Message-ID, Date and From; nil after the index
}

// mailFile is a file with mail.
type mailFile struct {
	path  string
	at    time.Time // when it was written
	form  form
	mac   bool     // lines end with a carriage return alone
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
// read, and without All a mail that was not sent, without a usable time or sender, or found
// twice (in several folders), are left out and listed by Skipped.
func OpenPaths(ctx context.Context, paths []string, opt ArchiveOptions) (*Archive, error) {
	if opt.MaxBody <= 0 {
		opt.MaxBody = maxBody
	}
	if opt.Normal == nil {
		opt.Normal = mailbox.Lower
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

// errNoMail says of a file that it holds none.
var errNoMail = errors.New("no mail in it: it begins with no header and no " +
	`"From " line that a header follows`)

func (a *Archive) addPath(ctx context.Context, path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("read mail: %w", err)
	}
	if !st.IsDir() {
		if err := a.addFile(ctx, path); err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
		return nil
	}
	files, err := listFiles(path)
	if err != nil {
		return err
	}
	before, left := a.found, len(a.skipped)
	for _, file := range files {
		err := a.addFile(ctx, file)
		if ctx.Err() != nil {
			return fmt.Errorf("read %s: %w", path, ctx.Err())
		}
		if errors.Is(err, errNoMail) {
			a.skip(file, "not mail")
		} else if err != nil {
			a.skip(file, err.Error())
		}
	}
	if a.found > before || len(files) == 0 {
		return nil
	}
	err = fmt.Errorf("read %s: no mail in its %d files", path, len(files))
	if len(a.skipped) > left {
		err = fmt.Errorf("%w; %s: %s", err, a.skipped[left].Name, a.skipped[left].Why)
	}
	return err
}

// addFile indexes one file.
func (a *Archive) addFile(ctx context.Context, path string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	f, err := openRegular(path)
	if err != nil {
		return err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return err
	}
	plain, packed, done, err := unpack.Open(f)
	if err != nil {
		return err
	}
	defer done()
	br := bufio.NewReaderSize(plain, 4<<10)
	head, err := br.Peek(4 << 10)
	if err != nil && err != io.EOF {
		return fmt.Errorf("decompress: %w", err)
	}
	file := mailFile{path: path, at: st.ModTime(), mac: onlyReturns(head)}
	if file.mac {
		head = bytes.ReplaceAll(head, []byte("\r"), []byte("\n"))
	}
	file.form = formOf(path, packed, head)
	a.files = append(a.files, file)
	n := len(a.files) - 1
	switch {
	case file.form == notMail:
		a.files = a.files[:n]
		return errNoMail
	case file.form == single:
		var r io.Reader = br
		if file.mac {
			r = newlines{r: br}
		}
		src, err := content.ReadSource(io.LimitReader(r, maxHead), 1)
		if err != nil {
			return err
		}
		a.found++
		if reason := maildirUnsent(path); reason != "" && !a.opt.All {
			return errors.New(reason)
		}
		a.add(src.Header, place{file: int32(n)}, time.Time{})
		return nil
	case packed:
		return a.addPacked(ctx, n, br)
	}
	return a.addMbox(ctx, n, f, st.Size())
}

// addPacked indexes a compressed mbox. Of a damaged one the readable beginning counts.
func (a *Archive) addPacked(ctx context.Context, file int, plain io.Reader) error {
	spool, size, err := a.spool(plain)
	if spool == nil {
		return err
	}
	a.files[file].spool = spool
	if err != nil {
		a.skip(a.files[file].path, "only its beginning could be read: "+err.Error())
	}
	return a.addMbox(ctx, file, spool, size)
}

// addMbox indexes the mails of an mbox.
func (a *Archive) addMbox(ctx context.Context, file int, r io.ReaderAt, size int64) error {
	n := 0
	if a.files[file].mac {
		r = newlines{at: r}
	}
	err := scanMbox(r, size, func(p piece) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		n++
		head, err := content.ReadSource(bytes.NewReader(p.head), 1)
		if err != nil {
			return err
		}
		where := place{file: int32(file), offset: p.offset, length: p.length}
		if n == 1 && folderData(head.Header) {
			return nil
		}
		a.found++
		if reason := mboxUnsent(head.Header); reason != "" && !a.opt.All {
			a.skip(a.name(where), reason)
			return nil
		}
		a.add(head.Header, where, p.from)
		return nil
	})
	if err == nil && n == 0 {
		return errNoMail
	}
	return err
}

// spool keeps what a compressed file holds in a temporary one without a name, for it
// cannot be read in any order. It returns the file with what could be read.
func (a *Archive) spool(plain io.Reader) (*os.File, int64, error) {
	tmp, err := os.CreateTemp("", "hisseki-replay-")
	if err != nil {
		return nil, 0, fmt.Errorf("make a temporary file: %w", err)
	}
	if err := os.Remove(tmp.Name()); err != nil {
		tmp.Close()
		return nil, 0, fmt.Errorf("unlink the temporary file: %w", err)
	}
	size, err := io.CopyN(tmp, plain, a.opt.MaxFile)
	if err == io.EOF {
		err = nil
	} else if n, _ := io.ReadFull(plain, make([]byte, 1)); err == nil && n > 0 {
		err = fmt.Errorf("it holds more than %d bytes", a.opt.MaxFile)
	}
	return tmp, size, err
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
		a.skip(name, "no usable date: neither Received nor Date nor an mbox line has one")
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
