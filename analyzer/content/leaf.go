package content

import (
	"io"
	"strings"

	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/text"
)

// shown is the text of one part as a reader sees it: what of it may be kept.
type shown struct {
	text   string
	labels []text.Span // texts of links
	lines  text.Lines  // what each line of text is
}

// Text reads a part that mail programs show.
func (p *parser) Text(t *mime.Text, at mime.Place) {
	if t.HTML {
		p.htmlPart(t, at)
	} else {
		p.plainPart(t, at)
	}
}

func (p *parser) plainPart(t *mime.Text, at mime.Place) {
	if !at.Foreign {
		p.out.HasPlain = true
	}
	plain, hidden := p.plain(t, t.Head(), at)
	p.out.Hidden += hidden
	s := shown{text: plain, lines: text.Classify(plain, nil, p.forward)}
	p.scanURLs(s, at)
	p.blocks(plain, at)
	p.plainRest(t, at)
	if at.Group != nil && !at.Named {
		if strings.TrimSpace(plain) == "" {
			return
		}
		at.Group.Plain()
	}
	p.show(s, at)
}

// plain makes a segment of plain text what a reader sees of it.
func (p *parser) plain(t *mime.Text, segment string, at mime.Place) (plain string, hidden int) {
	plain, hidden = mime.Visible(segment)
	p.otherCodes(plain)
	if strings.Contains(plain, "begin ") {
		plain = p.UUFiles(plain, at)
	}
	if t.Flowed {
		plain = text.Unflow(plain, t.DelSp)
	}
	return plain, hidden
}

// otherCodes says of files that stand in text in codes that mail programs of today seldom undo, and
// others do.
func (p *parser) otherCodes(plain string) {
	if strings.Contains(plain, "=ybegin line=") || strings.Contains(plain, "(This file must be converted with BinHex") {
		p.Skip(mime.UnreadEncoding, "a file in yEnc or BinHex")
	}
}

// plainRest collects the URLs of what is not kept of a plain text.
func (p *parser) plainRest(t *mime.Text, at mime.Place) {
	for segment, ok := t.Next(); ok; segment, ok = t.Next() {
		plain, _ := p.plain(t, segment, at)
		p.scanRest(plain, nil, at)
		p.blocks(plain, at)
	}
}

func (p *parser) htmlPart(t *mime.Text, at mime.Place) {
	if !at.Foreign {
		p.out.HasHTML = true
	}
	s, hidden := p.page(t, at, func(link.Ref) bool { return true })
	p.out.Hidden += hidden
	// what is visible in the HTML counts even when the plain text is preferred
	p.scanURLs(s, at)
	if at.Group != nil {
		at.Named = false // the choice is the text, whatever file name it has
		at.Group.Otherwise(func() { p.show(s, at) })
		return
	}
	p.show(s, at)
}

// page lays out HTML, keeps the URLs that it refers to where wanted, and says of each line
// whose words it is.
func (p *parser) page(t *mime.Text, at mime.Place, wanted func(link.Ref) bool) (shown, int) {
	var refs []*text.Ref // of what is kept: whether they are quoted is only known at the end
	add := func(l *text.Ref, quoted bool) {
		r := link.Ref{URL: l.URL, Where: link.Where(l.Source), Label: l.Label}
		if wanted(r) {
			p.urls.AddRef(r, quoted, at.File)
		}
	}
	keep, src := 0, &segments{next: t.Next}
	if !at.File && !at.Beyond {
		src.left = t.Head()
		keep = len(src.left)
	}
	page := text.ReadHTML(src, text.HTML{
		Keep:    keep,
		Resolve: link.Resolve,
		Contact: func(scheme, ref string) {
			if !at.File && scheme == "mailto" {
				for _, addr := range mailtoAddresses(ref) {
					p.mailLink(addr)
				}
			}
			p.contact(scheme, ref, at)
		},
		Late: p.OutOfTime,
		Base: at.Base,
		File: func(data []byte) { p.inside("", data, at) },
		Over: func() { p.Skip(mime.UnreadNesting, "more in the links or in a word of a page than is read") },
		Grid: func(rows [][]bool) { p.drawn(rows, at) },
		Ref: func(l *text.Ref) {
			if l.At >= 0 {
				refs = append(refs, l)
			} else {
				add(l, foreign(at))
			}
		},
		Rest: func(rest string, labels []text.Span) { p.scanRest(rest, labels, at) },
	})
	s := shown{page.Text, page.Labels, text.Classify(page.Text, page.Marks, p.forward)}
	p.blocks(page.Text, at)
	for _, l := range refs {
		add(l, foreign(at) || s.lines.QuotedAt(l.At))
	}
	return s, page.Hidden
}

// segments reads a text segment by segment.
type segments struct {
	left string
	next func() (string, bool)
}

func (s *segments) Read(b []byte) (int, error) {
	for s.left == "" {
		var ok bool
		if s.left, ok = s.next(); !ok {
			return 0, io.EOF
		}
	}
	n := copy(b, s.left)
	s.left = s.left[n:]
	return n, nil
}

// Link keeps where a part of the mail is that is not in it.
func (p *parser) Link(ref string, at mime.Place) { p.refer(ref, false, at) }

// Raw reads one stretch of a broken body as HTML or plain text.
func (p *parser) Raw(t *mime.Text, at mime.Place, asText bool) {
	var s shown
	if t.HTML {
		s, _ = p.page(t, at, func(r link.Ref) bool { return !p.urls.Known(r.URL) })
	} else {
		s.text, _ = mime.Visible(t.Head())
		s.lines = text.Classify(s.text, nil, p.forward)
	}
	p.scanURLs(s, at)
	if !t.HTML {
		p.plainRest(t, at)
	}
	if asText {
		p.show(s, at)
	}
}

// foreign says whether what stands at a place is of an attached mail that is shown with this
// one. A mail in a file is the sender's choice, as any other file.
func foreign(at mime.Place) bool { return at.Foreign && !at.File }

// scanURLs collects the URLs in a part's text.
func (p *parser) scanURLs(s shown, at mime.Place) {
	p.scan(s.text, s.labels, s.lines, at)
}

// scanRest collects the URLs in text that is not kept. Nobody has looked whose words it is:
// it counts as the author's own.
func (p *parser) scanRest(rest string, labels []text.Span, at mime.Place) {
	if !p.OutOfTime() {
		p.scan(rest, labels, nil, at)
	}
}

// scan collects the URLs in text. labels are the texts of links in it, in order; lines say
// whose words it is, if somebody has looked.
func (p *parser) scan(src string, labels []text.Span, lines text.Lines, at mime.Place) {
	p.armored(src, lines)
	if !at.Raw {
		p.findPoints(src, lines, at)
	}
	where := link.InText
	if at.Raw {
		where = link.InRaw
	}
	link.Find(src, func(h link.Hit) {
		for len(labels) > 0 && labels[0].End <= h.At {
			labels = labels[1:]
		}
		switch {
		case len(labels) > 0 && labels[0].Start <= h.At:
			// the text of a link does not lead where it says
		case at.Raw && h.Bare:
			// headers are full of host names
		case h.Bare && (at.File || lines.CodeAt(h.At)):
			// files and code too
		case at.File:
			p.urls.AddFile(h, foreign(at))
		default:
			p.urls.AddText(h, where, foreign(at) || lines.QuotedAt(h.At))
		}
	})
}

// armored notes that text holds what is encrypted with OpenPGP, if the author put it there and
// no older mail that is quoted (RFC 9580 section 6.2.1):
//
//	-----BEGIN PGP MESSAGE-----
func (p *parser) armored(src string, lines text.Lines) {
	for at := 0; ; at += len(mime.PGPMessage) {
		i := strings.Index(src[at:], mime.PGPMessage)
		if i < 0 {
			return
		}
		at += i
		before := strings.TrimRight(src[:at], " \t\u00a0")
		if (before == "" || strings.HasSuffix(before, "\n")) && !lines.QuotedAt(at) {
			p.Skip(mime.UnreadEncrypted, "text that is encrypted with OpenPGP")
			return
		}
	}
}

// show adds a part's text to the Content and splits off the author's own words.
func (p *parser) show(s shown, at mime.Place) {
	if at.File || at.Beyond {
		return
	}
	room := p.Limits.TextBytes - p.textBytes
	all := s.text
	if len(all) > room {
		all = strings.ToValidUTF8(all[:max(room, 0)], "")
		p.Defect(mime.DefectSize, "more text than is kept")
	}
	p.textBytes += len(all)
	p.texts = append(p.texts, all)
	if foreign(at) || at.Named {
		return
	}
	own, signature := s.lines.Own(len(all))
	p.owns = append(p.owns, own)
	if p.out.Signature == "" {
		p.out.Signature = signature
	}
	p.out.Quoted = p.out.Quoted || s.lines.Quoted()
	p.out.Forwarded = p.out.Forwarded || s.lines.Forwarded()
}
