package qr

import (
	"bytes"
	"image"
	"math"
	"slices"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// Bounds of what is tried in one picture and in all of a mail.
const (
	maxCodes   = 6   // places of a picture where a code is tried
	maxSquares = 100 // marks of codes; with more the picture is noise, and trying is dear
	maxTries   = 24  // pictures of a mail in which a code is tried
)

// search returns the texts of the codes in a picture, dark on light or light on dark.
func (r *Reader) search(g grey) (texts []string) {
	if g.width < minSide || g.height < minSide {
		return nil
	}
	found := g.squares()
	for light, list := range found {
		if len(list) < 3 {
			continue
		}
		if len(list) > maxSquares || r.tries >= maxTries {
			r.Over = true
			continue
		}
		r.tries++
		for _, part := range g.around(list) {
			if text := decode(part, light == 1); text != "" && !slices.Contains(texts, text) {
				texts = append(texts, text)
			}
		}
		if len(texts) == 0 {
			if text := decode(g, light == 1); text != "" {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

// around cuts out what three marks of about one size that stand next to each other may be
// the corners of.
func (g *grey) around(list []square) (parts []grey) {
	met := make(map[image.Rectangle]bool)
	for i, s := range list {
		near := [2]int{-1, -1}
		for k, o := range list {
			if k == i || 2*o.module > 3*s.module+2 || 2*s.module > 3*o.module+2 {
				continue
			}
			switch d := s.distance(o); {
			case near[0] < 0 || d < s.distance(list[near[0]]):
				near[0], near[1] = k, near[0]
			case near[1] < 0 || d < s.distance(list[near[1]]):
				near[1] = k
			}
		}
		if near[1] < 0 {
			continue
		}
		a, b := list[near[0]], list[near[1]]
		margin := 8 * max(s.module, a.module, b.module, 1)
		box := image.Rect(min(s.x, a.x, b.x)-margin, min(s.y, a.y, b.y)-margin,
			max(s.x, a.x, b.x)+margin, max(s.y, a.y, b.y)+margin).Intersect(image.Rect(0, 0, g.width, g.height))
		if met[box] || len(parts) == maxCodes {
			continue
		}
		met[box] = true
		parts = append(parts, g.cut(box))
	}
	return parts
}

func (s square) distance(o square) int { return (s.x-o.x)*(s.x-o.x) + (s.y-o.y)*(s.y-o.y) }

// cut copies a part of a picture.
func (g *grey) cut(box image.Rectangle) grey {
	part := newGrey(box.Dx(), box.Dy())
	for y := range part.height {
		copy(part.pix[y*part.width:(y+1)*part.width], g.pix[(box.Min.Y+y)*g.width+box.Min.X:])
	}
	return part
}

// decode reads one code. The library was written for pictures of a
// camera; what makes it panic is no code.
func decode(g grey, light bool) (text string) {
	defer func() {
		if recover() != nil {
			text = ""
		}
	}()
	source, err := gozxing.NewPlanarYUVLuminanceSource(g.pix, g.width, g.height, 0, 0, g.width, g.height, false)
	if err != nil {
		return ""
	}
	var s gozxing.LuminanceSource = source
	if light {
		s = gozxing.NewInvertedLuminanceSource(source)
	}
	for _, binarizer := range []gozxing.Binarizer{gozxing.NewHybridBinarizer(s), gozxing.NewGlobalHistgramBinarizer(s)} {
		bitmap, err := gozxing.NewBinaryBitmap(binarizer)
		if err != nil {
			return ""
		}
		result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
		if err == nil && result.GetText() != "" {
			return result.GetText()
		}
	}
	return ""
}

var hints = map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}

// A square is what looks like one of the three marks of a code.
type square struct{ x, y, module int }

// squares looks for marks: dark, light, three times dark, light, dark, both across and down.
// They are returned for dark ones on light ground and for light ones on dark.
func (g *grey) squares() (found [2][]square) {
	step := 1
	if g.height > 400 {
		step = 3
	}
	scan := newScanner(g)
	for y := 0; y < g.height; y += step {
		if y >= step && g.isFlat(y-step, y) {
			continue // what stood in the row before was looked at
		}
		scan.row(y, &found)
		if len(found[0]) > maxSquares && len(found[1]) > maxSquares {
			break
		}
	}
	return found
}

// isFlat says whether the rows from one to another are all equal.
func (g *grey) isFlat(from, to int) bool {
	line := func(y int) []byte { return g.pix[y*g.width : (y+1)*g.width] }
	for y := to; y > from; y-- {
		if !bytes.Equal(line(y), line(y-1)) {
			return false
		}
	}
	return true
}

// isMark says whether five runs are as long as a mark's, each off by less than half a module; by
// three quarters where they are those of a diagonal, as the library has it.
func isMark(runs *[5]int, diagonal bool) bool {
	total := runs[0] + runs[1] + runs[2] + runs[3] + runs[4]
	if total < 7 || runs[2] < 2 {
		return false
	}
	most := 2 * total
	if diagonal {
		most = 3 * total
	}
	for i, run := range runs {
		modules := 1
		if i == 2 {
			modules = 3
		}
		d := run*7 - total*modules
		if 4*max(d, -d) >= (most+4)*modules {
			return false
		}
	}
	return true
}

// mark keeps what is a mark down its middle and across its corners as well: letters are rarely, and
// each three marks are tried as a code, which is dear.
func (g *grey) mark(end, y int, runs *[5]int, dark bool, threshold byte, found *[2][]square) {
	x := end - runs[4] - runs[3] - runs[2]/2 - 1
	total := runs[0] + runs[1] + runs[2] + runs[3] + runs[4]
	list := &found[0]
	if !dark {
		list = &found[1]
	}
	for _, s := range *list {
		if max(s.x-x, x-s.x) < total/2 && max(s.y-y, y-s.y) < total/2 {
			return
		}
	}
	if len(*list) > maxSquares {
		return
	}
	is := func(x, y int) bool { return (g.pix[y*g.width+x] < threshold) == dark }
	down := g.runsFrom(x, y, 0, 1, total, is)
	height := down[0] + down[1] + down[2] + down[3] + down[4]
	if !isMark(&down, false) || height >= 2*total || total >= 2*height {
		return
	}
	for y > 0 && is(x, y-1) { // to the middle, for the corners
		y--
	}
	y += down[2] / 2
	for _, across := range []int{-1, 1} {
		if runs := g.runsFrom(x, y, across, 1, total, is); !isMark(&runs, true) {
			return
		}
	}
	if !g.isRound(x, y, total, height, is) {
		return
	}
	*list = append(*list, square{x, y, total / 7})
}

// Around the middle of a mark, however it is turned, all within 1.5 modules is dark, and all between
// 2.1 and 2.5 light: the square's corners, and the ring's sides. The noise of a screenshot is not.
const (
	darkRadius  = 1.1 / 7
	lightRadius = 2.3 / 7
	mostUnlike  = 3 // of sixteen places each, for a picture taken askew
)

// around16 are sixteen directions.
var around16 = func() (t [16][2]float64) {
	for i := range t {
		t[i][1], t[i][0] = math.Sincos(2 * math.Pi * float64(i) / float64(len(t)))
	}
	return t
}()

// turned is how wide a mark is of what a row of it measures, which is more where it is turned.
var turned = [...]float64{1, 0.86, 0.74}

// isRound says whether what is so wide and high has a mark's middle and ring.
func (g *grey) isRound(x, y, width, height int, is func(x, y int) bool) bool {
	for _, scale := range turned {
		if dark, light := g.ring(x, y, scale*float64(width), scale*float64(height), is); dark <= mostUnlike && light <= mostUnlike {
			return true
		}
	}
	return false
}

// ring counts the places that are not dark where they should be, and not light.
func (g *grey) ring(x, y int, width, height float64, is func(x, y int) bool) (dark, light int) {
	for _, d := range around16 {
		at := func(radius float64) bool {
			x, y := x+int(math.Round(d[0]*radius*width)), y+int(math.Round(d[1]*radius*height))
			return x >= 0 && x < g.width && y >= 0 && y < g.height && is(x, y)
		}
		if !at(darkRadius) {
			dark++
		}
		if at(lightRadius) {
			light++
		}
	}
	return dark, light
}

// runsFrom returns the five runs of a mark around a place in its middle, in steps of a direction.
func (g *grey) runsFrom(x, y, across, down, most int, is func(x, y int) bool) (runs [5]int) {
	walk := func(x, y, across, down, from, to, turn int) {
		for part := from; part != to+turn; part += turn {
			inner := part == 2 || part == 0 || part == 4
			for x >= 0 && x < g.width && y >= 0 && y < g.height && is(x, y) == inner && runs[part] <= most {
				runs[part]++
				x, y = x+across, y+down
			}
		}
	}
	walk(x, y, -across, -down, 2, 0, -1)
	walk(x+across, y+down, across, down, 2, 4, 1)
	return runs
}
