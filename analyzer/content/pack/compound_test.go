package pack

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"hisseki/analyzer/content/fixture"
)

// TestScattered: what of a stream lies elsewhere is put together, and only that.
func TestScattered(t *testing.T) {
	long := strings.Repeat("0123456789abcdef", 300) + "the end"
	for name, stream := range map[string]string{"sectors": long, "small ones": long[4000:]} {
		if got := Scattered(fixture.Compound(stream, fixture.InOrder)); len(got) > 0 {
			t.Errorf("%s in order: %q", name, got)
		}
		got := Scattered(fixture.Compound(stream, fixture.Backward))
		if !bytes.Contains(got, []byte(stream)) {
			t.Errorf("%s backwards: %d bytes", name, len(got))
		}
		behind := append([]byte("an object's head"), fixture.Compound(stream, fixture.Backward)...)
		if got := Scattered(behind); !bytes.Contains(got, []byte(stream)) {
			t.Errorf("%s in an object: %d bytes", name, len(got))
		}
	}
	if got := Scattered(fixture.Compound(long, fixture.Backward)[:4096]); !bytes.Contains(got, []byte(long[6*512:])) {
		t.Errorf("of a file that is cut off: %d bytes", len(got))
	}
	if got := Scattered([]byte(compoundMagic + "short")); len(got) > 0 {
		t.Errorf("a head alone: %q", got)
	}
}

// TestScatteredEnds: chains that run in circles, into each other and beyond the file end, and put no more
// together than a few times the file.
func TestScatteredEnds(t *testing.T) {
	long := strings.Repeat("x", 100*512)
	whole := fixture.Compound(long, fixture.Backward)
	for _, to := range []uint32{0, 3, 50, 102, 1 << 20, lastSector - 1, 0xfffffffc, 0xffffffff} {
		file := slices.Clone(whole)
		for at := 512; at < 1024; at += 4 {
			binary.LittleEndian.PutUint32(file[at:], to)
		}
		for at := 76; at < 512; at += 4 { // and each sector is of the table
			binary.LittleEndian.PutUint32(file[at:], uint32(at%100))
		}
		binary.LittleEndian.PutUint32(file[68:], to)
		if got := Scattered(file); len(got) > 12*len(file) {
			t.Errorf("all to %d: %d bytes of %d", to, len(got), len(file))
		}
	}
}

func FuzzScattered(f *testing.F) {
	f.Add(fixture.Compound("the stream", fixture.Backward))
	f.Add(fixture.Compound(strings.Repeat("long ", 1000), fixture.Backward))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got := Scattered(data); len(got) > 12*len(data) {
			t.Errorf("%d bytes of %d", len(got), len(data))
		}
	})
}
