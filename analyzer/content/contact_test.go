package content

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// codeOf draws a QR code as a PNG picture.
func codeOf(text string) string {
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 160, 160, nil)
	if err != nil {
		panic(err) // for texts that are too long
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.String()
}

// pictureOf draws an empty picture.
func pictureOf(width, height int) string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		panic(err) // a buffer has none
	}
	return b.String()
}

// noiseOf draws what looks like marks of codes everywhere, as file of a format.
func noiseOf(encode func(io.Writer, image.Image) error, width, height int) string {
	p := image.NewGray(image.Rect(0, 0, width, height))
	for i := range p.Pix {
		x, y := i%width%8, i/width%8
		if x == 0 || y == 0 || x == 7 || y == 7 || x > 1 && x < 6 && y > 1 && y < 6 {
			continue
		}
		p.Pix[i] = 255
	}
	var b bytes.Buffer
	if err := encode(&b, p); err != nil {
		panic(err)
	}
	return b.String()
}

// rasterOf draws a QR code as rows of one bit a pixel.
func rasterOf(text string) (data string, side int) {
	m, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, 160, 160, nil)
	if err != nil {
		panic(err)
	}
	side = m.GetWidth()
	row := (side + 7) / 8
	rows := bytes.Repeat([]byte{0xff}, row*side)
	for y := range side {
		for x := range side {
			if m.Get(x, y) {
				rows[y*row+x/8] &^= 0x80 >> (x % 8)
			}
		}
	}
	return string(rows), side
}

// TestCodes holds that a QR code is a link, wherever the picture stands.
func TestCodes(t *testing.T) {
	picture := codeOf(lureURL)
	rows, side := rasterOf(lureURL)
	raster := pdfOf(packedStream("/Subtype /Image /BitsPerComponent 1 /Width "+itoa(side)+" /Height "+itoa(side), rows))
	for name, src := range map[string]Source{
		"attached": attached("a.png", picture),
		"inline": inParts(htmlPart+"\r\n\r\n<img src=cid:a>",
			"Content-Type: image/png\r\nContent-ID: <a>\r\nContent-Transfer-Encoding: base64\r\n\r\n"+coded64(picture)),
		"mislabelled": attached("a.dat", picture),
		"document":    attached("a.docx", zipOf("[Content_Types].xml", contentTypes, "word/media/image1.png", picture)),
		"archive":     attached("a.zip", zipOf("a.png", picture)),
		"pdf":         attached("a.pdf", raster),
		"bare host":   attached("a.png", codeOf("lure.example.net/login")),
	} {
		c := Parse(src, Limits{})
		i := slices.IndexFunc(c.URLs, func(u URL) bool { return u.Host == lureHost })
		if i < 0 || c.URLs[i].Where != InCode || c.URLs[i].InFile || c.URLs[i].Quoted {
			t.Errorf("%s: got %+v, unread %v", name, c.URLs, c.Unread)
		}
	}
}

func itoa(n int) string {
	return string([]byte{byte('0' + n/100), byte('0' + n/10%10), byte('0' + n%10)})
}

// TestPoints holds what a reader can act on, once each, and whose words it is.
func TestPoints(t *testing.T) {
	for name, tt := range map[string]struct {
		src  Source
		want string
	}{
		"text":    {whole(plain, "Please call 03-1234-5678 or 03-1234-5679.\r\n"), "phone tel:12345678; phone tel:12345679"},
		"twice":   {whole(plain, "call +81 3 1234 5678\r\n\r\nTEL 03(1234)5678\r\n"), "phone tel:12345678"},
		"quoted":  {whole(plain, "Yes.\r\n\r\n> call 03-1234-5678\r\n"), "phone tel:12345678 quoted"},
		"own too": {whole(plain, "Call 03-1234-5678\r\n\r\n> call 03-1234-5678\r\n"), "phone tel:12345678"},
		"reply":   {whole("Reply-To: B <b@example.net>\r\n"+plain, "x"), "address address:b@example.net"},
		"links": {oneMail(htmlPart, `<a href="tel:+81-3-1234-5678">call</a> <a href="MAILTO:c%40example.net?subject=x">write</a>`)(),
			"phone tel:12345678; address address:c@example.net"},
		"file": {attached("a.pdf", pdfOf(packedStream("", "BT (Support: call +1 555 010 0199) Tj ET"))),
			"phone tel:50100199 file"},
		"account":          {whole(plain, "振込先　みどり銀行　本店　普通　１２３４５６７\r\n"), "account account:1234567"},
		"code":             {attached("a.png", codeOf("tel:+81312345678")), "phone tel:12345678"},
		"code to write to": {attached("a.png", codeOf("MAILTO:b@example.net?subject=x")), "address address:b@example.net typed"},
		"code of a message": {attached("a.png", codeOf("MATMSG:TO:b@example.net;SUB:x;BODY:y;;")),
			"address address:b@example.net typed"},
		"nobody before the query": {oneMail(htmlPart, `<a href="mailto:?to=b%40example.net&amp;cc=c@example.net">write</a>`)(),
			"address address:b@example.net; address address:c@example.net"},
		"message": {inParts("Content-Type: text/plain\r\n\r\nsee below", "Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ncall 03-1234-5678"),
			"phone tel:12345678 quoted"},
		"patch": {whole(plain, "diff --git a/x b/x\r\n--- a/x\r\n+++ b/x\r\n@@ -1 +1 @@\r\n+call 03-1234-5678\r\n"), ""},
	} {
		var got []string
		for _, n := range Parse(tt.src, Limits{}).Points {
			flags := flagText(map[string]bool{"quoted": n.Quoted, "file": n.InFile, "typed": n.Typed}, "quoted", "file", "typed")
			got = append(got, strings.TrimSpace(string(n.Kind)+" "+n.Value+" "+flags))
		}
		if all := strings.Join(got, "; "); all != tt.want {
			t.Errorf("%s: got %q, want %q", name, all, tt.want)
		}
	}
}
