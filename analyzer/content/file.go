package content

import (
	"bytes"
	"slices"
	"strings"

	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/pack"
	"hisseki/analyzer/content/pdf"
	"hisseki/analyzer/content/text"
)

// File collects the URLs of a file that a reader would follow from it. What it is read as
// its content decides, for programs open a file by its name or by what they find in it, and
// the label is the sender's to choose: mails, pages, shortcuts, calendars, cards, and whatever
// is text.
func (p *parser) File(f *mime.File, at mime.Place) {
	at.File, at.Group, at.Raw = true, nil, false
	switch {
	case f.Sniffed == mime.MailType:
		for _, one := range mailsIn(bytes.Clone(f.Data)) { // whose parts outlive this visit
			p.Mail(one, at)
		}
	case f.Kind == HTMLFile:
		data, all := text.Expanded(f.Data)
		if !all {
			p.Skip(mime.UnreadEncoding, "a page with more entities of its own than are read")
		}
		p.pageFile(p.NewText(data, f.Charset, true), at)
		p.xml(data, at)
		if hasScript(f.Data) {
			p.scripts(p.NewText(f.Data, f.Charset, false), at)
		}
	case f.Kind == Shortcut, isRemoteDesktop(f.Data):
		p.shortcut(f, at)
	case f.Kind == Calendar, f.Sniffed == "text/calendar", f.Sniffed == "text/vcard":
		p.card(f, at)
	case f.Sniffed == "application/rtf":
		p.rich(f.Data, at)
	case strings.HasPrefix(f.Sniffed, "text/"), f.Sniffed == "application/postscript":
		p.textFile(f, at)
	default:
		p.opaque(f, at)
	}
	if strings.HasPrefix(f.Sniffed, "image/") {
		p.picture(f.Data, at)
	}
	// whatever else it is, programs open it as these too
	if pdf.Is(f.Data) {
		p.pdfFile(f.Data, at)
	}
	if pack.Is(f.Data) {
		p.packed(f.Data, at)
	}
}

// pageFile collects the URLs of a page.
func (p *parser) pageFile(t *mime.Text, at mime.Place) {
	s, _ := p.page(t, at, func(link.Ref) bool { return true })
	p.scanURLs(s, at)
}

// slashes undoes what scripts write for the slashes of a URL: "https:\/\/example.org\/".
var slashes = strings.NewReplacer(`\/`, "/")

// scripts collects the URLs in the scripts of a page that a browser opens, which runs them:
//
//	<script>location.href = "https://example.org/"</script>
func (p *parser) scripts(t *mime.Text, at mime.Place) {
	inside := false
	for segment, ok := t.Next(); ok; segment, ok = t.Next() {
		for segment != "" {
			mark := "<script"
			if inside {
				mark = "</script"
			}
			end := indexTag(segment, mark)
			text := segment
			if segment = ""; end >= 0 {
				text, segment = text[:end], text[end+len(mark):]
			}
			if inside {
				p.scanRest(slashes.Replace(text), nil, at)
				p.coded(text, at)
			}
			if end >= 0 {
				inside = !inside
			}
		}
	}
}

// hasScript says whether a page may have a script, so that others are read once only. Pages of
// two bytes a letter may.
func hasScript(data []byte) bool {
	const tag = "<script"
	for rest := data; ; rest = rest[1:] {
		i := bytes.IndexByte(rest, '<')
		if i < 0 || len(rest)-i < len(tag) {
			return false
		}
		if rest = rest[i:]; rest[1] == 0 || bytes.EqualFold(rest[:len(tag)], []byte(tag)) {
			return true
		}
	}
}

// indexTag returns where a tag begins, in capitals or not, -1 for nowhere.
func indexTag(s, tag string) int {
	for at := 0; ; at++ {
		i := strings.IndexByte(s[at:], '<')
		if i < 0 {
			return -1
		}
		if at += i; mime.HasFold(s[at:], tag) {
			return at
		}
	}
}

// unfolded undoes the folding of lines and the escapes of values in calendars (RFC 5545
// sections 3.1 and 3.3.11) and cards (RFC 6350 sections 3.2 and 3.4).
var unfolded = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "",
	`\\`, `\`, `\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\:`, ":") // the last by some address books

// card collects the URLs of a calendar or a card. Outlook writes a page into some of them
// ("X-ALT-DESC;FMTTYPE=text/html:<html>...").
func (p *parser) card(f *mime.File, at mime.Place) {
	data := f.Data
	if bytes.Contains(data, []byte("QUOTED-PRINTABLE")) { // vCard 2.1
		data = mime.DecodeQuoted(data)
	}
	t := p.NewText(data, f.Charset, false)
	for segment, ok := t.Next(); ok; segment, ok = t.Next() {
		plain := unfolded.Replace(segment)
		if mime.HasTags(plain) {
			p.pageFile(p.NewText([]byte(plain), "utf-8", true), at)
		}
		plain, _ = mime.Visible(plain)
		p.scanRest(plain, nil, at)
		if strings.Contains(plain, "data:text/html") { // DESCRIPTION;ALTREP="data:text/html,%3Ca..."
			p.pageFile(p.NewText(mime.PercentBytes(plain), "utf-8", true), at)
		}
		if strings.Contains(segment, "BASE64") || strings.Contains(segment, "=b") {
			p.coded(unfoldedLines.Replace(segment), at)
		}
	}
}

// unfoldedLines undoes the folding of lines only: base64 has escapes of its own.
var unfoldedLines = strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "")

// coded keeps the URLs that stand in text in a form that a program undoes.
func (p *parser) coded(text string, at mime.Place) {
	all := link.Coded(text, &p.coding, func(raw string) {
		p.urls.AddFile(link.Hit{Raw: raw}, foreign(at))
	})
	if !all {
		p.Skip(mime.UnreadLinks, "more links in scripts than are looked at")
	}
}

// textFile collects the URLs of a file that is text, in JSON with escaped slashes.
func (p *parser) textFile(f *mime.File, at mime.Place) {
	t := p.NewText(f.Data, f.Charset, false)
	for segment, ok := t.Next(); ok; segment, ok = t.Next() {
		plain, _ := p.plain(t, segment, at)
		p.scanRest(p.formulas(slashes.Replace(plain)), nil, at)
	}
	if isMarkup(f.Data) || opensAsPage(f) && mime.HasTags(string(f.Data)) {
		data, _ := text.Expanded(f.Data)
		p.pageFile(p.NewText(data, f.Charset, true), at)
		p.xml(data, at)
	}
}

// xml reads a file of one of the forms in which programs of Office write a whole document.
func (p *parser) xml(data []byte, at mime.Place) {
	if bytes.HasPrefix(bytes.TrimLeft(data[:min(len(data), 64)], "\xef\xbb\xbf \t\r\n"), []byte("<?xml")) {
		p.documentPart("", data, at)
	}
}

// isMarkup says whether a text file is XML or HTML.
func isMarkup(data []byte) bool {
	data = bytes.TrimPrefix(data[:min(len(data), 1024)], []byte("\xef\xbb\xbf"))
	return bytes.HasPrefix(bytes.TrimLeft(data, " \t\r\n"), []byte("<"))
}

// opensAsPage says whether programs read a file with tags in it as a page, whatever stands in front: by
// its name a document of Office, or a program in HTML.
func opensAsPage(f *mime.File) bool {
	name := strings.ToLower(f.Name)
	for _, end := range []string{".doc", ".dot", ".xls", ".xlt", ".ppt", ".rtf", ".hta", ".wps"} {
		if strings.HasSuffix(name, end) {
			return true
		}
	}
	return false
}

// maxMails bounds the mails of one file.
const maxMails = 200

// mailsIn cuts a file into its mails: an mbox has several, each behind a line "From ".
func mailsIn(data []byte) (mails [][]byte) {
	for at := 0; bytes.HasPrefix(data, []byte("From ")) && len(mails) < maxMails; {
		i := bytes.Index(data[at:], []byte("\nFrom "))
		if i < 0 {
			break
		}
		at += i + 1
		if before := bytes.TrimSuffix(data[:at-1], []byte("\r")); bytes.HasSuffix(before, []byte("\n")) {
			mails, data, at = append(mails, data[:at-1]), data[at:], 0
		}
	}
	return append(mails, data)
}

// shortcut collects where a shortcut leads, to the web or to a share:
//
//	[InternetShortcut]
//	URL=file://example.org/share/a.exe
//	IconFile=https://example.org/a.ico
//
// Those of Windows (.lnk) are binary and name theirs in UTF-16.
func (p *parser) shortcut(f *mime.File, at mime.Place) {
	data, marked := f.Data, bytes.HasPrefix(f.Data, []byte("\xff\xfe")) || bytes.HasPrefix(f.Data, []byte("\xfe\xff"))
	if n := bytes.Count(data, []byte{0}); n*4 > len(data) && !marked {
		data = bytes.ReplaceAll(data, []byte{0}, nil)
	}
	t := p.NewText(data, f.Charset, false)
	for segment, ok := t.Next(); ok; segment, ok = t.Next() {
		for line := range strings.Lines(segment) {
			if host := remoteDesktop(line); host != "" {
				p.urls.AddRef(link.Ref{URL: "rdp://" + host, Where: link.InHref}, foreign(at), true)
				continue
			}
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			name, _, _ = strings.Cut(strings.ToLower(name), "[")
			where := link.InHref
			switch name = strings.TrimSpace(name); name {
			case "iconfile", "icon":
				where = link.InSrc
			case "url", "baseurl", "workingdirectory":
			case "address", "host": // of Citrix (.ica) and VNC
				value = "//" + strings.TrimSpace(value)
			default:
				continue
			}
			if to := link.Resolve("", value); to != "" {
				p.urls.AddRef(link.Ref{URL: to, Where: where}, foreign(at), true)
			}
		}
		link.Shares(segment, func(to string) {
			if p.urls.Known(to) {
				return
			}
			p.urls.AddRef(link.Ref{URL: to, Where: link.InHref}, foreign(at), true)
		})
		segment, _ = mime.Visible(segment)
		p.scanRest(segment, nil, at)
	}
}

// remoteDesktop returns the host of a line of an .rdp file, "" for another line:
//
//	full address:s:example.org:3389
//	gatewayhostname:s:example.org
func remoteDesktop(line string) string {
	name, value, ok := strings.Cut(strings.TrimSpace(line), ":s:")
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "full address", "alternate full address", "gatewayhostname", "kdcproxyname", "workspace id":
		if ok {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// isRemoteDesktop says whether a file is settings for a remote desktop, whatever its name is: a line
// "full address:s:host" in any case, as text of one or two bytes a letter.
func isRemoteDesktop(data []byte) bool {
	head := make([]byte, 0, min(len(data), 64<<10))
	for _, c := range data[:cap(head)] {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != 0 {
			head = append(head, c)
		}
	}
	return bytes.Contains(head, []byte("full address:s:"))
}

// Bounds of Content.MailLinks: any addresses, and then those of further domains.
const (
	maxMailLinks   = 20
	maxMailDomains = 200
)

// mailLink keeps an address that a mailto link writes to.
func (p *parser) mailLink(addr string) {
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
