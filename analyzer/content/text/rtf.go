package text

import (
	"strconv"
	"strings"

	"hisseki/analyzer/content/mime"
)

// RTF strips the control words of a document in the Rich Text Format (1.9.1): what is left
// are its words and the instructions of its fields, which name where links lead:
//
//	{\field{\*\fldinst HYPERLINK "https://example.org/"}{\fldrslt here}}
//	\'83\'65 is a byte of the charset that \ansicpg names, \u26085? a character
func RTF(data []byte) string {
	r := rtfReader{label: "windows-1252", skip: 1}
	for i := 0; i < len(data); {
		switch c := data[i]; c {
		case '\\':
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
