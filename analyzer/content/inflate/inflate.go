// Package inflate unpacks what stands compressed in a mail's files, within bounds of bytes
// and time that all files of the mail share. Damaged data gives what could be read of it,
// as programs that open such files show it.
package inflate

import (
	"bytes"
	"io"

	"github.com/klauspost/compress/flate"
)

// MaxBytes is what the files of one mail may unpack to. A spreadsheet of 4 MiB unpacks to
// 20 to 30 MiB; hostile ones unpack a thousandfold.
const MaxBytes = 24 << 20

// Budget is what is left of the bounds of one mail. The zero value has nothing left.
type Budget struct {
	Left int         // bytes that may still be unpacked
	Over bool        // something was not unpacked, or not to its end
	Late func() bool // no time is left; may be nil

	reader io.ReadCloser // a flate reader, to be reset
	free   [][]byte      // buffers to unpack into
}

// NewBudget returns the budget of one mail.
func NewBudget(late func() bool) *Budget { return &Budget{Left: MaxBytes, Late: late} }

// Spend takes n bytes of work and says whether it may be done.
func (b *Budget) Spend(n int) bool {
	if n > b.Left || b.Late != nil && b.Late() {
		b.Over = true
		return false
	}
	b.Left -= n
	return true
}

// Flate unpacks a DEFLATE stream (RFC 1951), at most limit bytes of it. used is how much of
// data the stream takes. out must be given back with Free and not used from then on.
func (b *Budget) Flate(data []byte, limit int) (out []byte, used int) {
	src := bytes.NewReader(data)
	if b.reader == nil {
		b.reader = flate.NewReader(src)
	} else if err := b.reader.(flate.Resetter).Reset(src, nil); err != nil {
		return nil, 0
	}
	out = b.read(b.reader, limit)
	return out, len(data) - src.Len()
}

// Zlib unpacks a zlib stream (RFC 1950) without a look at its checksum, which readers of
// documents ignore. A stream without the two bytes of its header is unpacked too.
func (b *Budget) Zlib(data []byte, limit int) (out []byte, used int) {
	if len(data) < 2 {
		return nil, 0
	}
	if data[0]&15 == 8 && (uint(data[0])<<8|uint(data[1]))%31 == 0 {
		out, used = b.Flate(data[2:], limit)
		return out, used + 2
	}
	return b.Flate(data, limit)
}

// Read reads all that r unpacks, at most limit bytes of it. It must be given back with Free.
func (b *Budget) Read(r io.Reader, limit int) []byte { return b.read(r, limit) }

// readStep is how much is unpacked between two looks at the bounds.
const readStep = 64 << 10

// read reads all of r within the bounds.
func (b *Budget) read(r io.Reader, limit int) []byte {
	out := b.buffer()
	for {
		if len(out) >= limit {
			b.Over = true
			return out
		}
		step := min(readStep, limit-len(out))
		if b.Left < step || b.Late != nil && b.Late() {
			b.Over = true
			return out
		}
		if cap(out)-len(out) < step {
			grown := make([]byte, len(out), max(2*cap(out), len(out)+step))
			copy(grown, out)
			out = grown
		}
		n, err := io.ReadFull(r, out[len(out):len(out)+step])
		out = out[:len(out)+n]
		b.Left -= n
		if err != nil {
			return out
		}
	}
}

// buffer takes a free buffer, nil when there is none.
func (b *Budget) buffer() (buf []byte) {
	if n := len(b.free); n > 0 {
		buf, b.free = b.free[n-1], b.free[:n-1]
	}
	return buf
}

// Free gives a buffer back.
func (b *Budget) Free(buf []byte) {
	if cap(buf) > 0 {
		b.free = append(b.free, buf[:0])
	}
}
