// Package unpack opens files that are kept compressed: mail as Dovecot keeps it, rotated logs.
package unpack

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// maxWindow bounds the memory that a hostile frame may ask for: zstd --long=27, the most
// that a plain `zstd -d` accepts, needs this much, and xz -9 half of it.
const maxWindow = 128 << 20

// How a compressed file begins. Dovecot (mail_compress, before 2.4 zlib_save) keeps mail
// so under names that do not say it.
const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
	bzipMagic = "BZh"
	xzMagic   = "\xfd7zXZ\x00"
	lz4Magic  = "\x04\x22\x4d\x18"
)

// Open returns the plain bytes of a file and whether it is compressed: its beginning
// says how, its name does not count.
func Open(r io.Reader) (plain io.Reader, packed bool, done func(), err error) {
	br := bufio.NewReaderSize(r, 32<<10)
	nothing := func() {}
	head, err := br.Peek(64)
	if err != nil && err != io.EOF {
		return nil, false, nothing, err
	}
	switch begins := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }; {
	case begins(gzipMagic):
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, true, nothing, fmt.Errorf("decompress gzip: %w", err)
		}
		return z, true, func() { z.Close() }, nil
	case begins(zstdMagic):
		z, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1),
			zstd.WithDecoderMaxWindow(maxWindow), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, true, nothing, fmt.Errorf("decompress zstd: %w", err)
		}
		return z, true, z.Close, nil
	case begins(bzipMagic) && len(head) > 9 && (string(head[4:10]) == "1AY&SY" ||
		string(head[4:10]) == "\x17rE8P\x90"): // pi, of a block; its root, of none
		return bzip2.NewReader(br), true, nothing, nil
	case begins(xzMagic):
		if dict := xzDictionary(head); dict > maxWindow {
			return nil, true, nothing, fmt.Errorf("decompress xz: it asks for %d bytes of memory, "+
				"more than %d", dict, maxWindow)
		}
		z, err := xz.NewReader(br)
		if err != nil {
			return nil, true, nothing, fmt.Errorf("decompress xz: %w", err)
		}
		return z, true, nothing, nil
	case begins(lz4Magic):
		return lz4.NewReader(br), true, nothing, nil
	case begins(dovecotLZ4):
		return &blocks{src: br}, true, nothing, nil
	}
	return br, false, nothing, nil
}

// xzDictionary returns the dictionary that a file's first block asks for, in bytes, and 0
// where that cannot be read (then the decoder complains). The header of a block is its
// size, flags, perhaps two sizes, and the filters (xz file format 1.2.1, section 3.1).
func xzDictionary(head []byte) int64 {
	const streamHeader = 12
	if len(head) < streamHeader+8 {
		return 0
	}
	flags, rest := head[streamHeader+1], head[streamHeader+2:]
	for _, present := range []byte{0x40, 0x80} { // compressed and uncompressed size
		if flags&present != 0 {
			_, n := binary.Uvarint(rest)
			if n <= 0 {
				return 0
			}
			rest = rest[n:]
		}
	}
	const lzma2, one = 0x21, 1 // filter id, bytes of properties
	if len(rest) < 3 || rest[0] != lzma2 || rest[1] != one {
		return 0
	}
	dict, err := lzma.DecodeDictCap(rest[2])
	if err != nil {
		return 0
	}
	return dict
}

// Endings are the endings of compressed files' names.
var Endings = []string{".gz", ".zst", ".bz2", ".xz", ".lz4"}

// TrimExt returns a name without the ending of a compressed file.
func TrimExt(name string) string {
	for _, ext := range Endings {
		if s := strings.TrimSuffix(name, ext); s != name {
			return s
		}
	}
	return name
}
