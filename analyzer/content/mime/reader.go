// Package mime reads the form of a mail: its header, the tree of its parts, their
// transfer encodings and charsets, and the files among them. Mail is hostile: every
// parse is bounded in depth, parts, bytes and time, and nothing that goes wrong ends in
// an error. What could be read is kept, and what was wrong is said as a Defect.
package mime

import "github.com/emersion/go-message"

// Reader reads one mail: first its header, then, part by part, what is in it.
type Reader struct {
	Head
	Attachments []Attachment
	Defects     []Defect
	Limits      Limits // with the defaults filled in
	Messages    bool   // a mail is attached

	Charset  string // label of the first text part, lower case; "" when absent
	Encoding string // transfer encoding of the first text part, lower case
	Type     string // media type of the top level, lower case

	visitor Visitor
	header  message.Header
	clock   clock

	body      []byte // of the whole mail
	bodyCut   bool   // and it went on
	parts     int
	decoded   int             // bytes of text parts decoded
	scanned   int             // bytes of broken bodies scanned
	scratch   []byte          // the buffer that attachments are decoded into, one by one
	noted     map[string]bool // defect codes already noted
	shown     bool            // a part that is shown has been met
	firstText bool            // the first text part has been met
	late      bool            // the time budget is spent
}

// A Visitor is shown the parts of a mail in the order in which they stand.
type Visitor interface {
	// Text is a part that mail programs show.
	Text(t Text, at Place)
	// File is a part that mail programs offer as a file, with its decoded content.
	File(f File, at Place)
	// Raw is a stretch of a body whose structure is broken, decoded as far as may be.
	// asText says that nothing else was read of it.
	Raw(text string, at Place, asText bool)
}

// Text is a part that mail programs show.
type Text struct {
	Text   string // valid UTF-8
	HTML   bool   // or text/enriched, whose tags are close enough to be stripped alike
	Flowed bool   // format=flowed (RFC 3676)
	DelSp  bool   // delsp=yes
}

// File is a part that mail programs offer as a file.
type File struct {
	Kind    Kind
	Charset string // label, "" when absent
	Data    []byte // decoded, the reader's own from the visit's end on
}

// NewReader reads the header of a mail within limits.
func NewReader(src Source, lim Limits) *Reader {
	lim = lim.withDefaults()
	r := &Reader{Limits: lim, clock: newClock(lim)}
	r.body, r.bodyCut = src.Body, src.BodySize > int64(len(src.Body))
	r.header = r.readHead(src)
	return r
}

// Walk shows the parts of the mail to v. Equal input gives equal visits unless the time
// budget runs out.
func (r *Reader) Walk(v Visitor) {
	r.visitor = v
	if r.bodyCut {
		r.Defect(DefectCut, "the body was longer than what was kept")
	}
	root := newEntity(r.header, r.body)
	r.Type = root.mediaType
	r.walk(root, Place{})
}

// outOfTime tells whether the walk must stop.
func (r *Reader) outOfTime() bool {
	if !r.late && r.clock.spent() {
		r.late = true
		r.Defect(DefectTime, "the time for reading this mail ran out")
	}
	return r.late
}

// textRoom is how many bytes of the next text part may be decoded.
func (r *Reader) textRoom() int {
	part := min(r.Limits.PartBytes, r.Limits.TextBytes*textFactor, maxTextPart)
	return max(0, min(part, maxTextAll-r.decoded))
}

// Within cuts a file's data to what of it may be read as text.
func (r *Reader) Within(data []byte) []byte {
	if room := r.textRoom(); len(data) > room {
		data = data[:room]
	}
	r.decoded += len(data)
	return data
}
