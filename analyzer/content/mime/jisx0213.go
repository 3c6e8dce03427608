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
	return decodeEach(b, func(out *strings.Builder, b []byte) int {
		c := b[0]
		switch {
		case within(c, 0xa1, 0xdf):
			out.WriteRune(halfKana(c))
		case c == 0x80 || c == 0xa0 || c > 0xfc || len(b) < 2 || b[1] < 0x40:
			out.WriteRune('\uFFFD')
		default:
			out.WriteString(sjisPair(c, b[1]))
			return 2
		}
		return 1
	})
}

// decodeEach converts text that is ASCII but for what read finds: it adds the character at the
// start of its bytes to out and returns how many these are.
func decodeEach(b []byte, read func(out *strings.Builder, b []byte) int) string {
	var out strings.Builder
	out.Grow(len(b) * 3 / 2)
	for len(b) > 0 {
		n := 1
		if c := b[0]; c < 0x80 {
			out.WriteByte(c)
		} else {
			n = read(&out, b)
		}
		b = b[n:]
	}
	return out.String()
}

// halfKana returns the half-width katakana of a byte from 0xa1 to 0xdf (JIS X 0201).
func halfKana(c byte) rune { return 0xff61 + rune(c-0xa1) }

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
	return decodeEach(b, func(out *strings.Builder, b []byte) int {
		c := b[0]
		switch {
		case c == 0x8e && len(b) > 1 && within(b[1], 0xa1, 0xdf):
			out.WriteRune(halfKana(b[1]))
			return 2
		case c == 0x8f && len(b) > 2:
			out.WriteString(jisx0213(2, [2]byte{b[1], b[2]}))
			return 3
		case c >= 0xa1 && len(b) > 1:
			out.WriteString(jisx0213(1, [2]byte{c, b[1]}))
			return 2
		}
		out.WriteRune('\uFFFD')
		return 1
	})
}
