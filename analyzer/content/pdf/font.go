package pdf

import (
	"bytes"
	"strings"
	"unicode/utf16"
)

// A font says which letters the codes of a text are.
type font struct {
	wide    bool              // codes have two bytes
	charset string            // the codes are of a charset, such as "shift_jis"
	letters map[uint16]string // by code; nil where the file does not say
}

// fontRef is a font under the name that drawing instructions call it by.
type fontRef struct {
	name   string
	object int
}

// fontsIn looks for dictionaries that name fonts: "/Font << /F1 12 0 R /F2 13 0 R >>". A
// name may be given to several fonts, on different pages.
func (f *file) fontsIn(data []byte) {
	for f.looks < maxLooks {
		i := bytes.Index(data, []byte("/Font"))
		if i < 0 {
			return
		}
		data = data[i+len("/Font"):]
		v := trimLeft(data[:min(len(data), 100)])
		if ref, ok := reference(v); ok {
			v = f.objects[ref]
		} else {
			v = data
		}
		f.looks++
		if v = trimLeft(v[:min(len(v), maxDict)]); bytes.HasPrefix(v, []byte("<<")) {
			f.fontNames(v[2:])
		}
	}
}

// fontNames takes the names in one dictionary.
func (f *file) fontNames(v []byte) {
	if end := bytes.IndexByte(v, '>'); end >= 0 {
		v = v[:end]
	}
	for len(f.pairs) < maxFonts && f.looks < maxLooks {
		i := bytes.IndexByte(v, '/')
		if i < 0 {
			return
		}
		f.looks++
		name, n := readName(v[i+1:])
		v = trimLeft(v[i+1+n:])
		ref, ok := reference(v)
		if !ok || f.pairs[fontRef{string(name), ref}] {
			continue
		}
		f.pairs[fontRef{string(name), ref}] = true
		if len(f.fonts[string(name)]) < maxAlike {
			f.fonts[string(name)] = append(f.fonts[string(name)], f.font(ref))
		}
	}
}

// maxLooks bounds how many names are looked at for fonts: those of 5000 pages.
const maxLooks = 100000

// maxAlike is how many fonts of one name are tried.
const maxAlike = 3

// font reads the font in an object.
func (f *file) font(ref int) *font {
	if known := f.loaded[ref]; known != nil {
		return known
	}
	d := readDict(wholeDict(f.objects[ref]))
	t := &font{wide: d.name("Subtype") == "Type0"}
	f.loaded[ref] = t
	if to, ok := reference(d["ToUnicode"]); ok {
		if s := f.byNumber[to]; s != nil {
			table, _, own := f.plain(s)
			t.readTable(table)
			if own {
				f.budget.Free(table)
			}
		}
	}
	if t.letters == nil && t.wide {
		t.charset = charsetOf(d.name("Encoding"))
	}
	return t
}

// charsetOf returns the charset of the codes under a predefined encoding (9.7.5.2), "" for
// one whose codes mean nothing without the font.
func charsetOf(encoding string) string {
	for _, e := range []struct{ part, label string }{
		{"RKSJ", "shift_jis"}, {"UCS2", "utf-16be"}, {"UTF16", "utf-16be"}, {"GBK", "gbk"},
		{"GB-EUC", "gbk"}, {"ETen", "big5"}, {"B5pc", "big5"}, {"KSC", "euc-kr"}, {"EUC-", "euc-jp"},
	} {
		if strings.Contains(encoding, e.part) {
			return e.label
		}
	}
	return ""
}

// maxLetters bounds the table of one font.
const maxLetters = 1 << 16

// readTable reads a ToUnicode table (9.10.3):
//
//	2 beginbfchar <0003> <0020> <0005> <00410042> endbfchar
//	1 beginbfrange <0010> <0020> <0041> <0030> <0031> [<0061> <0062>] endbfrange
func (t *font) readTable(b []byte) {
	t.letters = make(map[uint16]string)
	for n := 0; n < maxLetters; {
		i := bytes.Index(b, []byte("beginbf"))
		if i < 0 {
			return
		}
		b = b[i+len("beginbf"):]
		ranges := bytes.HasPrefix(b, []byte("range"))
		end := bytes.Index(b, []byte("endbf"))
		if end < 0 {
			end = len(b)
		}
		if ranges {
			n += t.ranges(b[:end])
		} else {
			n += t.chars(b[:end])
		}
		b = b[end:]
	}
}

// chars reads pairs of code and letters.
func (t *font) chars(b []byte) (n int) {
	for n < maxLetters {
		code, rest, ok := nextHex(b)
		if !ok {
			return n
		}
		to, rest, ok := nextHex(rest)
		if !ok {
			return n
		}
		t.letters[codeOf(code)] = lettersOf(to)
		b, n = rest, n+1
	}
	return n
}

// ranges reads triples of first code, last code and letters, or a list of them.
func (t *font) ranges(b []byte) (n int) {
	for n < maxLetters {
		first, rest, ok := nextHex(b)
		if !ok {
			return n
		}
		last, rest, ok := nextHex(rest)
		if !ok {
			return n
		}
		lo, hi := int(codeOf(first)), int(codeOf(last))
		if rest = trimLeft(rest); len(rest) > 0 && rest[0] == '[' {
			rest = rest[1:]
			for code := lo; code <= hi && n < maxLetters; code++ {
				if rest = trimLeft(rest); len(rest) == 0 || rest[0] == ']' {
					break
				}
				var to []byte
				if to, rest, ok = nextHex(rest); !ok {
					return n
				}
				t.letters[uint16(code)] = lettersOf(to)
				n++
			}
			b = rest
			continue
		}
		to, rest, ok := nextHex(rest)
		if !ok {
			return n
		}
		n += t.run(lo, hi, to)
		b = rest
	}
	return n
}

// run gives a range of codes letters that follow each other.
func (t *font) run(lo, hi int, to []byte) (n int) {
	runes := []rune(lettersOf(to))
	if len(runes) == 0 {
		return 1
	}
	head, last := string(runes[:len(runes)-1]), runes[len(runes)-1]
	for code := lo; code <= hi; code++ {
		t.letters[uint16(code)] = head + string(last+rune(code-lo))
		n++
	}
	return n + 1
}

// nextHex reads the next "<...>".
func nextHex(b []byte) (s, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '<')
	if i < 0 {
		return nil, nil, false
	}
	s, n, ok := readHex(b[i:], nil)
	return s, b[i+max(n, 1):], ok
}

func codeOf(b []byte) uint16 {
	if len(b) == 1 {
		return uint16(b[0])
	}
	if len(b) < 2 {
		return 0
	}
	return uint16(b[len(b)-2])<<8 | uint16(b[len(b)-1])
}

// lettersOf decodes UTF-16BE of a few letters.
func lettersOf(b []byte) string {
	var units []uint16
	for i := 0; i+1 < len(b) && i < 16; i += 2 {
		units = append(units, uint16(b[i])<<8|uint16(b[i+1]))
	}
	if len(b) == 1 {
		units = append(units, uint16(b[0]))
	}
	return string(utf16.Decode(units))
}

// decode turns the codes of one string into letters.
func (f *file) decode(out []byte, t *font, codes []byte) []byte {
	switch {
	case t == nil:
		return appendLatin(out, codes)
	case t.letters != nil && t.wide:
		for i := 0; i+1 < len(codes); i += 2 {
			out = append(out, t.letters[uint16(codes[i])<<8|uint16(codes[i+1])]...)
		}
		return out
	case t.letters != nil:
		for _, c := range codes {
			if s, ok := t.letters[uint16(c)]; ok {
				out = append(out, s...)
			} else {
				out = appendLatin(out, []byte{c})
			}
		}
		return out
	case t.charset != "":
		return append(out, f.sink.Decode(codes, t.charset)...)
	case t.wide:
		return out
	}
	return appendLatin(out, codes)
}

// appendLatin appends codes of a font that says nothing of itself: nearly Latin-1.
func appendLatin(out, codes []byte) []byte {
	for _, c := range codes {
		switch {
		case c < ' ':
		case c < 0x7f:
			out = append(out, c)
		case c >= 0xa0:
			out = append(out, 0xc0|c>>6, 0x80|c&0x3f)
		}
	}
	return out
}
