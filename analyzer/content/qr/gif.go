package qr

import (
	"encoding/binary"
	"image"
)

// gif returns the texts of the codes in a GIF picture, in any of its frames (GIF89a). A frame is drawn
// on those before it, so that a code may be made of several: the canvas is searched before anything that
// was not seen yet is drawn over, and at the end. Each search counts as the canvas's pixels; what is
// beyond the bound is said to be unread. The standard library decodes every frame into a picture of its
// own, at four times the cost.
func (r *Reader) gif(data []byte) (texts []string) {
	g := gifReader{data: data, r: r}
	if !g.header() {
		return nil
	}
	if g.frames() {
		g.look()
	}
	return g.texts
}

const (
	maxFrames  = 1000
	leastLook  = 16 << 10 // pixels that a search counts as at least
	maxCode    = 1 << 12
	gifHeader  = 13
	gifExtra   = 0x21
	gifControl = 0xf9
	gifFrame   = 0x2c
)

type gifReader struct {
	r      *Reader
	data   []byte // what was not read yet
	canvas grey
	table  [256]byte // brightness by palette index, of all frames without a palette of their own
	texts  []string

	drawn    int             // frames
	fresh    image.Rectangle // drawn and not searched yet
	clear    int             // palette index that is transparent in the next frame, -1 for none
	disposal byte            // what becomes of the next frame when it was shown
	packed   []byte
	indexes  []byte
	codes    lzwTable
}

// header reads the size and palette of all frames.
func (g *gifReader) header() bool {
	if len(g.data) < gifHeader {
		return false
	}
	size := g.data[6:]
	width, height := int(binary.LittleEndian.Uint16(size)), int(binary.LittleEndian.Uint16(size[2:]))
	flags := size[4]
	g.data, g.clear = g.data[gifHeader:], -1
	if width < minSide || height < minSide {
		return false
	}
	if width*height > maxPicture || width*height > g.r.Left {
		g.r.Over = true
		return false
	}
	g.canvas = newGrey(width, height)
	for i := range g.canvas.pix {
		g.canvas.pix[i] = 255
	}
	return g.palette(flags, &g.table)
}

// palette reads a palette, if there is one.
func (g *gifReader) palette(flags byte, table *[256]byte) bool {
	if flags&0x80 == 0 {
		return true
	}
	n := 2 << (flags & 7)
	if len(g.data) < 3*n {
		return false
	}
	for i := range n {
		table[i] = mix(g.data[3*i], g.data[3*i+1], g.data[3*i+2], 255, false)
	}
	g.data = g.data[3*n:]
	return true
}

// frames reads all blocks and says whether what was drawn last is still to be searched.
func (g *gifReader) frames() bool {
	for len(g.data) > 0 {
		kind := g.data[0]
		g.data = g.data[1:]
		switch kind {
		case gifExtra:
			if len(g.data) < 1 {
				return true
			}
			label := g.data[0]
			g.data = g.data[1:]
			if body := g.blocks(); label == gifControl && len(body) >= 4 {
				g.disposal, g.clear = body[0]>>2&7, -1
				if body[0]&1 != 0 {
					g.clear = int(body[3])
				}
			}
		case gifFrame:
			if !g.frame() {
				return !g.r.Over
			}
			g.disposal, g.clear = 0, -1
		default: // the end, or nothing that is known
			return true
		}
	}
	return true
}

// blocks joins the blocks up to an empty one: length, bytes.
func (g *gifReader) blocks() []byte {
	g.packed = g.packed[:0]
	for len(g.data) > 0 {
		n := min(int(g.data[0]), len(g.data)-1)
		g.packed = append(g.packed, g.data[1:1+n]...)
		g.data = g.data[1+n:]
		if n == 0 {
			break
		}
	}
	return g.packed
}

// frame draws a frame and says whether to go on.
func (g *gifReader) frame() bool {
	if len(g.data) < 9 {
		return false
	}
	at := func(i int) int { return int(binary.LittleEndian.Uint16(g.data[i:])) }
	left, top, width, height, flags := at(0), at(2), at(4), at(6), g.data[8]
	g.data = g.data[9:]
	table := g.table
	if !g.palette(flags, &table) || len(g.data) < 1 {
		return false
	}
	minSize := int(g.data[0])
	g.data = g.data[1:]
	packed := g.blocks()
	if width == 0 || height == 0 || minSize < 1 || minSize > 8 {
		return true
	}
	box := image.Rect(left, top, left+width, top+height)
	if g.drawn++; g.drawn > maxFrames || width*height > maxPicture {
		g.r.Over = true
	}
	if box.Overlaps(g.fresh) && !g.look() || g.r.Over || !g.r.spend(width*height) {
		return false
	}
	if cap(g.indexes) < width*height {
		g.indexes = make([]byte, width*height)
	}
	before := g.before(box)
	n := g.codes.unpack(packed, minSize, g.indexes[:width*height])
	g.draw(box, &table, g.indexes[:n], flags&0x40 != 0)
	g.fresh = g.fresh.Union(box)
	return g.dispose(box, before)
}

// before keeps the canvas where the frame is to be taken away again.
func (g *gifReader) before(image.Rectangle) []byte {
	if g.disposal != 3 || !g.r.spend(len(g.canvas.pix)) {
		return nil
	}
	return append([]byte(nil), g.canvas.pix...)
}

// dispose takes a frame away that is shown for a time only.
func (g *gifReader) dispose(box image.Rectangle, before []byte) bool {
	if g.disposal != 2 && before == nil {
		return true
	}
	if !g.look() {
		return false
	}
	if before != nil {
		copy(g.canvas.pix, before)
		return true
	}
	box = box.Intersect(image.Rect(0, 0, g.canvas.width, g.canvas.height))
	for y := box.Min.Y; y < box.Max.Y; y++ {
		line := g.canvas.pix[y*g.canvas.width:]
		for x := box.Min.X; x < box.Max.X; x++ {
			line[x] = 255
		}
	}
	return true
}

// draw puts a frame on the canvas.
func (g *gifReader) draw(box image.Rectangle, table *[256]byte, indexes []byte, interlaced bool) {
	width, height := box.Dx(), box.Dy()
	for i := 0; i < height && (i+1)*width <= len(indexes); i++ {
		y := box.Min.Y + i
		if interlaced {
			y = box.Min.Y + interlacedRow(i, height)
		}
		if y >= g.canvas.height || box.Min.X >= g.canvas.width {
			continue
		}
		row := g.canvas.pix[y*g.canvas.width+box.Min.X : (y+1)*g.canvas.width]
		row = row[:min(len(row), width)]
		line := indexes[i*width:][:len(row)]
		if g.clear < 0 {
			for x, index := range line {
				row[x] = table[index]
			}
			continue
		}
		for x, index := range line {
			if int(index) != g.clear {
				row[x] = table[index]
			}
		}
	}
}

// interlacedRow is where the i-th row of the file stands: every eighth first, then those between.
func interlacedRow(i, height int) int {
	for _, pass := range [...]struct{ from, step int }{{0, 8}, {4, 8}, {2, 4}, {1, 2}} {
		n := (height - pass.from + pass.step - 1) / pass.step
		if i < n {
			return pass.from + i*pass.step
		}
		i -= n
	}
	return 0
}

// look searches the canvas if anything was drawn, and says whether that was within the bound.
func (g *gifReader) look() bool {
	if g.fresh.Empty() {
		return true
	}
	g.fresh = image.Rectangle{}
	// The first frame's pixels were counted when it was unpacked.
	if g.drawn > 2 && !g.r.spend(max(len(g.canvas.pix), leastLook)) {
		return false
	}
	for _, text := range g.r.search(g.canvas) {
		if len(g.texts) < maxTries {
			g.texts = append(g.texts, text)
		}
	}
	return true
}

// lzwTable is what the codes of a frame stand for: each a piece of what was unpacked before.
type lzwTable [maxCode]struct{ at, size int32 }

// unpack fills out with a frame's palette indexes and returns how many there are. A code stands for the
// piece that the code before stood for and the byte behind it, both of which stand in out by then.
func (t *lzwTable) unpack(packed []byte, minSize int, out []byte) (n int) {
	clear := 1 << minSize
	next, width := clear+2, minSize+1
	bits, count := uint64(0), 0
	last, lastSize := 0, 0 // the piece before, of none after the table was cleared
	for {
		for count < width {
			if len(packed) == 0 {
				return n
			}
			bits |= uint64(packed[0]) << count
			packed, count = packed[1:], count+8
		}
		code := int(bits) & (1<<width - 1)
		bits, count = bits>>width, count-width
		at, size := n, 1
		switch {
		case code == clear:
			next, width, lastSize = clear+2, minSize+1, 0
			continue
		case code == clear+1 || n == len(out):
			return n
		case code < clear:
			out[n] = byte(code)
		case lastSize == 0 || code > next || code == next && next >= maxCode:
			return n // damaged
		case code == next: // the piece before, and its first byte again
			at, size = last, lastSize+1
		default:
			at, size = int(t[code].at), int(t[code].size)
		}
		if at != n {
			size = min(size, len(out)-n)
			for i := range size { // overlaps: not copy
				out[n+i] = out[at+i]
			}
		}
		if lastSize > 0 && next < maxCode {
			t[next].at, t[next].size = int32(last), int32(lastSize+1)
			if next++; next == 1<<width && width < 12 {
				width++
			}
		}
		last, lastSize = n, size
		n += size
	}
}
