package content

import (
	"bytes"
	"html"
	"slices"
	"strings"

	"hisseki/analyzer/content/inflate"
	"hisseki/analyzer/content/link"
	"hisseki/analyzer/content/mime"
	"hisseki/analyzer/content/pack"
	"hisseki/analyzer/content/pdf"
	"hisseki/analyzer/content/qr"
	"hisseki/analyzer/content/text"
)

// maxPacked is how deep files are looked for in packages in packages: a table in a document
// in an archive in an archive.
const maxPacked = 4

// maxMember bounds what one file in a package unpacks to.
const maxMember = 10 << 20

// unpack returns the budget of all files of this mail.
func (p *parser) unpack() *inflate.Budget {
	if p.budget == nil {
		p.budget = inflate.NewBudget(p.OutOfTime)
	}
	return p.budget
}

// packed reads what is in a zip file: a document, or files.
func (p *parser) packed(data []byte, at mime.Place) {
	if p.depth >= maxPacked {
		p.Skip(mime.UnreadNesting, "packages in packages deeper than is read")
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	list, all := pack.Members(data)
	if !all {
		p.Skip(mime.UnreadSize, "a package of more files than are read")
	}
	pack.Order(list)
	document := pack.IsDocument(list) || slices.ContainsFunc(list, func(m pack.Member) bool { return strings.HasSuffix(m.Name, ".iwa") })
	for i := range list {
		if !p.member(&list[i], document, at) {
			return
		}
	}
}

// member reads one file of a package; it says whether there is room for more.
func (p *parser) member(m *pack.Member, document bool, at mime.Place) bool {
	budget := p.unpack()
	switch {
	case document && strings.HasSuffix(m.Name, ".iwa"): // Apple's, packed in a way of its own
		p.Skip(mime.UnreadEncoding, "a document of Apple's")
		return true
	case m.Encrypted:
		p.Skip(mime.UnreadEncrypted, "an encrypted file in a package")
		return true
	case len(m.Data) == 0, m.Method != 0 && m.Method != 8:
		if len(m.Data) > 0 {
			p.Skip(mime.UnreadEncoding, "a package that is packed in an unknown way")
		}
		return true
	}
	data := m.Data
	if m.Method == 8 {
		data, _ = budget.Flate(data, maxMember)
		defer budget.Free(data)
	} else if !budget.Spend(len(data)) {
		data = nil
	}
	if budget.Over {
		p.Skip(mime.UnreadSize, "files that unpack to more than is read")
	}
	switch {
	case p.OutOfTime():
		return false
	case len(data) == 0:
	case document && pack.IsXML(m.Name, data):
		p.documentPart(m.Name, data, at)
	default:
		f := &mime.File{Name: m.Name, Data: data}
		f.Sniffed, f.Kind = mime.Sniff(data, m.Name, "")
		p.File(f, at)
	}
	return budget.Left > 0
}

// documentPart reads one part of a document: its text, and where it leads.
func (p *parser) documentPart(name string, data []byte, at mime.Place) {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		plain, _ := mime.DecodeCharset(data, "utf-16")
		data = []byte(plain)
	}
	if bytes.Contains(data, []byte("encryption-data")) { // of OpenDocument's manifest
		p.Skip(mime.UnreadEncrypted, "an encrypted document")
	}
	refer := func(r pack.Ref) { p.refer(r.URL, r.Loaded, at) }
	if pack.IsRelations(name) {
		pack.External(data, refer)
		return
	}
	if pack.IsSheet(name) {
		p.words = pack.Sheet(p.words[:0], data)
	} else {
		p.words = pack.Text(p.words[:0], data, refer)
	}
	plain := string(p.words)
	if bytes.IndexByte(p.words, '&') >= 0 {
		plain = html.UnescapeString(plain)
	}
	p.fileText(plain, at)
}

// refer keeps where a file leads.
func (p *parser) refer(to string, loaded bool, at mime.Place) {
	where := link.InHref
	if loaded {
		where = link.InSrc
	}
	if scheme, rest, ok := strings.Cut(to, ":"); ok && !loaded && len(scheme) <= 6 {
		switch scheme = strings.ToLower(scheme); scheme {
		case "mailto", "tel", "sms", "callto":
			p.contact(scheme, rest, at)
		}
	}
	if to = link.Resolve("", to); to != "" {
		p.urls.AddRef(link.Ref{URL: to, Where: where}, foreign(at), true)
	}
}

// fileText collects what a reader of a file's text can act on.
func (p *parser) fileText(plain string, at mime.Place) {
	if strings.TrimSpace(plain) == "" {
		return
	}
	plain, _ = mime.Visible(plain)
	p.scanRest(p.formulas(plain), nil, at)
}

// pdfFile reads a PDF file.
func (p *parser) pdfFile(data []byte, at mime.Place) {
	if p.depth >= maxPacked {
		p.Skip(mime.UnreadNesting, "packages in packages deeper than is read")
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	budget := p.unpack()
	encrypted := pdf.Read(data, budget, pdf.Sink{
		Link: func(uri string) { p.refer(uri, false, at) },
		Text: func(plain string) { p.fileText(plain, at) },
		Maybe: func(text string) {
			link.Find(text, func(h link.Hit) { p.urls.Tell(h) })
		},
		JPEG: func(data []byte) { p.picture(data, at) },
		Raster: func(r pdf.Raster) {
			p.pictures(at, func(codes *qr.Reader) []string {
				return codes.Raster(r.Width, r.Height, r.Bits, r.Colors, r.Data)
			})
		},
		File: func(inner []byte) {
			f := &mime.File{Data: inner}
			f.Sniffed, f.Kind = mime.Sniff(inner, "", "")
			p.File(f, at)
		},
		Decode: func(b []byte, charset string) string {
			plain, _ := mime.DecodeCharset(b, charset)
			return plain
		},
	})
	if encrypted {
		p.Skip(mime.UnreadEncrypted, "an encrypted PDF file")
	}
	if budget.Over {
		p.Skip(mime.UnreadSize, "files that unpack to more than is read")
	}
}

// rich reads a file in the Rich Text Format.
func (p *parser) rich(data []byte, at mime.Place) {
	if !p.unpack().Spend(len(data)) {
		p.Skip(mime.UnreadSize, "files that unpack to more than is read")
		return
	}
	p.fileText(text.RTF(data, false, func(object []byte) { p.older(object, at) }), at)
	if bytes.Contains(data, []byte("{\\*")) {
		p.fileText(text.RTF(data, true, nil), at)
	}
}

// binary collects the URLs that stand in a file of a form that is not taken apart: documents
// and mails of older programs, whose texts are Latin-1 or UTF-16.
func (p *parser) binary(data []byte, at mime.Place) {
	for _, mark := range []string{"://", ":\x00/\x00/\x00", "\\\\", "\\\x00\\\x00"} {
		for rest := data; ; {
			i := bytes.Index(rest, []byte(mark))
			if i < 0 {
				break
			}
			step := 1
			if mark[1] == 0 {
				step = 2
			}
			from, to := i, i+len(mark)
			for from >= step && i-from < 6*step && mime.IsLetter(rest[from-step]) {
				from -= step
			}
			for to < len(rest) && to-i < maxRawURL && rest[to] > ' ' && rest[to] < 0x7f {
				to += step
			}
			raw := rest[from:min(to, len(rest))]
			if step == 2 {
				raw = bytes.ReplaceAll(raw, []byte{0}, nil)
			}
			p.fileText(string(raw), at)
			rest = rest[min(to, len(rest)):]
		}
	}
}

// maxRawURL bounds a URL in a file that is not taken apart.
const maxRawURL = 2048
