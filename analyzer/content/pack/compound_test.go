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
		if got, all := Scattered(fixture.Compound(stream, fixture.InOrder)); len(got) > 0 || !all {
			t.Errorf("%s in order: %q, %v", name, got, all)
		}
		got, all := Scattered(fixture.Compound(stream, fixture.Backward))
		if !all || !bytes.Contains(got, []byte(stream)) {
			t.Errorf("%s backwards: %d bytes, %v", name, len(got), all)
		}
		behind := append([]byte("an object's head"), fixture.Compound(stream, fixture.Backward)...)
		if got, all := Scattered(behind); !all || !bytes.Contains(got, []byte(stream)) {
			t.Errorf("%s in an object: %d bytes, %v", name, len(got), all)
		}
	}
	if _, all := Scattered(fixture.Compound(long, fixture.Backward)[:4096]); all {
		t.Error("a file that is cut off is whole")
	}
	if got, all := Scattered([]byte(compoundMagic + "short")); len(got) > 0 || !all {
		t.Errorf("a head alone: %q, %v", got, all)
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
		if got, _ := Scattered(file); len(got) > 12*len(file) {
			t.Errorf("all to %d: %d bytes of %d", to, len(got), len(file))
		}
	}
}

func FuzzScattered(f *testing.F) {
	f.Add(fixture.Compound("the stream", fixture.Backward))
	f.Add(fixture.Compound(strings.Repeat("long ", 1000), fixture.Backward))
	f.Fuzz(func(t *testing.T, data []byte) {
		if got, _ := Scattered(data); len(got) > 12*len(data) {
			t.Errorf("%d bytes of %d", len(got), len(data))
		}
	})
}
