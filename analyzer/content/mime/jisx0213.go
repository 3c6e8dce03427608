package mime

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/text/encoding/japanese"
)

// jisx0213.txt lists the characters of JIS X 0213:2004 that JIS X 0208 lacks. A line
// is a plane, a row and the characters from cell 1 on, "." where there is none.
//
//go:embed jisx0213.txt
var jisx0213Text string

// jisx0213Table maps plane, row and cell, each from 0, to a character.
var jisx0213Table = sync.OnceValue(func() *[2][94][94]string {
	table := new([2][94][94]string)
	for line := range strings.Lines(jisx0213Text) {
		words := strings.Split(strings.TrimSuffix(line, "\n"), " ") // cells may hold U+00A0
		plane, _ := strconv.Atoi(words[0])
		row, _ := strconv.Atoi(words[1])
		for cell, char := range words[2:] {
			if char != "." {
				table[plane-1][row-1][cell] = char
			}
		}
	}
	return table
})

// jisx0213 converts one character given as in EUC-JP. What it lacks is looked for in
// JIS X 0208 (plane 1) and JIS X 0212 (plane 2).
func jisx0213(plane int, pair [2]byte) string {
	row, cell := int(pair[0])-0xa1, int(pair[1])-0xa1
	if row < 0 || row >= 94 || cell < 0 || cell >= 94 {
		return "\uFFFD"
	}
	if char := jisx0213Table()[plane-1][row][cell]; char != "" {
		return char
	}
	euc := pair[:]
	if plane == 2 {
		euc = []byte{0x8f, pair[0], pair[1]}
	}
	text, _ := japanese.EUCJP.NewDecoder().Bytes(euc)
	return string(text)
}

// decodeSJIS0213 decodes Shift_JIS as JIS X 0213 extends it: the lead bytes from
// 0xf0 on reach the rows of plane 2, which are not in order.
func decodeSJIS0213(b []byte) string {
	var out strings.Builder
	out.Grow(len(b) * 3 / 2)
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c < 0x80:
			out.WriteByte(c)
		case c >= 0xa1 && c <= 0xdf:
			out.WriteRune(0xff61 + rune(c-0xa1))
		case c == 0x80 || c == 0xa0 || c > 0xfc || i+1 >= len(b) || b[i+1] < 0x40:
			out.WriteRune('\uFFFD')
		default:
			i++
			out.WriteString(sjisPair(c, b[i]))
		}
	}
	return out.String()
}

// plane2Rows are the two rows of plane 2 behind each lead byte from 0xf0 to 0xf4
// (JIS X 0213 appendix 1); later lead bytes go on from row 79.
var plane2Rows = [5][2]int{{1, 8}, {3, 4}, {5, 12}, {13, 14}, {15, 78}}

func sjisPair(lead, trail byte) string {
	cell := int(trail) - 0x3f
	if trail > 0x7f {
		cell--
	}
	second := cell > 94
	if second {
		cell -= 94
	}
	plane, row := 1, 0
	switch {
	case lead <= 0x9f:
		row = (int(lead)-0x81)*2 + 1
	case lead <= 0xef:
		row = (int(lead)-0xc1)*2 + 1
	default:
		plane = 2
		if n := int(lead) - 0xf0; n < len(plane2Rows) {
			row = plane2Rows[n][0]
			if second {
				row = plane2Rows[n][1]
			}
			return jisx0213(plane, [2]byte{byte(row + 0xa0), byte(cell + 0xa0)})
		}
		row = (int(lead)-0xf5)*2 + 79
	}
	if second {
		row++
	}
	return jisx0213(plane, [2]byte{byte(row + 0xa0), byte(cell + 0xa0)})
}

// decodeEUC0213 decodes EUC-JP with JIS X 0213: plane 2 stands behind 0x8f.
func decodeEUC0213(b []byte) string {
	var out strings.Builder
	out.Grow(len(b) * 3 / 2)
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c < 0x80:
			out.WriteByte(c)
		case c == 0x8e && i+1 < len(b) && b[i+1] >= 0xa1 && b[i+1] <= 0xdf:
			i++
			out.WriteRune(0xff61 + rune(b[i]-0xa1))
		case c == 0x8f && i+2 < len(b):
			out.WriteString(jisx0213(2, [2]byte{b[i+1], b[i+2]}))
			i += 2
		case c >= 0xa1 && i+1 < len(b):
			out.WriteString(jisx0213(1, [2]byte{c, b[i+1]}))
			i++
		default:
			out.WriteRune('\uFFFD')
		}
	}
	return out.String()
}
