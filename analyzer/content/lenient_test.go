package content

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// hiddenTag is a link that is one only to who undoes the references of HTML.
const hiddenTag = `<a href="&#104;ttp&#115;&#58;&#47;/lure&#46;example&#46;net/login">here</a>`

// hexOf writes bytes as RTF does.
func hexOf(s string) string { return fmt.Sprintf("%x", s) }

// junk64 is base64 with a character in it that decoders pass over.
func junk64(s, junk string) string {
	return strings.Join(strings.Split(base64.StdEncoding.EncodeToString([]byte(s)), ""), junk)
}

// tnefOf is a winmail.dat of attributes: number and value in turn (MS-OXTNEF, section 2.1.1).
func tnefOf(attributes ...any) string {
	b := "\x78\x9f\x3e\x22\x01\x00"
	for i := 0; i < len(attributes); i += 2 {
		id, value := attributes[i].(int), attributes[i+1].(string)
		b += "\x01" + string([]byte{byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)})
		n := len(value)
		b += string([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)}) + value + "\x00\x00"
	}
	return b
}

// lenient are mails that mail programs, or those that open their files, show with a link that a
// strict reader does not see.
func lenient() map[string]Source {
	text := "Content-Type: text/plain\r\n\r\n"
	html := func(body string) Source { return oneMail(htmlPart, body)() }
	ole := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	signed := html64 + "\r\n\r\n" + base64.StdEncoding.EncodeToString([]byte(lureTag))
	cms := "\x30\x80\x06\x09" + "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" + "\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09" +
		"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04" + string([]byte{0x81, byte(len(signed))}) +
		signed + "\x00\x00\x00\x00"
	document := func(name, xml string) Source {
		return namedFile("a.odt", zipOf("mimetype", "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml",
			"<manifest/>", name, xml))
	}
	inPicture := base64.StdEncoding.EncodeToString([]byte(codeOf(lureURL)))
	return map[string]Source{
		// The form of a mail.
		"an encoding behind a comment":      whole(htmlPart+"\r\nContent-Transfer-Encoding: (7bit) base64", coded64(lureTag)),
		"an encoding that is two":           whole(htmlPart+"\r\nContent-Transfer-Encoding: 7bit, base64", coded64(lureTag)),
		"base64 with blanks":                whole(html64, junk64(lureTag, " ")),
		"base64 with dots":                  whole(html64, junk64(lureTag, ".")),
		"base64 with exclamation marks":     whole(html64, junk64(lureTag, "!!\r\n")),
		"base64 with a padding in a group":  whole(html64, strings.Replace(coded64(many(" ", 60)+lureTag), "IC", "I=C", 1)),
		"base64 behind plain text":          whole(html64, "Please read this, it is for you.\r\n"+coded64(lureTag)),
		"quoted-printable in small letters": whole(htmlPart+"\r\nContent-Transfer-Encoding: quoted-printable", "<a href=3d\"=68ttps://lure.exa=\r\nmple.net/\">"),
		"quoted-printable with blanks":      whole(htmlPart+"\r\nContent-Transfer-Encoding: quoted-printable", "<a href=3D\"https://lu=  \r\nre.example.net/\">"),
		"a boundary that goes on":           whole(mixed, "--b\r\n"+text+"x\r\n--bx\r\n"+html64+"\r\n\r\n"+coded64(lureTag)+"\r\n--b--"),
		"two boundaries without a blank":    whole("Content-Type: multipart/mixed;boundary=b;boundary=c", "--b\r\n"+text+"x\r\n--b--\r\n--c\r\n"+html64+"\r\n\r\n"+coded64(lureTag)+"\r\n--c--"),
		"a boundary in pieces as well":      whole("Content-Type: multipart/mixed; boundary*=us-ascii''b; boundary=c", "--b\r\n"+text+"x\r\n--b--\r\n--c\r\n"+html64+"\r\n\r\n"+coded64(lureTag)+"\r\n--c--"),
		"a boundary in an encoded word":     whole(`Content-Type: multipart/mixed; boundary="=?us-ascii?q?b?="`, "--b\r\n"+text+"x\r\n--b--\r\n--=?us-ascii?q?b?=\r\n"+html64+"\r\n\r\n"+coded64(lureTag)+"\r\n--=?us-ascii?q?b?=--"),
		"a lone CR in a header":             inParts("Content-Type: text/html\rContent-Transfer-Encoding: base64\r\n\r\n" + coded64(lureTag)),
		"a lone CR in a name":               inParts("X: y\rContent-Transfer-Encoding: base64\r\nContent-Type: text/html\r\n\r\n" + coded64(lureTag)),
		"a part of a message":               inParts("Content-Type: message/partial; id=x; number=2; total=2\r\n\r\n" + coded64(lureTag)),
		"a body elsewhere":                  inParts("Content-Type: message/external-body; access-type=URL; URL=\"" + lureURL + "\"\r\n\r\nContent-Type: text/html\r\n\r\n"),
		"a body at a server":                inParts("Content-Type: message/external-body; access-type=anon-ftp; site=\"" + lureHost + "\"; name=a.html\r\n\r\nContent-Type: text/html\r\n\r\n"),
		"a Content-Location":                whole(htmlPart+"\r\nContent-Location: "+lureURL, `<a href="login">x</a>`),
		"a Content-Base":                    whole(htmlPart+"\r\nContent-Base: "+lureURL, `<a href="login">x</a>`),
		"a saved page's Content-Location":   namedFile("a.mht", "MIME-Version: 1.0\r\n"+mixed+"\r\n\r\n--b\r\n"+htmlPart+"\r\nContent-Location: "+lureURL+"\r\n\r\n<a href=login>x</a>\r\n--b--"),
		"List-Unsubscribe":                  whole(plain+"\r\nList-Unsubscribe: <mailto:a@example.org>,\r\n <"+lureURL+">", "x"),
		"List-Help":                         whole(plain+"\r\nList-Help: <"+lureURL+">", "x"),
		"a name on what is shown first":     whole("Content-Type: text/plain; name=a.zip\r\nContent-Transfer-Encoding: base64", coded64(zipOf("a.html", lureTag))),
		"a page by its name":                whole("Content-Type: text/plain; name=a.html\r\nContent-Transfer-Encoding: 7bit", hiddenTag),
		"a page by its label":               inParts("Content-Type: text/html\r\nContent-Disposition: attachment; filename=invoice\r\n\r\n" + many("word ", 300) + hiddenTag),
		"a page under a wide charset":       inParts("Content-Type: text/html; charset=utf-16\r\nContent-Disposition: attachment; filename=a.html\r\n\r\n<html>" + lureTag),
		"a text under a wide charset":       whole("Content-Type: text/html; charset=utf-16", "<html>"+lureTag),
		"a text under hz":                   whole("Content-Type: text/html; charset=hz-gb-2312", "<html>~{<br>"+lureTag),
		"a text under iso-2022-kr":          whole("Content-Type: text/html; charset=iso-2022-kr", "<html>\x0e<br>"+lureTag),
		"a text under iso-2022-jp":          whole("Content-Type: text/plain; charset=iso-2022-jp", "\x1b$B\r\n"+lureURL),
		"a file of uuencode in a mail":      inParts("Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\nbegin 644 a.html\r\n" + uuOf(lureTag) + "`\r\nend\r\n"),
		"a file of uuencode of a program":   whole(plain, "begin 100644 a.html\r\n"+uuOf(lureTag)+"`\r\nend\r\n"),
		"BinHex":                            whole(plain, "(This file must be converted with BinHex 4.0)\r\n\r\n:$f&$$h*\r\n"),
		"yEnc":                              whole(plain, "=ybegin line=128 size=12 name=a.html\r\nabc\r\n=yend size=12\r\n"),
		"a signed mail by its name":         namedFile("smime.p7m", cms),
		"an encrypted mail by its name":     namedFile("smime.p7m", "\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80"+many("\x01\xff", 300)),
		"OpenPGP in bytes":                  namedFile("a.pgp", "\x85\x01\x0c\x03abcdefgh"+many("\xf0\x9f", 200)),
		"a mail with many fields in a file": namedFile("a.eml", manyURLs(80, "X-%d: y\r\n")+"Subject: x\r\n"+html64+"\r\n\r\n"+coded64(lureTag)),
		"a mail of Apple's":                 namedFile("a.emlx", "1234\nSubject: x\r\nFrom: a@example.org\r\n"+html64+"\r\n\r\n"+coded64(lureTag)),
		"the second mail of a mailbox":      namedFile("a.mbox", "From a Mon Jan  1 00:00:00 2024\nSubject: x\nFrom: a@example.org\n\nx\n\nFrom a Mon Jan  1 00:00:00 2024\nSubject: y\n"+html64+"\n\n"+coded64(lureTag)),
		// Pages.
		"a base in a comment's shadow":     html(`<!--><base href="` + lureURL + `"><!-- --><a href=x>x</a>`),
		"a title in the middle of a host":  html("https://lure.exam<title>x</title>ple.net/login"),
		"a script below svg":               html(`<svg><script>'<!--<script>'</script>--><a href="&#104;ttps:\\lure.example.net/">x</a></svg>`),
		"a comment that ends oddly":        html(`<!-- --!>` + hiddenTag),
		"a comment that is none":           html(`<!--->` + hiddenTag),
		"a reference with a tab":           html(`<a href="h&Tab;ttps://lure.exa&NewLine;mple.net/">x</a>`),
		"an attribute behind a slash":      html("<a/x=y/\x0chref=\"&#104;ttps://lure.example.net/\">x</a>"),
		"alt of a picture":                 html(`<img src="cid:x" alt="Read it at ` + lureURL + `">`),
		"the words of a button":            html(`<form><input type=submit value="Go to ` + lureURL + `"></form>`),
		"words of a style":                 html(`<style>p::after{content:"Go to \68 ttps://lure.example.net/"}</style><p>x</p>`),
		"words of a style's attribute":     html(`<style>p::before{content: 'see https://` + lureHost + `/x'}</style><p>x</p>`),
		"reversed words":                   html(`<bdo dir="rtl">/ten.elpmaxe.erul//:sptth</bdo>`),
		"reversed by a style":              html(`<span style="unicode-bidi:bidi-override;direction:rtl">/ten.elpmaxe.erul//:sptth</span>`),
		"reversed by a character":          whole(plain, "see \u202e/ten.elpmaxe.erul//:sptth\u202c now"),
		"a picture's page":                 html(`<img src="data:image/svg+xml,%3Csvg%3E%3Ca href='%26%23104;ttps://lure.example.net/'%3E">`),
		"a page in a URL of XML":           html(`<iframe src="data:text/xml,%3Ca xmlns='http://www.w3.org/1999/xhtml' href='%26%23104;ttps://lure.example.net/'%3Ex"></iframe>`),
		"text in a URL":                    html(`<iframe src="data:text/plain,go to https%3A%2F%2Flure.example.net/"></iframe>`),
		"a package in a URL":               html(`<a download=a.zip href="data:application/zip;base64,` + base64.StdEncoding.EncodeToString([]byte(zipOf("a.html", hiddenTag))) + `">x</a>`),
		"a code in a picture in a URL":     html(`<img src="data:image/png;base64,` + inPicture + `">`),
		"a code in a picture of a style":   html(`<div style="background:url('data:image/png;base64,` + inPicture + `')">x</div>`),
		"an animated link":                 html(`<svg><a><set attributeName=href to="//` + lureHost + `/x"/><text>x</text></a></svg>`),
		"microdata":                        html(`<div itemscope itemtype="http://schema.org/ViewAction"><meta itemprop="target" content="` + lureURL + `"></div>`),
		"JSON-LD with escapes":             html(`<script type="application/ld+json">{"target":"\u0068ttps:\/\/lure.example.net\/x"}</script>`),
		"a page below xmp of MathML":       html(`<math><xmp>` + hiddenTag + `</xmp></math>`),
		"a page below title of SVG":        html(`<svg><title>` + hiddenTag + `</title></svg>`),
		"a page below style of SVG":        html(`<svg><style>` + hiddenTag + `</style></svg>`),
		"a page below textarea of SVG":     html(`<svg><textarea>` + hiddenTag + `</textarea></svg>`),
		"a page below plaintext":           namedFile("a.svg", `<svg><plaintext/>`+hiddenTag+`</svg>`),
		"an entity of its own":             namedFile("a.svg", `<!DOCTYPE svg [<!ENTITY u "htt"><!ENTITY v "ps://lure.example.net/">]><svg xmlns="http://www.w3.org/2000/svg"><a href="&u;&v;">x</a></svg>`),
		"a stylesheet of XML":              namedFile("a.xml", `<?xml version="1.0"?><?xml-stylesheet href="&#104;ttps://lure.example.net/a.xsl" type="text/xsl"?><a/>`),
		"XML with a page in it":            namedFile("a.xml", `<?xml version="1.0"?><x:a xmlns:x="http://www.w3.org/1999/xhtml" href="&#104;ttps://lure.example.net/">x</x:a>`),
		"a page that is called a document": namedFile("a.doc", many("word ", 300)+hiddenTag),
		"a program of a page":              namedFile("a.hta", "<html>"+hiddenTag),
		"AMP":                              whole("Content-Type: text/x-amp-html", `<amp-img src="x"></amp-img><form action-xhr="&#104;ttps://lure.example.net/">`),
		"a code of blocks":                 whole(plain, blocksOf(lureURL)),
		"a code of cells":                  html(cellsOf(lureURL)),
		// Files.
		"winmail.dat with a page":            namedFile("winmail.dat", tnefOf(0x00069003, "\x01\x00\x00\x00<html><body>"+hiddenTag)),
		"winmail.dat with a file":            namedFile("winmail.dat", tnefOf(0x00069002, "x", 0x0006800f, zipOf("a.html", lureTag))),
		"winmail.dat with rich text":         namedFile("winmail.dat", tnefOf(0x00069003, "\x10\x00\x00\x00\x10\x00\x00\x00MELA\x00\x00\x00\x00{\\rtf1 HYPERLINK \"\\'68ttps://lure.example.net/\"}")),
		"a mail of Outlook's with rich text": namedFile("a.msg", ole+wideOf("", "__substg1.0_")+"LZFu"+many("x", 300)),
		"an encrypted table of Excel's":      namedFile("a.xls", ole+many("\x00", 504)+"\x09\x08\x10\x00\x00\x06\x05\x00"+many("\x00", 12)+"\x2f\x00\x36\x00\x01\x00"),
		"an encrypted document of Word's":    namedFile("a.doc", ole+many("\x00", 504)+"\xec\xa5\xc1\x00\x09\x04\x00\x00\x00\x00\x00\x11"+many("\x00", 300)),
		"a package in an old document":       namedFile("a.doc", ole+many("\x00", 504)+zipOf("a.html", lureTag)+many("\x00", 70000)),
		"rich text with escapes":             namedFile("a.rtf", `{\rtf1{\field{\*\fldinst HYPERLINK "\'68ttps://lure.example.net/"}{\fldrslt x}}}`),
		"rich text with a group in a link":   namedFile("a.rtf", `{\rtf1{\field{\*\fldinst HYPERLINK "htt{\*\bkmkstart zz}ps://lure.example.net/"}{\fldrslt x}}}`),
		"an object in rich text":             namedFile("a.rtf", `{\rtf1{\object\objautlink\objupdate{\*\objdata 0105000002000000`+hexOf(wideOf("", lureURL))+`}}}`),
		"a formula that joins":               namedFile("a.csv", `x,"=HYPERLINK(""htt""&""ps://lure.example.net/"",""x"")"`),
		"a formula that joins in a workbook": namedFile("a.xlsx", zipOf("[Content_Types].xml", contentTypes, "xl/worksheets/sheet1.xml", `<worksheet><c><f>HYPERLINK("htt"&amp;"ps://lure.example.net/","x")</f></c></worksheet>`)),
		"a formula of characters":            namedFile("a.xlsx", zipOf("[Content_Types].xml", contentTypes, "xl/worksheets/sheet1.xml", `<worksheet><c><f>HYPERLINK(CHAR(104)&amp;"ttps://lure.example.net/","x")</f></c></worksheet>`)),
		"a field in pieces":                  namedFile("a.docx", wordOf(`<w:r><w:instrText>HYPERLINK "htt</w:instrText></w:r><w:r><w:instrText>ps://lure.example.net/"</w:instrText></w:r>`, "")),
		"OpenDocument with escapes":          document("content.xml", `<text:a xlink:href="&#104;ttps://lure.example.net/">x</text:a>`),
		"OpenDocument's formula":             document("content.xml", `<table:table-cell table:formula="of:=HYPERLINK(&quot;https://lure.example.net/&quot;;&quot;x&quot;)"/>`),
		"OpenDocument's event":               document("content.xml", `<script:event-listener xlink:href="vnd.sun.star.script:x?https://lure.example.net/"/>`),
		"an encrypted OpenDocument":          namedFile("a.odt", zipOf("mimetype", "application/vnd.oasis.opendocument.text", "META-INF/manifest.xml", `<manifest:file-entry manifest:full-path="content.xml"><manifest:encryption-data/></manifest:file-entry>`, "content.xml", many("\xf0\x01\x9c", 300))),
		"a flat OpenDocument":                namedFile("a.fodt", `<?xml version="1.0"?><office:document><text:a xlink:href="&#104;ttps://lure.example.net/">x</text:a></office:document>`),
		"Word's older XML":                   namedFile("a.xml", `<?xml version="1.0"?><?mso-application progid="Word.Document"?><w:wordDocument><w:hlink w:dest="&#104;ttps://lure.example.net/"/></w:wordDocument>`),
		"an EPUB":                            namedFile("a.epub", zipOf("mimetype", "application/epub+zip", "META-INF/container.xml", "<container/>", "OEBPS/a.xhtml", `<html>`+hiddenTag)),
		"an EPUB's page by another name":     namedFile("a.epub", zipOf("mimetype", "application/epub+zip", "META-INF/container.xml", "<container/>", "OEBPS/a.bin", `<?xml version="1.0"?><html>`+hiddenTag)),
		"XPS":                                namedFile("a.xps", zipOf("[Content_Types].xml", contentTypes, "Documents/1/Pages/1.fpage", `<FixedPage><Path FixedPage.NavigateUri="&#104;ttps://lure.example.net/"/></FixedPage>`)),
		"a document of Apple's":              namedFile("a.pages", zipOf("Index/Document.iwa", "\x00\x10\x00\x00packed", "Metadata/Properties.plist", "x")),
		"a binary workbook":                  namedFile("a.xlsb", zipOf("[Content_Types].xml", contentTypes, "xl/worksheets/sheet1.bin", wideOf("", lureURL))),
		"LZH":                                namedFile("a.lzh", "\x20\x00-lh5-"+many("\x01\x02", 200)),
		"two packages in one file":           namedFile("a.zip", zipOf("a.html", lureTag)+zipOf("b.txt", "x")),
		"OneNote":                            namedFile("a.one", "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"+many("\x00", 100)+wideOf("", lureURL)+"\x00\x00"),
		"a page in OneNote":                  namedFile("a.one", "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d"+many("\x00", 100)+"<html>"+hiddenTag),
		"a calendar's ALTREP":                namedFile("a.ics", "BEGIN:VCALENDAR\r\nDESCRIPTION;ALTREP=\"data:text/html,%3Ca%20href%3D%22%68ttps%3A%2F%2Flure.exampl\r\n e.net%2F%22%3Ex%3C%2Fa%3E\":x\r\nEND:VCALENDAR\r\n"),
		"a calendar's invitation":            inParts("Content-Type: text/calendar; method=REQUEST\r\nContent-Transfer-Encoding: base64\r\n\r\n" + coded64("BEGIN:VCALENDAR\r\nLOCATION:https\\://lure.exam\r\n ple.net/\r\n")),
		"a calendar in XML":                  inParts("Content-Type: application/calendar+xml\r\n\r\n<icalendar><url><uri>&#104;ttps://lure.example.net/</uri></url></icalendar>"),
	}
}

// uuOf is text in uuencode, a line each 45 bytes.
func uuOf(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		n := min(45, len(s))
		line := s[:n] + "\x00\x00"
		b.WriteByte(byte(' ' + n))
		for i := 0; i < n; i += 3 {
			v := uint32(line[i])<<16 | uint32(line[i+1])<<8 | uint32(line[i+2])
			for shift := 18; shift >= 0; shift -= 6 {
				c := byte(v>>shift&63) + ' '
				if c == ' ' {
					c = '`'
				}
				b.WriteByte(c)
			}
		}
		b.WriteString("\r\n")
		s = s[n:]
	}
	return b.String()
}

// TestLenient holds that a link that only lenient programs show is told of, or the mail says that
// something of it was not read.
func TestLenient(t *testing.T) {
	for name, src := range lenient() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			told := false
			c := Watch(src, Limits{}, Watcher{See: func(u *URL) { told = told || u.Host == lureHost }})
			if !told && len(c.Unread) == 0 {
				t.Errorf("not read, and not said: URLs %v, defects %v, files %v", c.URLs, c.Defects, c.Attachments)
			}
		})
	}
}

// modules are the rows of a code, true where it is dark.
func modules(text string) (rows [][]bool) {
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 0, 0, nil)
	if err != nil {
		panic(err) // for texts that are too long
	}
	for y := range m.GetHeight() {
		row := make([]bool, m.GetWidth())
		for x := range row {
			row[x] = m.Get(x, y)
		}
		rows = append(rows, row)
	}
	return rows
}

// blocksOf draws a code with block characters, two rows a line.
func blocksOf(text string) string {
	var b strings.Builder
	rows := modules(text)
	for y := 0; y < len(rows); y += 2 {
		for x := range rows[y] {
			n := 0
			if rows[y][x] {
				n = 1
			}
			if y+1 < len(rows) && rows[y+1][x] {
				n += 2
			}
			b.WriteString([]string{" ", "▀", "▄", "█"}[n])
		}
		b.WriteString("\r\n")
	}
	return b.String()
}

// cellsOf draws a code with the cells of a table.
func cellsOf(text string) string {
	var b strings.Builder
	b.WriteString("<table cellspacing=0 cellpadding=0>")
	for _, row := range modules(text) {
		b.WriteString("<tr height=4>")
		for _, dark := range row {
			b.WriteString(map[bool]string{true: "<td width=4 bgcolor=#000000></td>", false: "<td width=4></td>"}[dark])
		}
		b.WriteString("</tr>")
	}
	return b.String() + "</table>"
}
