package mime

import (
	"bytes"
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
	SHA256  [32]byte // of the decoded bytes seen; zero for mails within mails too often
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

// File is a part that mail programs offer as a file.
type File struct {
	Kind    Kind
	Sniffed string // media type by content
	Name    string // decoded file name, "" when absent
	Charset string // label, "" when absent
	Data    []byte // decoded; the reader's own again from the visit's end on
}

// PGPMessage begins what OpenPGP has encrypted, written as text (RFC 9580 section 6.2.1).
const PGPMessage = "-----BEGIN PGP MESSAGE"

// attachment records a part that mail programs offer as a file, and shows it to the
// visitor.
func (r *Reader) attachment(e entity, at Place) {
	data, cut, clean, release := r.decode(e)
	defer release()
	r.visitor.File(r.record(e, data, cut, clean, at), at)
	r.otherwise(e, data, clean, at)
}

// record keeps an attachment. data is its content, decoded. When many are kept already,
// it is kept only if it is the first of its kind.
func (r *Reader) record(e entity, data []byte, cut, clean bool, at Place) *File {
	if !clean {
		r.Defect(DefectEncoding, "an attachment whose encoding is broken")
	}
	if cut {
		r.Defect(DefectSize, "an attachment longer than is read")
		r.Skip(UnreadSize, "an attachment longer than is read")
	}
	f := &File{Name: e.name, Charset: e.params["charset"], Data: data}
	f.Sniffed, f.Kind = sniff(data, e.name, e.mediaType)
	if f.Kind == Encrypted || bytes.HasPrefix(bytes.TrimSpace(data), []byte(PGPMessage)) {
		r.Skip(UnreadEncrypted, "an encrypted attachment")
	}
	if r.kinds[f.Kind] && (at.Beyond || len(r.Attachments) >= maxAttached) {
		r.Defect(DefectParts, "more attachments than are kept")
		return f
	}
	if r.kinds == nil {
		r.kinds = make(map[Kind]bool)
	}
	r.kinds[f.Kind] = true
	a := Attachment{
		Name:    e.name,
		Claimed: e.mediaType,
		Sniffed: f.Sniffed,
		Kind:    f.Kind,
		Size:    len(data),
		Cut:     cut || r.bodyCut && endsAt(r.body, e.body),
		Inline:  e.disposition == "inline" || e.disposition == "" && e.head.get("Content-Id") != "",
	}
	if e.encoding != "" || r.spend(len(data)) {
		a.SHA256 = sha256.Sum256(data)
	}
	r.Attachments = append(r.Attachments, a)
	return f
}

// endsAt says whether part is the end of body, so that a cut body cut it too.
func endsAt(body, part []byte) bool {
	return len(part) > 0 && len(body) > 0 && &part[len(part)-1] == &body[len(body)-1]
}
