// Package pdf finds what a reader of a PDF file can act on: targets of links, scripts, text,
// pictures and files in it (ISO 32000-1). It trusts nothing that says where things stand: no
// cross-reference table, no tree of pages, no length. The whole file is searched for
// dictionaries and streams, so that broken files that viewers repair are read, loops do not
// exist, and what earlier versions of the file held counts as well. Streams are unpacked
// within a budget.
package pdf

import (
	"bytes"
	"strings"

	"hisseki/analyzer/content/inflate"
)

// Sink is told what is in a file. Bytes that it is given are only valid during the call.
type Sink struct {
	Link   func(uri string)                      // where an action or annotation leads, as written
	Text   func(text string)                     // what a reader sees, or a script
	Maybe  func(text string)                     // a URL that may be seen: told to rules only
	JPEG   func(data []byte)                     // a picture
	Raster func(Raster)                          // a picture without a format of its own
	File   func(data []byte)                     // an embedded file
	Decode func(b []byte, charset string) string // decodes text of a charset
}

// A Raster is a picture as rows of samples.
type Raster struct {
	Width, Height int
	Bits          int // of a sample: 1, 2, 4 or 8
	Colors        int // samples of a pixel; 1 is grey or a palette
	Data          []byte
}

// Bounds of what is looked at in one file.
const (
	maxStreams = 20000    // streams; a book of a thousand pages has 5000
	maxObjects = 100000   // objects that are found by their number
	maxFonts   = 2000     // fonts whose letters are known
	maxDict    = 16 << 10 // bytes of one dictionary
)

// Is says whether viewers open a file as PDF: they look for its mark in the first 1024 bytes
// (implementation note 13 of the PDF reference 1.7).
func Is(data []byte) bool { return bytes.Contains(data[:min(len(data), 1024)], []byte("%PDF-")) }

// Read searches a file. encrypted says that its texts need a password, or that some could not be
// decrypted.
func Read(data []byte, budget *inflate.Budget, sink Sink) (encrypted bool) {
	f := &file{data: data, budget: budget, sink: sink, objects: make(map[int][]byte),
		byNumber: make(map[int]*stream), fonts: make(map[string][]*font),
		pairs: make(map[fontRef]bool), loaded: make(map[int]*font), wholes: make(map[int]int)}
	f.index(data)
	f.findStreams()
	if f.encrypted = f.hasKey(data); f.encrypted {
		if f.lock = f.unlock(); f.lock == nil {
			// strings and streams are noise; links of an earlier version may stand in the clear
			f.values(data)
			return true
		}
		f.decipher()
	}
	packed := [][]byte{data}
	for i := range f.streams {
		if s := &f.streams[i]; s.kind == objectStream {
			plain, _, _ := f.plain(s)
			f.indexPacked(s, plain)
			packed = append(packed, plain) // kept: objects lie in it
		}
	}
	for i, part := range packed {
		f.packed = i > 0
		f.values(part)
		f.fontsIn(part)
	}
	for _, ref := range f.targets {
		at, whole := f.wholes[ref]
		f.packed = !whole
		f.value("URI", f.objects[ref], at)
	}
	f.contents()
	return f.noise
}

// file is the state of reading one file.
type file struct {
	data       []byte
	budget     *inflate.Budget
	sink       Sink
	encrypted  bool
	lock       *lock       // opened by the empty password; nil for none
	deciphered int         // strings
	noise      bool        // something could not be decrypted
	starts     []objectID  // where objects begin, rising
	wholes     map[int]int // where objects that stand in the file itself begin, by number
	packed     bool        // what is read stands in a stream: its strings are in clear
	streams    []stream
	objects    map[int][]byte  // what follows "N G obj", to the end of what it stands in
	byNumber   map[int]*stream // streams by the number of their object
	numbers    []int           // of the streams' objects, -1 for none
	targets    []int           // objects that hold the target of a link
	fonts      map[string][]*font
	pairs      map[fontRef]bool // names of fonts that were looked up
	loaded     map[int]*font
	looks      int    // names that were looked at for fonts
	read       int    // bytes of strings that were read
	buffer     []byte // the last one
	shown      []byte // text of the last stream
	urls       int    // that were drawn
	formRead   bool
}

// hasKey says whether a trailer names a key: "/Encrypt 12 0 R".
func (f *file) hasKey(data []byte) bool {
	for {
		i := bytes.Index(data, []byte("/Encrypt"))
		if i < 0 {
			return false
		}
		data = data[i+len("/Encrypt"):]
		rest := bytes.TrimLeft(data[:min(len(data), 100)], blanks)
		if len(rest) > 0 && (rest[0] == '<' || rest[0] >= '0' && rest[0] <= '9') {
			return true
		}
	}
}

// index notes where objects begin: "12 0 obj". Later ones replace earlier ones, as updates do.
func (f *file) index(data []byte) {
	for at := 0; ; {
		i := bytes.Index(data[at:], []byte("obj"))
		if i < 0 {
			return
		}
		at += i + 3
		number, ok := numberBefore(data[:at-3])
		if !ok {
			continue
		}
		if _, known := f.objects[number]; !known && len(f.objects) >= maxObjects {
			f.budget.Over = true
			return
		}
		f.objects[number] = data[at:]
		f.wholes[number] = at
		if len(f.starts) < maxObjects {
			f.starts = append(f.starts, objectID{at, number, generationBefore(data[:at-3])})
		}
	}
}

// generationBefore reads the second number in front of "obj".
func generationBefore(b []byte) int {
	b = bytes.TrimRight(b[max(0, len(b)-30):], blanks)
	return atoi(b[len(bytes.TrimRight(b, digits)):])
}

// numberBefore reads the number of an object in front of "obj": "12 0 ".
func numberBefore(b []byte) (number int, ok bool) {
	b = b[max(0, len(b)-30):]
	b = bytes.TrimRight(b, blanks)
	generation := len(b) - len(bytes.TrimRight(b, digits))
	if generation == 0 {
		return 0, false
	}
	b = bytes.TrimRight(b[:len(b)-generation], blanks)
	first := len(bytes.TrimRight(b, digits))
	if first == len(b) || len(b)-first > 9 {
		return 0, false
	}
	return atoi(b[first:]), true
}

// indexPacked notes the objects of an object stream (7.5.7): pairs of number and offset, then
// from /First on the objects.
func (f *file) indexPacked(s *stream, plain []byte) {
	first := s.dict.number("First")
	if first <= 0 || first > len(plain) {
		return
	}
	words := bytes.Fields(plain[:first])
	for i := 0; i+1 < len(words); i += 2 {
		number, at := atoi(words[i]), first+atoi(words[i+1])
		if at < first || at >= len(plain) {
			continue
		}
		if _, known := f.objects[number]; known || len(f.objects) >= maxObjects {
			continue
		}
		f.objects[number] = plain[at:]
	}
}

// values looks for the keys whose values people act on, wherever they stand.
func (f *file) values(data []byte) {
	for at := 0; ; {
		i := bytes.IndexByte(data[at:], '/')
		if i < 0 {
			return
		}
		at += i + 1
		if at >= len(data) || interesting[data[at]] == 0 {
			continue
		}
		key, n := readName(data[at:])
		switch string(key) {
		case "URI", "JS", "F", "UF", "Contents", "V", "RC", "TU", "Base":
			at += n
			f.value(string(key), data[at:], at)
		case "XFA":
			f.form(data[at+n:])
		}
	}
}

// interesting are the bytes that keys of values begin with; '#' begins an escaped one.
var interesting = [256]byte{'U': 1, 'J': 1, 'F': 1, 'C': 1, 'V': 1, 'R': 1, 'T': 1, 'B': 1, 'X': 1, '#': 1}

// value tells of the value of a key, a string or a reference to one, which stands at a place of the
// file.
func (f *file) value(key string, data []byte, at int) {
	data = trimLeft(data)
	if len(data) == 0 {
		return
	}
	if data[0] >= '0' && data[0] <= '9' {
		if ref, ok := reference(data); ok && key == "URI" && len(f.targets) < maxStreams {
			f.targets = append(f.targets, ref)
		}
		return
	}
	if f.read > 4*len(f.data)+1<<20 { // strings within strings
		f.budget.Over = true
		return
	}
	raw, n, ok := readString(data, f.buffer)
	f.read, f.buffer = f.read+n, raw
	if ok && !f.packed {
		raw = f.clear(raw, at, key == "URI" || key == "Base" || key == "JS")
	}
	if !ok || len(raw) == 0 || f.encrypted && !f.packed && !readable(raw) {
		return
	}
	text := f.textString(raw)
	switch key {
	case "URI", "Base":
		f.sink.Link(text)
	case "F", "UF": // a file, or where one lies
		if strings.Contains(text, "://") || strings.HasPrefix(text, `\\`) {
			f.sink.Link(text)
		}
	default:
		f.sink.Text(text)
	}
}

// mostlyText says whether bytes are of a text rather than noise.
func mostlyText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' || c >= 0x7f {
			return false
		}
	}
	return true
}

// textString decodes a string of a dictionary (7.9.2.2): UTF-16 or UTF-8 behind a mark, else
// nearly Latin-1.
func (f *file) textString(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte("\xfe\xff")), bytes.HasPrefix(raw, []byte("\xff\xfe")):
		return f.sink.Decode(raw, "utf-16")
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		return f.sink.Decode(raw[3:], "utf-8")
	case mostlyText(raw):
		return string(raw)
	}
	return f.sink.Decode(raw, "")
}
