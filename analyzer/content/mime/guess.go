package mime

import (
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// scoreSample is how many bytes are enough to tell one charset from another.
const scoreSample = 8 << 10

// impossible is what a byte counts that a charset does not have.
const impossible = -20

// likeliest guesses the charset of 8-bit text that is not UTF-8. Each candidate
// scores by its frequent characters (kana, punctuation, the commonest ideographs)
// and loses by bytes that it cannot hold. Japanese wins ties: this program began
// there, and a few ideographs alone do not decide it.
func likeliest(b []byte) encoding.Encoding {
	b = b[:min(len(b), scoreSample)]
	var best encoding.Encoding = charmap.Windows1252
	high := 0
	for _, c := range []struct {
		score int
		enc   encoding.Encoding
	}{
		{scoreSJIS(b), japanese.ShiftJIS},
		{scorePairs(b, weighEUC), japanese.EUCJP},
		{scorePairs(b, weighGB), simplifiedchinese.GB18030},
		{scorePairs(b, weighKR), korean.EUCKR},
		{scorePairs(b, weighBig5), traditionalchinese.Big5},
	} {
		if c.score > high {
			high, best = c.score, c.enc
		}
	}
	return best
}

// scoreSJIS counts what speaks for Shift_JIS, which alone has single bytes above
// 0x80: half-width katakana, possible but seldom.
func scoreSJIS(b []byte) int {
	score := 0
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c < 0x80:
		case within(c, 0xa1, 0xdf):
			score--
		case within(c, 0x81, 0x9f), within(c, 0xe0, 0xfc):
			if i+1 >= len(b) {
				return score
			}
			n := weighSJIS(c, b[i+1])
			score += n
			if n != impossible {
				i++
			}
		default:
			score += impossible
		}
	}
	return score
}

func weighSJIS(c, d byte) int {
	switch {
	case d < 0x40 || d == 0x7f || d > 0xfc:
		return impossible
	case c == 0x82 && d >= 0x9f, c == 0x83 && d <= 0x96, c == 0x81 && d <= 0x7e: // の, ン, 。
		return 4
	case within(c, 0x88, 0x97): // the commoner ideographs, level 1
		return 2
	case c >= 0xf0: // user-defined
		return -4
	}
	return 0
}

// within says whether c is from low to high.
func within(c, low, high byte) bool { return c >= low && c <= high }

// inGrid says whether two bytes are a pair of a set of 94 by 94 (ISO 2022) in its 8-bit
// form.
func inGrid(c, d byte) bool { return within(c, 0xa1, 0xfe) && within(d, 0xa1, 0xfe) }

// scorePairs adds up what weigh gives to each pair of bytes. In all these charsets a
// byte above 0x80 begins a pair.
func scorePairs(b []byte, weigh func(c, d byte) int) int {
	score := 0
	for i := 0; i < len(b); i++ {
		if b[i] < 0x80 {
			continue
		}
		if i+1 >= len(b) {
			return score
		}
		n := weigh(b[i], b[i+1])
		score += n
		if n != impossible {
			i++
		}
	}
	return score
}

func weighEUC(c, d byte) int {
	switch {
	case c == 0x8e && within(d, 0xa1, 0xdf): // half-width katakana
		return 0
	case !inGrid(c, d):
		return impossible
	case c == 0xa4 && d <= 0xf3, c == 0xa5 && d <= 0xf6: // kana
		return 4
	case c == 0xa1 && d <= 0xaa: // 、。
		return 4
	case c == 0xa3 && d < 0xb0, within(c, 0xa9, 0xaf) && c != 0xad: // not assigned
		return -4
	case within(c, 0xb0, 0xcf): // the commoner ideographs, level 1
		return 2
	}
	return 0
}

func weighGB(c, d byte) int {
	switch {
	case c < 0x81 || d < 0x40 || d == 0x7f || c == 0xff || d == 0xff:
		return impossible
	case c == 0xa3 && (d == 0xac || d == 0xa1 || d == 0xba || d == 0xbf), c == 0xa1 && d == 0xa3:
		return 4 // ，！：？。
	case d < 0xa1, c < 0xa1: // only in GBK
		return -1
	case c >= 0xb0 && c <= 0xd7:
		return 2
	}
	return 0
}

func weighKR(c, d byte) int {
	if !inGrid(c, d) {
		return impossible
	}
	switch uint16(c)<<8 | uint16(d) {
	case 0xc0cc, 0xc0c7, 0xc0bb, 0xb4d9, 0xb4c2, 0xbfa1, 0xb0a1: // 이 의 을 다 는 에 가
		return 6
	}
	switch {
	case within(c, 0xb0, 0xc8): // syllables
		return 2
	case c > 0xc8: // ideographs
		return -2
	}
	return 0
}

func weighBig5(c, d byte) int {
	switch {
	case c < 0xa1 || c > 0xf9 || d < 0x40 || d > 0x7e && d < 0xa1 || d == 0xff:
		return impossible
	case c == 0xa1 && (d == 0x41 || d == 0x43 || d == 0x47 || d == 0x75 || d == 0x76):
		return 4 // ，。：「」
	case c >= 0xa4 && c <= 0xc6:
		return 2
	}
	return 0
}
