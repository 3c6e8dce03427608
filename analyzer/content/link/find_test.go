package link

import (
	"slices"
	"strings"
	"testing"
)

// TestHosts holds where links in text lead whose hosts browsers map first (UTS 46), or whose
// last label is not a top-level domain. "" is a text without any.
func TestHosts(t *testing.T) {
	for text, want := range map[string]string{
		"https://STRAẞE.example.org/":     "xn--strae-oqa.example.org",
		"https://evㅤil.example.org/":      "evil.example.org",
		"https://a－b.example.org/":        "a-b.example.org",
		"https://a‑b.example.org/":        "xn--ab-v1t.example.org",
		"http://２０３.0.113.9/x":            "203.0.113.9",
		"http://②⓪③.⓪.①①③.⑨/x":            "203.0.113.9",
		"https://例え.jp@lure.example.org/": "lure.example.org",
		"https://例え.ＪＰ/":                  "xn--r8jz45g.jp",
		"https://例え.テスト/パス":               "xn--r8jz45g.xn--zckzah",
		"https://דוגמה.טעסט/":             "xn--6dbbec0c.xn--deba0ad",
		"https://kakunin.社内/x":            "kakunin.xn--v6q418g",
		"https:///lure.example.org/x":     "lure.example.org",
		"詳細は 例え.jp を参照":                   "xn--r8jz45g.jp",
		"（例え.jp/login）":                   "xn--r8jz45g.jp",
		"смотри пример.рф.":               "xn--e1afmkfd.xn--p1ai",
		"sub.例え.jp/x":                     "sub.xn--r8jz45g.jp",
		"https://例え.jp。次の文":               "xn--r8jz45g.jp",
		"https://intranet。次の文章":           "intranet",
		"https://example.orgまで":           "example.org",
		"1.ポイント 2.セール 資料.zip 第3.in":       "",
		"連絡は 担当@例え.jp まで。A社.comment":      "",
		"です.次に":                           "",
	} {
		var got []string
		Find(text, func(h Hit) {
			u := New(h.Raw, InText)
			got = append(got, u.Host)
		})
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
}

// TestManyWithin holds that what stands within one URL is bounded, and that it is said where
// there is more.
func TestManyWithin(t *testing.T) {
	s := NewSet(100, Watch{})
	many := "https://shop.example.org/?"
	for i := range 20 {
		one := "&u=https://a" + strings.Repeat("b", i) + ".example/"
		s.AddFile(Hit{Raw: "https://shop.example.org/?" + one}, false)
		many += one
	}
	if s.Full {
		t.Error("more URLs in one than are looked at are said without a reason")
	}
	if s.AddFile(Hit{Raw: many}, false); !s.Full {
		t.Error("20 URLs within one are not said to be more than are looked at")
	}
}

// TestUnwrapped holds that links of each known form lead to lure.example, and that where their
// host is no known redirector the URL within counts.
func TestUnwrapped(t *testing.T) {
	for _, raw := range []string{
		"https://www.google.com/url?q=lure.example/x", "https://www.google.com//%75rl?q=&%71=https://lure.example/x",
		"https://lure-example.translate.goog/x?_x_tr_sl=en", "https://ci3.googleusercontent.com/a=s0-d#https://lure.example/x",
		"https://urldefense.com/v3/__https:/*lure.example/x__;Lw!!abc!def$",
		"https://protect-us.mimecast.com/s/abc?domain=lure.example", "https://url.avanan.click/v2/r01/___https://lure.example/x___.YXA",
		"https://rdsig.yahoo.co.jp/RV=1/RU=aHR0cHM6Ly9sdXJlLmV4YW1wbGUveA--/RK=0", "https://ard.yahoo.co.jp/SIG=a/*https%3A//lure.example/x",
		"https://web.archive.org/web/20260101/https://lure.example/x", "https://anonym.to/?https://lure.example/x",
		"https://l.threads.com/?u=https%3A%2F%2Flure.example%2Fx", "https://abc.page.link/?link=https://lure.example/x",
		// within another's
		"https://shop.test/app#/go?u=https%3A%2F%2Flure.example%2Fx", "https://shop.test/go?next=//lure.example/x",
		"https://shop.test/go?next=%2F%2Flure.example", "https://shop.test/go?u=https%25253A%25252F%25252Flure.example",
		"https://shop.test/go?u=aHR0cHM6Ly9sdXJlLmV4YW1wbGUveA==", "https://shop.test/go/a1aHR0cHM6Ly9sdXJlLmV4YW1wbGUveA",
		"https://shop.test/t?p=eyJ1IjoiaHR0cHM6XC9cL2x1cmUuZXhhbXBsZVwveCJ9", // {"u":"https:\/\/lure.example\/x"}
		"https://shop.test/?ref=https://www.shop.test/&u=https://lure.example/x",
	} {
		s := NewSet(10, Watch{})
		s.AddRef(Ref{URL: raw, Where: InHref}, false, false)
		if !slices.ContainsFunc(s.List, func(u URL) bool { return u.Host == "lure.example" }) {
			t.Errorf("%s: got %+v", raw, s.List)
		}
	}
	for raw, want := range map[string]string{ // a token of each character left out (Proofpoint's v3)
		"https://urldefense.com/v3/__https://lure.example/x*a=b*c=d__;PyY!!abc$": "https://lure.example/x?a=b&c=d",
		"https://urldefense.com/v3/__https://lure.example/**Ay__;4pyT4pyT!!abc$": "https://lure.example/✓✓y",
		"https://a--b-example-jp.translate.goog/x?y=1":                           "https://a-b.example.jp/x?y=1",
	} {
		if u := New(raw, InHref); u.Raw != want {
			t.Errorf("%s leads to %s, want %s", raw, u.Raw, want)
		}
	}
}
