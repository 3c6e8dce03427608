package content

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// gzipOf packs a file as gzip does.
func gzipOf(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s))
	_ = w.Close()
	return b.String()
}

// tarOf makes a tar archive of names and contents in turn.
func tarOf(files ...string) string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		_ = w.WriteHeader(&tar.Header{Name: files[i], Size: int64(len(files[i+1])), Mode: 0o600})
		_, _ = w.Write([]byte(files[i+1]))
	}
	_ = w.Close()
	return b.String()
}

// wideOf is a text in UTF-16, little end first, with its mark or without.
func wideOf(mark, s string) string {
	out := []byte(mark)
	for _, u := range utf16.Encode([]rune(s)) {
		out = append(out, byte(u), byte(u>>8))
	}
	return string(out)
}

// namedFile is a mail with one file.
func namedFile(name, data string) Source {
	src := oneMail("Content-Type: application/octet-stream; name=\""+name+"\"",
		base64.StdEncoding.EncodeToString([]byte(data)))()
	src.Header = append(src.Header, Field{Name: "Content-Transfer-Encoding", Value: "base64"},
		Field{Name: "Content-Disposition", Value: "attachment"})
	return src
}

// TestFilesByContent holds that a link is found in files as programs open them.
func TestFilesByContent(t *testing.T) {
	const page = `<a href="https://lure.example/x">x</a>`
	const shortcut = "[InternetShortcut]\r\nURL = https://lure.example/x\r\n"
	disk := "CD001" + strings.Repeat("\x00", 4000) + page
	for _, tt := range []struct{ name, data string }{
		{"a.rdp", "screen mode id:i:2\r\nfull address:s:lure.example:3389\r\n"},
		{"a.txt", "full address:s:pc1\r\ngatewayhostname:s:lure.example\r\n"},
		{"a.rdp", wideOf("\xff\xfe", "alternate full address:s:lure.example\r\n")},
		{"a.ica", "[a]\r\nAddress=lure.example:1494\r\n"},
		{"a.url", shortcut}, {"a.url", wideOf("\xff\xfe", shortcut)}, {"a.url", wideOf("", shortcut)},
		{"a.txt", wideOf("", "see https://lure.example/x")},
		{"a.json", `{"u":"https:\/\/lure.example\/x"}`},
		{"a.doc", "MIME-Version: 1.0\r\nContent-Type: text/html\r\n\r\n" + page},
		{"a.vcf", "BEGIN:VCARD\r\nURL;ENCODING=BASE64:aHR0cHM6Ly9sdXJl\r\n LmV4YW1wbGUveA==\r\nEND:VCARD\r\n"},
		{"a.ics", "BEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:" +
			base64.StdEncoding.EncodeToString([]byte(page)) + "\r\nEND:VCALENDAR\r\n"},
		{"a.html", `<script>location=atob("aHR0cHM6Ly9sdXJlLmV4YW1wbGUveA==")</script>`},
		{"a.html", `<script>location="\x68ttps:\u002f\u002flure.example/x"</script>`},
		{"a.html", `<script>document.write(unescape("%3Ca%20href%3D%22https%3A%2F%2Flure.example%2Fx%22%3E"))</script>`},
		{"a.html.gz", gzipOf(page)}, {"a.svgz", gzipOf(`<svg><a xlink:href="https://lure.example/"/></svg>`)},
		{"a.tar", tarOf("readme", "x", "a.html", page)}, {"a.tgz", gzipOf(tarOf("a.html", page))},
		{"a.zip", zipOf("a.rdp", "full address:s:lure.example\r\n")},
		{"a.iso", strings.Repeat("\x00", 32769) + disk},
		{"a.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + wideOf("", `\\lure.example\share\a.dotm`) + "\x00\x00"},
		{"a.ps", "%!PS-Adobe-3.0\n(https://lure.example/x) show\n"},
		{"a.xlsx", zipOf("[Content_Types].xml", contentTypes, "xl/connections.xml",
			`<connections><webPr url="https://lure.example/x"/></connections>`)},
	} {
		c := Parse(namedFile(tt.name, tt.data), Limits{})
		if !slices.ContainsFunc(c.URLs, func(u URL) bool { return u.Host == "lure.example" }) {
			t.Errorf("%s %.60q: no link, but %+v; %v", tt.name, tt.data, c.URLs, c.Attachments)
		}
	}
}

// TestFilesNotOpened holds that what is not opened is said.
func TestFilesNotOpened(t *testing.T) {
	for name, data := range map[string]string{
		"a.7z": "7z\xbc\xaf\x27\x1c", "a.rar": "Rar!\x1a\x07", "a.xz": "\xfd7zXZ\x00", "a.cab": "MSCF",
		"a.zst": "\x28\xb5\x2f\xfd", "a.chm": "ITSF", "a.vhd": "conectix", "winmail.dat": "\x78\x9f\x3e\x22LZFu",
		"b.gz": "\x1f\x8bbroken", "b.tar": tarOf("a", "a", "b", "b")[:1024],
	} {
		if c := Parse(namedFile(name, data+strings.Repeat("x", 300)), Limits{}); len(c.Unread) == 0 {
			t.Errorf("%s is not said to be unread", name)
		}
	}
	for name, data := range map[string]string{"a.gz": gzipOf("x"), "a.tar": tarOf("a", "a"), "a.bin": "\x00\x01\x02"} {
		if c := Parse(namedFile(name, data), Limits{}); len(c.Unread) > 0 {
			t.Errorf("%s: %v", name, c.Unread)
		}
	}
}

// hostileArchives are archives and scripts that are built to hurt.
func hostileArchives() map[string]func() Source {
	fill := func(unit string) string { return many(unit, hostileSize/len(unit)) }
	all := map[string]func() Source{
		"gzip-bomb":   fileMail(func() string { return gzipOf(many("a", 200<<20)) }),
		"gzip-gzips":  fileMail(func() string { return gzipOf(gzipOf(gzipOf(gzipOf(gzipOf(many("a", 50<<20)))))) }),
		"tar-many":    fileMail(func() string { return tarOf(tinyFiles(4000)...) }),
		"tar-heads":   fileMail(func() string { return fill(tarOf("a", "")[:512]) }),
		"disk-marks":  fileMail(func() string { return many("\x00", 32769) + "CD001" + fill(`\\`) }),
		"wide-binary": fileMail(func() string { return fill("a\x00") }),
		"rdp-lines":   fileMail(func() string { return fill("full address:s:a.test\n") }),
	}
	for name, unit := range map[string]string{
		"escapes": `\x68`, "http": "http%3A", "base64": "aHR0cDovL2EuYg-", "runs": "odHRw ", "slashes": `https:\/\/`,
		// Each begins in the one before.
		"escaped URLs": `\x68ttp:\/\/a.b/`, "percents": "%3A%68ttp%3A%2F%2Fa.b", "values": "=%2F%2F", "joins": `"//`, "quotes": `"+`,
	} {
		all["script-"+name] = fileMail(func() string { return "<script>" + fill(unit) })
	}
	return all
}

func tinyFiles(n int) (files []string) {
	for i := range n {
		files = append(files, fmt.Sprintf("%d.txt", i), "see https://example.org/")
	}
	return files
}
