package content

import (
	"encoding/base64"
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer/content/mime"
)

const (
	lureHost = "lure.example.net"
	lureURL  = "https://" + lureHost + "/login"
	lureTag  = `<a href="` + lureURL + `">here</a>`
	known    = "https://www.example.org/"
)

// whole makes a mail of a header with several fields and a body.
func whole(header, body string) Source {
	return mailOf([]byte("From: a@example.jp\r\n" + header + "\r\n\r\n" + body))
}

func coded64(s string) string {
	var b strings.Builder
	for s = base64.StdEncoding.EncodeToString([]byte(s)); len(s) > 76; s = s[76:] {
		b.WriteString(s[:76] + "\r\n")
	}
	return b.String() + s + "\r\n"
}

const (
	htmlPart = "Content-Type: text/html; charset=utf-8"
	html64   = htmlPart + "\r\nContent-Transfer-Encoding: base64"
)

// inParts makes a multipart/mixed of parts that are each header, empty line and body.
func inParts(parts ...string) Source {
	return whole(mixed, "--b\r\n"+strings.Join(parts, "\r\n--b\r\n")+"\r\n--b--\r\n")
}

// behind are mails whose only lure stands just behind a limit; docs/limits.md has the
// table. unread names the reason for those where the limit is of what is read.
func behind() map[string]struct {
	src    Source
	unread Reason
} {
	type m = struct {
		src    Source
		unread Reason
	}
	text := "Content-Type: text/plain\r\n\r\n"
	file := "Content-Type: application/octet-stream\r\nContent-Disposition: attachment\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\n"
	page := "Content-Type: text/html\r\nContent-Disposition: attachment; filename=a.html\r\n\r\n"
	refs := manyURLs(4100, `<img src="https://www.example.org/%d">`)
	nested := func(depth int, inner string) Source {
		for i := range depth {
			inner = fmt.Sprintf("Content-Type: multipart/mixed; boundary=n%d\r\n\r\n--n%d\r\n%s\r\n--n%d--",
				i, i, inner, i)
		}
		return mailOf([]byte(inner))
	}
	return map[string]m{
		"a segment of HTML":        {oneMail(htmlPart, many("<i>x</i> ", 160<<10)+lureTag)(), ""},
		"hidden HTML":              {oneMail(htmlPart, `<div style="display:none">`+many("x ", 600<<10)+"</div>"+lureTag)(), ""},
		"an HTML comment":          {oneMail(htmlPart, "<!--"+many("x", 44<<17)+"-->"+lureTag)(), ""},
		"a preamble":               {whole(mixed, many("preamble\r\n", 440<<10)+"--b\r\n"+text+lureURL+"\r\n--b--\r\n"), ""},
		"an attachment":            {inParts(file+coded64(many("\x00\x01x", 1<<20)), text+lureURL), ""},
		"links to a known site":    {oneMail(htmlPart, manyURLs(600, `<a style="display:none" href="`+known+`%d">x</a>`)+lureTag)(), ""},
		"URLs kept":                {oneMail(plain, manyURLs(501, known+"%d ")+lureURL)(), ""},
		"sites kept":               {oneMail(plain, manyURLs(3000, "https://h%d.example.org ")+lureURL)(), mime.UnreadLinks},
		"references with a place":  {oneMail(htmlPart, refs+lureTag)(), ""},
		"header fields":            {whole(manyURLs(520, "X-%d: y\r\n")+html64, coded64(lureTag)), ""},
		"fields of a file":         {whole(manyURLs(1100, "X-%d: y\r\n")+html64, coded64(lureTag)), ""},
		"repeated fields":          {whole(many("Content-Type: text/plain\r\n", 30)+html64, coded64(lureTag)), ""},
		"URLs in a script":         {attached("a.html", "<script>"+many(`"\x68ttp:\/\/a.example.org/"`, 4100)+`"\x68ttps:\/\/`+lureHost+`/"</script>`), mime.UnreadLinks},
		"addresses to write to":    {oneMail(htmlPart, manyURLs(230, "<a href=mailto:a@h%d.example.org>x</a>")+"<a href=mailto:a@"+lureHost+">x</a>")(), mime.UnreadLinks},
		"a long field":             {whole("Content-Type: multipart/mixed;\r\n x=\""+many("y", 70<<10)+"\";\r\n boundary=b", "--b\r\n"+html64+"\r\n\r\n"+coded64(lureTag)+"--b--"), ""},
		"parameters":               {whole("Content-Type: multipart/mixed; x=\"\xc3\"; "+manyURLs(70, "x%d=y; ")+"boundary=b", "--b\r\n"+html64+"\r\n\r\n"+coded64(lureTag)+"--b--"), ""},
		"encodings plain first":    {whole(htmlPart+"\r\nContent-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: base64", coded64(lureTag)), ""},
		"encodings plain last":     {whole(html64+"\r\nContent-Transfer-Encoding: 7bit", lureTag), ""},
		"types":                    {whole("Content-Type: text/plain\r\n"+htmlPart, `<a href="ht&#116;ps://`+lureHost+`">x</a>`), ""},
		"a picture in a URL":       {oneMail(htmlPart, `<img src="data:image/png;base64,`+many("AAAA", 400<<10)+`">`+lureTag)(), ""},
		"text parts":               {inParts(slices.Concat(slices.Repeat([]string{text + many("word ", 100<<10)}, 11), []string{text + lureURL})...), ""},
		"parts kept":               {inParts(slices.Concat(slices.Repeat([]string{text + "x"}, 250), []string{htmlPart + "\r\n\r\n" + lureTag})...), ""},
		"parts taken apart":        {inParts(slices.Concat(slices.Repeat([]string{"\r\nx"}, 20100), []string{html64 + "\r\n\r\n" + coded64(lureTag)})...), mime.UnreadNesting},
		"depth":                    {nested(17, html64+"\r\n\r\n"+coded64(lureTag)), mime.UnreadNesting},
		"a final boundary":         {whole(mixed, "--b\r\n"+text+"x\r\n--b--\r\n--b\r\n"+html64+"\r\n\r\n"+coded64(lureTag)+"--b--"), ""},
		"a broken body":            {oneMail(bare, many("word ", 600<<10)+"\r\n"+lureURL)(), ""},
		"base64 in a broken body":  {oneMail(bare, many(many("QUFB", 15)+"\r\n-\r\n", 60)+coded64(many(" ", 60)+lureTag))(), ""},
		"broken bodies":            {inParts(slices.Concat(slices.Repeat([]string{bare + "\r\n\r\n" + many("word ", 200<<10)}, 3), []string{bare + "\r\n\r\n" + lureURL})...), ""},
		"a part's header":          {inParts("X: " + many("y", 70<<10) + "\r\n" + html64 + "\r\n\r\n" + coded64(lureTag)), ""},
		"a part's fields":          {inParts(many("X: y\r\n", 600) + html64 + "\r\n\r\n" + coded64(lureTag)), ""},
		"an encoded message":       {inParts("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + coded64("Subject: x\r\n\r\n"+many("word\r\n", 800<<10)+lureURL)), ""},
		"an encoded multipart":     {whole(mixed+"\r\nContent-Transfer-Encoding: base64", coded64("--b\r\n\r\n"+many("word\r\n", 800<<10)+lureURL+"\r\n--b--")), ""},
		"blanks in a reference":    {oneMail(htmlPart, `<a href="`+many("\n ", 70<<10)+lureURL+`">x</a>`)(), ""},
		"attributes":               {oneMail(htmlPart, "<a "+manyURLs(300, "x%d=y ")+`href="`+lureURL+`">x</a>`)(), ""},
		"a user part":              {oneMail(plain, "https://"+many("a", 5000)+"@"+lureHost+"/login")(), ""},
		"a reference's user part":  {oneMail(htmlPart, `<a href="https://`+many("a", 5000)+"@"+lureHost+`/">x</a>`)(), ""},
		"open elements":            {oneMail(htmlPart, many("<div>", 600)+lureURL)(), ""},
		"an open head":             {oneMail(htmlPart, "<head><p>"+lureURL)(), ""},
		"lines":                    {oneMail(plain, many("a\r\n", 21000)+lureURL)(), ""},
		"text kept":                {oneMail(plain, many("word ", 60<<10)+lureURL)(), ""},
		"a word of a page":         {oneMail(htmlPart, "<p>"+many("x", 6<<20)+" "+lureTag)(), mime.UnreadNesting},
		"a word without an end":    {oneMail(plain, many("a", 2<<20)+" "+lureURL)(), ""},
		"attachments":              {inParts(slices.Concat(slices.Repeat([]string{file + "QUFB"}, 250), []string{page + lureTag})...), ""},
		"a page in a file":         {inParts(page + many("<p>x</p>\r\n", 130<<10) + lureTag), ""},
		"a calendar in a file":     {inParts("Content-Type: text/calendar\r\nContent-Disposition: attachment\r\n\r\nBEGIN:VCALENDAR\r\n" + many("X:y\r\n", 240<<10) + "URL:" + lureURL), ""},
		"a member of a package":    {attached("a.zip", zipOf("a.txt", many("a", 25<<20), "b.html", "<html>"+lureTag)), mime.UnreadSize},
		"members of a package":     {attached("a.zip", zipOf(manyFiles(4100, "z.html", "<html>"+lureTag)...)), mime.UnreadSize},
		"packages in each other":   {attached("a.zip", zipTimes(7, "<html>"+lureTag)), mime.UnreadNesting},
		"a stream of a PDF":        {attached("a.pdf", pdfOf(packedStream("", many("q 1 0 0 1 0 0 cm Q\n", 2<<20)+"BT ("+lureURL+") Tj ET"))), mime.UnreadSize},
		"streams of a PDF":         {attached("a.pdf", "%PDF-"+many("<<>>stream\nendstream ", 20100)+pdfOf(packedStream("", "BT ("+lureURL+") Tj ET"))), mime.UnreadSize},
		"strings of a PDF":         {attached("a.pdf", "%PDF-"+many("/URI(", 200<<10)+pdfOf(linkAnnotation("("+lureURL+")"))), mime.UnreadSize},
		"a picture of many pixels": {attached("a.png", pictureOf(2600, 2600)), mime.UnreadSize},
		"numbers to call":          {oneMail(plain, manyURLs(210, "call 03-1234-%04d\n"))(), mime.UnreadLinks},
		"encodings in each other":  {encodedTimes(12, "Subject: x\r\n"+htmlPart+"\r\n\r\n"+lureTag), ""},
		"quoted-printable often":   {quotedTimes(9), mime.UnreadNesting},
	}
}

// manyFiles are n small files and a last one.
func manyFiles(n int, name, data string) (files []string) {
	for i := range n {
		files = append(files, fmt.Sprintf("%d.txt", i), "x")
	}
	return append(files, name, data)
}

// zipTimes is a file in a package in a package and so on.
func zipTimes(n int, data string) string {
	data = zipOf("a.html", data)
	for range n {
		data = zipOf("a.zip", data)
	}
	return data
}

// encodedTimes is a mail in a mail and so on, each in base64.
func encodedTimes(n int, inner string) Source {
	for range n {
		inner = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			coded64(inner)
	}
	return mailOf([]byte(inner))
}

// quotedTimes is a long mail in a mail and so on, each in quoted-printable, which does not
// grow: what it costs to read must not grow with the depth either.
func quotedTimes(n int) Source {
	inner := "Subject: x\r\n\r\n" + many("word word\r\n", 300<<10) + lureURL
	for range n {
		inner = "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
			inner
	}
	return mailOf([]byte(inner))
}

// TestLimitsAreExplained holds that docs/limits.md names each of these mails, and no other.
func TestLimitsAreExplained(t *testing.T) {
	doc, err := os.ReadFile("../../docs/limits.md")
	if err != nil {
		t.Fatal(err)
	}
	named := make(map[string]bool)
	for line := range strings.Lines(string(doc)) {
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) < 4 {
			continue
		}
		for name := range strings.SplitSeq(cells[3], ", ") {
			named[name] = true
		}
	}
	mails := behind()
	for name := range mails {
		if !named[name] {
			t.Errorf("docs/limits.md does not name %q", name)
		}
	}
	for name := range named {
		_, ok := mails[name]
		if !ok && !strings.Contains(name, "Test") && name != "shown by" {
			t.Errorf("docs/limits.md names %q, which is not a mail here", name)
		}
	}
}

// TestBehind holds that no limit hides a link: it is told of and kept, or the mail says
// what of it was not read.
func TestBehind(t *testing.T) {
	for name, tt := range behind() {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // nothing is measured here
			told := false
			c := Watch(tt.src, Limits{}, Watcher{See: func(u *URL) { told = told || u.Host == lureHost }})
			kept := slices.ContainsFunc(c.URLs, func(u URL) bool { return u.Host == lureHost })
			var reason Reason
			for _, u := range c.Unread {
				reason = u.Reason
			}
			if reason != tt.unread {
				t.Errorf("unread %v, want %q", c.Unread, tt.unread)
			}
			if tt.unread == "" && (!told || !kept) {
				t.Errorf("told %v, kept %v; defects %v", told, kept, c.Defects)
			}
			if name == "sites kept" && !told {
				t.Error("nobody was told of the lure")
			}
		})
	}
}

// TestWholeMail holds that a mail of Postfix's default message_size_limit with the lure in
// its last line is read to it within half a second of processor time and 64 MiB. The race
// detector, under which neither is measured, sees a fifth of it.
func TestWholeMail(t *testing.T) {
	size := 10_240_000
	if raceEnabled {
		size /= 5
	}
	fill := func(text, end string) string { return many(text, (size-len(end))/len(text)) + end }
	ja := "平素より大変お世話になっております。資料をお送りいたしますので、ご確認ください。\r\n"
	jis := "\x1b$BJ?AG$h$jBgJQ$*@$OC$K$J$C$F$*$j$^$9!#\x1b(B\r\n"
	for name, src := range map[string]Source{
		"plain":              oneMail(plain, fill("An ordinary line of the letter, as people write it.\r\n", lureURL))(),
		"japanese":           oneMail(plain, fill(ja, lureURL))(),
		"iso-2022-jp":        coded("iso-2022-jp", "7bit", fill(jis, lureURL))(),
		"html":               oneMail(htmlPart, fill(benchHTML, lureTag))(),
		"html without a tag": oneMail(htmlPart, fill("An ordinary line of the letter.\r\n", lureURL))(),
		"one tag, no blank":  oneMail(htmlPart, "<p>"+fill("資料をお送りします。", lureTag))(),
		"one tag, a word":    oneMail(htmlPart, "<p>"+fill("word.", lureTag))(),
		"one tag, &":         oneMail(htmlPart, "<p>"+fill("&x", lureTag))(),
		"one tag, japanese":  oneMail(htmlPart, "<p>"+fill(ja, lureURL))(),
		"base64 html":        whole(html64, coded64(fill(benchHTML, lureTag)[size/4:])),
		"attachment":         inParts("Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"+fill(many("QUJD", 19)+"\r\n", ""), htmlPart+"\r\n\r\n"+lureTag),
	} {
		t.Run(name, func(t *testing.T) {
			peak := peakHeap()
			spent, _, c := measure(src)
			most := peak()
			for try := 0; try < 3 && spent > hostileTime && !raceEnabled; try++ {
				spent, _, _ = measure(src)
			}
			if !slices.ContainsFunc(c.URLs, func(u URL) bool { return u.Host == lureHost }) {
				t.Errorf("the lure was not found; defects %v, unread %v", c.Defects, c.Unread)
			}
			if !raceEnabled && (spent > hostileTime || most > hostileBytes) {
				t.Errorf("took %v and %d MiB", spent, most>>20)
			}
			t.Logf("%v, %d MiB", spent.Round(time.Millisecond), most>>20)
		})
	}
}

// peakHeap watches the heap, garbage and all, until the function that it returns is called,
// and says by how much it grew at most.
func peakHeap() func() uint64 {
	inUse := func() uint64 {
		sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		metrics.Read(sample)
		return sample[0].Value.Uint64()
	}
	runtime.GC()
	before, most := inUse(), uint64(0)
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			if now := inUse(); now > before {
				most = max(most, now-before)
			}
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(stop)
		<-done
		return most
	}
}
