package maillog

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"hisseki/ledger"
)

const (
	// maxLine bounds a line, in bytes; the rest of a longer one is skipped. Postfix and
	// Dovecot stay far below.
	maxLine = 16 << 10
	// maxBatch is how many lines with something in them go into one transaction.
	maxBatch = 500
	// maxUnkept is how many bytes with nothing in them are read before the position is kept
	// all the same: they would be read again after a restart, which costs time only.
	maxUnkept = 1 << 20
	// headBytes of a first line identify a file. With its time it is not written twice.
	headBytes = 1 << 10
	// maxSample bounds what is shown of a line, in bytes.
	maxSample = 160
	// maxStreak is how many lines in a row may be unreadable: a program may write a few that
	// are not of a log's form.
	maxStreak = 10
)

// feed turns lines into batches and keeps them.
type feed struct {
	parser *Parser
	store  Store
	host   string
	ref    func() time.Time
	memory memory
	join   joiner
	batch  ledger.LogBatch
	// Lines that cannot be read are behind the position, until one that can follows.
	beyond int64 // bytes of them
	streak int   // how many they are
	some   bool  // a line could be read
	odd    string
	lines  Counts // since the last batch
	unkept int64
	counts Counts
}

// add takes one line. Some are an entry of journald's together.
func (f *feed) add(ctx context.Context, line []byte, size int64) error {
	if f.parser.Other != nil {
		return f.parse(ctx, line, line, size)
	}
	f.join.zone = f.parser.zone()
	return f.all(ctx, f.join.add(string(line), size))
}

func (f *feed) all(ctx context.Context, lines []joined) error {
	for _, l := range lines {
		shown := l.line
		if l.shown != "" {
			shown = l.shown
		}
		if err := f.parse(ctx, []byte(l.line), []byte(shown), l.size); err != nil {
			return err
		}
	}
	return nil
}

// parse reads one line and moves the position behind it. shown is what people are shown of it.
func (f *feed) parse(ctx context.Context, line, shown []byte, size int64) error {
	e := f.parser.parse(string(line), f.ref())
	f.beyond += size
	if e.kind == unreadable && !isFiller(line) {
		f.unreadable(shown)
		return nil
	}
	if e.kind != unreadable {
		f.some = true
	}
	f.batch.Position.Offset += f.beyond
	f.unkept += f.beyond
	f.beyond, f.streak = 0, 0
	f.take(e, shown)
	if len(f.batch.Lines)+len(f.batch.Logins) >= maxBatch || f.unkept >= maxUnkept {
		return f.keep(ctx)
	}
	return nil
}

// isFiller says whether a line is one of those that journalctl writes between others, "-- Boot
// 1f2e --", or is empty.
func isFiller(line []byte) bool {
	return len(bytes.TrimSpace(line)) == 0 || bytes.HasPrefix(line, []byte("-- "))
}

func (f *feed) unreadable(line []byte) {
	if f.streak == 0 {
		f.odd = sample(line)
	}
	f.streak++
	f.lines.Unreadable++
	if f.counts.Sample == "" {
		f.counts.Sample = f.odd
	}
}

// sample is the beginning of a line, for people.
func sample(line []byte) string { return clean(string(line[:min(len(line), maxSample)]), maxSample) }

func (f *feed) take(e entry, line []byte) {
	f.lines.Read++
	if e.kind == unknown {
		if f.lines.Unknown+f.counts.Unknown == 0 {
			f.counts.Sample = sample(line)
		}
		f.lines.Unknown++
	}
	e = f.memory.resolve(e)
	f.batch.Lines = append(f.batch.Lines, e.lines...)
	f.batch.Logins = append(f.batch.Logins, e.logins...)
	if e.login != nil {
		f.batch.Logins = append(f.batch.Logins, *e.login)
	}
}

// errUnreadable is of a log in a form that nobody knows.
var errUnreadable = errors.New("no line of it can be read")

// trouble complains about a log of which nothing could be read, or nothing any more.
func (f *feed) trouble() error {
	if f.streak == 0 || f.some && f.streak < maxStreak {
		return nil
	}
	if f.parser != nil && f.parser.Other != nil {
		return fmt.Errorf("%w, such as %q: no known form of sign-in log (docs/cloud.md)", errUnreadable, f.odd)
	}
	return fmt.Errorf("%w, such as %q: hisseki knows the forms of syslog daemons, journalctl and "+
		"Dovecot (docs/logging.md)", errUnreadable, f.odd)
}

// flush keeps what there is, if there is something.
func (f *feed) flush(ctx context.Context) error {
	if len(f.batch.Lines)+len(f.batch.Logins) == 0 {
		return nil
	}
	return f.keep(ctx)
}

func (f *feed) keep(ctx context.Context) error {
	f.batch.Host = f.host
	counts, err := f.store.KeepLog(ctx, &f.batch)
	if err != nil {
		return err
	}
	f.counts.Lines += counts.Lines
	f.counts.Strange += counts.Strange
	f.counts.Logins += counts.Logins
	f.settle()
	f.batch.Lines, f.batch.Logins = nil, nil
	return nil
}

// settle counts the lines that were read since the last batch.
func (f *feed) settle() {
	f.counts.Read += f.lines.Read
	f.counts.Unreadable += f.lines.Unreadable
	f.counts.Unknown += f.lines.Unknown
	f.lines, f.unkept = Counts{}, 0
}

// read takes all complete lines of r, which begins at the position. rest says whether
// what follows the last line end is a line too.
func (f *feed) read(ctx context.Context, r io.Reader, rest bool) error {
	in := bufio.NewReaderSize(r, f.parser.longestLine())
	for ctx.Err() == nil {
		line, size, err := readLine(in)
		last := errors.Is(err, io.EOF) && rest && size > 0
		if last && f.half(line) {
			f.unfinished(line)
		} else if err == nil || last {
			if err := f.add(ctx, line, size); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			if rest {
				if err := f.all(ctx, f.join.end()); err != nil {
					return err
				}
			}
			return f.flush(ctx)
		}
		if err != nil {
			return errors.Join(err, f.flush(ctx))
		}
	}
	return ctx.Err()
}

// half says whether the last line of a file may have an end that is not written yet. A sign-in of
// which the error is missing would be a success; only JSON says where it ends.
func (f *feed) half(line []byte) bool { return f.parser.Other != nil && !json.Valid(line) }

// unfinished counts a line that is read when its end is there.
func (f *feed) unfinished(line []byte) {
	f.lines.Unreadable++
	if f.counts.Sample == "" {
		f.counts.Sample = sample(line)
	}
}

// readLine returns a line without its end, cut to the buffer's size, and how many bytes
// it takes in the file. The line is valid until the next call.
func readLine(in *bufio.Reader) (line []byte, size int64, err error) {
	line, err = in.ReadSlice('\n')
	size = int64(len(line))
	if errors.Is(err, bufio.ErrBufferFull) {
		line = append([]byte(nil), line...)
		for errors.Is(err, bufio.ErrBufferFull) {
			var more []byte
			more, err = in.ReadSlice('\n')
			size += int64(len(more))
		}
		return line, size, err
	}
	if err == nil {
		line = line[:len(line)-1]
	}
	return line, size, err
}

// fingerprint returns that of the first line of r, "" while that is not complete.
func fingerprint(r io.Reader) (string, error) {
	buf := make([]byte, headBytes)
	n, err := io.ReadFull(r, buf)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	for i, c := range buf[:n] {
		if c == '\n' {
			n = i + 1
			break
		}
	}
	if n == 0 || n < headBytes && buf[n-1] != '\n' {
		return "", nil
	}
	sum := sha256.Sum256(buf[:n])
	return hex.EncodeToString(sum[:16]), nil
}
