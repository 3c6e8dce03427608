package mime

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
	modeASCII   mode = iota
	modeKana         // JIS X 0201 katakana, 7 bits
	modeJIS          // JIS X 0208 with NEC's and IBM's rows
	modePlane1       // first plane of JIS X 0213
	modeJIS2         // JIS X 0212
	modePlane2       // second plane of JIS X 0213
	modeGB           // GB 2312 (ISO-2022-JP-2)
	modeKSC          // KS C 5601 (ISO-2022-JP-2)
	modeUser         // the user's area of ISO-2022-JP-MS, 20 rows
	modeUnknown      // pairs of a set of which there is no table here
	modeCNS          // CNS 11643, of which there is no table here
	modeLatin        // ISO 8859-1 designated to G2 (ISO-2022-JP-2)
	modeGreek        // ISO 8859-7 designated to G2
	modeNone         // a sequence that changes nothing
)

// escapes of ISO-2022-JP (RFC 1468), -1 (RFC 2237), -2 (RFC 1554), -3 and -2004
// (JIS X 0213), and what Microsoft's CP5022x add. The longer come first.
var escapes = []struct {
	seq  string
	mode mode
}{
	{"$(D", modeJIS2}, {"$(C", modeKSC}, {"$(B", modeJIS}, {"$(@", modeJIS}, {"$(A", modeGB},
	{"$(O", modePlane1}, {"$(Q", modePlane1}, {"$(P", modePlane2}, {"$(?", modeUser},
	{"(B", modeASCII}, {"(J", modeASCII}, {"(H", modeASCII}, {"(I", modeKana},
	{"$B", modeJIS}, {"$@", modeJIS}, {"$A", modeGB},
	{".A", modeLatin}, {".F", modeGreek}, {"&@", modeNone}, {"$*H", modeCNS},
}

// shifted are the sets that shift out switches to: of ISO-2022-KR (RFC 1557) and -CN (RFC
// 1922).
var shiftedSets = map[string]mode{"$)C": modeKSC, "$)A": modeGB, "$)G": modeCNS, "$)E": modeGB}

// isJISEscape says whether b switches to a Japanese character set.
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

// decodeISO2022 converts ISO-2022-JP and its kin. shift is the set that shift out switches
// to before the text says: programs say so once, at the beginning of a mail, or not at all.
// golang.org/x/text knows only the
// basic set; here everything is rewritten to EUC-JP on the way, which it knows
// with the NEC and IBM rows and JIS X 0212. Line ends return to ASCII, as programs
// that forget the closing escape rely on it.
func decodeISO2022(b []byte, shift mode) string {
	d := jisDecoder{second: modeLatin, shift: shift}
	d.out.Grow(len(b) * 3 / 2)
	for i := 0; i < len(b); {
		i += d.step(b[i:])
		if len(d.euc) >= eucBlock {
			d.flush()
		}
	}
	d.flush()
	return strings.ToValidUTF8(d.out.String(), "\uFFFD")
}

// eucBlock is how much is gathered before it is converted: whole characters always are.
const eucBlock = 4 << 10

// jisDecoder is the state of reading ISO-2022-JP.
type jisDecoder struct {
	out    strings.Builder
	euc    []byte // what EUC-JP can hold, not yet converted
	block  []byte // what it is converted into
	now    mode
	back   mode // to return to at shift in
	second mode // designated to G2
	shift  mode // designated to G1, for shift out
}

// flush converts what was gathered as EUC-JP.
func (d *jisDecoder) flush() {
	if len(d.euc) > 0 {
		// Room for all of it: three bytes of UTF-8 for at least two of EUC-JP, and for each
		// byte that is not EUC-JP.
		if need := 3 * len(d.euc); cap(d.block) < need {
			d.block = make([]byte, need)
		}
		text := d.block[:3*len(d.euc)]
		n, _, _ := japanese.EUCJP.NewDecoder().Transform(text, d.euc, true)
		d.out.Write(text[:n])
		d.euc = d.euc[:0]
	}
}

// step reads one character or escape at the start of b and returns its length.
func (d *jisDecoder) step(b []byte) int {
	c := b[0]
	switch {
	case c == 0x1b:
		return d.escape(b)
	case c == '\n' || c == '\r':
		d.now = modeASCII
		d.euc = append(d.euc, c)
	case c == 0x0e: // shift out: kana (CP50222), Korean, Chinese
		d.now, d.back = d.shift, d.now
	case c == 0x0f:
		d.now = d.back
	case within(c, 0xa1, 0xdf): // 8-bit half-width kana (CP50220)
		d.euc = append(d.euc, 0x8e, c)
	case c >= 0x80:
	case d.now == modeASCII || c <= ' ':
		d.euc = append(d.euc, c)
	case d.now == modeKana:
		if c <= 0x5f {
			d.euc = append(d.euc, 0x8e, c|0x80)
		}
	case len(b) > 1 && b[1] > ' ' && b[1] < 0x7f:
		d.pair([2]byte{c | 0x80, b[1] | 0x80})
		return 2
	}
	return 1
}

// escape reads an escape sequence and returns its length.
func (d *jisDecoder) escape(b []byte) int {
	if len(b) > 3 {
		if m, ok := shiftedSets[string(b[1:4])]; ok {
			d.shift = m
			return 4
		}
	}
	if len(b) > 3 && b[1] == 'N' && d.second == modeCNS {
		d.flush()
		d.out.WriteRune('\uFFFD')
		return 4
	}
	if len(b) > 2 && b[1] == 'N' { // single shift to G2
		d.flush()
		d.out.WriteString(decodeShifted(d.second, b[2]))
		return 3
	}
	m, n := readEscape(b[1:])
	switch {
	case n == 0 || m == modeNone:
	case m == modeLatin || m == modeGreek || m == modeCNS:
		d.second = m
	default:
		d.now = m
	}
	return 1 + n
}

// pair adds a character of two bytes, both with their eighth bit set.
func (d *jisDecoder) pair(pair [2]byte) {
	switch {
	case d.now == modeJIS && knownJIS(pair):
		d.euc = append(d.euc, pair[0], pair[1])
	case d.now == modeJIS2:
		d.euc = append(d.euc, 0x8f, pair[0], pair[1])
	default:
		d.flush()
		d.out.WriteString(decodePair(d.now, pair))
	}
}

// knownJIS says whether golang.org/x/text's EUC-JP has a row: the others are left
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
	// Any other designation (ISO 2022 section 6.3.2): "ESC $ ( F", "ESC ( F".
	end := 0
	for end < len(b) && end < 4 && (within(b[end], ' ', '/') || end == 0 && b[0] == '$') {
		end++
	}
	if end == 0 || end >= len(b) || !within(b[end], '0', '~') {
		return modeASCII, 0
	}
	switch {
	case b[0] == '$' && (end == 1 || b[1] == '('):
		return modeUnknown, end + 1
	case b[0] == '(': // ASCII but for a few signs, such as "(K", German
		return modeASCII, end + 1
	}
	return modeNone, end + 1 // to G1, G2 or G3
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
		char := jisx0213(1, pair)
		if user := pair[0]; m == modeJIS && user >= 0xf5 && (char == "" || char == "\uFFFD") {
			return string(0xe000 + rune(user-0xf5)*94 + rune(pair[1]-0xa1)) // as CP5022x has it
		}
		return char
	case modePlane2:
		return jisx0213(2, pair)
	case modeUser:
		return string(0xe000 + rune(pair[0]-0xa1)*94 + rune(pair[1]-0xa1))
	}
	if len(text) == 0 {
		return "\uFFFD"
	}
	return string(text)
}
