package pdf

import (
	"bytes"
	"hisseki/analyzer/content/mime"
	"io"

	"golang.org/x/image/tiff/lzw"
)

// streamKind says what a stream is read as.
type streamKind uint8

const (
	content      streamKind = iota // drawing instructions, a table of letters, a script
	objectStream                   // objects
	picture
	embedded // a file
	skipped  // fonts, colours, descriptions of the file
)

// A stream is a dictionary and the bytes behind it.
type stream struct {
	dict    dict
	data    []byte // to the end of the file at most
	at      int    // where its bytes begin in the file
	kind    streamKind
	filters []string
}

// findStreams looks for the word "stream" behind a dictionary.
func (f *file) findStreams() {
	data, from, end := f.data, 0, -1
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("stream"))
		if i < 0 {
			break
		}
		i += at
		at = i + len("stream")
		before := bytes.TrimRight(data[from:i], blanks)
		if !bytes.HasSuffix(before, []byte(">>")) {
			continue
		}
		if len(f.streams) >= maxStreams {
			f.budget.Over = true
			break
		}
		start := at
		if start < len(data) && data[start] == '\r' {
			start++
		}
		if start < len(data) && data[start] == '\n' {
			start++
		}
		if end < start { // where the next one ends: looked for once
			if end = bytes.Index(data[start:], []byte("endstream")); end < 0 {
				end = len(data)
			} else {
				end += start
			}
		}
		number, written := dictBefore(before)
		d := readDict(written)
		s := stream{dict: d, at: start, filters: f.filterNames(d)}
		s.classify()
		stop := end
		if n := s.dict.number("Length"); n > 0 && n <= len(data)-start &&
			bytes.HasPrefix(trimLeft(data[start+n:]), []byte("endstream")) {
			stop = start + n
		}
		s.data = data[start:stop]
		f.streams, f.numbers = append(f.streams, s), append(f.numbers, number)
		from, at = stop, stop
	}
	for i, number := range f.numbers { // now that the list moves no more
		if number >= 0 {
			f.byNumber[number] = &f.streams[i]
		}
	}
}

// dictBefore returns the dictionary at the end of b, and the number of its object, -1 when
// there is none.
func dictBefore(b []byte) (number int, written []byte) {
	b = b[max(0, len(b)-maxDict):]
	i := bytes.LastIndex(b, []byte("obj"))
	if i < 0 {
		return -1, b
	}
	number, ok := numberBefore(b[:i])
	if !ok {
		number = -1
	}
	return number, b[i+3:]
}

// classify says what a stream is read as.
func (s *stream) classify() {
	sub := s.dict.name("Subtype")
	switch s.dict.name("Type") {
	case "ObjStm":
		s.kind = objectStream
		return
	case "EmbeddedFile":
		s.kind = embedded
		return
	case "XRef", "Metadata":
		s.kind = skipped
		return
	}
	switch {
	case sub == "Image":
		s.kind = picture
	case sub == "Type1C", sub == "CIDFontType0C", sub == "OpenType", s.dict.has("Length1"),
		s.dict.has("FunctionType"), s.dict.has("ShadingType"), s.dict.has("Alternate"):
		s.kind = skipped
	}
}

// filterNames returns the filters of a stream in order, by their long names.
func (f *file) filterNames(d dict) (names []string) {
	v := d["Filter"]
	if ref, ok := reference(v); ok {
		v = trimLeft(f.objects[ref])
	}
	if len(v) == 0 {
		return nil
	}
	if v[0] == '/' {
		return append(names, longName(nameOf(v)))
	}
	if v[0] != '[' {
		return nil
	}
	end := bytes.IndexByte(v[:min(len(v), 1000)], ']')
	if end < 0 {
		f.budget.Over = true
	}
	for v = v[1:max(end, 1)]; ; {
		i := bytes.IndexByte(v, '/')
		if i < 0 {
			return names
		}
		if len(names) == maxFilters {
			f.budget.Over = true
			return names
		}
		name, n := readName(v[i+1:])
		names = append(names, longName(string(name)))
		v = v[i+1+n:]
	}
}

// maxFilters bounds how often one stream is packed in itself.
const maxFilters = 6

func longName(name string) string {
	switch name {
	case "Fl", "FlateDecode":
		return "Flate"
	case "LZW", "LZWDecode":
		return "LZW"
	case "AHx", "ASCIIHexDecode":
		return "Hex"
	case "A85", "ASCII85Decode":
		return "85"
	case "RL", "RunLengthDecode":
		return "RunLength"
	case "DCT", "DCTDecode":
		return "JPEG"
	}
	return name
}

// plain unpacks a stream. last is the name of the first filter that is not undone here, such
// as "JPEG". What is returned is to be given back with f.budget.Free when own is set.
func (f *file) plain(s *stream) (data []byte, last string, own bool) {
	data = s.data
	for _, name := range s.filters {
		var next []byte
		switch name {
		case "Flate":
			next, _ = f.budget.Zlib(data, maxStream)
		case "LZW":
			next = f.unLZW(data)
		case "Hex":
			next = unHex(data, f)
		case "85":
			next = un85(data, f)
		case "RunLength":
			next = unRunLength(data, f)
		case "Crypt":
			continue
		default:
			return data, name, own
		}
		if own {
			f.budget.Free(data)
		}
		data, own = next, true
	}
	if own && s.dict.number("Predictor") >= 10 {
		data = unpredict(s, data)
	}
	return data, "", own
}

// maxStream bounds what one stream unpacks to.
const maxStream = 16 << 20

func (f *file) unLZW(data []byte) []byte {
	r := lzw.NewReader(bytes.NewReader(data), lzw.MSB, 8)
	defer func() { _ = r.Close() }()
	limit := min(maxStream, f.budget.Left, 16*len(data)+1024)
	out, _ := io.ReadAll(io.LimitReader(r, int64(limit)))
	f.budget.Spend(len(out))
	return out
}

func unHex(data []byte, f *file) []byte {
	if !f.budget.Spend(len(data) / 2) {
		return nil
	}
	out := make([]byte, 0, len(data)/2+1)
	hi := -1
	for _, c := range data {
		v := mime.Unhex(c)
		switch {
		case c == '>':
			return out
		case v < 0:
		case hi < 0:
			hi = v
		default:
			out, hi = append(out, byte(hi<<4|v)), -1
		}
	}
	return out
}

// un85 undoes ASCII85: five characters from '!' to 'u' are four bytes, 'z' is four zeros.
func un85(data []byte, f *file) []byte {
	data = bytes.TrimPrefix(trimLeft(data), []byte("<~"))
	if !f.budget.Spend(len(data)) {
		return nil
	}
	out := make([]byte, 0, len(data)/5*4+4)
	var v uint32
	n := 0
	for _, c := range data {
		switch {
		case c == '~':
			for i := n; n > 1 && i < 5; i++ {
				v = v*85 + 84
			}
			for i := 0; i < n-1; i++ {
				out = append(out, byte(v>>(24-8*i)))
			}
			return out
		case c == 'z' && n == 0:
			if len(out)+4 > cap(out) {
				f.budget.Over = true
				return out
			}
			out = append(out, 0, 0, 0, 0)
		case c < '!' || c > 'u':
		default:
			v = v*85 + uint32(c-'!')
			if n++; n == 5 {
				out = append(out, byte(v>>24), byte(v>>16), byte(v>>8), byte(v))
				v, n = 0, 0
			}
		}
	}
	return out
}

func unRunLength(data []byte, f *file) (out []byte) {
	for len(data) > 1 && data[0] != 128 {
		n := int(data[0])
		if n < 128 {
			n = min(n+1, len(data)-1)
			if !f.budget.Spend(n) {
				return out
			}
			out = append(out, data[1:1+n]...)
			data = data[1+n:]
			continue
		}
		if !f.budget.Spend(257 - n) {
			return out
		}
		out = append(out, bytes.Repeat(data[1:2], 257-n)...)
		data = data[2:]
	}
	return out
}

// unpredict undoes the filters of PNG on rows (7.4.4.4), in place: a byte that names the
// filter stands before each row.
func unpredict(s *stream, data []byte) []byte {
	columns, colors, bits := s.dict.number("Columns"), s.dict.number("Colors"), s.dict.number("BitsPerComponent")
	columns, colors = max(columns, 1), max(colors, 1)
	if bits == 0 {
		bits = 8
	}
	pixel := max(colors*bits/8, 1)
	row := (columns*colors*bits + 7) / 8
	if row <= 0 || row > 1<<20 {
		return data
	}
	out := data[:0]
	var above []byte
	for len(data) > 1 {
		kind := data[0]
		n := min(row, len(data)-1)
		line := out[len(out) : len(out)+n]
		copy(line, data[1:1+n])
		unfilter(kind, line, above, pixel)
		above = line
		out = out[:len(out)+n]
		data = data[1+n:]
	}
	return out
}

// unfilter undoes one row's filter (PNG, section 9.2).
func unfilter(kind byte, line, above []byte, pixel int) {
	for i := range line {
		var a, b, c byte
		if i >= pixel {
			a = line[i-pixel]
		}
		if i < len(above) {
			b = above[i]
			if i >= pixel {
				c = above[i-pixel]
			}
		}
		switch kind {
		case 1:
			line[i] += a
		case 2:
			line[i] += b
		case 3:
			line[i] += byte((int(a) + int(b)) / 2)
		case 4:
			line[i] += paeth(a, b, c)
		}
	}
}

func paeth(a, b, c byte) byte {
	p := int(a) + int(b) - int(c)
	pa, pb, pc := abs(p-int(a)), abs(p-int(b)), abs(p-int(c))
	switch {
	case pa <= pb && pa <= pc:
		return a
	case pb <= pc:
		return b
	}
	return c
}

func abs(n int) int {
	if n < 0 {
		return -n
	}
	return n
}
