package content

import (
	"net/url"
	"slices"
	"strings"

	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
)

// File collects the URLs of a file that a reader would follow from it: those of HTML
// pages, shortcuts and calendars.
func (p *parser) File(f *mime.File, at mime.Place) {
	at.File, at.Group, at.Raw = true, nil, false
	switch f.Kind {
	case HTMLFile:
		s, _ := p.page(p.NewText(f.Data, f.Charset, true), at, func(link.Ref) bool { return true })
		p.scanURLs(s, at)
	case Calendar, Shortcut:
		t := p.NewText(f.Data, f.Charset, false)
		for segment, ok := t.Next(); ok; segment, ok = t.Next() {
			segment, _ = mime.Visible(segment)
			if f.Kind == Calendar {
				// RFC 5545 section 3.1: folded lines
				segment = strings.NewReplacer("\n ", "", "\n\t", "", "\\n", "\n").Replace(segment)
			}
			p.scanRest(segment, nil, at)
		}
	}
}

// Bounds of Content.MailLinks: any addresses, and then those of further domains.
const (
	maxMailLinks   = 20
	maxMailDomains = 200
)

// mailLink keeps the address that a mailto link writes to (RFC 6068).
func (p *parser) mailLink(ref string) {
	addr, _, _ := strings.Cut(ref, "?")
	if plain, err := url.PathUnescape(addr); err == nil {
		addr = plain
	}
	addr = strings.ToLower(strings.TrimSpace(strings.ToValidUTF8(addr, "")))
	domain := addr[strings.LastIndexByte(addr, '@')+1:]
	if len(domain) == len(addr) || len(addr) > 320 {
		return
	}
	links := p.out.MailLinks
	alike := func(kept string) bool {
		return kept == addr || len(links) >= maxMailLinks && strings.HasSuffix(kept, "@"+domain)
	}
	switch {
	case slices.ContainsFunc(links, alike):
	case len(links) >= maxMailLinks+maxMailDomains:
		p.Skip(mime.UnreadLinks, "links to write to more domains than are kept")
	default:
		p.out.MailLinks = append(links, addr)
	}
}
