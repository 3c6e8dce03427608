package qr

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/klauspost/compress/zlib"
)

// drawn is a picture with flat parts, noise and slopes, so that its rows take every filter.
func drawn(p interface {
	image.Image
	Set(x, y int, c color.Color)
}, alpha bool) image.Image {
	r := rand.New(rand.NewPCG(1, 2))
	b := p.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			c := color.NRGBA{uint8(x), uint8(y), uint8(x + y), 255}
			switch {
			case y/20%3 == 1:
				c = color.NRGBA{200, 210, 220, 255}
			case y/20%3 == 2:
				c = color.NRGBA{uint8(r.IntN(256)), uint8(r.IntN(256)), uint8(x / 2), 255}
			}
			if alpha && x/10%2 == 1 {
				c.A = uint8(y)
			}
			p.Set(x, y, c)
		}
	}
	return p
}

// TestPNG holds that the brightness of every kind of PNG is what the standard library reads.
func TestPNG(t *testing.T) {
	box := image.Rect(0, 0, 123, 97)
	few := color.Palette{color.NRGBA{0, 0, 0, 255}, color.NRGBA{255, 0, 0, 255}, color.NRGBA{9, 200, 9, 128}, color.White}
	many := color.Palette{}
	for i := range 200 {
		many = append(many, color.NRGBA{uint8(i), uint8(255 - i), uint8(2 * i), uint8(255 - i/2)})
	}
	for name, p := range map[string]image.Image{
		"grey":            drawn(image.NewGray(box), false),
		"grey of 16 bits": drawn(image.NewGray16(box), false),
		"colour":          drawn(image.NewRGBA(box), false),
		"opacity":         drawn(image.NewNRGBA(box), true),
		"16 bits":         drawn(image.NewNRGBA64(box), true),
		"16 bits, opaque": drawn(image.NewRGBA64(box), false),
		"palette":         drawn(image.NewPaletted(box, many), true),
		"few colours":     drawn(image.NewPaletted(box, few), true),
		"two colours":     drawn(image.NewPaletted(box, few[1:3]), true),
	} {
		data := encoded(t, "png", p)
		decodedPNG, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		want := NewReader().greyOf(decodedPNG)
		samePicture(t, name, data, want)
	}
}

func samePicture(t *testing.T, name string, data []byte, want grey) {
	t.Helper()
	p := pngReader{}
	if !p.chunks(data) {
		t.Errorf("%s: not read", name)
		return
	}
	got := p.read()
	if got.width != want.width || got.height != want.height {
		t.Errorf("%s: %d by %d, want %d by %d", name, got.width, got.height, want.width, want.height)
		return
	}
	for i := range got.pix {
		if d := int(got.pix[i]) - int(want.pix[i]); d < -1 || d > 1 {
			t.Errorf("%s: at %d, %d it is %d, want %d", name, i%got.width, i/got.width, got.pix[i], want.pix[i])
			return
		}
	}
}

// written writes a PNG as the standard library does not: with these filters in turn, interlaced or
// not, of samples that at returns.
func written(t *testing.T, width, height, kind, channels int, interlaced bool, at func(x, y, c int) byte, chunks ...string) []byte {
	t.Helper()
	var rows bytes.Buffer
	z := zlib.NewWriter(&rows)
	passes := []pngPass{{0, 0, 1, 1}}
	if interlaced {
		passes = adam7[:]
	}
	for _, s := range passes {
		var before []byte
		for y := s.top; y < height; y += s.down {
			var line []byte
			for x := s.left; x < width; x += s.across {
				for c := range channels {
					line = append(line, at(x, y, c))
				}
			}
			if before == nil {
				before = make([]byte, len(line))
			}
			filter := byte(y / s.down % 5)
			out := []byte{filter}
			for i, v := range line {
				var left, corner byte
				if i >= channels {
					left, corner = line[i-channels], before[i-channels]
				}
				up := before[i]
				out = append(out, v-[]byte{0, left, up, byte((int(left) + int(up)) / 2),
					byte(paeth(int(left), int(up), int(corner)))}[filter])
			}
			if _, err := z.Write(out); err != nil {
				t.Fatal(err)
			}
			before = line
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	out := []byte(pngMagic)
	chunk := func(name, body string) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(body)))
		out = append(out, name+body...)
		out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE([]byte(name+body)))
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(width))
	head = binary.BigEndian.AppendUint32(head, uint32(height))
	lace := byte(0)
	if interlaced {
		lace = 1
	}
	chunk("IHDR", string(append(head, 8, byte(kind), 0, 0, lace)))
	for i := 0; i+1 < len(chunks); i += 2 {
		chunk(chunks[i], chunks[i+1])
	}
	for b := range slices.Chunk(rows.Bytes(), 1000) { // many small parts, as libpng writes
		chunk("IDAT", string(b))
	}
	chunk("IEND", "")
	return out
}

// TestPNGFilters holds the same for every filter, interlaced pictures and a transparent colour.
func TestPNGFilters(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	noise := make([]byte, 100*100*4)
	for i := range noise {
		noise[i] = byte(r.IntN(4) * 80)
	}
	at := func(x, y, c int) byte {
		if y%40 < 15 {
			return byte(100 + c)
		}
		return noise[(y*100+x)*4+c]
	}
	for _, tt := range []struct {
		name           string
		kind, channels int
		chunks         []string
	}{
		{"grey", 0, 1, nil}, {"colour", 2, 3, nil}, {"grey with opacity", 4, 2, nil}, {"opacity", 6, 4, nil},
		{"grey, one transparent", 0, 1, []string{"tRNS", "\x00\x50"}},
		{"colour, one transparent", 2, 3, []string{"tRNS", "\x00\x64\x00\x65\x00\x66"}},
	} {
		for _, interlaced := range []bool{false, true} {
			data := written(t, 91, 83, tt.kind, tt.channels, interlaced, at, tt.chunks...)
			picture, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			samePicture(t, tt.name, data, NewReader().greyOf(picture))
		}
	}
}

// TestDamagedPNG holds that a code is read in a picture that programs show: cut off behind the code,
// with wrong checksums, in a colour that hardly changes the brightness of green.
func TestDamagedPNG(t *testing.T) {
	code := codeOn(t, link, 300, 600, 20, 20, 5, 0, 255)
	red := func(x, y, c int) byte {
		if c == 0 {
			return code.GrayAt(x, y).Y
		}
		return 0
	}
	clear := func(x, y, c int) byte { return code.GrayAt(x, y).Y & 1 }
	whole := written(t, 300, 600, 2, 3, false, red)
	wrong := bytes.Clone(whole)
	wrong[8+8+13] ^= 1 // checksum of the header
	for name, data := range map[string][]byte{
		"red":       whole,
		"cut off":   whole[:len(whole)*3/4],
		"checksum":  wrong,
		"invisible": written(t, 300, 600, 0, 1, false, clear, "tRNS", "\x00\x01"),
	} {
		if got := NewReader().Picture(data); !slices.Contains(got, link) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	if got := NewReader().Picture([]byte(pngMagic)); got != nil {
		t.Errorf("of nothing: %q", got)
	}
}
