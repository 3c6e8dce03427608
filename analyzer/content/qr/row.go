package qr

import (
	"encoding/binary"
	"math/bits"
)

// window is how many pixels of a row share a threshold, which the next ones have a say in too.
const window = 64

// leastContrast is how much darker than the lightest pixel the darkest must be; where they hardly
// differ all are light.
const leastContrast = 40

// scanner looks for marks in the rows of one picture.
type scanner struct {
	g          *grey
	low, high  []byte   // of each window
	thresholds []byte   // below it a pixel is dark
	dark       []uint64 // a bit for each pixel of a row
}

func newScanner(g *grey) *scanner {
	n := (g.width + window - 1) / window
	return &scanner{g, make([]byte, n), make([]byte, n), make([]byte, n), make([]uint64, n)}
}

// row looks for marks in a row: five runs of 1, 1, 3, 1 and 1 modules.
func (s *scanner) row(y int, found *[2][]square) {
	line := s.g.pix[y*s.g.width : (y+1)*s.g.width]
	s.split(line)
	var a, b, c, d, e int // the five runs, e the last of them
	before, start, count := uint64(0), 0, 0
	for w, word := range s.dark {
		for turns := word ^ (word<<1 | before); turns != 0; turns &= turns - 1 {
			x := w*window + bits.TrailingZeros64(turns)
			a, b, c, d, e = b, c, d, e, x-start
			start = x
			// A mark's third run is never shorter than another: nearly all are told by that.
			if count++; count > 5 && c >= 2 && a <= c && b <= c && d <= c && e <= c {
				if runs := [5]int{a, b, c, d, e}; isMark(&runs, false) {
					dark := word>>(x%window)&1 == 0 // before the turn
					s.g.mark(x, y, &runs, dark, s.thresholds[(x-1)/window], found)
				}
			}
		}
		before = word >> (window - 1)
	}
	runs := [5]int{b, c, d, e, len(line) - start}
	if count >= 5 && isMark(&runs, false) {
		s.g.mark(len(line), y, &runs, s.isDark(len(line)-1), s.thresholds[len(s.dark)-1], found)
	}
}

func (s *scanner) isDark(x int) bool { return s.dark[x/window]>>(x%window)&1 == 1 }

// split makes a bit of each pixel of a row: whether it is dark among its neighbours.
func (s *scanner) split(line []byte) {
	for w := range s.low {
		part := line[w*window : min((w+1)*window, len(line))]
		low, high := part[0], part[0]
		for i := 0; i < len(part); i += 2 {
			low, high = min(low, part[i]), max(high, part[i])
		}
		s.low[w], s.high[w] = low, high
	}
	for w := range s.dark {
		low, high := s.low[w], s.high[w]
		for next := w + 1; next < min(w+3, len(s.low)); next++ {
			low, high = min(low, s.low[next]), max(high, s.high[next])
		}
		s.dark[w], s.thresholds[w] = 0, 0
		if high-low >= leastContrast {
			s.thresholds[w] = low + (high-low)/2
			s.dark[w] = darker(line[w*window:min((w+1)*window, len(line))], s.thresholds[w])
		}
	}
}

const (
	lows = 0x0101010101010101
	tops = 0x8080808080808080
)

// darker has a bit for each of up to 64 pixels that is below a threshold, eight compared at once.
func darker(part []byte, threshold byte) (word uint64) {
	t := uint64(threshold) * lows
	i := 0
	for ; i+8 <= len(part); i += 8 {
		p := binary.LittleEndian.Uint64(part[i:])
		// The highest bit of each byte: not below, told by the other seven where the highest are equal.
		not := (p&^t | ^(p^t)&(p|tops-t&^tops)) & tops
		word |= ((not ^ tops) >> 7) * 0x0102040810204080 >> 56 << i // gathers the eight bits
	}
	for ; i < len(part); i++ {
		if part[i] < threshold {
			word |= 1 << i
		}
	}
	return word
}
