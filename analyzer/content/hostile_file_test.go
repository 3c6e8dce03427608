package content

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
)

// fileMail makes a builder of a mail that is one file.
func fileMail(data func() string) func() Source {
	return func() Source { return oneMail("Content-Type: application/octet-stream", data())() }
}

// emptyPassword is a PDF file that opens without a password, encrypted by RC4.
func emptyPassword() string {
	data, err := os.ReadFile("pdf/testdata/rc4-128.pdf")
	if err != nil {
		panic(err)
	}
	return string(data)
}

// hostileDocuments are files that are built to hurt: each name says by what.
func hostileDocuments() map[string]func() Source {
	bomb := sync.OnceValue(func() string { return deflated(many("a", 64<<20)) })
	text := sync.OnceValue(func() string { return deflated(many("BT /F1 9 Tf (word) Tj 1 0 Td ET\n", 1<<20)) })
	stored := func(name, data string) string { return zipOf("[Content_Types].xml", contentTypes, name, data) }
	fill := func(unit string) string { return many(unit, hostileSize/len(unit)) }
	return map[string]func() Source{
		"pdf-bomb":  fileMail(func() string { return pdfOf(stream("/Filter /FlateDecode", bomb())) }),
		"pdf-bombs": fileMail(func() string { return pdfOf(many(stream("/Filter /FlateDecode", text()[:64<<10])+"\n", 60)) }),
		"pdf-bomb-objects": fileMail(func() string {
			return pdfOf(stream("/Type /ObjStm /First 1000000 /Filter /FlateDecode", deflated(many("1 0 ", 8<<20))))
		}),
		"pdf-text":          fileMail(func() string { return pdfOf(stream("/Filter /FlateDecode", text())) }),
		"pdf-strings":       fileMail(func() string { return "%PDF-" + fill("/URI(") }),
		"pdf-values":        fileMail(func() string { return "%PDF-" + fill("/V(a)") }),
		"pdf-links":         fileMail(func() string { return "%PDF-" + manyURLs(100_000, "/URI(https://h%d.example.org/)") }),
		"pdf-hex":           fileMail(func() string { return "%PDF-" + fill("/URI<41") }),
		"pdf-streams":       fileMail(func() string { return "%PDF-" + fill(">>stream\n") }),
		"pdf-streams-short": fileMail(func() string { return "%PDF-" + fill("1 0 obj<</Filter/Fl>>stream\nendstream ") }),
		"pdf-objects":       fileMail(func() string { return "%PDF-" + manyURLs(300_000, "%d 0 obj ") }),
		"pdf-fonts":         fileMail(func() string { return "%PDF-" + fill("/Font<<") }),
		"pdf-font-names":    fileMail(func() string { return "%PDF-1 0 obj<<" + many("/F 1 0 R", 2000) + ">>" + fill("/Font 1 0 R ") }),
		"pdf-names":         fileMail(func() string { return "%PDF-" + fill("/") }),
		"pdf-references":    fileMail(func() string { return "%PDF-1 0 obj /URI 1 0 R " + fill("/URI 1 0 R ") }),
		"pdf-dict":          fileMail(func() string { return "%PDF-1 0 obj<<" + fill("/Type/Filter") + ">>stream\n" }),
		"pdf-table": fileMail(func() string {
			return pdfOf("<< /Font << /F 2 0 R >> >>", "<< /Subtype /Type0 /ToUnicode 3 0 R >>", packedStream("", many("1 beginbfrange <0000> <ffff> <0041> endbfrange ", 100_000)))
		}),
		"pdf-85":  fileMail(func() string { return pdfOf(stream("/Filter /ASCII85Decode", many("z", 4<<20))) }),
		"pdf-lzw": fileMail(func() string { return pdfOf(stream("/Filter /LZWDecode", many("\x80\x0b\x60\x50", 1<<20))) }),
		"pdf-filters": fileMail(func() string {
			return pdfOf(stream("/Filter [/Fl /Fl /Fl /Fl /Fl /Fl]", deflated(deflated(deflated(bomb())))))
		}),
		"pdf-predictor": fileMail(func() string {
			return pdfOf(stream("/Predictor 15 /Columns 1 /Filter /FlateDecode", deflated(many("\x04a", 8<<20))))
		}),
		// Decrypted by the empty password, a key for each string or stream.
		"pdf-key-strings": fileMail(func() string { return emptyPassword() + fill("/URI(\x80)") }),
		"pdf-key-values":  fileMail(func() string { return emptyPassword() + fill("/V(x)") }),
		"pdf-key-objects": fileMail(func() string { return emptyPassword() + fill("1 0 obj /JS(\x80)") }),
		"pdf-key-streams": fileMail(func() string { return emptyPassword() + fill("1 0 obj<</Filter/Fl>>stream\nxy\nendstream ") }),
		"zip-bomb":        fileMail(func() string { return zipOf("a.txt", many("a", 50<<20)) }),
		"zip-text":        fileMail(func() string { return zipOf("a.txt", many("see 03-1234-5678 https://example.org/ ", 1<<20)) }),
		"zip-heads":       fileMail(func() string { return fill("PK\x03\x04" + many("\x00", 26)) }),
		"zip-same":        fileMail(func() string { return sameMember(4000) }),
		"docx-text":       fileMail(func() string { return stored("word/document.xml", many("<w:p><w:r><w:t>a</w:t></w:r></w:p>", 1<<20)) }),
		"docx-tags":       fileMail(func() string { return stored("word/document.xml", many("<", 16<<20)) }),
		"docx-attributes": fileMail(func() string { return stored("word/document.xml", "<a "+many("href href=", 4<<20)+">") }),
		"docx-relations":  fileMail(func() string { return stored("word/_rels/a.rels", many("Relationship", 2<<20)) }),
		"docx-relation": fileMail(func() string {
			return stored("word/_rels/a.rels", many("<Relationship TargetMode=\"External\" Target=\"", 1<<20))
		}),
		"xlsx-cells": fileMail(func() string { return stored("xl/worksheets/a.xml", many("<f>", 10<<20)) }),
		"xlsx-open":  fileMail(func() string { return stored("xl/worksheets/a.xml", many("<f ", 10<<20)) }),
		"rtf-words":  fileMail(func() string { return "{\\rtf1" + fill("\\u1 ") }),
		"rtf-bytes":  fileMail(func() string { return "{\\rtf1" + fill("\\'83\\par") }),
		"png-flat":   fileMail(func() string { return pictureOf(2200, 2200) }),
		"png-marks":  fileMail(func() string { return noiseOf(png.Encode, 2000, 2000) }),
		"png-many": fileMail(func() string {
			return zipOf(slices.Repeat([]string{"a.png", noiseOf(png.Encode, 500, 500)}, 60)...)
		}),
		"png-codes": fileMail(func() string { return zipOf(slices.Repeat([]string{"a.png", codeOf(lureURL)}, 300)...) }),
		"png-none":  fileMail(func() string { return zipOf(manyPictures(300)...) }),
		"jpeg-marks": fileMail(func() string {
			return noiseOf(func(w io.Writer, p image.Image) error { return jpeg.Encode(w, p, nil) }, 3000, 3000)
		}),
		"jpeg-size": fileMail(func() string { // a small file that says that it is huge
			b := []byte(noiseOf(func(w io.Writer, p image.Image) error { return jpeg.Encode(w, p, nil) }, 640, 640))
			i := bytes.Index(b, []byte("\xff\xc0"))
			b[i+5], b[i+6], b[i+7], b[i+8] = 0x7f, 0xff, 0x7f, 0xff
			return string(b)
		}),
		"gif-bomb":   fileMail(func() string { return "GIF89a\xff\xff\xff\xff\x80\x00\x00" + many("\x00", 100) }),
		"gif-frames": fileMail(func() string { return markedFrames(60, 700) }),
		"gif-small":  fileMail(func() string { return markedFrames(900, 130) }),
		"gif-tiny": fileMail(func() string {
			one := markedFrames(1, 130)
			return one[:len(one)-1] + fill("\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00")
		}),
		"pdf-pictures": fileMail(func() string {
			return pdfOf(many(packedStream("/Subtype /Image /Width 1000 /Height 1000", many("\x00", 1_000_000))+"\n", 30))
		}),
		"point-digits":  oneMail(plain, fill("1")),
		"point-numbers": oneMail(plain, fill("03-1234-5678 ")),
		"point-words":   oneMail(plain, fill("call 0312345678 ")),
		"point-gaps":    oneMail(plain, fill("1 -. ")),
		"point-wide":    oneMail(plain, fill("０")),
		"point-ibans":   oneMail(plain, fill("DE89370400440532013001 ")),
		"point-wallets": oneMail(plain, fill("1BoatSLRHtKNngkdXEeobR76b53LETtpyU ")),
		"point-bech32":  oneMail(plain, fill("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mda ")),
		"point-words-2": oneMail(plain, fill("a1")),
		"point-tel":     oneMail(page, manyURLs(100_000, "<a href=tel:+8131%06d>x</a>")),
		"ole-urls":      fileMail(func() string { return "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + fill("http://") }),
		"ole-long":      fileMail(func() string { return "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + fill("://") }),
	}
}

// sameMember is a zip file whose directory names one member again and again.
func sameMember(n int) string {
	one := zipOf("a.txt", many("see https://example.org/ ", 400<<10))
	i := strings.Index(one, "PK\x01\x02")
	j := strings.Index(one, "PK\x05\x06")
	entry := one[i:j]
	end := []byte(one[j:])
	size := n * len(entry)
	end[10], end[11] = byte(n), byte(n>>8)
	end[12], end[13], end[14], end[15] = byte(size), byte(size>>8), byte(size>>16), byte(size>>24)
	return one[:i] + strings.Repeat(entry, n) + string(end)
}

// markedFrames is an animated picture whose every frame has the three marks of a code, and none.
func markedFrames(n, side int) string {
	all := &gif.GIF{Delay: make([]int, n)}
	for i := range n {
		p := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
		for k := range p.Pix {
			x, y := (k%side-i%30)/4, k/side/4
			if x < 40 || y < 40 { // marks of 7 modules of 4 pixels, at three corners of 25
				x, y = x-min(x/18, 1)*18, y-min(y/18, 1)*18
			}
			ring := max(x-3, 3-x, y-3, 3-y)
			if x >= 0 && (ring == 3 || ring <= 1) {
				p.Pix[k] = 1
			}
		}
		all.Image = append(all.Image, p)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, all); err != nil {
		panic(err)
	}
	return b.String()
}

// manyPictures are pictures that differ and have nothing like a code.
func manyPictures(n int) (files []string) {
	for i := range n {
		files = append(files, fmt.Sprintf("%d.png", i), pictureOf(200+i, 200))
	}
	return files
}
