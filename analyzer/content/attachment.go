package content

import (
	"crypto/sha256"
	"strings"
)

// attachment records a part that mail programs offer as a file, and looks into the
// kinds of file that carry links: HTML pages, shortcuts, calendars.
func (p *parser) attachment(e entity, at place) {
	data, cut, clean := decodeTransfer(e.body, e.encoding, p.lim.PartBytes, p.scratch)
	if cap(data) > cap(p.scratch) && (e.encoding == "base64" || e.encoding == "quoted-printable") {
		p.scratch = data[:0]
	}
	p.record(e, data, cut, clean)
	if n := len(p.out.Attachments); n > 0 {
		p.lookInside(data, e, p.out.Attachments[n-1].Kind, at)
	}
}

// record keeps an attachment. data is its content, decoded.
func (p *parser) record(e entity, data []byte, cut, clean bool) {
	if len(p.out.Attachments) >= maxAttached {
		p.defect(DefectParts, "more attachments than are kept")
		return
	}
	if !clean {
		p.defect(DefectEncoding, "an attachment whose encoding is broken")
	}
	if cut {
		p.defect(DefectSize, "an attachment longer than is read")
	}
	a := Attachment{
		Name:    e.name,
		Claimed: e.mediaType,
		Size:    len(data),
		Cut:     cut || p.bodyCut && endsAt(p.body, e.body),
		SHA256:  sha256.Sum256(data),
		Inline:  e.disposition == "inline" || e.disposition == "" && e.head.Get("Content-Id") != "",
	}
	a.Sniffed, a.Kind = sniff(data, e.name, e.mediaType)
	p.out.Attachments = append(p.out.Attachments, a)
}

// endsAt tells whether part is the end of body, so that a cut body cut it too.
func endsAt(body, part []byte) bool {
	return len(part) > 0 && len(body) > 0 && &part[len(part)-1] == &body[len(body)-1]
}

// lookInside collects the URLs of a file that a reader would follow from it.
func (p *parser) lookInside(data []byte, e entity, kind Kind, at place) {
	at.file, at.group = true, nil
	if kind != HTMLFile && kind != Calendar && kind != Shortcut {
		return
	}
	if room := p.textRoom(); len(data) > room {
		data = data[:room]
	}
	p.decoded += len(data)
	switch kind {
	case HTMLFile:
		text, _ := decodeCharset(data, orElse(e.params["charset"], metaCharset(data)))
		page := readHTML(text)
		for _, l := range page.links {
			p.urls.addLink(l, at.foreign, true)
		}
		p.fileURLs(page.text, at)
	case Calendar, Shortcut:
		text, _ := decodeCharset(data, e.params["charset"])
		text, _ = visible(text)
		if kind == Calendar {
			// RFC 5545 section 3.1: folded lines
			text = strings.NewReplacer("\n ", "", "\n\t", "", "\\n", "\n").Replace(text)
		}
		p.fileURLs(text, at)
	}
}

// fileURLs collects the URLs in a file's text.
func (p *parser) fileURLs(text string, at place) {
	findURLs(text, p.lim.URLs, func(h hit) {
		if p.urls.known[h.raw] {
			return
		}
		p.urls.addText(h, InText, at.foreign)
		if n := len(p.urls.list); n > 0 && p.urls.list[n-1].Raw == h.raw {
			p.urls.list[n-1].InFile = true
		}
	})
}

func orElse(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
