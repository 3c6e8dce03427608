package mime

import (
	"crypto/sha256"
)

// Attachment is one part that a mail program offers as a file.
type Attachment struct {
	Name    string // decoded file name, "" when absent
	Claimed string // media type as labelled, lower case
	Sniffed string // media type by content
	Kind    Kind
	Size    int      // decoded bytes seen (bounded by Limits.PartBytes)
	Cut     bool     // the part went on beyond what was read
	SHA256  [32]byte // of the decoded bytes seen
	Inline  bool
}

// Kind is what an attachment is to the person who opens it.
type Kind string

// Kinds of attachment, the riskier ones first.
const (
	Executable Kind = "executable" // programs and scripts
	DiskImage  Kind = "disk-image"
	Shortcut   Kind = "shortcut" // .lnk, .url and the like
	Macro      Kind = "macro"    // office document with macros
	HTMLFile   Kind = "html"
	Archive    Kind = "archive"
	Encrypted  Kind = "encrypted-archive"
	Message    Kind = "message" // message/rfc822
	Calendar   Kind = "calendar"
	Document   Kind = "document"
	Picture    Kind = "picture"
	SignedBy   Kind = "signature" // a detached signature of OpenPGP or S/MIME
	TextFile   Kind = "text"
	OtherFile  Kind = "other"
)

// attachment records a part that mail programs offer as a file, and shows it to the
// visitor.
func (r *Reader) attachment(e entity, at Place) {
	data, cut, clean := decodeTransfer(e.body, e.encoding, r.Limits.PartBytes, r.scratch)
	if cap(data) > cap(r.scratch) && (e.encoding == "base64" || e.encoding == "quoted-printable") {
		r.scratch = data[:0]
	}
	r.record(e, data, cut, clean)
	if n := len(r.Attachments); n > 0 {
		r.visitor.File(File{r.Attachments[n-1].Kind, e.params["charset"], data}, at)
	}
}

// record keeps an attachment. data is its content, decoded.
func (r *Reader) record(e entity, data []byte, cut, clean bool) {
	if len(r.Attachments) >= maxAttached {
		r.Defect(DefectParts, "more attachments than are kept")
		return
	}
	if !clean {
		r.Defect(DefectEncoding, "an attachment whose encoding is broken")
	}
	if cut {
		r.Defect(DefectSize, "an attachment longer than is read")
	}
	a := Attachment{
		Name:    e.name,
		Claimed: e.mediaType,
		Size:    len(data),
		Cut:     cut || r.bodyCut && endsAt(r.body, e.body),
		SHA256:  sha256.Sum256(data),
		Inline:  e.disposition == "inline" || e.disposition == "" && e.head.Get("Content-Id") != "",
	}
	a.Sniffed, a.Kind = sniff(data, e.name, e.mediaType)
	r.Attachments = append(r.Attachments, a)
}

// endsAt tells whether part is the end of body, so that a cut body cut it too.
func endsAt(body, part []byte) bool {
	return len(part) > 0 && len(body) > 0 && &part[len(part)-1] == &body[len(body)-1]
}
