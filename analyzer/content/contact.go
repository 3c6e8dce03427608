package content

import (
	"net/url"
	"strings"

	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/point"
	"hisseki/analyzer/content/qr"
	"hisseki/analyzer/content/text"
)

// Point is what a reader can act on beside links: a number to call, an account or wallet to
// pay to, an address to write to. Each value is kept once.
type Point struct {
	Kind   PointKind
	Value  string // the same for all spellings
	Shown  string // as it stands in the mail
	Quoted bool   // stands in quoted or forwarded text only, see URL.Quoted
	Typed  bool   // of an address: stands in the author's own text only, neither in Reply-To nor in a link
	InFile bool   // stands in an attached file only
}

// Bounds of Content.Points: those of the mail's own text, and those of its files.
const (
	maxPoints     = 200
	maxFilePoints = 100
)

// addPoint keeps a point, once.
func (p *parser) addPoint(n Point) {
	if p.pointAt == nil {
		p.pointAt = make(map[string]int) // text of nothing but numbers has a million
	}
	i, known := p.pointAt[n.Value]
	switch {
	case known:
		old := &p.out.Points[i]
		old.Quoted, old.InFile = old.Quoted && n.Quoted, old.InFile && n.InFile
		old.Typed = old.Typed && n.Typed
	case n.InFile && p.filePoints >= maxFilePoints:
		// lists of customers are full of numbers
	case len(p.out.Points)-p.filePoints >= maxPoints:
		p.Skip(mime.UnreadLinks, "more numbers to call and accounts than are kept")
	default:
		p.pointAt[n.Value] = len(p.out.Points)
		p.out.Points = append(p.out.Points, n)
		if n.InFile {
			p.filePoints++
		}
	}
}

// findPoints collects the points in text, as scan does the URLs.
func (p *parser) findPoints(src string, lines text.Lines, at mime.Place) {
	point.Find(src, func(h point.Hit) {
		if !at.File && lines.CodeAt(h.At) {
			return
		}
		n := Point{Kind: h.Kind, Value: h.Value, Shown: h.Shown,
			Quoted: foreign(at) || lines.QuotedAt(h.At), InFile: at.File}
		if n.Kind == ToAddress {
			if n.Quoted || n.InFile { // old mail and lists of people are full of them
				return
			}
			n.Typed, n.Shown = true, strings.TrimPrefix(h.Value, "address:")
		}
		p.addPoint(n)
	})
}

// contact keeps what a link to a person leads to: "mailto:a@example.org", "tel:+81312345678".
func (p *parser) contact(scheme, rest string, at mime.Place) {
	rest, _, _ = strings.Cut(rest, "?")
	if plain, err := url.PathUnescape(rest); err == nil {
		rest = plain
	}
	if scheme == "mailto" {
		p.address(rest, foreign(at), at.File)
		return
	}
	if value := point.PhoneValue(rest); value != "" {
		p.addPoint(Point{Kind: Phone, Value: value, Shown: strings.ToValidUTF8(rest[:min(len(rest), 60)], ""),
			Quoted: foreign(at), InFile: at.File})
	}
}

// address keeps an address to write to.
func (p *parser) address(addr string, quoted, file bool) {
	addr = strings.ToLower(strings.TrimSpace(strings.ToValidUTF8(addr, "")))
	if i := strings.LastIndexByte(addr, '@'); i > 0 && i < len(addr)-1 && len(addr) <= 320 {
		p.addPoint(Point{Kind: ToAddress, Value: "address:" + addr, Shown: addr, Quoted: quoted, InFile: file})
	}
}

// picture reads the codes in a picture.
func (p *parser) picture(data []byte, at mime.Place) {
	p.pictures(at, func(r *qr.Reader) []string { return r.Picture(data) })
}

// pictures keeps where the codes lead that read finds.
func (p *parser) pictures(at mime.Place, read func(*qr.Reader) []string) {
	if p.codes == nil {
		p.codes = qr.NewReader()
	}
	if p.OutOfTime() {
		return
	}
	for _, code := range read(p.codes) {
		p.code(code, at)
	}
	if p.codes.Over {
		p.Skip(mime.UnreadSize, "pictures of more pixels than are read")
	}
}

// code keeps where the text of a code leads: mostly it is a URL and nothing else.
func (p *parser) code(code string, at mime.Place) {
	code, _ = mime.Visible(strings.ToValidUTF8(code, ""))
	scheme, rest, _ := strings.Cut(code, ":")
	switch scheme = strings.ToLower(scheme); scheme {
	case "mailto", "tel", "sms", "smsto":
		p.contact(scheme, rest, at)
		return
	case "matmsg": // MATMSG:TO:a@example.org;SUB:...
		to, _, _ := strings.Cut(strings.TrimPrefix(rest, "TO:"), ";")
		p.address(to, foreign(at), at.File)
		return
	}
	if to := link.Resolve("", code); to != "" && !strings.ContainsAny(strings.TrimSpace(code), " \n") {
		p.urls.AddRef(link.Ref{URL: to, Where: link.InCode}, foreign(at), false)
		return
	}
	p.scanRest(code, nil, at) // a card, a sentence
}
