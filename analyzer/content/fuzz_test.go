package content

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

// seeds adds the bodies or the whole of all fixtures.
func seeds(f *testing.F, add func(raw []byte)) {
	f.Helper()
	files, err := filepath.Glob("../../testdata/mail/*.eml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no fixtures: %v", err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		add(raw)
	}
}

func bodyOf(raw []byte) string {
	_, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	return string(body)
}

// FuzzParse holds that any bytes give a Content of valid UTF-8 within the limits,
// and the same one each time.
func FuzzParse(f *testing.F) {
	seeds(f, func(raw []byte) { f.Add(raw) })
	f.Fuzz(func(t *testing.T, raw []byte) {
		src, err := ReadSource(bytes.NewReader(raw), 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		lim := Limits{Depth: 5, Parts: 30, PartBytes: 64 << 10, TextBytes: 8 << 10, URLs: 40}
		before := bytes.Clone(src.Body)
		c := Parse(src, lim)
		checkContent(t, c, lim)
		if !bytes.Equal(src.Body, before) {
			t.Error("the mail itself was changed")
		}
		if again := Parse(src, lim); !reflect.DeepEqual(c, again) {
			t.Errorf("two readings differ:\n%s\n%s", dump(c), dump(again))
		}
	})
}

func checkContent(t *testing.T, c *Content, lim Limits) {
	t.Helper()
	texts := []string{
		c.Subject, c.MessageID, c.Mailer, c.Zone, c.Charset, c.Encoding, c.Type, c.Text, c.Own,
		c.Signature,
	}
	texts = append(append(texts, c.Names...), c.References...)
	texts = append(append(texts, c.InReplyTo...), c.MailLinks...)
	for _, list := range [][]Address{c.From, c.Sender, c.ReplyTo, c.To} {
		for _, a := range list {
			texts = append(texts, a.Name, a.Addr)
			if a.Addr != strings.ToLower(a.Addr) {
				t.Errorf("address not lower case: %q", a.Addr)
			}
		}
	}
	for _, u := range c.URLs {
		texts = append(texts, u.Raw, u.Scheme, u.Host, u.Unicode, u.Domain, u.Path, u.Shown)
		texts = append(texts, u.LooksLike)
		if u.Raw == "" || !isASCII(u.Path) || u.Path != "" && u.Path[0] != '/' {
			t.Errorf("odd URL %+v", u)
		}
		if u.Domain != "" && !strings.HasSuffix(u.Host, u.Domain) {
			t.Errorf("domain %q is not of host %q", u.Domain, u.Host)
		}
	}
	for _, a := range c.Attachments {
		texts = append(texts, a.Name, a.Claimed, a.Sniffed)
		if a.Kind == "" || a.Size > lim.PartBytes {
			t.Errorf("odd attachment %+v", a)
		}
	}
	for _, s := range texts {
		if !utf8.ValidString(s) {
			t.Errorf("not valid UTF-8: %q", s)
		}
	}
	if len(c.Text) > lim.TextBytes+lim.Parts || len(c.Own) > len(c.Text) {
		t.Errorf("%d bytes of text, %d of own", len(c.Text), len(c.Own))
	}
	if len(c.URLs) > lim.URLs {
		t.Errorf("%d URLs", len(c.URLs))
	}
}

// FuzzHTML holds that a page's text is no longer than the page and that everything
// noted of it lies within.
func FuzzHTML(f *testing.F) {
	seeds(f, func(raw []byte) { f.Add(bodyOf(raw)) })
	f.Fuzz(func(t *testing.T, src string) {
		src = strings.ToValidUTF8(src, "\uFFFD")
		page := readHTML(src)
		if !utf8.ValidString(page.text) {
			t.Errorf("text is not valid UTF-8: %q", page.text)
		}
		if len(page.text) > 3*len(src)+2 {
			t.Errorf("%d bytes of text from %d of HTML", len(page.text), len(src))
		}
		for _, l := range page.links {
			if l.at > len(page.text)+1 || l.url == "" {
				t.Errorf("odd link %+v in %d bytes", l, len(page.text))
			}
			newURL(l.url, l.where)
		}
		for _, m := range page.marks {
			if m.start > m.end || m.start > len(page.text)+1 {
				t.Errorf("odd mark %+v in %d bytes", m, len(page.text))
			}
		}
	})
}

// FuzzURLs holds that hits come in order, lie in the text, have a web scheme and a
// host, and that no blank or control gets into one.
func FuzzURLs(f *testing.F) {
	seeds(f, func(raw []byte) { f.Add(bodyOf(raw)) })
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.ToValidUTF8(text, "\uFFFD")
		last := -1
		findURLs(text, 100, func(h hit) {
			if h.at <= last || h.at >= len(text) {
				t.Errorf("hit at %d after one at %d in %d bytes", h.at, last, len(text))
			}
			last = h.at
			blank := func(r rune) bool { return r <= ' ' || r == 0x7f }
			if strings.ContainsFunc(h.raw, blank) {
				t.Errorf("blank in %q", h.raw)
			}
			u := newURL(h.raw, InText)
			if strings.TrimSuffix(u.Scheme, "s") != "http" && strings.TrimSuffix(u.Scheme, "s") != "ftp" {
				t.Errorf("scheme %q of %q", u.Scheme, h.raw)
			}
			if !utf8.ValidString(u.Host) || !isASCII(u.Path) {
				t.Errorf("host %q, path %q", u.Host, u.Path)
			}
		})
	})
}

// FuzzOwnText holds that every line stays where it is and that own text and
// signature are made of lines of the text.
func FuzzOwnText(f *testing.F) {
	seeds(f, func(raw []byte) { f.Add(bodyOf(raw), false) })
	f.Fuzz(func(t *testing.T, text string, forward bool) {
		text, _ = visible(strings.ToValidUTF8(text, "\uFFFD"))
		l := classify(text, nil, forward)
		for i, line := range l {
			if text[line.start:line.start+len(line.text)] != line.text {
				t.Fatalf("line %d is not at %d", i, line.start)
			}
		}
		own, signature := l.own(len(text))
		if len(own)+len(signature) > len(text)+2 {
			t.Errorf("more own text than text: %q, %q of %q", own, signature, text)
		}
		for _, part := range strings.Split(own, "\n") {
			if !strings.Contains(text, part) {
				t.Errorf("%q is not in the text", part)
			}
		}
		l.quotedAt(len(text))
	})
}

// FuzzCharset holds that any bytes under any label become valid UTF-8.
func FuzzCharset(f *testing.F) {
	seeds(f, func(raw []byte) {
		for _, label := range []string{"", "iso-2022-jp", "utf-7", "shift_jisx0213", "big5"} {
			f.Add([]byte(bodyOf(raw)), label)
		}
	})
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		if text, _ := decodeCharset(b, label); !utf8.ValidString(text) {
			t.Errorf("%q as %q gives %q", b, label, text)
		}
		if s := decodeField(string(b)); !utf8.ValidString(s) || strings.ContainsAny(s, "\r\n") {
			t.Errorf("%q gives %q", b, s)
		}
	})
}
