package unpack

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/pierrec/lz4/v4"
)

// dovecotLZ4 begins a file that Dovecot's mail_compress wrote with LZ4, which is not LZ4's frame
// (iostream-lz4.h): the greatest size of a block, then each block with its packed size in front,
// all numbers in four bytes, the high one first.
const dovecotLZ4 = "Dovecot-LZ4\x0d\x2a\x9b\xc5"

// maxBlock bounds the memory that a block may ask for; Dovecot writes 256 KiB.
const maxBlock = 8 << 20

// blocks reads the blocks of such a file.
type blocks struct {
	src    io.Reader
	size   uint32 // of the greatest block, 0 before the head was read
	packed []byte
	plain  []byte // room for a block
	left   []byte // of the block that was unpacked last
}

func (b *blocks) Read(p []byte) (int, error) {
	for len(b.left) == 0 {
		if err := b.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, b.left)
	b.left = b.left[n:]
	return n, nil
}

// next unpacks the next block; io.EOF says that there is none.
func (b *blocks) next() error {
	if b.size == 0 {
		head := make([]byte, len(dovecotLZ4)+4)
		if _, err := io.ReadFull(b.src, head); err != nil {
			return fmt.Errorf("decompress lz4: %w", err)
		}
		b.size = binary.BigEndian.Uint32(head[len(dovecotLZ4):])
		if b.size == 0 || b.size > maxBlock {
			return fmt.Errorf("decompress lz4: it asks for blocks of %d bytes, more than %d", b.size, maxBlock)
		}
		b.plain = make([]byte, b.size)
	}
	var length [4]byte
	if _, err := io.ReadFull(b.src, length[:]); errors.Is(err, io.EOF) {
		return io.EOF
	} else if err != nil {
		return fmt.Errorf("decompress lz4: %w", err)
	}
	n := binary.BigEndian.Uint32(length[:])
	if int64(n) > int64(lz4.CompressBlockBound(int(b.size))) {
		return fmt.Errorf("decompress lz4: a block of %d bytes", n)
	}
	b.packed = append(b.packed[:0], make([]byte, n)...)
	if _, err := io.ReadFull(b.src, b.packed); err != nil {
		return fmt.Errorf("decompress lz4: %w", errors.Join(err, io.ErrUnexpectedEOF))
	}
	size, err := lz4.UncompressBlock(b.packed, b.plain)
	if err != nil {
		return fmt.Errorf("decompress lz4: %w", err)
	}
	b.left = bytes.Clone(b.plain[:size])
	return nil
}
