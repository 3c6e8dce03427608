package qr

import (
	"bytes"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/bmp"
)

const link = "https://lure.example.net/login?x=1"

// codeOn draws a code of so many pixels a module on a page.
func codeOn(t testing.TB, text string, width, height, left, top, module int, dark, light uint8) *image.Gray {
	t.Helper()
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	page := image.NewGray(image.Rect(0, 0, width, height))
	for i := range page.Pix {
		page.Pix[i] = light
	}
	for y := range m.GetHeight() * module {
		for x := range m.GetWidth() * module {
			if m.Get(x/module, y/module) {
				page.SetGray(left+x, top+y, color.Gray{Y: dark})
			}
		}
	}
	return page
}

func encoded(t testing.TB, kind string, p image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch kind {
	case "png":
		err = png.Encode(&b, p)
	case "gif":
		err = gif.Encode(&b, p, nil)
	case "bmp":
		err = bmp.Encode(&b, p)
	default:
		err = jpeg.Encode(&b, p, &jpeg.Options{Quality: 75})
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestPicture(t *testing.T) {
	for name, p := range map[string]*image.Gray{
		"small":    codeOn(t, link, 120, 120, 0, 0, 3, 0, 255),
		"on page":  codeOn(t, link, 800, 1100, 300, 600, 5, 20, 230),
		"inverted": codeOn(t, link, 400, 400, 50, 50, 6, 250, 10),
		"pale":     codeOn(t, link, 400, 400, 50, 50, 6, 150, 230),
		"large":    codeOn(t, link, 2400, 1800, 500, 500, 20, 30, 220),
		"camera":   codeOn(t, link, 4000, 3000, 900, 700, 40, 30, 220),
	} {
		for _, kind := range []string{"png", "gif", "bmp", "jpeg"} {
			if kind != "jpeg" && len(p.Pix) > 1<<20 {
				continue
			}
			r := NewReader()
			if got := r.Picture(encoded(t, kind, p)); !slices.Contains(got, link) {
				t.Errorf("%s as %s: got %q", name, kind, got)
			}
		}
	}
}

// askew draws a picture turned, sheared and smaller to one side, as a camera sees a page.
func askew(p *image.Gray, degrees, shear, far float64) *image.Gray {
	b := p.Bounds()
	out := image.NewGray(image.Rect(0, 0, 2*b.Dx(), 2*b.Dy()))
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	for y := range out.Bounds().Dy() {
		for x := range out.Bounds().Dx() {
			u, v := float64(x-b.Dx()), float64(y-b.Dy())
			scale := 1 + far*u/float64(b.Dx())
			u, v = u*scale, v*scale
			u, v = cos*u+sin*v, cos*v-sin*u
			u += shear * v
			c := color.Gray{Y: 225}
			if s := image.Pt(int(math.Floor(u))+b.Dx()/2, int(math.Floor(v))+b.Dy()/2); s.In(b) {
				c = p.GrayAt(s.X, s.Y)
			}
			out.SetGray(x, y, c)
		}
	}
	return out
}

// TestAskew holds that a code is read as a camera sees it.
func TestAskew(t *testing.T) {
	code := codeOn(t, link, 260, 260, 30, 30, 6, 30, 225)
	for _, degrees := range []float64{0, 10, 30, 40, 50, 60, 90, 180} {
		for _, skew := range [][2]float64{{0, 0}, {0.15, 0}, {0, 0.1}, {0.1, 0.1}} {
			p := askew(code, degrees, skew[0], skew[1])
			if got := NewReader().Picture(encoded(t, "png", p)); !slices.Contains(got, link) {
				t.Errorf("turned by %v, askew by %v: got %q", degrees, skew, got)
			}
		}
	}
}

// TestSeveral holds that a picture may hold more than one code.
func TestSeveral(t *testing.T) {
	page := codeOn(t, "https://www.example.org/", 900, 500, 20, 20, 6, 0, 255)
	other := codeOn(t, link, 900, 500, 500, 120, 6, 0, 255)
	for i, v := range other.Pix {
		page.Pix[i] = min(page.Pix[i], v)
	}
	if got := NewReader().Picture(encoded(t, "png", page)); len(got) != 2 || !slices.Contains(got, link) {
		t.Errorf("got %q", got)
	}
}

// TestNoise holds that pictures without a code are found to have none, quickly or not.
func TestNoise(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	page := image.NewGray(image.Rect(0, 0, 1000, 1000))
	for i := range page.Pix {
		page.Pix[i] = uint8(r.IntN(256))
	}
	if got := NewReader().Picture(encoded(t, "png", page)); got != nil {
		t.Errorf("got %q", got)
	}
}

// TestOver holds that pictures beyond the bounds are said to be unread.
func TestOver(t *testing.T) {
	r := NewReader()
	r.Picture(encoded(t, "png", image.NewGray(image.Rect(0, 0, 2400, 2400))))
	if !r.Over {
		t.Error("nothing is said of a picture that was not read")
	}
}

func FuzzPicture(f *testing.F) {
	p := codeOn(f, link, 200, 200, 20, 20, 3, 0, 255)
	for _, kind := range []string{"png", "gif", "bmp", "jpeg"} {
		f.Add(encoded(f, kind, p))
	}
	f.Fuzz(func(_ *testing.T, data []byte) {
		NewReader().Picture(data)
		smallJPEG(data, 1)
		smallJPEG(data, 4)
	})
}

func BenchmarkPhoto(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	page := image.NewGray(image.Rect(0, 0, 4000, 3000))
	for i := range page.Pix {
		x, y := i%4000, i/4000
		page.Pix[i] = uint8((x/16*37+y/16*11)%200 + r.IntN(24))
	}
	data := encoded(b, "jpeg", page)
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		NewReader().Picture(data)
	}
}
