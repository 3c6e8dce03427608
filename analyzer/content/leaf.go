package content

import (
	"net/url"
	"slices"
	"strings"

	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/text"
)

// shown is the text of one part as a reader sees it.
type shown struct {
	text   string
	labels []text.Span // texts of links
	lines  text.Lines  // what each line of text is
}

// Text reads a part that mail programs show.
func (p *parser) Text(t mime.Text, at mime.Place) {
	if t.HTML {
		p.htmlPart(t.Text, at)
	} else {
		p.plainPart(t, at)
	}
}

func (p *parser) plainPart(t mime.Text, at mime.Place) {
	if !at.Foreign {
		p.out.HasPlain = true
	}
	plain, hidden := mime.Visible(t.Text)
	p.out.Hidden += hidden
	if !at.Foreign && strings.Contains(plain, "begin ") {
		plain = p.UUFiles(plain)
	}
	if t.Flowed {
		plain = text.Unflow(plain, t.DelSp)
	}
	s := shown{text: plain, lines: text.Classify(plain, nil, p.forward)}
	if at.Group != nil && !at.Named {
		if strings.TrimSpace(plain) == "" {
			return
		}
		at.Group.Plain()
	}
	p.scanURLs(s, at)
	p.show(s, at)
}

func (p *parser) htmlPart(src string, at mime.Place) {
	if !at.Foreign {
		p.out.HasHTML = true
	}
	s, page := p.page(src)
	p.out.Hidden += page.Hidden
	for _, r := range page.Refs {
		p.urls.AddRef(refOf(r), at.Foreign || s.lines.QuotedAt(r.At), at.File)
	}
	for _, m := range page.Mailto {
		p.mailLink(m)
	}
	// what is visible in the HTML counts even when the plain text is preferred
	p.scanURLs(s, at)
	if at.Group != nil {
		at.Named = false // the choice is the text, whatever file name it has
		at.Group.Otherwise(func() { p.show(s, at) })
		return
	}
	p.show(s, at)
}

// page lays out HTML and says of each line whose words it is.
func (p *parser) page(src string) (shown, text.Page) {
	page := text.ReadHTML(src, link.Resolve)
	return shown{page.Text, page.Labels, text.Classify(page.Text, page.Marks, p.forward)}, page
}

func refOf(r text.Ref) link.Ref {
	return link.Ref{URL: r.URL, Where: link.Where(r.Source), Label: r.Label}
}

// Raw reads one stretch of a broken body as HTML or plain text.
func (p *parser) Raw(raw string, at mime.Place, asText bool) {
	var s shown
	if text.HasTags(raw) {
		var page text.Page
		s, page = p.page(raw)
		for _, r := range page.Refs {
			if !p.urls.Known(r.URL) {
				p.urls.AddRef(refOf(r), at.Foreign || s.lines.QuotedAt(r.At), at.File)
			}
		}
	} else {
		s.text, _ = mime.Visible(raw)
		s.lines = text.Classify(s.text, nil, p.forward)
	}
	p.scanURLs(s, at)
	if asText {
		p.show(s, at)
	}
}

// scanURLs collects the URLs in a part's text.
func (p *parser) scanURLs(s shown, at mime.Place) {
	where := link.InText
	if at.Raw {
		where = link.InRaw
	}
	labels := s.labels // in order, as the hits are
	p.urls.Scan(s.text, func(h link.Hit) {
		for len(labels) > 0 && labels[0].End <= h.At {
			labels = labels[1:]
		}
		if len(labels) > 0 && labels[0].Start <= h.At {
			return // the text of a link does not lead where it says
		}
		if at.Raw && h.Bare && !mime.HasFold(s.text[h.At:], "www.") {
			return // headers and code are full of host names
		}
		p.urls.AddText(h, where, at.Foreign || s.lines.QuotedAt(h.At))
	})
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
func (p *parser) show(s shown, at mime.Place) {
	if at.File {
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
	if at.Foreign || at.Named {
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
