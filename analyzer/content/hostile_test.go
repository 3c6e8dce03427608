package content

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer/content/mime"
)

// Bounds that any mail must be read within, however it was made. The bytes of the
// mail itself are the caller's and do not count.
const (
	hostileSize  = 4 << 20
	hostileTime  = 500 * time.Millisecond
	hostileBytes = 64 << 20
)

// many is strings.Repeat by a shorter name.
func many(s string, n int) string { return strings.Repeat(s, n) }

// oneMail makes a builder of one mail with a single header field.
func oneMail(field, body string) func() Source {
	name, value, _ := strings.Cut(field, ": ")
	return func() Source {
		return Source{
			Header: []Field{{Name: name, Value: value}}, Body: []byte(body), BodySize: int64(len(body)),
		}
	}
}

// coded makes a builder of one text under a charset and transfer encoding.
func coded(label, transfer, body string) func() Source {
	return func() Source {
		src := oneMail("Content-Type: text/plain; charset="+label, body)()
		src.Header = append(src.Header, Field{Name: "Content-Transfer-Encoding", Value: transfer})
		return src
	}
}

const (
	bare  = "Content-Type: multipart/mixed"
	mixed = "Content-Type: multipart/mixed; boundary=b"
	plain = "Content-Type: text/plain; charset=utf-8"
	page  = "Content-Type: text/html; charset=utf-8"
)

// hostileMails are built to hurt: each name says by what.
func hostileMails() map[string]func() Source {
	all := make(map[string]func() Source)
	for _, group := range []map[string]func() Source{
		hostileParts(), hostileURLs(), hostileText(), hostileHTML(), hostileHeaders(),
		hostileFiles(), hostileDocuments(), hostileArchives(), hostileLenient(),
	} {
		maps.Copy(all, group)
	}
	return all
}

func hostileParts() map[string]func() Source {
	const header, end = "--b\r\n", "\r\nx\r\n--b--\r\n"
	return map[string]func() Source{
		"nested-30000":      nestedMail,
		"addresses":         oneMail(plain, many("a@b.cc ", 10<<20/7)),
		"addresses-signs":   oneMail(plain, many("a@", 10<<20/2)),
		"addresses-names":   oneMail(plain, many(many("a", 60)+"@b", 10<<20/62)),
		"addresses-hosts":   oneMail(plain, many("a@"+many("b.", 120), 10<<20/242)),
		"addresses-spelt":   oneMail(plain, many("a [at] (at) [", 10<<20/13)),
		"messengers":        oneMail(plain, many("skype telegram line id ", 10<<20/23)),
		"messengers-colons": oneMail(plain, many("telegram: (", 10<<20/11)),
		"messengers-kana":   oneMail(plain, many("ライン微信", 10<<20/15)),
		"messages-coded":    messagesCoded,
		"million-parts":     oneMail(mixed, many("--b\r\n\r\nx\r\n", 1_000_000)+"--b--\r\n"),
		"part-headers-9M":   oneMail(mixed, header+many("X-Y: zzzz\r\n", 9<<20/11)+end),
		"part-header-folds": oneMail(mixed, header+"X: a\r\n"+many(" zzzz\r\n", 9<<20/7)+end),
		"part-header-9M-1":  oneMail(mixed, header+"X: "+many("z", 9<<20)+"\r\n"+end),
		"boundary-4095": oneMail(mixed, "--b"+many(" ", 4095)+
			"\r\n\r\nhttps://example.org/\r\n--b--\r\n"),
		"boundary-misses": oneMail(mixed, many("--bx\r\n", 1_000_000)),
		"boundary-inline": oneMail(mixed, many("--b", 3_000_000)),
		"boundary-guess":  oneMail(bare, many("--x\r\ny\r\n", 1_000_000)),
		"broken-parts": oneMail(mixed, many("--b\r\nContent-Type: multipart/mixed\r\n\r\n"+
			many("x ", 100_000)+"\r\n", 190)),
		"text-parts-50M": oneMail(mixed, many("--b\r\nContent-Type: text/html\r\n\r\n"+
			many("<p>x https://example.org/ ", 10_000)+"\r\n", 190)),
		"raw-base64": oneMail(bare, many(many("QUFB", 15)+"\n-\n", 300_000)),
	}
}

func hostileURLs() map[string]func() Source {
	return map[string]func() Source{
		"urls-100000":    oneMail(plain, manyURLs(100_000, "https://h%d.example.org/p ")),
		"urls-same":      oneMail(plain, many("https://www.example.org/p ", 100_000)),
		"urls-no-blanks": oneMail(plain, many("https://", 500_000)),
		"urls-idn":       oneMail(plain, many("https://例え。", 200_000)),
		"urls-bare":      oneMail(plain, manyURLs(100_000, "h%d.example.org ")),
		"urls-dots":      oneMail(plain, many("a.", 1_000_000)),
		"urls-defanged":  oneMail(plain, many("evil[.]", 500_000)),
		"urls-brackets":  oneMail(plain, "https://e.org/"+many("(", 500_000)),
		"urls-wide":      oneMail(plain, many("ｈｔｔｐ：／／ｅ．ｏｒｇ", 50_000)),
		"urls-within": oneMail(plain, manyURLs(1000, "https://s%d.test/?"+
			many("http%%253A%%252F%%252Fa.b%%25", 160)+"\n")),
		"urls-within-64": oneMail(plain, manyURLs(1000, "https://s%d.test/?"+many("aHR0cDovL2EuYg-", 260)+"\n")),
		"urls-within-h":  oneMail(plain, manyURLs(1000, "https://s%d.test/?"+many("http%%", 650)+"\n")),
		"urls-idn-bare":  oneMail(plain, many("例え.", 500_000)),
	}
}

func hostileText() map[string]func() Source {
	return map[string]func() Source{
		"one-line-50M":      oneMail(plain, many("a", 50<<20)),
		"one-line-50M-html": oneMail(page, many("a", 50<<20)),
		"one-line-50M-b64":  coded("utf-8", "base64", many("YWFh", 50<<18)),
		"one-line-50M-qp":   coded("utf-8", "quoted-printable", many("=41", 50<<20/3)),
		"qp-soft-breaks":    coded("utf-8", "quoted-printable", many("=\r\n", 5_000_000)),
		"b64-dirt":          coded("utf-8", "base64", many("YQ==\r\n*!*!\r\n", 500_000)),
		"jis-escapes":       coded("iso-2022-jp", "7bit", many("\x1b$B\x1b(B", 500_000)),
		"jis-2-shifts":      coded("iso-2022-jp-2", "7bit", many("\x1b.A\x1bNi", 500_000)),
		"jis-3-pairs":       coded("iso-2022-jp-3", "7bit", "\x1b$(Q"+many("~~", 1_000_000)),
		"utf-7-shifts":      coded("utf-7", "7bit", many("+A-", 1_000_000)),
		"utf-16-odd":        coded("utf-16", "8bit", many("\xd8", 3_000_000)),
		"invalid-utf-8":     oneMail(plain, many("\xff\xc0", 3_000_000)),
		"quote-lines":       oneMail(plain, many("> a\n", 1_000_000)),
		"quote-headers":     oneMail(plain, many("To: a@example.org,\n", 300_000)),
		"quote-froms":       oneMail(plain, many("From: a\n\n", 300_000)),
		"quote-wrote":       oneMail(plain, many("On 1 x\n", 500_000)),
		"quote-names":       oneMail(plain, many("A B wrote:\nx\n", 500_000)),
		"quote-notes":       oneMail(plain, many("01/02/2003 10:00 AM\nTo: a\n", 200_000)),
		"signature-rules":   oneMail(plain, many("----------\nTEL 03-0000-0000\n> q\n", 200_000)),
		"disclaimers":       oneMail(plain, many("this e-mail is confidential\n", 200_000)),
		"patch":             oneMail(plain, many(" a | 1 +\n", 300_000)),
		"flowed": oneMail("Content-Type: text/plain; format=flowed; delsp=yes",
			many("a \n", 1_000_000)),
		"empty-lines": oneMail(plain, many("\n", 5_000_000)),
		"uuencode":    oneMail(plain, many("begin 644 a\n#0V%T\n`\nend\n", 100_000)),
		"uu-begins":   oneMail(plain, many("begin 644 a\n#0V%T\n", 100_000)),
	}
}

func hostileHTML() map[string]func() Source {
	return map[string]func() Source{
		"html-depth":       oneMail(page, many("<div><b>", 500_000)),
		"html-closing":     oneMail(page, many("<p>", 1000)+many("</i>", 1_000_000)),
		"html-attributes":  oneMail(page, "<a "+many("b=c ", 1_000_000)+">x"),
		"html-style":       oneMail(page, "<p style=\""+many("color:red;", 300_000)+"\">x"),
		"html-styles":      oneMail(page, many("<p style=\"display:none;color:#fff\">x", 60_000)),
		"html-sheet":       oneMail(page, "<style>"+many(".a{display:none}", 200_000)),
		"html-links":       oneMail(page, manyURLs(100_000, "<a href=//h%d.example.org/>x</a>")),
		"html-style-urls":  oneMail(page, "<style>"+many("url(", 1_000_000)),
		"html-style-urls2": oneMail(page, "<style>"+many("url(//h.test/a) u\\72l(b)", 100_000)),
		"html-style-words": oneMail(page, "<style>"+many("@import '", 500_000)),
		"html-srcset":      oneMail(page, "<img srcset='"+many("//h.test/a 1x,", 300_000)+"'>"),
		"html-data":        oneMail(page, many("<a href='data:text/html,<a href=//h.test/>'>", 100_000)),
		"html-events":      oneMail(page, many("<a onclick='a:b'>", 250_000)),
		"html-early":       oneMail(page, many("<a href=x>", 100_000)+"<base href=//h.test>"+many("<a href=y>", 100_000)),
		"html-values":      oneMail(page, "<set to='"+many("a:b;", 1_000_000)+"'>"),
		"html-mailto":      oneMail(page, manyURLs(100_000, "<a href=mailto:h%d@example.org>x</a>")),
		"html-label":       oneMail(page, "<a href=https://example.org/>"+many("x ", 1_000_000)),
		"html-comment":     oneMail(page, many("<!-- -", 500_000)),
		"html-entities":    oneMail(page, many("&#x41;&notin;", 300_000)),
		"html-lt":          oneMail(page, many("<", 3_000_000)),
		"html-quotes":      oneMail(page, many("<blockquote>x</blockquote>", 100_000)),
	}
}

func hostileHeaders() map[string]func() Source {
	return map[string]func() Source{
		"header-words":      oneMail("Subject: "+many("=?utf-8?q?a?= ", 500_000), "x"),
		"header-words-open": oneMail("Subject: "+many("=?", 500_000), "x"),
		"header-addresses":  oneMail("To: "+many("a@example.org,", 500_000), "x"),
		"header-comments":   commentFlood,
		"header-brackets":   oneMail("To: "+many("<(\"", 500_000), "x"),
		"header-ids":        oneMail("References: "+many("<a@b> ", 500_000), "x"),
		"header-params":     oneMail("Content-Type: text/plain"+many("; name*0*=a", 500_000), "x"),
		"header-flood":      headerFlood,
	}
}

// commentFlood has as many fields of addresses as are read, each full of comments.
func commentFlood() Source {
	src := oneMail("Subject: x", "x")()
	for range 20 {
		src.Header = append(src.Header, Field{Name: "To", Value: many("(a) ", 25_000)})
	}
	return src
}

func hostileFiles() map[string]func() Source {
	const header = "--b\r\nContent-Disposition: attachment\r\n"
	return map[string]func() Source{
		"zip-names": zipFlood,
		"files-50M": oneMail(mixed, many(header+"Content-Transfer-Encoding: base64\r\n\r\n"+
			many("YWFh", 65_536)+"\r\n", 190)),
		"html-files-50M": oneMail(mixed, many(header+"Content-Type: text/html\r\n\r\n"+
			many("<a href=//e.org>x</a>", 12_000)+"\r\n", 190)),
	}
}

// nestedMail is MIME nested 30,000 deep in 1.8 MB.
func nestedMail() Source {
	var b bytes.Buffer
	for i := range 30_000 {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("\r\nhttps://deep.example.org/\r\n")
	return mailOf(b.Bytes())
}

// messagesCoded is an attached message in an attached message and so on, each
// encoded once more.
func messagesCoded() Source {
	body := []byte("Subject: x\r\n\r\n" + strings.Repeat("a", 2<<20))
	for range 8 {
		var b bytes.Buffer
		b.WriteString("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		b.WriteString(base64.StdEncoding.EncodeToString(body))
		body = b.Bytes()
	}
	return mailOf(body)
}

// mailOf reads a whole mail.
func mailOf(raw []byte) Source {
	src, err := ReadSource(bytes.NewReader(raw), 0)
	if err != nil {
		panic(err) // a buffer has none
	}
	return src
}

func manyURLs(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

func headerFlood() Source {
	var src Source
	for i := range 200_000 {
		src.Header = append(src.Header, Field{Name: fmt.Sprintf("X-%d", i), Value: many("v", 20)})
	}
	return src
}

// zipFlood is a zip file with many names and a directory that points at itself.
func zipFlood() Source {
	local := "PK\x03\x04" + strings.Repeat("\x00", 22) + "\x01\x00\x00\x00" + "a"
	data := strings.Repeat(local, 300_000) + "PK\x05\x06" + strings.Repeat("\x00", 18)
	return Source{
		Header: []Field{{Name: "Content-Type", Value: "application/zip"}},
		Body:   []byte(data), BodySize: int64(len(data)),
	}
}

// TestHostile holds that a mail of 4 MiB costs at most half a second of processor time,
// however it was made, and that no more of it is kept than the limits say.
func TestHostile(t *testing.T) {
	for name, build := range hostileMails() {
		t.Run(name, func(t *testing.T) {
			if raceEnabled { // nothing is measured
				t.Parallel()
			}
			src := build()
			if len(src.Body) > hostileSize {
				src.Body, src.BodySize = src.Body[:hostileSize], hostileSize
			}
			spent, allocated, c := measure(src)
			// neighbours on the machine make this slow at times, the race detector always
			for try := 0; try < 3 && spent > hostileTime && !raceEnabled; try++ {
				spent, _, _ = measure(src)
			}
			if spent > hostileTime && !raceEnabled {
				t.Errorf("took %v, want under %v", spent, hostileTime)
			}
			// under the race detector sync.Pool forgets at random; make test measures without
			if allocated > hostileBytes && !raceEnabled {
				t.Errorf("allocated %d MiB in all, want under %d", allocated>>20, hostileBytes>>20)
			}
			if len(c.Text) > mime.DefaultTextBytes+10 || len(c.URLs) > mime.DefaultURLs+maxSites {
				t.Errorf("kept %d bytes of text and %d URLs", len(c.Text), len(c.URLs))
			}
			t.Logf("%v, %d KiB, %v", spent, allocated>>10, c.Unread)
		})
	}
}

// maxSites is how many URLs are kept beyond the limit, one of each site.
const maxSites = 2000

// measure parses without a time budget, so that no bound can hide behind it: but for the race
// detector, with which a bomb takes a minute and nothing is measured. spent is processor time, of all
// threads; allocated is everything that was ever allocated meanwhile.
func measure(src Source) (spent time.Duration, allocated uint64, c *Content) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var lim Limits
	if raceEnabled {
		lim.Now = time.Now
	}
	start := processorTime()
	c = Parse(src, lim)
	spent = processorTime() - start
	runtime.ReadMemStats(&after)
	return spent, after.TotalAlloc - before.TotalAlloc, c
}

func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// TestBudget gives a clock that jumps: the parse must stop early and say so.
func TestBudget(t *testing.T) {
	now := time.Date(2025, 6, 2, 10, 0, 0, 0, time.UTC)
	body := strings.Repeat("--b\r\n\r\nhttps://example.org/\r\n", 100) + "--b--\r\n"
	src := oneMail(mixed, body)()
	src.Header = append(src.Header, Field{Name: "Subject", Value: "kept"})
	calls := 0
	c := Parse(src, Limits{Budget: time.Second, Now: func() time.Time {
		calls++
		return now.Add(time.Duration(calls) * 100 * time.Millisecond)
	}})
	if !has(c, mime.DefectTime) || c.Subject != "kept" || len(c.URLs) != 1 {
		t.Errorf("got %v, subject %q, %d URLs", c.Defects, c.Subject, len(c.URLs))
	}
	if calls > 20 {
		t.Errorf("went on for %d looks at the clock", calls)
	}
}

// TestHostileSeen holds that what hides behind broken structure is found.
func TestHostileSeen(t *testing.T) {
	mails := hostileMails()
	for name, code := range map[string]string{
		"nested-30000": mime.DefectDepth, "million-parts": mime.DefectParts, "urls-100000": mime.DefectURLs,
		"part-headers-9M": mime.DefectPartHeader, "one-line-50M": mime.DefectSize,
		"boundary-guess": mime.DefectBoundary, "header-flood": mime.DefectHeader,
	} {
		if c := Parse(mails[name](), Limits{}); !has(c, code) {
			t.Errorf("%s: no %s in %v", name, code, c.Defects)
		}
	}
	for name, host := range map[string]string{
		"boundary-4095": "example.org", "nested-30000": "deep.example.org",
	} {
		if c := Parse(mails[name](), Limits{}); len(c.URLs) == 0 || c.URLs[0].Host != host {
			t.Errorf("%s: URL not found: %v", name, c.URLs)
		}
	}
}

func has(c *Content, code string) bool {
	for _, d := range c.Defects {
		if d.Code == code {
			return true
		}
	}
	return false
}
