// Package qr reads QR codes in pictures: PNG, JPEG, GIF, WebP, BMP and the rasters of PDF.
// What a mail's pictures may cost is bounded in pixels. Most pictures have nothing like the
// three squares that mark a code; in those nothing more is looked for.
package qr

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"

	_ "golang.org/x/image/bmp"  // to decode
	_ "golang.org/x/image/webp" // to decode
)

// MaxPixels is how many pixels of one mail are decoded: twenty screens. JPEG is read at a
// fraction of its size, and counts as that.
const MaxPixels = 12 << 20

// maxPicture bounds one picture that is decoded as a whole; it takes 4 bytes a pixel.
const maxPicture = 5 << 20

// A Reader reads the pictures of one mail.
type Reader struct {
	Left  int  // pixels that may still be decoded
	Over  bool // a picture was not read, or not as a whole
	tries int  // pictures in which a code was tried
}

// NewReader returns the reader of one mail.
func NewReader() *Reader { return &Reader{Left: MaxPixels} }

// spend takes pixels and says whether they may be decoded.
func (r *Reader) spend(pixels int) bool {
	if pixels > r.Left || pixels > maxPicture {
		r.Over = true
		return false
	}
	r.Left -= pixels
	return true
}

// Picture returns the texts of the codes in a picture.
func (r *Reader) Picture(data []byte) []string {
	if bytes.HasPrefix(data, []byte(pngMagic)) {
		return r.png(data)
	}
	if bytes.HasPrefix(data, []byte("GIF8")) {
		return r.gif(data)
	}
	if isMovingWebP(data) { // the library reads none of its frames
		r.Over = true
		return nil
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || config.Width <= 0 || config.Height <= 0 {
		return nil
	}
	pixels := config.Width * config.Height
	if config.Width < minSide || config.Height < minSide || pixels/config.Width != config.Height {
		return nil
	}
	if format == "jpeg" {
		return r.jpeg(data, pixels)
	}
	if !r.spend(pixels) {
		return nil
	}
	picture, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	return r.search(r.greyOf(picture))
}

// isMovingWebP says whether a WebP picture is an animation (RFC 9649 section 2.7):
//
//	"RIFF", size, "WEBP", "VP8X", size, flags
func isMovingWebP(data []byte) bool {
	const flags, animation = 20, 2
	return len(data) > flags && bytes.HasPrefix(data, []byte("RIFF")) && string(data[8:16]) == "WEBPVP8X" &&
		data[flags]&animation != 0
}

// minSide is the side of the smallest code.
const minSide = 21

// jpeg reads a JPEG picture at a size that costs little: 600,000 pixels are decoded as they
// are, of more each side is halved until a million are left.
func (r *Reader) jpeg(data []byte, pixels int) []string {
	n := 8
	for p := pixels; p > 600<<10 && n > 1; p /= 4 {
		n /= 2
	}
	if n < 8 {
		for ; n >= 1; n /= 2 {
			if small := pixels / 64 * n * n; small > r.Left {
				continue
			}
			if g, ok := smallJPEG(data, n); ok {
				r.Left -= len(g.pix)
				return r.search(g)
			}
		}
	}
	if !r.spend(pixels) {
		return nil
	}
	picture, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	return r.search(r.greyOf(picture))
}

// Raster returns the texts of the codes in rows of samples, of one to four bytes a pixel or
// of fewer bits.
func (r *Reader) Raster(width, height, bits, colors int, data []byte) []string {
	if width < minSide || height < minSide || !r.spend(width*height) {
		return nil
	}
	row := (width*bits*colors + 7) / 8
	g := newGrey(width, min(height, len(data)/max(row, 1)))
	for y := range g.height {
		line := data[y*row : (y+1)*row]
		for x := range width {
			g.pix[y*width+x] = sample(line, x, bits, colors)
		}
	}
	return r.search(g)
}

// sample returns the brightness of a pixel in a row.
func sample(line []byte, x, bits, colors int) byte {
	if bits == 8 {
		at := x * colors
		switch {
		case colors == 3 && at+2 < len(line):
			return mix(line[at], line[at+1], line[at+2], 255, false)
		case colors >= 4 && at+3 < len(line): // cyan, magenta, yellow and black: how much ink
			ink := func(i int) byte { return byte((255 - int(line[at+i])) * (255 - int(line[at+3])) / 255) }
			return mix(ink(0), ink(1), ink(2), 255, false)
		}
		return line[min(at, len(line)-1)]
	}
	at := x * bits * colors
	if at/8 >= len(line) || bits > 8 || bits <= 0 {
		return 0
	}
	v := int(line[at/8]>>(8-bits-at%8)) & (1<<bits - 1)
	return byte(v * 255 / (1<<bits - 1))
}

// grey is a picture of brightness.
type grey struct {
	width, height int
	pix           []byte
}

func newGrey(width, height int) grey {
	return grey{width, height, make([]byte, width*height)}
}

func (g *grey) set(x, y, v int) { g.pix[y*g.width+x] = byte(min(max(v, 0), 255)) }

// greyOf turns a picture into brightness; what is transparent is white, as on a page.
func (r *Reader) greyOf(picture image.Image) grey {
	b := picture.Bounds()
	g := newGrey(b.Dx(), b.Dy())
	switch p := picture.(type) {
	case *image.YCbCr:
		for y := range g.height {
			at := p.YOffset(b.Min.X, b.Min.Y+y)
			copy(g.pix[y*g.width:(y+1)*g.width], p.Y[at:])
		}
	case *image.Gray:
		for y := range g.height {
			copy(g.pix[y*g.width:(y+1)*g.width], p.Pix[y*p.Stride:])
		}
	case *image.Paletted:
		var table [256]byte
		for i, c := range p.Palette {
			table[i&255] = brightness(c)
		}
		for y := range g.height {
			for x, i := range p.Pix[y*p.Stride : y*p.Stride+g.width] {
				g.pix[y*g.width+x] = table[i]
			}
		}
	case *image.NRGBA:
		for y := range g.height {
			line := p.Pix[y*p.Stride:]
			for x := range g.width {
				g.pix[y*g.width+x] = mix(line[4*x], line[4*x+1], line[4*x+2], line[4*x+3], false)
			}
		}
	case *image.RGBA:
		for y := range g.height {
			line := p.Pix[y*p.Stride:]
			for x := range g.width {
				g.pix[y*g.width+x] = mix(line[4*x], line[4*x+1], line[4*x+2], line[4*x+3], true)
			}
		}
	default:
		for y := range g.height {
			for x := range g.width {
				g.pix[y*g.width+x] = brightness(picture.At(b.Min.X+x, b.Min.Y+y))
			}
		}
	}
	return g
}

func brightness(c color.Color) byte {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return mix(n.R, n.G, n.B, n.A, false)
}

// mix is the brightness of a colour on white; done says that it was mixed with its opacity.
func mix(r, g, b, a byte, done bool) byte {
	v := (int(r)*77 + int(g)*151 + int(b)*28) >> 8
	if a == 255 {
		return byte(v)
	}
	if !done {
		v = v * int(a) / 255
	}
	return byte(min(v+255-int(a), 255))
}
