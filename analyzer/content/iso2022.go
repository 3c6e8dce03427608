package content

import (
	"bytes"
	"strings"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// A mode is the character set that an escape sequence has designated.
type mode int

const (
	modeASCII  mode = iota
	modeKana        // JIS X 0201 katakana, 7 bits
	modeJIS         // JIS X 0208 with NEC's and IBM's rows
	modePlane1      // first plane of JIS X 0213
	modeJIS2        // JIS X 0212
	modePlane2      // second plane of JIS X 0213
	modeGB          // GB 2312 (ISO-2022-JP-2)
	modeKSC         // KS C 5601 (ISO-2022-JP-2)
	modeLatin       // ISO 8859-1 designated to G2 (ISO-2022-JP-2)
	modeGreek       // ISO 8859-7 designated to G2
	modeNone        // a sequence that changes nothing
)

// escapes of ISO-2022-JP (RFC 1468), -1 (RFC 2237), -2 (RFC 1554), -3 and -2004
// (JIS X 0213), and what Microsoft's CP5022x add. The longer come first.
var escapes = []struct {
	seq  string
	mode mode
}{
	{"$(D", modeJIS2}, {"$(C", modeKSC}, {"$(B", modeJIS}, {"$(@", modeJIS}, {"$(A", modeGB},
	{"$(O", modePlane1}, {"$(Q", modePlane1}, {"$(P", modePlane2},
	{"(B", modeASCII}, {"(J", modeASCII}, {"(H", modeASCII}, {"(I", modeKana},
	{"$B", modeJIS}, {"$@", modeJIS}, {"$A", modeGB},
	{".A", modeLatin}, {".F", modeGreek}, {"&@", modeNone},
}

// isJISEscape tells whether b switches to a Japanese character set.
func isJISEscape(b []byte) bool {
	for i := bytes.IndexByte(b, 0x1b); i >= 0 && i+2 < len(b); {
		if b[i+1] == '$' || b[i+1] == '(' && (b[i+2] == 'I' || b[i+2] == 'J') {
			return true
		}
		next := bytes.IndexByte(b[i+1:], 0x1b)
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// decodeISO2022 converts ISO-2022-JP and its kin. golang.org/x/text knows only the
// basic set; here everything is rewritten to EUC-JP on the way, which it knows
// with the NEC and IBM rows and JIS X 0212. Line ends return to ASCII, as programs
// that forget the closing escape rely on it.
func decodeISO2022(b []byte) string {
	var out strings.Builder
	out.Grow(len(b) * 3 / 2)
	euc := make([]byte, 0, len(b)+len(b)/2)
	flush := func() {
		if len(euc) > 0 {
			text, _ := japanese.EUCJP.NewDecoder().Bytes(euc)
			out.Write(text)
			euc = euc[:0]
		}
	}
	now, back, second := modeASCII, modeASCII, modeLatin
	for i := 0; i < len(b); {
		c := b[i]
		switch {
		case c == 0x1b:
			if i+2 < len(b) && b[i+1] == 'N' { // single shift to G2
				flush()
				out.WriteString(decodeShifted(second, b[i+2]))
				i += 3
				continue
			}
			m, n := readEscape(b[i+1:])
			switch {
			case n == 0 || m == modeNone:
			case m == modeLatin || m == modeGreek:
				second = m
			default:
				now = m
			}
			i += 1 + n
		case c == '\n' || c == '\r':
			now = modeASCII
			euc = append(euc, c)
			i++
		case c == 0x0e: // shift out: kana (CP50222)
			now, back = modeKana, now
			i++
		case c == 0x0f:
			now = back
			i++
		case c >= 0xa1 && c <= 0xdf: // 8-bit half-width kana (CP50220)
			euc = append(euc, 0x8e, c)
			i++
		case c >= 0x80:
			i++
		case now == modeASCII || c <= ' ':
			euc = append(euc, c)
			i++
		case now == modeKana:
			if c <= 0x5f {
				euc = append(euc, 0x8e, c|0x80)
			}
			i++
		default:
			if i+1 >= len(b) || b[i+1] <= ' ' || b[i+1] >= 0x7f {
				i++
				continue
			}
			pair := [2]byte{c | 0x80, b[i+1] | 0x80}
			i += 2
			if now == modeJIS && knownJIS(pair) {
				euc = append(euc, pair[0], pair[1])
				continue
			}
			if now == modeJIS2 {
				euc = append(euc, 0x8f, pair[0], pair[1])
				continue
			}
			flush()
			out.WriteString(decodePair(now, pair))
		}
	}
	flush()
	return strings.ToValidUTF8(out.String(), "\uFFFD")
}

// knownJIS tells whether golang.org/x/text's EUC-JP has a row: the others are left
// to JIS X 0213. Row 13 is NEC's, rows 89 to 92 are NEC's selection of IBM's.
func knownJIS(pair [2]byte) bool {
	row := int(pair[0]) - 0xa0
	return row <= 8 || row == 13 || row >= 16 && row <= 84 || row >= 89 && row <= 92
}

// readEscape reads what follows ESC and returns its mode and length, 0 when it is
// no known sequence.
func readEscape(b []byte) (mode, int) {
	for _, e := range escapes {
		if len(b) >= len(e.seq) && string(b[:len(e.seq)]) == e.seq {
			return e.mode, len(e.seq)
		}
	}
	return modeASCII, 0
}

// decodeShifted converts one character of the set designated to G2.
func decodeShifted(m mode, c byte) string {
	if m == modeGreek {
		text, _ := charmap.ISO8859_7.NewDecoder().Bytes([]byte{c | 0x80})
		return string(text)
	}
	return string(rune(c | 0x80))
}

// decodePair converts one two-byte character of a set that is not in EUC-JP.
func decodePair(m mode, pair [2]byte) string {
	var text []byte
	switch m {
	case modeGB:
		text, _ = simplifiedchinese.GBK.NewDecoder().Bytes(pair[:])
	case modeKSC:
		text, _ = korean.EUCKR.NewDecoder().Bytes(pair[:])
	case modeJIS, modePlane1:
		return jisx0213(1, pair)
	case modePlane2:
		return jisx0213(2, pair)
	}
	if len(text) == 0 {
		return "\uFFFD"
	}
	return string(text)
}
