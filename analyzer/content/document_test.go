package content

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"hisseki/analyzer/content/fixture"
	"hisseki/analyzer/content/mime"
)

// zipOf makes a zip file of names and contents in turn.
func zipOf(files ...string) string {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err == nil {
			_, err = w.Write([]byte(files[i+1]))
		}
		if err != nil {
			panic(err) // a buffer has none
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

const contentTypes = `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`

// wordOf makes a document with a body and relationships.
func wordOf(body, relations string) string {
	return zipOf("[Content_Types].xml", contentTypes, "word/document.xml",
		`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>`+
			body+"</w:body></w:document>",
		"word/_rels/document.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`+
			relations+"</Relationships>")
}

func relation(kind, target string) string {
	return `<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` +
		kind + `" Target="` + target + `" TargetMode="External"/>`
}

// deflated packs bytes as zlib does.
func deflated(s string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

// pdfOf makes a PDF file of objects, each a dictionary or more.
func pdfOf(objects ...string) string {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	b.WriteString("trailer << /Root 1 0 R >>\nstartxref\n0\n%%EOF\n")
	return b.String()
}

func stream(dict, data string) string {
	return fmt.Sprintf("<< %s /Length %d >>\nstream\n%s\nendstream", dict, len(data), data)
}

func packedStream(dict, data string) string {
	return stream("/Filter /FlateDecode "+dict, deflated(data))
}

func linkAnnotation(uri string) string {
	return "<< /Type /Annot /Subtype /Link /Rect [0 0 9 9] /A << /S /URI /URI " + uri + " >> >>"
}

func hexUTF16(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return hex.EncodeToString(b)
}

// shownByGlyph draws text in a font whose codes are its own, as programs that embed a part
// of a font do.
func shownByGlyph(text string) []string {
	var table, codes strings.Builder
	for i, r := range []rune(text) {
		fmt.Fprintf(&table, "<%04x> <%s>\n", i+1, hexUTF16(string(r)))
		fmt.Fprintf(&codes, "%04x", i+1)
	}
	return []string{
		"<< /Type /Page /Resources << /Font << /F7 2 0 R >> >> /Contents 4 0 R >>",
		"<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 3 0 R >>",
		packedStream("", "/CIDInit /ProcSet findresource begin\nbegincmap\n1 beginbfchar\n"+table.String()+"endbfchar\nendcmap"),
		packedStream("", "q BT /F7 11 Tf 72 700 Td [<"+codes.String()+">] TJ ET Q"),
	}
}

// files are attachments that lead to lureURL.
func files() map[string]string {
	plainURL := lureURL
	objects := "1 0 2 10 " + strings.Repeat(" ", 11) + linkAnnotation("("+plainURL+")")
	return map[string]string{
		"doc.docx":      wordOf("<w:p/>", relation("hyperlink", plainURL)),
		"template.docx": wordOf("<w:p/>", relation("attachedTemplate", plainURL)),
		"field.docx": wordOf(`<w:p><w:r><w:instrText> HYPERLINK "https://lure.</w:instrText></w:r><w:r>`+
			`<w:instrText>example.net/login" </w:instrText></w:r></w:p>`, ""),
		"runs.docx": wordOf("<w:p><w:r><w:t>see https://lure.exa</w:t></w:r><w:r><w:t>mple.net/login</w:t></w:r></w:p>", ""),
		"utf16.docx": zipOf("[Content_Types].xml", contentTypes, "word/document.xml",
			string(utf16LE("\ufeff<w:p><w:t>"+plainURL+"</w:t></w:p>"))),
		"sheet.xlsx": zipOf("[Content_Types].xml", contentTypes, "xl/worksheets/sheet1.xml",
			`<c r="A1"><f>HYPERLINK("`+plainURL+`","open")</f><v>open</v></c>`),
		"slide.pptx": zipOf("[Content_Types].xml", contentTypes, "ppt/slides/_rels/slide1.xml.rels",
			relation("hyperlink", plainURL)),
		"text.odt": zipOf("mimetype", "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml", "<x/>",
			"content.xml", `<text:p><text:a xlink:type="simple" xlink:href="`+plainURL+`">x</text:a></text:p>`),
		"chunk.docx":    zipOf("[Content_Types].xml", contentTypes, "word/chunk.html", "<html>"+lureTag),
		"archive.zip":   zipOf("a/b.html", "<html>"+lureTag),
		"twice.zip":     zipOf("inner.zip", zipOf("doc.docx", wordOf("", relation("hyperlink", plainURL)))),
		"front.pdf":     "%PDF-1.4\n" + zipOf("a.html", "<html>"+lureTag),
		"magic.html":    "%PDF-1.4\n<html>" + lureTag,
		"broken.zip":    strings.ReplaceAll(zipOf("a.html", "<html>"+lureTag), "PK\x05\x06", "PK\x00\x00"),
		"rich.rtf":      `{\rtf1\ansi{\field{\*\fldinst HYPERLINK "` + plainURL + `"}{\fldrslt here}}}`,
		"escaped.rtf":   `{\rtf1\ansi \'68\'74tps:{\b //}lure.` + "\r\n" + `example\u46?net/login }`,
		"old.doc":       "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\x00\x01" + string(utf16LE(plainURL)) + "\x00\x00\x01",
		"safari.webloc": `<?xml version="1.0"?><plist><dict><key>URL</key><string>` + plainURL + `</string></dict></plist>`,

		"plain.pdf":     pdfOf(linkAnnotation("(" + plainURL + ")")),
		"escaped.pdf":   pdfOf("<< /S /#55RI /UR#49 (https:\\057\\057lure.\\\nexample.net/login) >>"),
		"hex.pdf":       pdfOf(linkAnnotation("<" + hex.EncodeToString([]byte(plainURL)) + ">")),
		"elsewhere.pdf": pdfOf(linkAnnotation("2 0 R"), "("+plainURL+")"),
		"objects.pdf":   pdfOf(packedStream("/Type /ObjStm /N 2 /First 20", objects)),
		"filters.pdf": pdfOf(stream("/Type /ObjStm /N 2 /First 20 /Filter [/ASCIIHexDecode /FlateDecode]",
			hex.EncodeToString([]byte(deflated(objects)))+">")),
		"length.pdf":  strings.ReplaceAll(pdfOf(packedStream("/Type /ObjStm /N 2 /First 20", objects)), "/Length ", "/Length 9"),
		"script.pdf":  pdfOf("<< /S /JavaScript /JS (app.launchURL\\(\"" + plainURL + "\"\\)) >>"),
		"scripts.pdf": pdfOf("<< /S /JavaScript /JS 2 0 R >>", packedStream("", "app.launchURL('"+plainURL+"')")),
		"text.pdf":    pdfOf(packedStream("", "BT /F1 12 Tf 1 0 0 1 72 700 Tm [(see https://lure.ex)-20(ample.net/login )] TJ ET")),
		"glyphs.pdf":  pdfOf(shownByGlyph("see " + plainURL + " now")...),
		"file.pdf":    pdfOf(packedStream("/Type /EmbeddedFile", "<html>"+lureTag)),
		"wide.pdf":    pdfOf(linkAnnotation("<feff" + hexUTF16(plainURL) + ">")),
		"cut.pdf":     strings.TrimSuffix(pdfOf(linkAnnotation("("+plainURL+")")), "%%EOF\n")[:150],
		"form.pdf": pdfOf("<< /XFA 2 0 R >>", packedStream("", `<?xml version="1.0"?><xdp:xdp><template><value>`+
			`<exData contentType="text/html"><a href="https&#58;//lure.example.net/login">x</a></exData></value></template></xdp:xdp>`)),
		"pieces.pdf": pdfOf("<< /XFA [(preamble) 2 0 R (te) 3 0 R] >>", packedStream("", `<template><text>BT</text><a href="https:/`),
			packedStream("", `/lure.example.net/login"/></template>`)),
		"drawn.pdf": pdfOf("<< /S /JavaScript /JS 2 0 R >>", packedStream("", "/* BT (x) Tj ET */ var to='"+plainURL+"'; app.launchURL(to)")),
		"open.pdf":  pdfOf("<< /S /JavaScript /JS 2 0 R >>", packedStream("", "/* BT */ var to='"+plainURL+"'; app.launchURL(to)")),
		"utf16.pdf": pdfOf("<< /S /JavaScript /JS 2 0 R >>", packedStream("", "\xfe\xff\x00 "+unhex(hexUTF16("to='"+plainURL+"'")))),
		"fonts.pdf": pdfOf(packedStream("", "BT /F1 12 Tf (see https://lure.exa) Tj /F2 9 Tf (mple.net/login now) Tj ET")),

		"scattered.doc": string(fixture.Compound(many(" ", 4990)+plainURL+many(" ", 500), fixture.Backward)),
		"small.msg":     string(fixture.Compound(many(" ", 50)+plainURL+" ", fixture.Backward)),
		"noise.msg":     string(fixture.Compound(many("\xfe", 5000)+"<HTML>"+lureTag+many(" ", 600), fixture.InOrder)),
		"wide.msg":      string(fixture.Compound(many("\xfe", 5000)+string(utf16LE("<Html>"+lureTag+many(" ", 600))), fixture.InOrder)),
		"page.msg":      string(fixture.Compound("<html>"+many(" ", 4980)+lureTag+many(" ", 500), fixture.Backward)),

		"late.pdf": strings.Repeat(" ", 900) + pdfOf(linkAnnotation("("+plainURL+")")),
	}
}

func unhex(s string) string {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func utf16LE(s string) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

// attached makes a mail of a text and a file.
func attached(name, data string) Source {
	return inParts("Content-Type: text/plain\r\n\r\nplease see the file",
		"Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="+name+
			"\r\nContent-Transfer-Encoding: base64\r\n\r\n"+coded64(data))
}

// TestFiles holds that links are found wherever in a file they stand.
func TestFiles(t *testing.T) {
	for name, data := range files() {
		c := Parse(attached(name, data), Limits{})
		i := slices.IndexFunc(c.URLs, func(u URL) bool { return u.Raw == lureURL })
		switch {
		case i < 0:
			t.Errorf("%s: the link was not found: %v", name, c.URLs)
		case !c.URLs[i].InFile:
			t.Errorf("%s: %+v is not in a file", name, c.URLs[i])
		case len(c.Unread) > 0:
			t.Errorf("%s: unread %v", name, c.Unread)
		}
		for _, u := range c.URLs {
			if u.Host != lureHost && !strings.HasPrefix(lureHost, u.Host) { // cut where a sector ends
				t.Errorf("%s: leads to %s as well", name, u.Raw)
			}
		}
	}
}

// TestFilesUnread holds that what of a file cannot be read is said.
func TestFilesUnread(t *testing.T) {
	locked := []byte(zipOf("a.html", "<html>"+lureTag))
	for _, head := range []string{"PK\x01\x02", "PK\x03\x04"} { // the flag of encryption
		i := bytes.Index(locked, []byte(head))
		locked[i+map[byte]int{1: 8, 3: 6}[head[2]]] |= 1
	}
	for name, tt := range map[string]struct {
		data   string
		reason Reason
	}{
		"key.pdf":    {strings.Replace(pdfOf(linkAnnotation("(\x01\x02\x03)")), "/Root", "/Encrypt 5 0 R /Root", 1), mime.UnreadEncrypted},
		"locked.zip": {string(locked), mime.UnreadEncrypted},
		"bomb.zip":   {zipOf("a.txt", many("a", 40<<20), "b.html", "<html>"+lureTag), mime.UnreadSize},
		"bomb.pdf":   {pdfOf(packedStream("", many("BT (a) Tj ET\n", 3<<20)), linkAnnotation("(x)")), mime.UnreadSize},
		"nested.zip": {zipTimes(7, "<html>"+lureTag), mime.UnreadNesting},
	} {
		c := Parse(attached(name, tt.data), Limits{})
		if !slices.ContainsFunc(c.Unread, func(u Unread) bool { return u.Reason == tt.reason }) {
			t.Errorf("%s: unread %v, want %s", name, c.Unread, tt.reason)
		}
	}
}

// TestDrawnInPieces: whether a blank is seen between what a PDF draws in two places only its letters'
// widths tell, so rules for links are told of both, and the mail is known by what is read without them.
func TestDrawnInPieces(t *testing.T) {
	for name, text := range map[string]string{
		"moved":    "BT /F1 12 Tf (see https://lure.ex) Tj 90 0 Td (ample.net/login) Tj ET",
		"placed":   "BT 1 0 0 1 10 700 Tm (https://lure.exa) Tj ET BT 1 0 0 1 90 700 Tm (mple.net/login) Tj ET",
		"a line":   "BT (https://lure.) Tj T* (example.net/login) Tj ET",
		"in three": "BT (https://lure) Tj 9 0 Td (.exam) Tj 9 0 Td (ple.net now) Tj ET",
		"and on":   "BT (https://lure.example.ne) Tj 9 0 Td (t) Tj 9 0 Td (please) Tj 9 0 Td (look) Tj ET",
	} {
		told := false
		c := Watch(attached("a.pdf", pdfOf(packedStream("", text))), Limits{},
			Watcher{See: func(u *URL) { told = told || u.Host == lureHost }})
		if !told || len(c.URLs) != 1 || c.URLs[0].Host == lureHost || len(c.Unread) > 0 {
			t.Errorf("%s: told %v, kept %v, unread %v", name, told, c.URLs, c.Unread)
		}
	}
}
