package drill

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"

	"hisseki/analyzer/content"
)

// ask is what a mail wants its reader to act on, and where it stands.
type ask struct {
	text    string // in the text; what stands before it is the lure's
	quoted  bool   // in the quote of an answered mail instead
	html    string // the whole mail is HTML, and this is in it
	subject string // in the subject
	file    *file
	replyTo string
	head    []content.Field // further fields of the header
	double  bool            // two transfer encodings, of which the second is true
}

// file is an attachment.
type file struct {
	name, kind string
	data       []byte
}

// link is an ordinary link of this theft.
func (t *thief) link() string {
	return fmt.Sprintf("https://kakunin-%s.test/view/%06x", t.token[:6], t.rand.IntN(1<<24))
}

// linkElsewhere is a link to a host that no other mail names.
func (t *thief) linkElsewhere() string {
	return fmt.Sprintf("https://kakunin-%06x.test/view", t.rand.IntN(1<<24))
}

// asks are the ways to make a reader act that no other place of the mail shows. Each is
// called once a theft: all its mails ask for the same.
var asks = map[string]func(*thief) ask{
	"page":      func(t *thief) ask { return ask{text: shareHost + t.token} },
	"bare-host": func(t *thief) ask { return ask{text: "example-" + t.token[:8] + ".online"} },
	"bare-ip":   func(t *thief) ask { return ask{text: fmt.Sprintf("198.51.100.%d/login", t.rand.IntN(256))} },
	"subject":   func(t *thief) ask { return ask{subject: t.link()} },
	"href":      func(t *thief) ask { return ask{html: `<a href="` + bare(t.link()) + `">open</a>`} },
	"comment":   func(t *thief) ask { return ask{html: "<!--[if mso]>" + anchor(t.link()) + "<![endif]-->"} },
	"picture":   func(t *thief) ask { return ask{html: `<img src="` + t.link() + `.png">`} },
	"search": func(t *thief) ask {
		return ask{html: `<a href="search-ms:query=doc&crumb=location:\\` + bare(t.link()) + `">open</a>`}
	},
	"padded": func(t *thief) ask {
		return ask{html: "<!--" + strings.Repeat("lorem ipsum dolor ", 64000) + "-->" + anchor(t.link())}
	},
	"many-links": func(t *thief) ask { return ask{html: t.knownLinks(501) + anchor(t.link())} },
	"many-fields": func(t *thief) ask {
		return ask{html: anchor(t.link()), head: manyFields(520)}
	},
	"encodings": func(t *thief) ask { return ask{html: anchor(t.link()), double: true} },
	"phone":     func(t *thief) ask { return ask{text: t.phone()} },
	"bank":      func(t *thief) ask { return ask{text: t.bank()} },
	"address": func(t *thief) ask {
		return ask{text: "Please answer to office-" + t.token[:4] + "@freemail.test, not here."}
	},
	"payee":     func(t *thief) ask { return ask{text: "https://www.paypal.me/example" + t.token[:6] + "/450"} },
	"room":      func(t *thief) ask { return ask{text: "https://github.com/example-" + t.token[:6]} },
	"gift-card": func(*thief) ask { return ask{text: "Are you at your desk? I need a favour, answer me here."} },
	"reply-to": func(t *thief) ask {
		return ask{text: "Please answer today.", replyTo: "office-" + t.token[:4] + "@" + domainOf(t.account.Sender)}
	},
	"reply-to-free": func(t *thief) ask {
		return ask{text: "Please answer today.", replyTo: "office-" + t.token[:4] + "@freemail.test"}
	},
	"html-file": func(t *thief) ask { return ask{file: &file{"document.html", "text/html", []byte(page)}} },
	"disguised": func(t *thief) ask {
		return ask{file: &file{"document.html", "text/html", []byte("%PDF-1.4\n" + page)}}
	},
	"pdf": func(t *thief) ask {
		return ask{file: &file{"document.pdf", "application/pdf", pdf(t.link())}}
	},
	"docx": func(t *thief) ask {
		return ask{file: &file{"document.docx", "application/vnd.openxmlformats-officedocument." +
			"wordprocessingml.document", ooxml("word/document.xml", t.link())}}
	},
	"xlsx": func(t *thief) ask {
		return ask{file: &file{"document.xlsx", "application/vnd.openxmlformats-officedocument." +
			"spreadsheetml.sheet", ooxml("xl/worksheets/sheet1.xml", t.link())}}
	},
}

func anchor(url string) string { return `<a href="` + url + `">open</a>` }

// bare is a link without its scheme.
func bare(url string) string { return strings.TrimPrefix(url, "https://") }

func domainOf(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }

// knownLinks are links to the account's own domain, which say nothing.
func (t *thief) knownLinks(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<a href="https://www.%s/%d"></a>`, domainOf(t.account.Sender), i)
	}
	return b.String()
}

func manyFields(n int) []content.Field {
	list := make([]content.Field, n)
	for i := range list {
		list[i] = content.Field{Name: fmt.Sprintf("X-F%d", i), Value: "a"}
	}
	return list
}

// phone is a number to call; those of 555-01xx are for fiction (NANP), and no Japanese
// number begins with 03-0.
func (t *thief) phone() string {
	if t.account.japanese() && !t.attacker.ownWords() {
		return fmt.Sprintf("至急、03-0%03d-%04d までお電話下さい。", t.rand.IntN(1000), t.rand.IntN(10000))
	}
	return fmt.Sprintf("Please call +1 %03d-555-01%02d at once.", 201+t.rand.IntN(700), t.rand.IntN(100))
}

// bank is an account to pay to, with right check digits (ISO 13616).
func (t *thief) bank() string {
	if t.account.japanese() && !t.attacker.ownWords() {
		return fmt.Sprintf("お振込先が変更となりました。例示銀行 本店 普通 %07d", t.rand.IntN(10_000_000))
	}
	bban := fmt.Sprintf("%018d", t.rand.Uint64N(1e18))
	rest := 0
	for _, digit := range bban + "131400" { // D is 13, E is 14
		rest = (rest*10 + int(digit-'0')) % 97
	}
	return fmt.Sprintf("Our bank account has changed. New IBAN: DE%02d%s", 98-rest, bban)
}

// pdf is a page with one link (PDF 32000-1, 12.5.6.5 and 12.6.4.7).
func pdf(url string) []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n" +
		"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Annots[4 0 R]>>endobj\n" +
		"4 0 obj<</Type/Annot/Subtype/Link/Rect[0 0 200 200]/A<</S/URI/URI(" + url + ")>>>>endobj\n" +
		"trailer<</Root 1 0 R>>\n%%EOF\n")
}

// ooxml is an Office document whose main part has one link (ECMA-376, part 2).
func ooxml(part, url string) []byte {
	const head = `<?xml version="1.0" encoding="UTF-8"?>`
	dir, name := part[:strings.LastIndexByte(part, '/')+1], part[strings.LastIndexByte(part, '/')+1:]
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, p := range [][2]string{
		{"[Content_Types].xml", head + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`},
		{part, head + `<doc>open</doc>`},
		{dir + "_rels/" + name + ".rels", head + `<Relationships xmlns="http://schemas.openxmlformats.org/` +
			`package/2006/relationships"><Relationship Id="r1" TargetMode="External" Target="` + url +
			`" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink"/></Relationships>`},
	} {
		f, err := w.Create(p[0])
		if err == nil {
			_, err = f.Write([]byte(p[1]))
		}
		if err != nil {
			panic(err) // a buffer in memory takes everything
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}
