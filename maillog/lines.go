package maillog

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
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
)

// feed turns lines into batches and keeps them.
type feed struct {
	parser *Parser
	store  Store
	host   string
	ref    func() time.Time
	batch  ledger.LogBatch
	lines  int
	unkept int64
	counts Counts
}

// add parses one line and moves the position behind it.
func (f *feed) add(ctx context.Context, line []byte, size int64) error {
	f.take(f.parser.parse(string(line), f.ref()))
	f.batch.Position.Offset += size
	f.unkept += size
	if len(f.batch.Lines)+len(f.batch.Logins) >= maxBatch || f.unkept >= maxUnkept {
		return f.keep(ctx)
	}
	return nil
}

func (f *feed) take(e entry) {
	f.lines++
	f.batch.Lines = append(f.batch.Lines, e.lines...)
	if e.login != nil {
		f.batch.Logins = append(f.batch.Logins, *e.login)
	}
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
	f.counts.Read += f.lines
	f.counts.Lines += counts.Lines
	f.counts.Strange += counts.Strange
	f.counts.Logins += counts.Logins
	f.lines, f.unkept = 0, 0
	f.batch.Lines, f.batch.Logins = nil, nil
	return nil
}

// read takes all complete lines of r, which begins at the position. rest says whether
// what follows the last line end is a line too.
func (f *feed) read(ctx context.Context, r io.Reader, rest bool) error {
	in := bufio.NewReaderSize(r, maxLine)
	for ctx.Err() == nil {
		line, size, err := readLine(in)
		if err == nil || errors.Is(err, io.EOF) && rest && size > 0 {
			if err := f.add(ctx, line, size); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return f.flush(ctx)
		}
		if err != nil {
			return errors.Join(err, f.flush(ctx))
		}
	}
	return ctx.Err()
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

// head returns the fingerprint of the first line of r, "" while that is not complete.
func head(r io.Reader) (string, error) {
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
