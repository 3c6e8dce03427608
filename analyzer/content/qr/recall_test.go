package qr

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// shrunk is a picture at a fraction of its size, as programs scale what is pasted.
func shrunk(p grey, by float64) grey {
	out := newGrey(int(float64(p.width)/by), int(float64(p.height)/by))
	for y := range out.height {
		for x := range out.width {
			sum, n := 0, 0
			for v := int(float64(y) * by); v < min(int(float64(y+1)*by)+1, p.height); v++ {
				for u := int(float64(x) * by); u < min(int(float64(x+1)*by)+1, p.width); u++ {
					sum, n = sum+int(p.pix[v*p.width+u]), n+1
				}
			}
			out.set(x, y, sum/n)
		}
	}
	return out
}

// lettered is a page of lines of letters.
func lettered(r *rand.Rand, width, height int) grey {
	p := newGrey(width, height)
	for i := range p.pix {
		p.pix[i] = 235
	}
	for y := 10; y+12 < height; y += 18 {
		for x := 10; x+8 < width; x += 8 {
			for range 14 {
				p.set(x+r.IntN(6), y+r.IntN(10), 20)
			}
		}
	}
	return p
}

// TestRecall holds how many of codes of many kinds are found and read: small, scaled, turned, in the
// corner of a page of text. The numbers are those of the first way to look for marks, a pixel at a time;
// those that are turned and not read have two pixels a module.
func TestRecall(t *testing.T) {
	code := func(width, height, left, top, module int) grey {
		return NewReader().greyOf(codeOn(t, link, width, height, left, top, module, 20, 235))
	}
	const each = 20
	for name, tt := range map[string]struct {
		least int
		draw  func(r *rand.Rand) grey
	}{
		"small": {20, func(r *rand.Rand) grey {
			return code(80+r.IntN(60), 80+r.IntN(60), 4+r.IntN(8), 4+r.IntN(8), 2)
		}},
		"in a corner": {19, func(r *rand.Rand) grey {
			module := 2 + r.IntN(4)
			p := lettered(r, 900+r.IntN(500), 500+r.IntN(500))
			side := 37 * module
			c := code(side, side, 4*module, 4*module, module)
			left, top := r.IntN(2)*(p.width-side), r.IntN(2)*(p.height-side)
			for y := range side {
				copy(p.pix[(top+y)*p.width+left:], c.pix[y*side:(y+1)*side])
			}
			return p
		}},
		"scaled": {20, func(r *rand.Rand) grey {
			return shrunk(code(500, 500, 30+r.IntN(30), 30+r.IntN(30), 12), 1.2+3.3*r.Float64())
		}},
		"tall, scaled": {19, func(r *rand.Rand) grey {
			return shrunk(code(500, 4000, 30+r.IntN(30), 30+r.IntN(3000), 12), 1.2+2.8*r.Float64())
		}},
		"turned": {14, func(r *rand.Rand) grey {
			p := codeOn(t, link, 190, 190, 30, 30, 2+r.IntN(3), 30, 225)
			return NewReader().greyOf(askew(p, 360*r.Float64(), 0.1*r.Float64(), 0.1*r.Float64()))
		}},
	} {
		r := rand.New(rand.NewPCG(7, 7))
		read := 0
		for range each {
			if slices.Contains(NewReader().search(tt.draw(r)), link) {
				read++
			}
		}
		if t.Logf("%s: %d of %d", name, read, each); read < tt.least {
			t.Errorf("%s: %d of %d codes are read, want %d", name, read, each, tt.least)
		}
	}
}
