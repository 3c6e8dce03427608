package pdf

import (
	"bytes"

	"hisseki/analyzer/content/mime"
)

const (
	blanks = " \t\r\n\f\x00"
	digits = "0123456789"
)

// delimiters end names and numbers (ISO 32000-1, 7.2.2).
var delimiters = func() (t [256]bool) {
	for _, c := range []byte(blanks + "()<>[]{}/%") {
		t[c] = true
	}
	return t
}()

func isBlank(c byte) bool {
	return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f' || c == 0
}

func trimLeft(b []byte) []byte {
	i := 0
	for i < len(b) && isBlank(b[i]) {
		i++
	}
	return b[i:]
}

// atoi reads the digits at the beginning of b.
func atoi(b []byte) int {
	n := 0
	for i := 0; i < len(b) && i < 9 && b[i] >= '0' && b[i] <= '9'; i++ {
		n = n*10 + int(b[i]-'0')
	}
	return n
}

// readName reads a name behind its slash, with its escapes undone ("#55RI" is "URI"), and
// how many bytes it takes.
func readName(b []byte) (name []byte, n int) {
	escaped := false
	for n < len(b) && n < 128 && !delimiters[b[n]] {
		escaped = escaped || b[n] == '#'
		n++
	}
	if !escaped {
		return b[:n], n
	}
	out := make([]byte, 0, n)
	for i := 0; i < n; i++ {
		if b[i] == '#' && i+2 < n {
			hi, lo := mime.Unhex(b[i+1]), mime.Unhex(b[i+2])
			if hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out, n
}

// A dict is where the values of a dictionary's keys begin.
type dict map[string][]byte

// readDict reads the keys that are looked at here. Those of dictionaries within it count where
// it has none of its own in front of them.
func readDict(b []byte) dict {
	d := make(dict, 8)
	for at := 0; ; {
		i := bytes.IndexByte(b[at:], '/')
		if i < 0 {
			return d
		}
		at += i + 1
		name, n := readName(b[at:])
		at += n
		switch string(name) {
		case "Type", "Subtype", "Filter", "F", "Length", "First", "N", "Predictor", "Columns",
			"Colors", "BitsPerComponent", "Width", "Height", "ImageMask", "Length1",
			"FunctionType", "ShadingType", "Alternate", "ToUnicode", "Encoding", "DecodeParms":
			if _, ok := d[string(name)]; !ok {
				d[string(name)] = trimLeft(b[at:])
			}
		}
	}
}

// number returns the whole number behind a key, 0 when it stands elsewhere.
func (d dict) number(key string) int {
	v := d[key]
	if _, ok := reference(v); ok {
		return 0
	}
	return atoi(v)
}

// name returns the name behind a key.
func (d dict) name(key string) string { return nameOf(d[key]) }

// has says whether a dictionary has a key.
func (d dict) has(key string) bool { return d[key] != nil }

func nameOf(v []byte) string {
	if len(v) == 0 || v[0] != '/' {
		return ""
	}
	name, _ := readName(v[1:])
	return string(name)
}

// wholeDict returns the dictionary at the beginning of b: up to the ">>" that closes it.
func wholeDict(b []byte) []byte {
	b = b[:min(len(b), maxDict)]
	depth := 0
	for i := 0; i+1 < len(b); i++ {
		switch {
		case b[i] == '<' && b[i+1] == '<':
			depth++
			i++
		case b[i] == '>' && b[i+1] == '>':
			if depth--; depth <= 0 {
				return b[:i+2]
			}
			i++
		}
	}
	return b
}

// reference reads "12 0 R".
func reference(b []byte) (number int, ok bool) {
	b = b[:min(len(b), 40)]
	number = atoi(b)
	i := 0
	for range 2 {
		from := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		if i == from {
			return 0, false
		}
		from = i
		for i < len(b) && isBlank(b[i]) {
			i++
		}
		if i == from {
			return 0, false
		}
	}
	return number, i < len(b) && b[i] == 'R'
}

// maxString bounds one string: a link of more is cut, and so is a script.
const maxString = 64 << 10

// readString reads a literal or hexadecimal string at the beginning of b (7.3.4), and how
// many bytes it takes. One that does not end is none. What is decoded is written over buf.
func readString(b, buf []byte) (s []byte, n int, ok bool) {
	switch {
	case len(b) == 0:
		return nil, 0, false
	case b[0] == '(':
		return readLiteral(b, buf[:0])
	case b[0] == '<' && (len(b) < 2 || b[1] != '<'):
		return readHex(b, buf[:0])
	}
	return nil, 0, false
}

func readHex(b, s []byte) (_ []byte, n int, ok bool) {
	hi := -1
	for n = 1; n < len(b) && n < 2*maxString; n++ {
		c := b[n]
		if c == '>' {
			if hi >= 0 {
				s = append(s, byte(hi<<4))
			}
			return s, n + 1, true
		}
		v := mime.Unhex(c)
		switch {
		case v < 0 && !isBlank(c):
			return s, n, false
		case v < 0:
		case hi < 0:
			hi = v
		default:
			s, hi = append(s, byte(hi<<4|v)), -1
		}
	}
	return s, n, n < len(b)
}

// readLiteral reads "(a \(nested\) string)": its escapes are undone.
func readLiteral(b, s []byte) (_ []byte, n int, ok bool) {
	depth := 1
	for n = 1; n < len(b) && len(s) < maxString; n++ {
		switch c := b[n]; c {
		case '(':
			depth++
			s = append(s, c)
		case ')':
			if depth--; depth == 0 {
				return s, n + 1, true
			}
			s = append(s, c)
		case '\\':
			var more int
			s, more = unescape(s, b[n+1:])
			n += more
		default:
			s = append(s, c)
		}
	}
	return s, n, len(s) >= maxString
}

// unescape appends what stands behind a backslash and says how many bytes it takes.
func unescape(s, b []byte) ([]byte, int) {
	if len(b) == 0 {
		return s, 0
	}
	switch c := b[0]; {
	case c >= '0' && c <= '7':
		v, n := 0, 0
		for n < 3 && n < len(b) && b[n] >= '0' && b[n] <= '7' {
			v = v<<3 | int(b[n]-'0')
			n++
		}
		return append(s, byte(v)), n
	case c == '\r' && len(b) > 1 && b[1] == '\n':
		return s, 2
	case c == '\n', c == '\r':
		return s, 1
	default:
		if i := bytes.IndexByte([]byte("nrtbf"), c); i >= 0 {
			c = "\n\r\t\b\f"[i]
		}
		return append(s, c), 1
	}
}

// topDict returns where the values of a dictionary's own keys begin, without those of dictionaries
// in it.
func topDict(b []byte) map[string][]byte {
	b = trimLeft(b[:min(len(b), maxDict)])
	if !bytes.HasPrefix(b, []byte("<<")) {
		return nil
	}
	d := make(map[string][]byte, 16)
	for i := 2; i < len(b) && b[i] != '>'; {
		if b[i] != '/' {
			i++
			continue
		}
		name, n := readName(b[i+1:])
		v := trimLeft(b[i+1+n:])
		d[string(name)] = v
		i = len(b) - len(v) + valueLength(v)
	}
	return d
}

// valueLength is how many bytes the value at the beginning of b takes.
func valueLength(b []byte) int {
	depth := 0
	for i := 0; i < len(b); {
		two := b[i:min(len(b), i+2)]
		switch c := b[i]; {
		case string(two) == "<<":
			depth, i = depth+1, i+2
		case string(two) == ">>":
			depth, i = depth-1, i+2
		case c == '[':
			depth, i = depth+1, i+1
		case c == ']':
			depth, i = depth-1, i+1
		case c == '(' || c == '<':
			_, n, _ := readString(b[i:], nil)
			i += max(n, 1)
		case c == '/':
			_, n := readName(b[i+1:])
			i += 1 + n
		case isBlank(c):
			i++
			continue
		default:
			for i++; i < len(b) && !delimiters[b[i]]; i++ {
			}
		}
		if depth <= 0 {
			return i
		}
	}
	return len(b)
}
