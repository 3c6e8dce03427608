package qr

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"math/rand/v2"
	"slices"
	"testing"
)

var twoTones = color.Palette{color.Gray{Y: 20}, color.Gray{Y: 235}, color.Transparent}

// paletted is a picture in two tones.
func paletted(p *image.Gray, at image.Point) *image.Paletted {
	out := image.NewPaletted(p.Bounds().Add(at), twoTones)
	for i, v := range p.Pix {
		if v > 128 {
			out.Pix[i] = 1
		}
	}
	return out
}

func animated(t testing.TB, disposal []byte, frames ...*image.Paletted) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: frames, Delay: make([]int, len(frames)), Disposal: disposal,
		Config: image.Config{ColorModel: twoTones, Width: 300, Height: 200}}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Any frame of a GIF may show a code, for a time, in a part of the picture, or together with others.
func TestFramesOfGIF(t *testing.T) {
	code := codeOn(t, link, 160, 160, 16, 16, 4, 0, 255)
	blank := paletted(codeOn(t, link, 300, 200, 300, 200, 1, 0, 255), image.Point{})
	whole := paletted(code, image.Pt(100, 20))
	left, right := paletted(code, image.Pt(100, 20)), paletted(code, image.Pt(100, 20))
	for i := range left.Pix {
		if i%160 < 80 {
			right.Pix[i] = 2
		} else {
			left.Pix[i] = 2
		}
	}
	for name, data := range map[string][]byte{
		"second":         animated(t, nil, blank, whole),
		"painted over":   animated(t, nil, blank, whole, blank),
		"taken away":     animated(t, []byte{1, 2, 1}, blank, whole, left),
		"restored":       animated(t, []byte{1, 3, 1}, blank, whole, left),
		"two halves":     animated(t, nil, blank, left, right),
		"half restored":  animated(t, []byte{1, 1, 3, 1}, blank, left, whole, right),
		"a large screen": animated(t, nil, blank, blank, blank, whole),
	} {
		r := NewReader()
		if got := r.Picture(data); !slices.Contains(got, link) || r.Over {
			t.Errorf("%s: got %q, over %t", name, got, r.Over)
		}
	}
	many := make([]*image.Paletted, 300)
	for i := range many {
		many[i] = blank
	}
	r := NewReader()
	if r.Picture(animated(t, nil, many...)); !r.Over {
		t.Error("300 frames, of which not all are read: nothing is said of them")
	}
}

// TestUnpackGIF holds that a picture is unpacked as the standard library does, whole, interlaced, of
// colours of its own, and that one cut off or damaged at any place is read as far as it goes.
func TestUnpackGIF(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 9))
	for size := range 40 {
		p := image.NewGray(image.Rect(0, 0, 30+17*size, 25+size))
		for i := range p.Pix {
			if p.Pix[i] = uint8(i / 7 * size); r.IntN(4) == 0 {
				p.Pix[i] = uint8(r.IntN(256))
			}
		}
		data := encoded(t, "gif", p)
		want, err := gif.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		g := gifReader{data: data, r: NewReader()}
		if !g.header() || !g.frames() {
			t.Fatalf("size %d: not read", size)
		}
		if reference := NewReader().greyOf(want); !bytes.Equal(g.canvas.pix, reference.pix) {
			t.Errorf("size %d: other pixels than the standard library's", size)
		}
		NewReader().Picture(data[:r.IntN(len(data))])
		data[r.IntN(len(data))] ^= byte(1 + r.IntN(255))
		NewReader().Picture(data)
	}
	for height := range 40 {
		met := make(map[int]bool)
		for i := range height {
			met[interlacedRow(i, height)] = true
		}
		if len(met) != height || met[height] {
			t.Errorf("%d rows, interlaced: %v", height, met)
		}
	}
}

// Of an animated PNG only the picture that stands for it is read, of an animated WebP nothing: both are
// said to be unread.
func TestFramesThatAreNotRead(t *testing.T) {
	still := written(t, 300, 600, 0, 1, false, func(x, y, c int) byte { return 255 })
	head := 8 + 25 // signature and IHDR
	moving := slices.Concat(still[:head], []byte("\x00\x00\x00\x08acTL\x00\x00\x00\x02\x00\x00\x00\x00crc."), still[head:])
	webp := func(flags string) []byte {
		return []byte("RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00" + flags + "\x00\x00\x00\x2b\x01\x00\x2b\x01\x00")
	}
	for name, tt := range map[string]struct {
		data []byte
		want bool
	}{"png": {still, false}, "moving png": {moving, true}, "webp": {webp("\x10"), false}, "moving webp": {webp("\x12"), true}} {
		r := NewReader()
		if r.Picture(tt.data); r.Over != tt.want {
			t.Errorf("%s: unread %t, want %t", name, r.Over, tt.want)
		}
	}
}
