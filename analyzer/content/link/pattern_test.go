package link

import (
	"strings"
	"testing"
)

func TestPatterns(t *testing.T) {
	for _, c := range []struct{ pattern, canonical, match, other string }{
		{"Example.ORG", "example.org", "http://example.org", "http://example.org.evil.test/"},
		{"example.org", "example.org", "https://a.b.example.org:8443/x", "http://notexample.org/"},
		{"files.example.org", "files.example.org", "http://files.example.org/1", "http://example.org/"},
		{"hxxps://lure[.]test/a", "lure.test/a", "http://user@lure.test/a/b?c", "http://lure.test/b"},
		{"https://lure.test/", "lure.test/", "http://lure.test", "http://www.lure.test/"},
		{"lure.test/%61%20b", "lure.test/a%20b", "http://lure.test/a b", "http://lure.test/a"},
		{"lure.test/a%25b", "lure.test/a%25b", "http://lure.test/a%25b", "http://lure.test/ab"},
		{"lure.test/abc", "lure.test/abc", "http://lure.test/%61%62cd", "http://lure.test/ABC"},
		{"192.0.2.7", "192.0.2.7", "http://0xc0000207/x", "http://192.0.2.70/"},
		{"2001:db8::1", "[2001:db8::1]", "http://[2001:DB8:0::1]/", "http://[2001:db8::2]/"},
		{"筆跡.example.jp", "xn--9wz049a.example.jp", "http://筆跡.example.jp/",
			"http://example.jp/"},
		{"github.io", "github.io", "https://someone.github.io/", "https://github.com/"},
	} {
		p, err := ParsePattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
			continue
		}
		if kept := KeptPattern(p.String()); kept != p {
			t.Errorf("%s is read from the store as %+v", p, kept)
		}
		if p.String() != c.canonical {
			t.Errorf("%s is written %s, want %s", c.pattern, p, c.canonical)
		}
		if again, err := ParsePattern(p.String()); err != nil || again != p {
			t.Errorf("%s read back as %+v, %v; want %+v", p, again, err, p)
		}
		if u := New(c.match, InText); !p.Matches(&u) {
			t.Errorf("%s does not stand for %s (%+v)", p, c.match, u)
		}
		if u := New(c.other, InText); p.Matches(&u) {
			t.Errorf("%s stands for %s", p, c.other)
		}
	}
}

func TestPatternsRefused(t *testing.T) {
	for _, text := range []string{"", " ", "http://", "co.jp", "com", "localhost", "a b.test",
		"*.example.org", "https:///path", strings.Repeat("a", 5000) + ".test"} {
		if p, err := ParsePattern(text); err == nil {
			t.Errorf("%.40q is taken for %s", text, p)
		}
	}
}

func TestNarrower(t *testing.T) {
	for _, c := range [][2]string{{"a.example.org", "example.org"}, {"example.org/a", "example.org"},
		{"example.org/ab", "example.org/a"}} {
		p, _ := ParsePattern(c[0])
		q, _ := ParsePattern(c[1])
		if !p.Narrower(q) || q.Narrower(p) {
			t.Errorf("%s is not narrower than %s", p, q)
		}
	}
}
