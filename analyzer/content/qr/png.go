package qr

import (
	"bytes"
	"encoding/binary"
	"io"

	"github.com/klauspost/compress/flate"
)

// pngMagic begins every PNG picture.
const pngMagic = "\x89PNG\r\n\x1a\n"

// png returns the texts of the codes in a PNG picture.
func (r *Reader) png(data []byte) []string {
	p := pngReader{}
	if !p.chunks(data) || p.width < minSide || p.height < minSide || !r.spend(p.width*p.height) {
		return nil
	}
	if p.animated {
		r.Over = true
	}
	return r.search(p.read())
}

// read reads the brightness of a PNG picture (ISO/IEC 15948), a row at a time. The standard
// library keeps every sample of the picture and then converts them all. Screenshots are mostly flat:
// a row that is the one above it is copied, and where the row above is flat four samples are
// added at once. Checksums are not looked at, and of a damaged picture what stands before the
// damage is returned: programs show that.
func (p *pngReader) read() grey {
	p.out = newGrey(p.width, p.height)
	p.rows = flate.NewReader(bytes.NewReader(p.packed[2:])) // behind zlib's header
	if !p.interlaced {
		p.pass(pngPass{0, 0, 1, 1})
		return p.out
	}
	for _, s := range adam7 {
		if !p.pass(s) {
			break
		}
	}
	return p.out
}

// pngPass is which pixels of the picture one pass has: from left and top on, every so many.
type pngPass struct{ left, top, across, down int }

var adam7 = [7]pngPass{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}

// Colour types (table 11.1): flags of what a sample is, but for the palette's.
const (
	pngPalette = 1
	pngColour  = 2
	pngAlpha   = 4
)

type pngReader struct {
	width, height int
	depth         int // bits of a sample
	kind          int // of the colours
	channels      int // samples of a pixel
	interlaced    bool
	animated      bool      // has more frames, which are not read
	table         [256]byte // brightness by the value of a pixel, for palettes and few greys
	clear         []byte    // the samples of the colour that is transparent, nil for none
	packed        []byte    // all IDAT
	rows          io.Reader
	out           grey
}

// chunks reads the picture's parts:
//
//	length, "IHDR", data, checksum; "PLTE", "tRNS", "IDAT" ... "IEND"
func (p *pngReader) chunks(d []byte) bool {
	var palette, opacity []byte
	for d = d[min(8, len(d)):]; len(d) >= 12; {
		size := int(binary.BigEndian.Uint32(d))
		name, body := string(d[4:8]), d[8:]
		if size > len(body) {
			size = len(body) // cut off
		}
		body = body[:size]
		switch name {
		case "IHDR":
			if !p.header(body) {
				return false
			}
		case "acTL": // number of frames, of plays (PNG third edition, section 11.3.6.1)
			p.animated = len(body) >= 4 && binary.BigEndian.Uint32(body) > 1
		case "PLTE":
			palette = body
		case "tRNS":
			opacity = body
		case "IDAT":
			p.packed = append(p.packed, body...)
		}
		if name == "IEND" || len(d) < 12+size {
			break
		}
		d = d[12+size:]
	}
	if p.width == 0 || len(p.packed) < 2 {
		return false
	}
	p.colours(palette, opacity)
	return true
}

func (p *pngReader) header(b []byte) bool {
	if len(b) < 13 {
		return false
	}
	p.width, p.height = int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
	p.depth, p.kind, p.interlaced = int(b[8]), int(b[9]), b[12] == 1
	p.channels = map[int]int{0: 1, pngColour: 3, pngColour | pngPalette: 1, pngAlpha: 2, pngColour | pngAlpha: 4}[p.kind]
	few := p.kind == 0 || p.kind == pngColour|pngPalette
	return p.width > 0 && p.height > 0 && p.channels > 0 &&
		(p.depth == 8 || p.depth == 16 && p.kind&pngPalette == 0 || few && (p.depth == 1 || p.depth == 2 || p.depth == 4))
}

// colours fills the table of brightness, and notes which colour is transparent.
func (p *pngReader) colours(palette, opacity []byte) {
	switch {
	case p.kind&pngPalette != 0:
		for i := range min(256, len(palette)/3) {
			alpha := byte(255)
			if i < len(opacity) {
				alpha = opacity[i]
			}
			p.table[i] = mix(palette[3*i], palette[3*i+1], palette[3*i+2], alpha, false)
		}
		return
	case p.kind == 0 && p.depth <= 8:
		for i := range 1 << p.depth {
			p.table[i] = byte(i * 255 / (1<<p.depth - 1))
		}
		if len(opacity) >= 2 {
			p.table[opacity[1]] = 255
		}
		return
	}
	if p.kind&pngAlpha == 0 && len(opacity) >= 2*p.channels {
		for i := range p.channels {
			if p.depth == 16 {
				p.clear = append(p.clear, opacity[2*i])
			}
			p.clear = append(p.clear, opacity[2*i+1])
		}
	}
}

// pass reads the rows of one pass and says whether all are there.
func (p *pngReader) pass(s pngPass) bool {
	width, height := (p.width-s.left+s.across-1)/s.across, (p.height-s.top+s.down-1)/s.down
	size, step := (width*p.depth*p.channels+7)/8, max(1, p.depth*p.channels/8)
	now, before := make([]byte, size+1), make([]byte, size+1)
	line := make([]byte, width)
	for y := range height {
		if _, err := io.ReadFull(p.rows, now); err != nil || !unfilter(now[0], now[1:], before[1:], step) {
			return false // the rest stays black
		}
		if y == 0 || !bytes.Equal(now[1:], before[1:]) {
			p.brightness(line, now[1:])
		}
		row := p.out.pix[(s.top+y*s.down)*p.width:][:p.width]
		if s.across == 1 {
			copy(row, line)
		} else {
			for x, v := range line {
				row[s.left+x*s.across] = v
			}
		}
		now, before = before, now
	}
	return true
}

// brightness turns the samples of a row into brightness.
func (p *pngReader) brightness(line, row []byte) {
	switch {
	case p.clear != nil:
		p.exceptClear(line, row)
	case p.depth == 16:
		for x := range line {
			at := row[x*2*p.channels:]
			line[x] = p.pixel(at, 2)
		}
	case p.channels == 4:
		colours(line, row)
	case p.channels == 3:
		for x := range line {
			s := row[3*x : 3*x+3]
			line[x] = byte((int(s[0])*77 + int(s[1])*151 + int(s[2])*28) >> 8)
		}
	case p.channels == 2:
		for x := range line {
			line[x] = p.pixel(row[2*x:], 1)
		}
	case p.depth == 8:
		for x := range line {
			line[x] = p.table[row[x]]
		}
	default:
		for x := range line {
			at := x * p.depth
			line[x] = p.table[row[at/8]>>(8-p.depth-at%8)&(1<<p.depth-1)]
		}
	}
}

// colours is brightness of red, green, blue and opacity; neighbours are mostly equal, so that two are
// compared with the two before at once.
func colours(line, row []byte) {
	last, v := uint32(0), byte(255)
	x := 0
	for ; x+2 <= len(line); x += 2 {
		two := binary.LittleEndian.Uint64(row[4*x:])
		if two == uint64(last)<<32|uint64(last) {
			line[x], line[x+1] = v, v
			continue
		}
		for i := range 2 {
			if s := uint32(two >> (32 * i)); s != last {
				last, v = s, mix(byte(s), byte(s>>8), byte(s>>16), byte(s>>24), false)
			}
			line[x+i] = v
		}
	}
	if x < len(line) {
		s := row[4*x:]
		line[x] = mix(s[0], s[1], s[2], s[3], false)
	}
}

// pixel is the brightness of a pixel whose samples take so many bytes, of which the first counts.
func (p *pngReader) pixel(s []byte, size int) byte {
	alpha := byte(255)
	if p.kind&pngAlpha != 0 {
		alpha = s[(p.channels-1)*size]
	}
	if p.kind&pngColour != 0 {
		return mix(s[0], s[size], s[2*size], alpha, false)
	}
	return mix(s[0], s[0], s[0], alpha, false)
}

// exceptClear is brightness where one colour is transparent.
func (p *pngReader) exceptClear(line, row []byte) {
	for x := range line {
		s := row[x*len(p.clear):][:len(p.clear)]
		if line[x] = p.pixel(s, p.depth/8); bytes.Equal(s, p.clear) {
			line[x] = 255
		}
	}
}

// unfilter makes a row of what it differs in from its neighbours (section 9): left of it, above, and
// both; step is how many bytes to the left that is. It says whether it knows the filter.
func unfilter(filter byte, row, above []byte, step int) bool {
	switch filter {
	case 0:
	case 1:
		unfilterLeft(row, step)
	case 2:
		unfilterAbove(row, above)
	case 3:
		for i := range row {
			left := 0
			if i >= step {
				left = int(row[i-step])
			}
			row[i] += byte((left + int(above[i])) / 2)
		}
	case 4:
		if step == 4 {
			unfilterPaeth4(row, above)
		} else {
			unfilterPaeth(row, above, step)
		}
	}
	return filter <= 4
}

// added adds the bytes of two words, each by itself.
func added(a, b uint32) uint32 { return (a&0x7f7f7f7f + b&0x7f7f7f7f) ^ (a^b)&0x80808080 }

func unfilterLeft(row []byte, step int) {
	if step != 4 {
		for i := step; i < len(row); i++ {
			row[i] += row[i-step]
		}
		return
	}
	left := uint32(0)
	for i := 0; i+4 <= len(row); i += 4 {
		left = added(left, binary.LittleEndian.Uint32(row[i:]))
		binary.LittleEndian.PutUint32(row[i:], left)
	}
}

func unfilterAbove(row, above []byte) {
	i := 0
	for ; i+8 <= len(row) && i+8 <= len(above); i += 8 {
		a, b := binary.LittleEndian.Uint64(row[i:]), binary.LittleEndian.Uint64(above[i:])
		const low = 0x7f7f7f7f7f7f7f7f
		binary.LittleEndian.PutUint64(row[i:], (a&low+b&low)^(a^b)&^uint64(low))
	}
	for ; i < len(row); i++ {
		row[i] += above[i]
	}
}

// unfilterPaeth4 is unfilterPaeth for pixels of four bytes. Where the pixels above and above to the
// left are equal the left one is meant, where that one and the left are equal the one above: in flat
// parts all four bytes are added at once.
func unfilterPaeth4(row, above []byte) {
	left, corner := uint32(0), uint32(0)
	for i := 0; i+4 <= len(row); i += 4 {
		now, up := binary.LittleEndian.Uint32(row[i:]), binary.LittleEndian.Uint32(above[i:])
		switch {
		case up == corner:
			left = added(left, now)
		case left == corner:
			left = added(up, now)
		default:
			sum := uint32(0)
			for shift := 0; shift < 32; shift += 8 {
				a, b, c := int(left>>shift&255), int(up>>shift&255), int(corner>>shift&255)
				sum |= uint32(byte(paeth(a, b, c)+int(now>>shift&255))) << shift
			}
			left = sum
		}
		corner = up
		binary.LittleEndian.PutUint32(row[i:], left)
	}
}

func unfilterPaeth(row, above []byte, step int) {
	for i := range row {
		left, corner := 0, 0
		if i >= step {
			left, corner = int(row[i-step]), int(above[i-step])
		}
		row[i] += byte(paeth(left, int(above[i]), corner))
	}
}

// paeth is the neighbour that is nearest to left + up - corner (section 9.4).
func paeth(left, up, corner int) int {
	toLeft, toUp := up-corner, left-corner
	toCorner := toLeft + toUp
	toLeft, toUp, toCorner = max(toLeft, -toLeft), max(toUp, -toUp), max(toCorner, -toCorner)
	switch {
	case toLeft <= toUp && toLeft <= toCorner:
		return left
	case toUp <= toCorner:
		return up
	}
	return corner
}
