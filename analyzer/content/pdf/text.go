package pdf

import "bytes"

// contents reads what is left of the streams: drawing instructions, scripts, pictures, files.
func (f *file) contents() {
	for i := range f.streams {
		switch s := &f.streams[i]; s.kind {
		case content:
			data, last, own := f.plain(s)
			if last == "" {
				f.instructions(data)
			}
			if own {
				f.budget.Free(data)
			}
		case embedded:
			data, _, own := f.plain(s)
			f.sink.File(data)
			if own {
				f.budget.Free(data)
			}
		}
	}
	for i := range f.streams { // pictures last: they cost most
		if s := &f.streams[i]; s.kind == picture {
			f.picture(s)
		}
	}
}

// instructions reads the text that drawing instructions show, between BT and ET (9.4). A
// stream without any may be a script or a form.
func (f *file) instructions(data []byte) {
	if bytes.Contains(data[:min(len(data), 4<<10)], []byte("begincmap")) {
		return
	}
	most, beside := 1, f.strays(data)
	for turn := 0; turn < most; turn++ {
		t := texter{file: f, turn: turn, out: f.shown[:0], beside: beside}
		shown := false
		for rest := data; ; {
			i := bytes.Index(rest, []byte("BT"))
			if i < 0 {
				break
			}
			rest = rest[i+2:]
			if i+2 < len(data) && len(rest) > 0 && !delimiters[rest[0]] {
				continue
			}
			shown = true
			rest = rest[t.block(rest, len(data)-len(rest)):]
		}
		if !shown {
			f.script(data)
			return
		}
		f.shown = t.out
		if beside.upTo(len(data)); len(t.out) > 0 {
			f.sink.Text(string(t.out))
			f.pieced(t.out)
		}
		most = min(t.alike, maxAlike)
	}
}

// texter gathers the text of one stream.
type texter struct {
	file   *file
	beside *stray
	out    []byte
	font   *font
	turn   int // of fonts with the same name, which is taken
	alike  int // how many fonts have the same name, at most
	name   string
	last   float64 // the last operand of all
	height float64 // where the line stands
}

// block reads instructions up to ET, which stand at a place of the stream, and says how many bytes it took.
func (t *texter) block(b []byte, at int) (n int) {
	t.gap('\n')
	array := false
	for n < len(b) {
		switch c := b[n]; {
		case isBlank(c):
			n++
		case c == '(' || c == '<' && (n+1 >= len(b) || b[n+1] != '<'):
			s, used, ok := readString(b[n:], t.file.buffer)
			t.file.buffer = s
			t.beside.skip(at+n, at+n+used)
			if n += max(used, 1); ok {
				t.out = t.file.decode(t.out, t.font, s)
			}
		case c == '[':
			array = true
			n++
		case c == ']':
			array = false
			n++
		case c == '/':
			name, used := readName(b[n+1:])
			t.name = string(name)
			n += 1 + used
		case c >= '0' && c <= '9' || c == '-' || c == '.' || c == '+':
			v, used := readNumber(b[n:])
			n += used
			if array {
				if v < -200 { // thousandths of a letter's height: a blank
					t.gap(' ')
				}
				continue
			}
			t.last = v
		case c == '\'' || c == '"':
			t.gap('\n')
			n++
		case !delimiters[c]:
			from := n
			for n < len(b) && !delimiters[b[n]] {
				n++
			}
			if t.operator(b[from:n]) {
				return n
			}
		case c == '%':
			if end := bytes.IndexByte(b[n:], '\n'); end >= 0 {
				n += end
				continue
			}
			return len(b)
		default:
			n++
		}
	}
	return n
}

// operator does what an operator means for the text; it says whether the text ends.
func (t *texter) operator(word []byte) (end bool) {
	switch string(word) {
	case "ET":
		return true
	case "Tf":
		list := t.file.fonts[t.name]
		t.alike = max(t.alike, len(list))
		t.font = nil
		if len(list) > 0 {
			t.font = list[t.turn%len(list)]
		}
	case "Td", "TD": // x y: on the same line when y is 0
		if t.last != 0 {
			t.gap('\n')
		} else {
			t.gap(' ')
		}
	case "Tm": // a b c d x y
		if t.last != t.height {
			t.gap('\n')
		} else {
			t.gap(' ')
		}
		t.height = t.last
	case "T*":
		t.gap('\n')
	}
	return false
}

// gap parts what was shown from what will be.
func (t *texter) gap(c byte) {
	if n := len(t.out); n > 0 && t.out[n-1] != '\n' && (c == '\n' || t.out[n-1] != ' ') {
		t.out = append(t.out, c)
	}
}

// maxPieced bounds the URLs of one file of which it is looked whether they go on behind a blank, and
// maxGaps how many blanks are left out.
const (
	maxPieced = 200
	maxGaps   = 4
)

// pieced tells of the URLs that come about where text that is drawn in pieces is one: nothing but the
// widths of letters tells whether a blank is seen between them.
//
//	(see https://www.exam) Tj 90 0 Td (ple.org/a) Tj
func (f *file) pieced(text []byte) {
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("://"))
		if i < 0 {
			return
		}
		if f.urls++; f.urls > maxPieced {
			f.budget.Over = true
			return
		}
		from := at + i
		at = from + len("://")
		for from > 0 && at-from < 16 && text[from-1] > ' ' {
			from--
		}
		joined := make([]byte, 0, 512)
		for n, gaps := from, 0; n < len(text) && n-from < 512; n++ {
			if text[n] > ' ' {
				joined = append(joined, text[n])
				continue
			}
			if gaps > 0 {
				f.sink.Maybe(string(joined))
			}
			if gaps++; gaps > maxGaps {
				break
			}
		}
		f.sink.Maybe(string(joined))
	}
}

// readNumber reads "-12.5" roughly, and how many bytes it takes.
func readNumber(b []byte) (v float64, n int) {
	sign, scale := 1.0, 0.0
	for ; n < len(b); n++ {
		switch c := b[n]; {
		case c == '-':
			sign = -1
		case c == '+':
		case c == '.':
			scale = 1
		case c >= '0' && c <= '9':
			if v = v*10 + float64(c-'0'); scale > 0 {
				scale *= 10
			}
		default:
			if scale > 1 {
				v /= scale
			}
			return sign * v, n
		}
	}
	if scale > 1 {
		v /= scale
	}
	return sign * v, n
}

// picture tells of a picture: a JPEG as it is, others as rows of samples.
func (f *file) picture(s *stream) {
	raster := Raster{Width: f.number(s, "Width"), Height: f.number(s, "Height"),
		Bits: f.number(s, "BitsPerComponent")}
	if raster.Bits == 0 {
		raster.Bits = 8
	}
	if s.dict.has("ImageMask") {
		raster.Bits = 1
	}
	pixels := raster.Width * raster.Height
	if pixels < minPicture || pixels > maxPicture || raster.Width > 1<<15 || raster.Height > 1<<15 {
		return
	}
	data, last, own := f.plain(s)
	switch last {
	case "JPEG":
		f.sink.JPEG(data)
	case "":
		raster.Data = data
		raster.Colors = max(len(data)*8/(pixels*raster.Bits), 1)
		f.sink.Raster(raster)
	}
	if own {
		f.budget.Free(data)
	}
}

// A code of 21 modules, each of one pixel, is the smallest picture that can be read; the
// largest is what cameras make.
const (
	minPicture = 21 * 21
	maxPicture = 64 << 20
)

// number returns the whole number behind a key, also where it is an object of its own.
func (f *file) number(s *stream, key string) int {
	if ref, ok := reference(s.dict[key]); ok {
		return atoi(trimLeft(f.objects[ref]))
	}
	return s.dict.number(key)
}
