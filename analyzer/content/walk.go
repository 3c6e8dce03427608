package content

import (
	"bytes"
	"strings"
)

// A place is where in the tree a part stands.
type place struct {
	depth   int
	group   *choice // the multipart/alternative around it
	foreign bool    // inside an attached message: not the author's own text
	named   bool    // a file shown in line: text, but not the author's own
	digest  bool    // parent is multipart/digest: parts default to message/rfc822
	file    bool    // inside an attached file: URLs count, text is not shown
	raw     bool    // found by scanning a broken body
}

// A choice collects the alternatives of one multipart/alternative. Plain text is
// preferred; HTML waits until the end in case there is none.
type choice struct {
	plain bool
	html  []shown
}

// walk reads an entity and what is in it. Where the form is broken, what was read
// is kept and the raw bytes are scanned as well.
func (p *parser) walk(e entity, at place) {
	if p.outOfTime() {
		return
	}
	if p.parts++; p.parts > p.lim.Parts {
		p.defect(DefectParts, "more parts than are read")
		return
	}
	if at.depth > p.lim.Depth {
		p.defect(DefectDepth, "parts nested deeper than is read")
		p.rawScan(e.body, at, false)
		return
	}
	if e.oddCoding {
		p.defect(DefectEncoding, "an encoding by a name that not all programs read")
	}
	switch {
	case e.is("multipart"):
		p.multipart(e, at)
	case e.mediaType == "message/rfc822", e.mediaType == "message/global",
		e.mediaType == "message/news":
		p.message(e, at)
	case e.mediaType == "application/pkcs7-mime", e.mediaType == "application/x-pkcs7-mime":
		p.smime(e, at)
	case e.attached(), e.name != "" && e.mediaType == "text/html" && p.shown:
		p.attachment(e, at)
	default:
		if e.name != "" && p.shown { // shown, and offered as a file as well
			p.attachment(e, at)
			at.named = true
		}
		p.shown = p.shown || !at.foreign
		p.leaf(e, at)
	}
}

func (p *parser) multipart(e entity, at place) {
	body := e.body
	if e.encoding == "base64" || e.encoding == "quoted-printable" {
		p.defect(DefectEncoding, "a multipart that is itself encoded")
		// RFC 2045 section 6.4 forbids it; programs differ, so read both ways
		if !bytes.Contains(body, []byte("--"+e.params["boundary"])) {
			body, _, _ = decodeTransfer(body, e.encoding, min(p.lim.PartBytes, maxWrapped), nil)
		}
	}
	if e.conflict {
		p.defect(DefectBoundary, "the boundary is given twice")
	}
	boundary := strings.TrimRight(e.params["boundary"], " \t")
	left := max(p.lim.Parts-p.parts, 0)
	var parts [][]byte
	var rest []byte
	closed := false
	if boundary != "" && len(boundary) < 1000 {
		parts, rest, closed = split(body, boundary, left)
	}
	if len(parts) == 0 && !blank(body) {
		p.defect(DefectBoundary, "a multipart without its boundary")
		if boundary = guessBoundary(body); boundary == "" {
			p.rawScan(body, at, true)
			return
		}
		parts, rest, closed = split(body, boundary, left)
	}
	if !closed && rest == nil && !p.bodyCut {
		p.defect(DefectUnclosed, "a multipart without its final boundary")
	}
	if rest != nil {
		p.defect(DefectParts, "more parts than are read")
	}
	broken := p.noted[DefectBoundary] || p.noted[DefectPartHeader]
	p.parse(parts, e, at)
	if p.noted[DefectBoundary] || p.noted[DefectPartHeader] && !broken {
		p.rawScan(body, at, false)
	} else if rest != nil {
		p.rawScan(rest, at, false)
	}
}

// smime reads an opaque signature; what is encrypted stays a file.
func (p *parser) smime(e entity, at place) {
	data, cut, clean := decodeTransfer(e.body, e.encoding, min(p.lim.PartBytes, maxWrapped), nil)
	p.record(e, data, cut, clean)
	p.signed(data, at)
}

// parse reads the parts of multipart e.
func (p *parser) parse(parts [][]byte, e entity, at place) {
	inner := at
	inner.depth++
	inner.digest = e.mediaType == "multipart/digest"
	top := e.mediaType == "multipart/alternative" && at.group == nil
	if top {
		inner.group = &choice{}
	}
	for _, raw := range parts {
		part := p.readPart(raw)
		if inner.digest && !part.typed {
			part.mediaType = "message/rfc822"
		}
		p.walk(part, inner)
	}
	if top && !inner.group.plain {
		for _, s := range inner.group.html {
			p.show(s, inner)
		}
	}
}

// message reads an attached mail. Programs show it as a file or below the text;
// either way it is not the author's own.
func (p *parser) message(e entity, at place) {
	body, cut, clean := decodeTransfer(e.body, e.encoding, min(p.lim.PartBytes, maxWrapped), nil)
	p.record(e, body, cut, clean)
	fields, rest, ok := splitFields(body)
	if !ok {
		p.defect(DefectHeader, "an attached message's header holds lines that are no fields")
	}
	p.out.Forwarded = true
	inner := place{depth: at.depth + 1, foreign: true, file: at.file}
	p.walk(newEntity(buildHeader(fields), rest), inner)
}
