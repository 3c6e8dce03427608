package content

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"hisseki/analyzer/content/fixture"
	"hisseki/analyzer/content/mime"
)

// FuzzParse holds that any bytes give a Content of valid UTF-8 within the limits,
// and the same one each time.
func FuzzParse(f *testing.F) {
	for _, raw := range fixture.Mails(f, "../..") {
		f.Add(raw)
	}
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
		if u.Raw == "" || !mime.IsASCII(u.Path) || u.Path != "" && u.Path[0] != '/' {
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
