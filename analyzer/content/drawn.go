package content

import (
	"slices"
	"strings"

	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/qr"
)

// Codes that no picture shows: drawn with the cells of a table, or with block characters.

const (
	minDrawn = 21  // modules of the smallest code (ISO/IEC 18004)
	maxDrawn = 200 // more than those of the largest, with its margin
	maxDraws = 12  // tried in a mail
	perCell  = 3   // pixels a side by which a module is drawn
)

// blockHalves says of block characters whether their upper and their lower half are dark.
var blockHalves = map[rune][2]bool{' ': {}, '\u00a0': {}, '\u2003': {}, '█': {true, true}, '▀': {true, false}, '▄': {false, true},
	'■': {true, true}, '⬛': {true, true}, '⬜': {}, '□': {}, '░': {}, '▓': {true, true}}

// blocks looks for codes in lines of block characters:
//
//	█▀▀▀▀▀█ ▄▀ █▀▀▀▀▀█
func (p *parser) blocks(plain string, at mime.Place) {
	if !strings.ContainsAny(plain, "█▀▄■⬛▓") {
		return
	}
	var rows [][]bool
	for line := range strings.Lines(plain) {
		upper, lower, ok := blockRow(strings.TrimRight(line, "\r\n"))
		if !ok {
			p.drawnBlocks(rows, at)
			rows = rows[:0]
			continue
		}
		if len(rows) < 2*maxDrawn {
			rows = append(rows, upper, lower)
		}
	}
	p.drawnBlocks(rows, at)
}

// blockRow returns the two rows of modules that a line draws.
func blockRow(line string) (upper, lower []bool, ok bool) {
	if len(line) > 4*maxDrawn {
		return nil, nil, false
	}
	dark := 0
	for _, c := range line {
		half, known := blockHalves[c]
		if !known {
			return nil, nil, false
		}
		if half[0] || half[1] {
			dark++
		}
		upper, lower = append(upper, half[0]), append(lower, half[1])
	}
	return upper, lower, dark > 0 || len(upper) >= minDrawn
}

// drawnBlocks reads rows of which each line gave two. Where all characters are whole, a line is one row.
func (p *parser) drawnBlocks(rows [][]bool, at mime.Place) {
	if len(rows) < minDrawn {
		return
	}
	p.drawn(rows, at)
	whole := make([][]bool, 0, len(rows)/2)
	for i := 0; i+1 < len(rows); i += 2 {
		whole = append(whole, rows[i])
	}
	p.drawn(whole, at)
	for _, row := range whole { // two characters beside each other make a square
		if len(row) < 2*minDrawn {
			return
		}
	}
	narrow := make([][]bool, len(whole))
	for y, row := range whole {
		for x := 0; x < len(row); x += 2 {
			narrow[y] = append(narrow[y], row[x])
		}
	}
	p.drawn(narrow, at)
}

// drawn reads a code of modules, in a margin, dark on light or light on dark.
func (p *parser) drawn(rows [][]bool, at mime.Place) {
	width, dark := 0, 0
	for _, row := range rows {
		width = max(width, len(row))
		for _, is := range row {
			if is {
				dark++
			}
		}
	}
	if len(rows) < minDrawn || width < minDrawn || len(rows) > 2*maxDrawn || width > maxDrawn ||
		dark*6 < len(rows)*width || dark*6 > 5*len(rows)*width { // a table of figures, a line
		return
	}
	if p.draws++; p.draws > maxDraws {
		p.Skip(mime.UnreadSize, "more drawn with characters than is read")
		return
	}
	const margin = 4
	w, h := (width+2*margin)*perCell, (len(rows)+2*margin)*perCell
	for _, inverse := range []bool{false, true} {
		p.grey = slices.Grow(p.grey[:0], w*h)
		grey := p.grey[:w*h]
		for i := range grey {
			grey[i] = 0xff
		}
		for y, row := range rows {
			for x := range width {
				if dark := x < len(row) && row[x]; dark != inverse {
					fill(grey, w, (x+margin)*perCell, (y+margin)*perCell)
				}
			}
		}
		p.pictures(at, func(codes *qr.Reader) []string { return codes.Raster(w, h, 8, 1, grey) })
	}
}

// fill makes a module dark.
func fill(grey []byte, w, x, y int) {
	for dy := range perCell {
		clear(grey[(y+dy)*w+x:][:perCell])
	}
}
