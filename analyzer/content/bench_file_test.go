package content

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
)

// BenchmarkFiles reads mail with the files that people attach: what their contents cost, in
// processor time for each MiB of the mail.
func BenchmarkFiles(b *testing.B) {
	photo := jpegOf(b, snapshot(4000, 3000))
	pages := printedPages(120)
	var each []Source
	for _, bm := range []struct {
		name  string
		files []string
	}{
		{"photo", []string{photo}},
		{"eight-photos", []string{photo, photo, photo, photo, photo, photo, photo, photo}},
		{"screenshot", []string{pngOf(b, screen(1920, 1080))}},
		{"screenshot-gif", []string{gifOf(b, screen(1920, 1080))}},
		{"screenshot-jpeg", []string{jpegOf(b, screen(1920, 1080))}},
		{"largest-png", []string{pngOf(b, screen(2560, 1920)), pngOf(b, screen(2560, 1920))}},
		{"pdf-text", []string{pdfOf(pages...)}},
		{"pdf-scan", []string{pdfOf(scanned(photo, 4)...)}},
		{"word-photo", []string{zipOf("word/document.xml", "<w:p><w:t>please see</w:t></w:p>", "word/media/1.jpeg", photo)}},
	} {
		src := filesMail(bm.files)
		each = append(each, src)
		b.Run(bm.name, func(b *testing.B) {
			start := processorTime()
			benchParse(b, src)
			spent := (processorTime() - start).Seconds() * 1000
			b.ReportMetric(spent/float64(b.N)/(float64(len(src.Body))/(1<<20)), "cpu-ms/MiB")
			b.ReportMetric(spent/float64(b.N), "cpu-ms")
		})
	}
	b.Run("one-of-each", func(b *testing.B) {
		start, bytes := processorTime(), 0
		for b.Loop() {
			for _, src := range each {
				Parse(src, Limits{})
				bytes += len(src.Body)
			}
		}
		b.ReportMetric((processorTime()-start).Seconds()*1000/(float64(bytes)/(1<<20)), "cpu-ms/MiB")
	})
}

func filesMail(files []string) Source {
	parts := []string{"Content-Type: text/plain\r\n\r\nplease see the files"}
	for i, f := range files {
		// Each differs by a byte behind its end: what is read once is not read again.
		parts = append(parts, fmt.Sprintf("Content-Type: application/octet-stream\r\nContent-Disposition: attachment; "+
			"filename=%d\r\nContent-Transfer-Encoding: base64\r\n\r\n%s", i, coded64(f+string(rune('a'+i)))))
	}
	return inParts(parts...)
}

// snapshot is a picture with the noise of a camera.
func snapshot(width, height int) image.Image {
	r := rand.New(rand.NewPCG(1, 2))
	p := image.NewYCbCr(image.Rect(0, 0, width, height), image.YCbCrSubsampleRatio420)
	for i := range p.Y {
		x, y := i%width, i/width
		p.Y[i] = uint8((x/16*37+y/16*11)%200 + r.IntN(40))
	}
	for i := range p.Cb {
		p.Cb[i], p.Cr[i] = uint8(118+r.IntN(20)), uint8(118+r.IntN(20))
	}
	return p
}

// screen is a picture of windows with text: flat areas with fine marks.
func screen(width, height int) image.Image {
	r := rand.New(rand.NewPCG(3, 4))
	p := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{uint8(200 + x/400*10), uint8(220 - y/300*10), 240, 255}
			if y%20 > 6 && y%20 < 16 && r.IntN(3) == 0 {
				c = color.RGBA{40, 40, 40, 255}
			}
			p.SetRGBA(x, y, c)
		}
	}
	return p
}

func jpegOf(b *testing.B, p image.Image) string {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, p, &jpeg.Options{Quality: 85}); err != nil {
		b.Fatal(err)
	}
	return out.String()
}

func gifOf(b *testing.B, p image.Image) string {
	var out bytes.Buffer
	if err := gif.Encode(&out, p, nil); err != nil {
		b.Fatal(err)
	}
	return out.String()
}

func pngOf(b *testing.B, p image.Image) string {
	var out bytes.Buffer
	if err := png.Encode(&out, p); err != nil {
		b.Fatal(err)
	}
	return out.String()
}

// printedPages are pages as a word processor prints them: 60 lines of words each.
func printedPages(n int) (objects []string) {
	r := rand.New(rand.NewPCG(5, 6))
	for range n {
		var page strings.Builder
		for line := range 60 {
			fmt.Fprintf(&page, "BT /F1 10 Tf 72 %d Td [", 780-12*line)
			for range 12 {
				fmt.Fprintf(&page, "(%c%c%c%c%c)%d", 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26), 'a'+r.IntN(26),
					'a'+r.IntN(26), -r.IntN(300))
			}
			page.WriteString("] TJ ET\n")
		}
		objects = append(objects, packedStream("", page.String()))
	}
	return objects
}

// scanned are pages of a scanner: a photo each.
func scanned(photo string, n int) (objects []string) {
	for range n {
		objects = append(objects, stream("/Subtype /Image /Filter /DCTDecode /Width 4000 /Height 3000", photo))
	}
	return objects
}
