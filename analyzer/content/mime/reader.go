// Package mime reads the form of a mail: its header, the tree of its parts, their
// transfer encodings and charsets, and the files among them. Mail is hostile: every
// parse is bounded in depth, parts, bytes and time, and nothing that goes wrong ends in
// an error. What could be read is kept, and what was wrong is said as a Defect. The
// bounds are of what is kept: a Visitor is shown all of a mail's text, and what truly was
// not read is said as an Unread.
package mime

// Reader reads one mail: first its header, then, part by part, what is in it.
type Reader struct {
	Head
	Attachments []Attachment
	Defects     []Defect
	Unread      []Unread
	Limits      Limits // with the defaults filled in
	Messages    bool   // a mail is attached

	Charset  string // label of the first text part, lower case; "" when absent
	Encoding string // transfer encoding of the first text part, lower case
	Type     string // media type of the top level, lower case

	visitor Visitor
	header  header
	clock   clock

	body      []byte // of the whole mail
	bodyCut   bool   // and it went on
	parts     int
	work      int             // bytes decoded, hashed and scanned again
	shownText int             // bytes of text parts that may be shown
	buffers   [][]byte        // free ones, to decode into
	broken    []stretch       // to be scanned as they stand
	kinds     map[Kind]bool   // kinds among the attachments
	noted     map[string]bool // defect codes already noted
	shown     bool            // a part that is shown has been met
	firstText bool            // the first text part has been met
	late      bool            // the time budget is spent
}

// A Visitor is shown the parts of a mail in the order in which they stand.
type Visitor interface {
	// Text is a part that mail programs show.
	Text(t *Text, at Place)
	// File is a part that mail programs offer as a file, with its decoded content.
	File(f *File, at Place)
	// Link is where the content of a part is found that is not in the mail.
	Link(ref string, at Place)
	// Raw is a stretch of a body whose structure is broken, decoded as far as may be.
	// asText says that nothing else was read of it.
	Raw(t *Text, at Place, asText bool)
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
		r.Skip(UnreadSize, "the body was longer than what was kept")
	}
	root := newEntity(r.header, r.body)
	r.Type = root.mediaType
	r.walk(root, Place{})
	r.scanBroken()
}

// OutOfTime says whether reading must stop.
func (r *Reader) OutOfTime() bool {
	if !r.late && r.clock.spent() {
		r.late = true
		r.Defect(DefectTime, "the time for reading this mail ran out")
		r.Skip(UnreadTime, "the time for reading this mail ran out")
	}
	return r.late
}

// decode undoes a part's transfer encoding. release gives its buffer back: data must not
// be used from then on.
func (r *Reader) decode(e entity) (data []byte, cut, clean bool, release func()) {
	var buf []byte
	switch e.encoding {
	case "base64", "quoted-printable":
		buf = r.buffer()
		fallthrough
	case "x-uuencode":
		if !r.spend(len(e.body)) {
			r.free(buf)
			return nil, false, true, func() {}
		}
	default:
		data, cut, clean = decodeTransfer(e.body, e.encoding, r.Limits.PartBytes, nil)
		return data, cut, clean, func() {}
	}
	data, cut, clean = decodeTransfer(e.body, e.encoding, r.Limits.PartBytes, buf)
	return data, cut, clean, func() { r.free(data) }
}

// own undoes a part's transfer encoding into a buffer that is not used again, for parts
// with other parts inside.
func (r *Reader) own(e entity) (data []byte, cut, clean bool) {
	if e.encoding != "" && !r.spend(len(e.body)) {
		return nil, false, true
	}
	return decodeTransfer(e.body, e.encoding, r.Limits.PartBytes, nil)
}

// buffer takes a free buffer, nil when there is none.
func (r *Reader) buffer() (buf []byte) {
	if n := len(r.buffers); n > 0 {
		buf, r.buffers = r.buffers[n-1], r.buffers[:n-1]
	}
	return buf
}

func (r *Reader) free(buf []byte) {
	if cap(buf) > 0 {
		r.buffers = append(r.buffers, buf[:0])
	}
}
