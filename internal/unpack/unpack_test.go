package unpack

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"testing"

	"github.com/pierrec/lz4/v4"
)

// dovecotOf packs a text as Dovecot's ostream-lz4.c does, in blocks of size bytes.
func dovecotOf(t *testing.T, text string, size int) []byte {
	t.Helper()
	out := binary.BigEndian.AppendUint32([]byte(dovecotLZ4), uint32(size))
	for text != "" {
		one := text[:min(size, len(text))]
		text = text[len(one):]
		packed := make([]byte, lz4.CompressBlockBound(len(one)))
		n, err := lz4.CompressBlock([]byte(one), packed, nil)
		if err != nil || n == 0 {
			t.Fatalf("%d bytes: %v", n, err)
		}
		out = append(binary.BigEndian.AppendUint32(out, uint32(n)), packed[:n]...)
	}
	return out
}

// TestLZ4 holds that both forms of LZ4 are read, and that broken ones end in an error.
func TestLZ4(t *testing.T) {
	text := strings.Repeat("From: sato@example.jp\n", 30_000)
	var frame bytes.Buffer
	w := lz4.NewWriter(&frame)
	if _, err := io.WriteString(w, text); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"frame": frame.Bytes(), "Dovecot": dovecotOf(t, text, 256<<10)} {
		r, packed, done, err := Open(bytes.NewReader(data))
		if err != nil || !packed {
			t.Fatalf("%s: packed %v, %v", name, packed, err)
		}
		got, err := io.ReadAll(r)
		if done(); err != nil || string(got) != text {
			t.Errorf("%s: %d bytes of %d: %v", name, len(got), len(text), err)
		}
	}
	whole := dovecotOf(t, text, 1<<10)
	huge := append([]byte(dovecotLZ4), "\xff\xff\xff\xff\x00\x00\x00\x01a"...)
	long := append([]byte(dovecotLZ4), "\x00\x00\x04\x00\xff\xff\xff\xffa"...)
	for _, broken := range [][]byte{whole[:len(whole)-3], huge, long, whole[:len(dovecotLZ4)+2]} {
		r, _, _, err := Open(bytes.NewReader(broken))
		if err == nil {
			_, err = io.ReadAll(r)
		}
		if err == nil {
			t.Errorf("%d bytes that are broken are read without an error", len(broken))
		}
	}
}
