package content

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
)

// shown is the text of one part as a reader sees it.
type shown struct {
	text   string
	marks  []mark // what HTML itself says about ranges of text
	labels []span // texts of links
	lines  lines  // what each line of text is
}

// A mark is what markup says of text[start:end].
type mark struct {
	start, end int
	kind       lineKind
}

// leaf reads a part that mail programs show as text.
func (p *parser) leaf(e entity, at place) {
	limit := p.textRoom()
	body, cut, clean := decodeTransfer(e.body, e.encoding, limit, nil)
	p.decoded += len(body)
	if cut && len(e.body) > limit {
		p.defect(DefectSize, "a text part longer than is read")
	}
	if !clean {
		p.defect(DefectEncoding, "a text part whose encoding is broken")
	}
	if bytes.IndexByte(body, 0) >= 0 && !isWide(alias(cleanLabel(e.params["charset"]))) {
		p.defect(DefectNUL, "NUL bytes in the text")
	}
	label := e.params["charset"]
	isHTML := e.mediaType == "text/html" || e.mediaType == "text/x-amp-html" ||
		e.mediaType == "text/watch-html"
	if label == "" && isHTML {
		label = metaCharset(body)
	}
	if !p.firstText && !at.foreign {
		p.firstText = true
		p.out.Charset, p.out.Encoding = cleanLabel(e.params["charset"]), e.encoding
	}
	text, note := decodeCharset(body, label)
	if note != "" {
		p.defect(note, charsetDetail(note))
	}
	switch {
	case isHTML:
		p.htmlPart(text, e, at)
	case e.mediaType == "text/enriched" || e.mediaType == "text/richtext":
		p.htmlPart(text, e, at) // its tags are close enough to be stripped alike
	default:
		p.plainPart(text, e, at)
	}
}

func charsetDetail(code string) string {
	switch code {
	case DefectCharset:
		return "a charset that is not known"
	case DefectLabel:
		return "a charset label that does not fit the text"
	}
	return "text that is broken in its own charset"
}

func (p *parser) plainPart(text string, e entity, at place) {
	if !at.foreign {
		p.out.HasPlain = true
	}
	text = p.cleanText(text)
	if !at.foreign && strings.Contains(text, "begin ") {
		text = p.uuFiles(text)
	}
	if strings.EqualFold(e.params["format"], "flowed") {
		text = unflow(text, strings.EqualFold(e.params["delsp"], "yes"))
	}
	s := shown{text: text}
	s.lines = classify(s.text, nil, p.forwardSubject())
	if at.group != nil && !at.named {
		if strings.TrimSpace(text) == "" {
			return
		}
		at.group.plain = true
	}
	p.scanURLs(s, at)
	p.show(s, at)
}

func (p *parser) htmlPart(text string, e entity, at place) {
	if !at.foreign {
		p.out.HasHTML = true
	}
	page := readHTML(text)
	p.out.Hidden += page.hidden
	s := shown{text: page.text, marks: page.marks, labels: page.labels}
	s.lines = classify(s.text, s.marks, p.forwardSubject())
	for _, l := range page.links {
		p.urls.addLink(l, at.foreign || s.lines.quotedAt(l.at), at.file)
	}
	for _, m := range page.mailto {
		p.mailLink(m)
	}
	// what is visible in the HTML counts even when the plain text is preferred
	p.scanURLs(s, at)
	if at.group != nil {
		at.group.html = append(at.group.html, s)
		return
	}
	p.show(s, at)
}

// maxMailLinks bounds Content.MailLinks.
const maxMailLinks = 20

// mailLink keeps the address that a mailto link writes to (RFC 6068).
func (p *parser) mailLink(ref string) {
	addr, _, _ := strings.Cut(ref, "?")
	if plain, err := url.PathUnescape(addr); err == nil {
		addr = plain
	}
	addr = strings.ToLower(strings.TrimSpace(strings.ToValidUTF8(addr, "")))
	if len(p.out.MailLinks) >= maxMailLinks || len(addr) > 320 || !strings.Contains(addr, "@") ||
		slices.Contains(p.out.MailLinks, addr) {
		return
	}
	p.out.MailLinks = append(p.out.MailLinks, addr)
}

// show adds a part's text to the Content and splits off the author's own words.
func (p *parser) show(s shown, at place) {
	if at.file {
		return
	}
	room := p.lim.TextBytes - p.textBytes
	text := s.text
	if len(text) > room {
		text = strings.ToValidUTF8(text[:max(room, 0)], "")
		p.defect(DefectSize, "more text than is kept")
	}
	p.textBytes += len(text)
	p.texts = append(p.texts, text)
	if at.foreign || at.named {
		return
	}
	own, signature := s.lines.own(len(text))
	p.owns = append(p.owns, own)
	if p.out.Signature == "" {
		p.out.Signature = signature
	}
	p.out.Quoted = p.out.Quoted || s.lines.has(kindQuote)
	p.out.Forwarded = p.out.Forwarded || s.lines.has(kindForward)
}

// cleanText makes line ends "\n", drops controls and counts and drops characters
// that take no room and carry no meaning.
func (p *parser) cleanText(text string) string {
	text, hidden := visible(text)
	p.out.Hidden += hidden
	return text
}

// forwardSubject tells whether the subject says that this mail is a forward.
func (p *parser) forwardSubject() bool {
	s := strings.ToLower(strings.TrimSpace(p.out.Subject))
	for _, prefix := range []string{
		"fw:", "fwd:", "fw：", "[fwd:", "wg:", "tr:", "rv:", "転送:", "転送：", "【転送】",
	} {
		if strings.HasPrefix(s, prefix) {
			return true
		}
	}
	return false
}

// unflow joins the soft line breaks of format=flowed text (RFC 3676).
func unflow(text string, delsp bool) string {
	lines := strings.Split(text, "\n")
	var b strings.Builder
	b.Grow(len(text))
	soft, depth := false, 0
	for i, line := range lines {
		d := 0
		for d < len(line) && line[d] == '>' {
			d++
		}
		body := strings.TrimPrefix(line[d:], " ") // space-stuffing
		joined := soft && d == depth && body != "-- "
		if !joined && i > 0 {
			b.WriteByte('\n')
		}
		if !joined && d > 0 {
			b.WriteString(line[:d])
			b.WriteByte(' ')
		}
		soft = strings.HasSuffix(body, " ") && body != "-- "
		depth = d
		if soft && delsp {
			body = body[:len(body)-1]
		}
		b.WriteString(body)
	}
	return b.String()
}
