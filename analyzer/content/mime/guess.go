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
// there, and a few ideographs alone do not tell.
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
		c := b[i]
		switch {
		case c < 0x80:
		case c >= 0xa1 && c <= 0xdf:
			score--
		case c >= 0x81 && c <= 0x9f || c >= 0xe0 && c <= 0xfc:
			if i+1 >= len(b) {
				return score
			}
			d := b[i+1]
			if d < 0x40 || d == 0x7f || d > 0xfc {
				score += impossible
				continue
			}
			i++
			switch {
			case c == 0x82 && d >= 0x9f, c == 0x83 && d <= 0x96, c == 0x81 && d <= 0x7e:
				score += 4
			case c >= 0x88 && c <= 0x97:
				score += 2
			case c >= 0xf0:
				score -= 4
			}
		default:
			score += impossible
		}
	}
	return score
}

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
	case c == 0x8e && d >= 0xa1 && d <= 0xdf:
		return 0
	case c < 0xa1 || d < 0xa1 || c == 0xff || d == 0xff:
		return impossible
	case c == 0xa4 && d <= 0xf3, c == 0xa5 && d <= 0xf6: // kana
		return 4
	case c == 0xa1 && d <= 0xaa:
		return 4
	case c == 0xa3 && d < 0xb0, c >= 0xa9 && c <= 0xaf && c != 0xad:
		return -4
	case c >= 0xb0 && c <= 0xcf:
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
	switch {
	case c < 0xa1 || d < 0xa1 || c == 0xff || d == 0xff:
		return impossible
	case c == 0xc0 && (d == 0xcc || d == 0xc7 || d == 0xbb), c == 0xb4 && (d == 0xd9 || d == 0xc2),
		c == 0xbf && d == 0xa1, c == 0xb0 && d == 0xa1: // 이 의 을 다 는 에 가
		return 6
	case c >= 0xb0 && c <= 0xc8:
		return 2
	case c > 0xc8:
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
