package replay

import (
	"compress/gzip"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// maxWindow bounds the memory a hostile zstd frame may ask for; zstd --long=27, the
// most that a plain `zstd -d` accepts, needs this much.
const maxWindow = 128 << 20

// inflate returns the plain bytes of a file whose name says how it is compressed.
func inflate(r io.Reader, name string) (plain io.Reader, done func(), err error) {
	switch {
	case strings.HasSuffix(name, ".gz"):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, fmt.Errorf("decompress gzip: %w", err)
		}
		return z, func() { z.Close() }, nil
	case strings.HasSuffix(name, ".zst"):
		z, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, fmt.Errorf("decompress zstd: %w", err)
		}
		return z, z.Close, nil
	}
	return r, func() {}, nil
}
