package mime

import (
	"bytes"
	"strings"
)

// A Place is where in the tree a part stands.
type Place struct {
	Group   *Choice // the multipart/alternative around it
	Foreign bool    // inside an attached message: not the author's own text
	Named   bool    // a file shown in line: text, but not the author's own
	File    bool    // inside an attached file: URLs count, text is not shown
	Base    string  // URL from which the references of a page lead, "" for nowhere
	Beyond  bool    // behind what is kept: only URLs count
	Raw     bool    // found by scanning a broken body

	depth  int
	digest bool // parent is multipart/digest: parts default to message/rfc822
}

// A Choice is one multipart/alternative. Plain text is preferred; HTML waits until the
// end in case there is none.
type Choice struct {
	plain bool
	html  []func()
}

// Plain says that plain text was met.
func (c *Choice) Plain() { c.plain = true }

// Otherwise has show called when the choice ends without plain text.
func (c *Choice) Otherwise(show func()) { c.html = append(c.html, show) }

// walk reads an entity and what is in it. Where the form is broken, what was read
// is kept and the raw bytes are scanned as well.
func (r *Reader) walk(e entity, at Place) {
	if r.OutOfTime() {
		return
	}
	if r.parts++; r.parts > r.Limits.Parts {
		r.Defect(DefectParts, "more parts than are kept")
		at.Beyond = true
	}
	if at.depth > r.Limits.Depth {
		r.Defect(DefectDepth, "parts nested deeper than is read")
		r.Skip(UnreadNesting, "parts nested deeper than is read")
		r.scanLater(e.body, at)
		return
	}
	if e.oddCoding {
		r.Defect(DefectEncoding, "an encoding by a name that not all programs read")
	}
	if !isTransfer(e.encoding) {
		r.Skip(UnreadEncoding, "a part in a transfer encoding that is not known")
	}
	if e.contrary { // programs differ in which of two fields they believe
		r.scanLater(e.body, at)
	}
	if e.base != "" {
		at.Base = e.base
	}
	switch {
	case e.is("multipart"):
		r.multipart(e, at)
	case e.mediaType == "message/partial", e.mediaType == "message/external-body":
		r.elsewhere(e, at)
	case e.mediaType == "message/rfc822", e.mediaType == "message/global",
		e.mediaType == "message/news":
		r.message(e, at)
	case e.mediaType == "application/pkcs7-mime", e.mediaType == "application/x-pkcs7-mime":
		r.smime(e, at)
	case e.attached(), e.name != "" && e.mediaType == "text/html" && r.shown:
		r.attachment(e, at)
	default:
		first := !r.shown
		if e.name != "" && !first { // shown, and offered as a file as well
			r.attachment(e, at)
			at.Named = true
		}
		r.shown = r.shown || !at.Foreign
		r.leaf(e, at)
		if e.name != "" && first {
			r.named(e, at)
		}
	}
}

// elsewhere reads a part whose content is, or goes on, in another mail or at a server (RFC 2046 section
// 5.2.2 and 5.2.3, RFC 2017):
//
//	Content-Type: message/external-body; access-type=URL; URL="https://example.org/a.html"
func (r *Reader) elsewhere(e entity, at Place) {
	if e.mediaType == "message/partial" {
		r.Skip(UnreadNesting, "a part of a mail that comes in several")
	}
	if to := strings.Join(strings.Fields(e.params["url"]), ""); to != "" {
		r.visitor.Link(to, at)
	}
	if site := e.params["site"]; site != "" {
		r.visitor.Link("ftp://"+site+"/"+e.params["name"], at)
	}
	r.attachment(e, at)
}

// named looks at what is shown first and has the name of a file: some programs offer it as one.
func (r *Reader) named(e entity, at Place) {
	switch kindByName(e.name) {
	case "", TextFile, Picture, SignedBy:
		return
	}
	data, _, _, release := r.decode(e)
	defer release()
	f := &File{Name: e.name, Charset: e.params["charset"], Data: data}
	f.Sniffed, f.Kind = sniff(data, e.name, e.mediaType)
	r.visitor.File(f, at)
}

// otherwise reads what a program that is more lenient than others makes of a part: base64 of which
// not all is that, and charsets of which some programs know nothing and show what stands there.
func (r *Reader) otherwise(e entity, decoded []byte, clean bool, at Place) {
	broken := e.encoding == "base64" && !clean
	if label := e.params["charset"]; broken || oddCharset(label) &&
		(!isWide(alias(cleanLabel(label))) || bytes.IndexByte(decoded, 0) >= 0 || has8bit(decoded)) {
		r.scanLater(e.body, at)
	}
	if !broken || !r.spend(len(e.body)) {
		return
	}
	data := anyBase64(r.buffer()[:0], e.body)
	defer r.free(data)
	f := &File{Name: e.name, Data: data}
	switch f.Sniffed, f.Kind = sniff(data, e.name, e.mediaType); {
	case mostlyText(data):
		r.scanRaw(data, at, false)
	case f.Kind != OtherFile:
		r.visitor.File(f, at)
	}
}

// multipart reads the parts of e. One that is itself encoded, which RFC 2045 section 6.4
// forbids, is read both ways, for programs differ.
func (r *Reader) multipart(e entity, at Place) {
	if e.mediaType == "multipart/encrypted" { // RFC 1847 section 2.2
		r.Skip(UnreadEncrypted, "an encrypted mail")
	}
	if e.encoding != "base64" && e.encoding != "quoted-printable" {
		r.tree(e.body, e, at)
		return
	}
	r.Defect(DefectEncoding, "a multipart that is itself encoded")
	decoded, _, _ := r.own(e)
	delim := []byte("--" + e.params["boundary"])
	plain := bytes.Contains(e.body, delim)
	if plain {
		r.tree(e.body, e, at)
	}
	if !plain || bytes.Contains(decoded, delim) && !bytes.Equal(decoded, e.body) {
		at.Beyond = at.Beyond || plain // what it shows was shown
		r.tree(decoded, e, at)
	}
}

// tree reads the parts in the body of a multipart.
func (r *Reader) tree(body []byte, e entity, at Place) {
	if e.conflict {
		r.Defect(DefectBoundary, "the boundary is given twice")
	}
	parts, rest, closed, ok := r.cut(body, e.params["boundary"])
	if !ok {
		r.scanRaw(body, at, true)
		return
	}
	if !closed && rest == nil && !r.bodyCut {
		r.Defect(DefectUnclosed, "a multipart without its final boundary")
	}
	broken := r.noted[DefectBoundary] || r.noted[DefectPartHeader]
	r.branches(parts, e, at)
	switch {
	case r.noted[DefectBoundary] || r.noted[DefectPartHeader] && !broken:
		r.scanLater(body, at)
	case rest != nil:
		r.scanLater(rest, at)
	case goesOn(body, strings.TrimRight(e.params["boundary"], " \t")):
		r.scanLater(body, at)
	}
	if rest != nil && !closed {
		r.Skip(UnreadNesting, "more parts than are taken apart")
	}
}

// cut cuts the body of a multipart at its boundary, or at what looks like one where that is
// missing or too long; ok is false where nothing does. rest and closed are those of split.
func (r *Reader) cut(body []byte, boundary string) (parts [][]byte, rest []byte, closed, ok bool) {
	left := max(maxWalked-r.parts, 0)
	boundary = strings.TrimRight(boundary, " \t")
	if boundary != "" && len(boundary) < 1000 {
		parts, rest, closed = split(body, boundary, left)
	}
	if len(parts) > 0 || blank(body) {
		return parts, rest, closed, true
	}
	r.Defect(DefectBoundary, "a multipart without its boundary")
	if boundary = guessBoundary(body); boundary == "" {
		return nil, nil, false, false
	}
	parts, rest, closed = split(body, boundary, left)
	return parts, rest, closed, true
}

// branches reads the parts of multipart e.
func (r *Reader) branches(parts [][]byte, e entity, at Place) {
	inner := at
	inner.depth++
	inner.digest = e.mediaType == "multipart/digest"
	top := e.mediaType == "multipart/alternative" && at.Group == nil
	if top {
		inner.Group = &Choice{}
	}
	for _, raw := range parts {
		part := r.readPart(raw)
		if inner.digest && !part.typed {
			part.mediaType = "message/rfc822"
		}
		r.walk(part, inner)
	}
	if top && !inner.Group.plain {
		for _, show := range inner.Group.html {
			show()
		}
	}
}

// message reads an attached mail. Programs show it as a file or below the text;
// either way it is not the author's own.
func (r *Reader) message(e entity, at Place) {
	body, cut, clean := r.own(e)
	r.record(e, body, cut, clean, at)
	r.Messages = true
	r.Mail(body, at)
}

// Mail reads a mail that stands inside another one.
func (r *Reader) Mail(raw []byte, at Place) {
	if bytes.HasPrefix(raw, []byte("From ")) || bytes.HasPrefix(raw, []byte(">From ")) {
		_, raw = cutLine(raw) // of an mbox
	}
	if line, rest := cutLine(raw); isCount(line) {
		raw = rest // of Apple's, which begin with their length
	}
	fields, rest, ok := splitFields(raw)
	if !ok {
		r.Defect(DefectHeader, "an attached message's header holds lines that are not fields")
	}
	inner := Place{depth: at.depth + 1, Foreign: true, File: at.File, Beyond: at.Beyond, Base: at.Base}
	r.walk(r.entity(fields, rest), inner)
}
