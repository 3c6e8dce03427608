package inflate

import (
	"bytes"
	"compress/flate"
	"compress/zlib"
	"strings"
	"testing"
)

func deflated(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, 9)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestFlate: what was unpacked before damage is returned, and how much was read.
func TestFlate(t *testing.T) {
	text := strings.Repeat("word by word ", 10_000)
	data := deflated(t, text)
	b := NewBudget(nil)
	out, used := b.Flate(append(bytes.Clone(data), "more"...), 1<<20)
	if string(out) != text || used != len(data) || b.Over || b.Left != MaxBytes-len(text) {
		t.Errorf("%d bytes of %d, %d used, left %d, over %v", len(out), len(text), used, b.Left, b.Over)
	}
	b.Free(out)
	if cut, _ := b.Flate(data[:len(data)/2], 1<<20); len(cut) == 0 || !strings.HasPrefix(text, string(cut)) {
		t.Errorf("%d bytes of a stream that was cut off", len(cut))
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	broken := z.Bytes()
	broken[len(broken)-1] ^= 1 // the checksum, which readers of documents ignore
	for what, data := range map[string][]byte{"zlib": broken, "without its head": data} {
		if out, _ := b.Zlib(data, 1<<20); string(out) != text {
			t.Errorf("%s: %d bytes", what, len(out))
		}
	}
}

// TestBounds: a bomb ends at the limit, at the budget, and when there is no time.
func TestBounds(t *testing.T) {
	bomb := deflated(t, strings.Repeat("a", 8<<20))
	for what, c := range map[string]struct {
		left, limit, most int
		late              bool
	}{
		"limit":  {MaxBytes, 1 << 20, 1 << 20, false},
		"budget": {300_000, 8 << 20, 300_000, false},
		"time":   {MaxBytes, 8 << 20, 0, true},
		"zero":   {0, 8 << 20, 0, false},
	} {
		b := &Budget{Left: c.left, Late: func() bool { return c.late }}
		out, _ := b.Flate(bomb, c.limit)
		if len(out) > c.most || !b.Over || b.Left < 0 {
			t.Errorf("%s: %d bytes, over %v, left %d", what, len(out), b.Over, b.Left)
		}
	}
	b := NewBudget(nil)
	if !b.Spend(MaxBytes) || b.Spend(1) || !b.Over {
		t.Error("the budget has no end")
	}
}

// FuzzInflate unpacks noise.
func FuzzInflate(f *testing.F) {
	f.Add(deflated(f, "word by word"))
	f.Add(append([]byte("\x78\x9c"), deflated(f, strings.Repeat("a", 1000))...))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := &Budget{Left: 1 << 20}
		for range 2 { // the reader is used again
			out, used := b.Zlib(data, 1<<19)
			if len(out) > 1<<19 || used < 0 || used > len(data) || b.Left < 0 {
				t.Fatalf("%d bytes, %d of %d used, left %d", len(out), used, len(data), b.Left)
			}
			b.Free(out)
		}
	})
}
