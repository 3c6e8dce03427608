package content

import (
	"cmp"
	"strings"

	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/text"
)

// File collects the URLs of a file that a reader would follow from it: those of HTML
// pages, shortcuts and calendars.
func (p *parser) File(f mime.File, at mime.Place) {
	switch f.Kind {
	case HTMLFile:
		data := p.Within(f.Data)
		src, _ := mime.DecodeCharset(data, cmp.Or(f.Charset, mime.MetaCharset(data)))
		page := text.ReadHTML(src, link.Resolve)
		for _, r := range page.Refs {
			p.urls.AddRef(refOf(r), at.Foreign, true)
		}
		p.fileURLs(page.Text, at)
	case Calendar, Shortcut:
		src, _ := mime.DecodeCharset(p.Within(f.Data), f.Charset)
		src, _ = mime.Visible(src)
		if f.Kind == Calendar {
			// RFC 5545 section 3.1: folded lines
			src = strings.NewReplacer("\n ", "", "\n\t", "", "\\n", "\n").Replace(src)
		}
		p.fileURLs(src, at)
	}
}

// fileURLs collects the URLs in a file's text.
func (p *parser) fileURLs(src string, at mime.Place) {
	link.Find(src, p.Limits.URLs, func(h link.Hit) { p.urls.AddFile(h, at.Foreign) })
}
