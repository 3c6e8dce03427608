package content

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// hostileLenient are mails that make what reads as lenient programs do work hard.
func hostileLenient() map[string]func() Source {
	fill := func(unit string) string { return many(unit, hostileSize/len(unit)) }
	named := func(name string, data func() string) func() Source {
		return func() Source {
			return oneMail(`Content-Type: application/octet-stream; name="`+name+`"`, data())()
		}
	}
	laughs := func() string {
		var b strings.Builder
		b.WriteString(`<!DOCTYPE svg [<!ENTITY a0 "https://a.example.org/ ">`)
		for i := range 60 {
			fmt.Fprintf(&b, `<!ENTITY a%d "%s">`, i+1, many(fmt.Sprintf("&a%d;", i), 50))
		}
		return b.String() + "]><svg>" + many("&a60;", 100_000)
	}
	return map[string]func() Source{
		"junk-base64":      func() Source { return coded("utf-8", "base64", fill("Q!U!F!B!"))() },
		"junk-base64-url":  func() Source { return coded("utf-8", "base64", fill(junk64("https://a.example.org/", ".")))() },
		"boundaries-go-on": oneMail(mixed, "--b\r\n\r\nx\r\n"+manyURLs(300_000, "--b%d\r\n")+"--b--"),
		"lone-crs":         oneMail(mixed, many("--b\r\nX: y\rZ: z\r\n\r\nx\r\n", 150_000)),
		"wide-charset":     oneMail("Content-Type: text/html; charset=utf-16", fill("<a href=https://a.example.org/>")),
		"list-fields": func() Source {
			src := oneMail(plain, "x")()
			for range 20 {
				src.Header = append(src.Header, Field{Name: "List-Help", Value: many("<", 100<<10)},
					Field{Name: "List-Archive", Value: many("<https://a.test/>", 6000)})
			}
			return src
		},
		"named-first": func() Source {
			return coded(`utf-8; name="a.zip"`, "base64", base64.StdEncoding.EncodeToString([]byte(zipOf("a.txt", many("a", 50<<20)))))()
		},
		"mbox-mails":  named("a.mbox", func() string { return "From " + fill("\n\nFrom ") }),
		"mbox-lines":  named("a.mbox", func() string { return "From " + fill("\nFrom ") }),
		"emlx":        named("a.emlx", func() string { return fill("1\n") }),
		"cms-nested":  named("a.p7m", func() string { return many("\x30\x80", 1<<20) + many("\x00", 2<<20) }),
		"words":       oneMail(page, fill(`<img alt="https://a.b/">`)),
		"words-www":   oneMail(page, fill(`<i title="www.">`)),
		"style-words": oneMail(page, "<style>"+fill(`'"`)),
		"style-quote": oneMail(page, "<style>"+fill(`"`+many("x", 4000))),
		"style-datas": oneMail(page, "<style>"+fill(`url(data:,https://a.b/)`)),
		"datas":       oneMail(page, fill(`<img src="data:image/png;base64,iVBORw0KGgo=">`)),
		"datas-pages": oneMail(page, fill(`<a href="data:text/html,<a href=https://a.b/>">`)),
		"data-long":   oneMail(page, `<a href="data:application/zip;base64,`+fill("QUFB")+`">`),
		"data-nested": oneMail(page, many(`<a href="data:text/html,`, 100_000)),
		"datas-zip": oneMail(page, many(`<a href="data:application/zip;base64,`+
			base64.StdEncoding.EncodeToString([]byte(zipOf("a.txt", many("a", 4<<20))))+`">`, 300)),
		"override":      oneMail(plain, fill("\u202eabc")),
		"override-1":    oneMail(plain, "\u202e"+fill("abc")),
		"bdo":           oneMail(page, fill("<bdo>abc ")),
		"raw-tags":      oneMail(page, fill("<title><a href=https://a.b/>")),
		"raw-nested":    oneMail(page, fill("<xmp><title>")),
		"raw-ends":      oneMail(page, fill("<xmp><</xmp>")),
		"cells":         oneMail(page, "<table>"+many("<tr>"+many("<td bgcolor=#000><td>", 40), 4000)),
		"tables":        oneMail(page, many("<table>"+many("<tr>"+many("<td bgcolor=#000><td>", 12), 24), 400)),
		"blocks":        oneMail(plain, many(many("█ ", 60)+"\n", 20_000)),
		"blocks-many":   oneMail(plain, many(many(many("█ ▀", 9)+"\n", 30)+"x\n", 1500)),
		"laughs":        named("a.svg", laughs),
		"entities":      named("a.svg", func() string { return fill(`<!ENTITY a "b">`) }),
		"entity-uses":   named("a.svg", func() string { return `<!ENTITY a "&a;&a;">` + fill("&a;") }),
		"xml":           named("a.xml", func() string { return "<?xml version='1.0'?>" + fill(`<a href="&#104;">`) }),
		"tnef":          named("winmail.dat", func() string { return tnefOf() + fill(tnefOf(1, "")[6:]) }),
		"tnef-files":    named("winmail.dat", func() string { return tnefOf() + fill(tnefOf(tnefData, zipOf("a.txt", "x"))[6:]) }),
		"tnef-pages":    named("winmail.dat", func() string { return tnefOf() + fill(tnefOf(0x69003, "<html><a href=https://a.b/>")[6:]) }),
		"ole-heads":     named("a.doc", func() string { return "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + fill("PK\x03\x04"+many("\x00", 26)) }),
		"ole-rtf":       named("a.doc", func() string { return "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + fill("{\\rtf{\\*") }),
		"rtf-groups":    named("a.rtf", func() string { return "{\\rtf1" + fill(`{\*`) }),
		"rtf-objects":   named("a.rtf", func() string { return "{\\rtf1" + fill(`{\*\objdata 41`) }),
		"rtf-object":    named("a.rtf", func() string { return "{\\rtf1{\\*\\objdata " + fill("3a2f2f") }),
		"formulas":      named("a.csv", func() string { return fill(`HYPERLINK(CHAR(104)&"a"&"b") `) }),
		"formula":       named("a.csv", func() string { return "HYPERLINK(" + fill(`"&"`) }),
		"formula-lines": named("a.csv", func() string { return fill("=HYPERLINK(\"\"a\"\"&CONCAT(\n") }),
		"zips-behind":   named("a.zip", func() string { return many(zipOf("a.txt", "x"), 30_000) }),
		"cards-data":    named("a.ics", func() string { return "BEGIN:VCALENDAR\r\n" + fill("X:data:text/html,%3Ca href=https://a.b/%3E\r\n") }),
	}
}
