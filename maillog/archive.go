package maillog

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"hisseki/internal/unpack"
	"hisseki/ledger"
)

// opened is a log file that is not written to any more, perhaps compressed.
type opened struct {
	io.Reader
	file *os.File
	info os.FileInfo
	done func() // of what unpacks it

	packed bool
}

// Close closes the file.
func (o *opened) Close() error {
	o.done()
	return o.file.Close()
}

// open opens a file and what is compressed in it, whatever its name says.
func open(path string) (*opened, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	o := &opened{Reader: f, file: f}
	if o.info, err = f.Stat(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	if !o.info.Mode().IsRegular() {
		return nil, errors.Join(fmt.Errorf("%s is not a regular file", path), f.Close())
	}
	plain, packed, done, err := unpack.Open(f)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	o.Reader, o.done, o.packed = plain, done, packed
	return o, nil
}

// headOf returns the fingerprint of a file's first line.
func headOf(path string) (string, error) {
	o, err := open(path)
	if err != nil {
		return "", err
	}
	h, err := fingerprint(o)
	return h, errors.Join(err, o.Close())
}

// Import reads a whole log file, also a compressed one, from where it was read before. A
// file that was followed or imported under another name continues there, so that no line
// counts twice. Lines without a year are dated by the file's time.
func Import(ctx context.Context, p *Parser, db Store, host, path string) (Counts, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return Counts{}, fmt.Errorf("import log: %w", err)
	}
	counts, err := readOn(ctx, p, db, host, abs, abs)
	if err != nil {
		return counts, fmt.Errorf("import log: %w", err)
	}
	return counts, nil
}

// readOn reads what of a file that nobody writes to was not read yet, as part of a source.
func readOn(ctx context.Context, p *Parser, db Store, host, source, path string) (Counts, error) {
	h, err := headOf(path)
	if err != nil {
		return Counts{}, err
	}
	if h == "" {
		return Counts{}, nil // without a single line
	}
	known, err := db.LogPositions(ctx, "", h)
	if err != nil {
		return Counts{}, err
	}
	pos := ledger.LogPosition{Source: source, Head: h}
	for _, k := range known {
		pos.Offset = max(pos.Offset, k.Offset)
	}
	o, err := open(path)
	if err != nil {
		return Counts{}, err
	}
	defer o.Close()
	pos.Device, pos.Inode = identity(o.info)
	if _, err := io.CopyN(io.Discard, o, pos.Offset); errors.Is(err, io.EOF) {
		return Counts{}, nil // all of it
	} else if err != nil {
		return Counts{}, fmt.Errorf("%s: %w", path, err)
	}
	ref := o.info.ModTime()
	f := feed{parser: p, store: db, host: host, ref: func() time.Time { return ref },
		batch: ledger.LogBatch{Position: pos}}
	err = f.read(ctx, o, true)
	if err == nil && !f.some {
		err = f.trouble()
	}
	if err != nil {
		f.settle()
		return f.counts, fmt.Errorf("%s: %w", path, err)
	}
	// The position too where the end said nothing, and behind what could not be read.
	f.batch.Position.Offset += f.beyond
	err = f.keep(ctx)
	return f.counts, err
}

// identity returns a file's device and inode number.
func identity(info os.FileInfo) (device, inode uint64) {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(st.Dev), st.Ino
	}
	return 0, 0
}

// rotated returns the files that a log's rotation may have left, the oldest first:
// "mail.log.1", "mail.log.2.gz", "mail.log-20261124", "mail-20261124.log".
func rotated(path string) ([]rotatedFile, error) {
	dir, name := filepath.Split(path)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var list []rotatedFile
	for _, e := range entries {
		if !rotatedName(name, e.Name()) {
			continue
		}
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue // gone meanwhile, or a link
		}
		list = append(list, rotatedFile{filepath.Join(dir, e.Name()), info.ModTime()})
	}
	slices.SortFunc(list, func(a, b rotatedFile) int {
		return cmp.Or(a.at.Compare(b.at), -strings.Compare(a.path, b.path)) // .2 before .1
	})
	return list, nil
}

// Rotated says whether a file may be what the rotation of a log has left.
func Rotated(log, other string) bool {
	return filepath.Dir(log) == filepath.Dir(other) && rotatedName(filepath.Base(log), filepath.Base(other))
}

// rotatedFile is a file of a log's rotation; at is when it was written to last.
type rotatedFile struct {
	path string
	at   time.Time
}

func rotatedName(name, other string) bool {
	other = unpack.TrimExt(other)
	suffix, ok := strings.CutPrefix(other, name)
	if ext := filepath.Ext(name); !ok && ext != "" {
		suffix, ok = strings.CutPrefix(other, strings.TrimSuffix(name, ext))
		suffix, _ = strings.CutSuffix(suffix, ext)
		ok = ok && strings.HasSuffix(other, ext)
	}
	return ok && len(suffix) > 1 && (suffix[0] == '.' || suffix[0] == '-') &&
		strings.Trim(suffix[1:], "0123456789-.") == ""
}

// Open opens a log file that is read whole, and says whether it is compressed: its bytes are plain
// then.
func Open(path string) (log io.ReadCloser, packed bool, err error) {
	o, err := open(path)
	if err != nil {
		return nil, false, err
	}
	return o, o.packed, nil
}
