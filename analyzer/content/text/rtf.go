package text

import (
	"bytes"
	"strconv"
	"strings"

	"hisseki/analyzer/content/mime"
)

// RTF strips the control words of a document in the Rich Text Format (1.9.1): what is left
// are its words and the instructions of its fields, which name where links lead:
//
//	{\field{\*\fldinst HYPERLINK "https://example.org/"}{\fldrslt here}}
//	\'83\'65 is a byte of the charset that \ansicpg names, \u26085? a character
//
// bare leaves out the groups that programs pass over which do not know them, but for the fields'
// instructions: HYPERLINK "htt{\*\unknown x}ps://example.org/". object is given what is embedded, in
// hexadecimal digits; it may be nil.
func RTF(data []byte, bare bool, object func([]byte)) string {
	r := rtfReader{label: "windows-1252", skip: 1}
	for i := 0; i < len(data); {
		switch c := data[i]; c {
		case '\\':
			if bare && bytes.HasPrefix(data[i:], []byte("\\*")) && !bytes.HasPrefix(data[i:], []byte(`\*\fldinst`)) {
				i += groupRest(data[i:])
				continue
			}
			if object != nil && bytes.HasPrefix(data[i:], []byte(`\objdata`)) {
				i += len(`\objdata`)
				digits := data[i : i+hexLen(data[i:])]
				if i += len(digits); len(digits) >= minObject {
					object(hexBytes(digits))
				}
				continue
			}
			i += r.control(data[i:])
		case '{', '}', '\r', '\n':
			i++
		default:
			r.letter(c)
			i++
		}
	}
	r.flush()
	return r.out.String()
}

// groupRest returns how many bytes of an open group are left, within a bound.
func groupRest(b []byte) int {
	depth := 0
	for i := 0; i < len(b) && i < maxGroup; i++ {
		switch b[i] {
		case '\\':
			i++
		case '{':
			depth++
		case '}':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return len("\\*")
}

// maxGroup bounds a group that is passed over: only one within a link matters.
const maxGroup = 512

// minObject is how many digits an embedded object has in which a URL may stand.
const minObject = 2 * len("http://a.b")

// hexLen returns how much of b is hexadecimal digits, with blanks and line ends between them.
func hexLen(b []byte) int {
	for i, c := range b {
		if mime.Unhex(c) < 0 && strings.IndexByte(" \r\n\t", c) < 0 {
			return i
		}
	}
	return len(b)
}

// hexBytes decodes them.
func hexBytes(b []byte) []byte {
	out := make([]byte, 0, len(b)/2)
	high := -1
	for _, c := range b {
		d := mime.Unhex(c)
		switch {
		case d < 0:
		case high < 0:
			high = d
		default:
			out, high = append(out, byte(high<<4|d)), -1
		}
	}
	return out
}

// rtfReader is the state of reading one document.
type rtfReader struct {
	out   strings.Builder
	bytes []byte // of a charset, not yet decoded
	label string
	skip  int // characters that stand for one \u to programs that know none
	owed  int // of those, how many are to be skipped
}

func (r *rtfReader) letter(c byte) {
	if r.owed > 0 {
		r.owed--
		return
	}
	if c >= ' ' || c == '\t' {
		r.bytes = append(r.bytes, c)
	}
	if len(r.bytes) > 64<<10 && c == ' ' {
		r.flush()
	}
}

// flush decodes the bytes that were gathered.
func (r *rtfReader) flush() {
	if len(r.bytes) > 0 {
		if mime.IsASCII(string(r.bytes)) {
			r.out.Write(r.bytes)
		} else {
			plain, _ := mime.DecodeCharset(r.bytes, r.label)
			r.out.WriteString(plain)
		}
		r.bytes = r.bytes[:0]
	}
}

// control reads what a backslash begins and says how many bytes it takes.
func (r *rtfReader) control(b []byte) int {
	if len(b) < 2 {
		return len(b)
	}
	if !mime.IsLetter(b[1]) {
		return r.symbol(b)
	}
	n := 1
	for n < len(b) && n < 33 && mime.IsLetter(b[n]) {
		n++
	}
	word := string(b[1:n])
	from := n
	for n < len(b) && n-from < 11 && (b[n] >= '0' && b[n] <= '9' || n == from && b[n] == '-') {
		n++
	}
	number, err := strconv.Atoi(string(b[from:n]))
	if n < len(b) && b[n] == ' ' {
		n++
	}
	r.word(word, number, err == nil)
	return n
}

// symbol reads a control symbol: "\'e9", "\\", "\~".
func (r *rtfReader) symbol(b []byte) int {
	switch b[1] {
	case '\'':
		if len(b) < 4 {
			return len(b)
		}
		if v, err := strconv.ParseUint(string(b[2:4]), 16, 8); err == nil {
			r.letter(byte(v))
		}
		return 4
	case '\\', '{', '}':
		r.letter(b[1])
	case '~':
		r.letter(' ')
	case '\r', '\n':
		r.line()
	}
	return 2
}

func (r *rtfReader) line() { r.bytes = append(r.bytes, '\n') }

// word does what a control word means for the text.
func (r *rtfReader) word(word string, number int, has bool) {
	switch word {
	case "par", "line", "row", "cell", "page", "sect", "fldinst", "fldrslt", "tab":
		r.line()
	case "ansicpg":
		if has && number > 0 && len(r.bytes) == 0 {
			r.label = charsetOfPage(number)
		}
	case "uc":
		r.skip = min(max(number, 0), 8)
	case "u":
		r.flush()
		r.out.WriteRune(rune(uint16(number)))
		r.owed = r.skip
	case "bin":
		// the bytes behind it are read as letters: they are no text, but hide none either
	}
}

// charsetOfPage returns the label of a Windows code page.
func charsetOfPage(page int) string {
	switch page {
	case 932:
		return "shift_jis"
	case 936:
		return "gbk"
	case 949:
		return "euc-kr"
	case 950:
		return "big5"
	case 65001:
		return "utf-8"
	}
	return "windows-" + strconv.Itoa(page)
}
