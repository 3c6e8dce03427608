package qr

import (
	"image"
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
		step = 2
	}
	if g.height > 1200 {
		step = 3
	}
	for y := 0; y < g.height; y += step {
		g.row(y, &found)
		if len(found[0]) > maxSquares && len(found[1]) > maxSquares {
			break
		}
	}
	return found
}

// window is how many pixels of a row have one threshold.
const window = 96

// row looks for marks in a row: five runs of 1, 1, 3, 1 and 1 modules.
func (g *grey) row(y int, found *[2][]square) {
	line := g.pix[y*g.width : (y+1)*g.width]
	var runs [5]int
	var threshold byte
	dark, count := false, 0
	for x, v := range line {
		if x%window == 0 {
			threshold = middle(line[x:min(x+2*window, len(line))])
		}
		if (v < threshold) == dark {
			runs[4]++
			continue
		}
		if count >= 5 && isMark(&runs) {
			g.mark(x, y, &runs, dark, threshold, found)
		}
		copy(runs[:], runs[1:])
		runs[4], dark = 1, !dark
		count++
	}
	if count >= 5 && isMark(&runs) {
		g.mark(len(line), y, &runs, dark, threshold, found)
	}
}

// middle returns the brightness between the darkest and the lightest of some pixels, 0 where
// they hardly differ: they are all light then.
func middle(line []byte) byte {
	low, high := line[0], line[0]
	for i := 0; i < len(line); i += 2 {
		low, high = min(low, line[i]), max(high, line[i])
	}
	if high-low < 40 {
		return 0
	}
	return low + (high-low)/2
}

// isMark says whether five runs are as long as a mark's.
func isMark(runs *[5]int) bool {
	total := runs[0] + runs[1] + runs[2] + runs[3] + runs[4]
	if total < 7 || runs[2] < 2 {
		return false
	}
	off := func(run, modules int) bool { // by more than half a module each
		d := run*7 - total*modules
		return 2*max(d, -d) >= total*modules+2*modules
	}
	return !off(runs[0], 1) && !off(runs[1], 1) && !off(runs[2], 3) && !off(runs[3], 1) && !off(runs[4], 1)
}

// mark keeps what is a mark down its middle as well.
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
	if len(*list) > maxSquares || !g.markDown(x, y, total, dark, threshold) {
		return
	}
	*list = append(*list, square{x, y, total / 7})
}

// markDown says whether the column through a mark looks like its row.
func (g *grey) markDown(x, y, total int, dark bool, threshold byte) bool {
	is := func(y int) bool { return (g.pix[y*g.width+x] < threshold) == dark }
	var runs [5]int
	up, down := y, y+1
	for part := 2; part >= 0; part-- {
		for up >= 0 && is(up) == (part != 1) && runs[part] <= total {
			runs[part]++
			up--
		}
	}
	for part := 2; part < 5; part++ {
		for down < g.height && is(down) == (part != 3) && runs[part] <= total {
			runs[part]++
			down++
		}
	}
	height := runs[0] + runs[1] + runs[2] + runs[3] + runs[4]
	return isMark(&runs) && height < 2*total && total < 2*height
}
