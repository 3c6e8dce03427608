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
	Typed  bool   // of an address: stands in the author's own text or in a code only, neither in Reply-To nor in a link
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
	if scheme == "mailto" {
		for _, addr := range mailtoAddresses(rest) {
			p.address(addr, Point{Quoted: foreign(at), InFile: at.File})
		}
		return
	}
	p.phone(rest, at)
}

// mailtoAddresses returns whom a mailto link writes to, its scheme cut off (RFC 6068 section 2):
//
//	a@example.org,b@example.org?cc=c%40example.org&subject=x
func mailtoAddresses(rest string) (list []string) {
	to, query, _ := strings.Cut(rest, "?")
	list = strings.Split(to, ",")
	for field := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(field, "=")
		if name = strings.ToLower(name); name == "to" || name == "cc" || name == "bcc" {
			list = append(list, strings.Split(value, ",")...)
		}
		if len(list) > maxPoints {
			break
		}
	}
	for i, addr := range list {
		if plain, err := url.PathUnescape(addr); err == nil {
			list[i] = plain
		}
	}
	return list
}

// phone keeps the number of a link to call: "+81-3-1234-5678".
func (p *parser) phone(number string, at mime.Place) {
	number, _, _ = strings.Cut(number, "?")
	if plain, err := url.PathUnescape(number); err == nil {
		number = plain
	}
	if value := point.PhoneValue(number); value != "" {
		p.addPoint(Point{Kind: Phone, Value: value, Shown: strings.ToValidUTF8(number[:min(len(number), 60)], ""),
			Quoted: foreign(at), InFile: at.File})
	}
}

// address keeps an address to write to, as a point whose value and kind are to be filled in.
func (p *parser) address(addr string, n Point) {
	addr = strings.ToLower(strings.TrimSpace(strings.ToValidUTF8(addr, "")))
	if i := strings.LastIndexByte(addr, '@'); i > 0 && i < len(addr)-1 && len(addr) <= 320 {
		n.Kind, n.Value, n.Shown = ToAddress, "address:"+addr, addr
		p.addPoint(n)
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
		p.Skip(mime.UnreadSize, "pictures of more pixels or frames than are read")
	}
}

// code keeps where the text of a code leads: mostly it is a URL and nothing else.
func (p *parser) code(code string, at mime.Place) {
	code, _ = mime.Visible(strings.ToValidUTF8(code, ""))
	scheme, rest, _ := strings.Cut(code, ":")
	switch scheme = strings.ToLower(scheme); scheme {
	case "mailto": // whoever draws a code asks to write there, in whichever file it stands
		for _, addr := range mailtoAddresses(rest) {
			p.address(addr, Point{Quoted: foreign(at), Typed: true})
		}
		return
	case "matmsg": // MATMSG:TO:a@example.org;SUB:...
		to, _, _ := strings.Cut(rest[min(len(rest), len("TO:")):], ";")
		p.address(to, Point{Quoted: foreign(at), Typed: true})
		return
	case "tel", "sms", "smsto":
		at.File = false
		p.phone(rest, at)
		return
	}
	if to := link.Resolve("", code); to != "" && !strings.ContainsAny(strings.TrimSpace(code), " \n") {
		p.urls.AddRef(link.Ref{URL: to, Where: link.InCode}, foreign(at), false)
		return
	}
	p.scanRest(code, nil, at) // a card, a sentence
}
