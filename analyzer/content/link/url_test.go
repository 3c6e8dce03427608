package link

import "testing"

func TestURL(t *testing.T) {
	for _, tt := range []struct{ raw, host, domain, path string }{
		{"http://www.example.co.jp/a?b#c", "www.example.co.jp", "example.co.jp", "/a?b"},
		{"https://EXAMPLE.org.", "example.org", "example.org", ""},
		{"https:\\\\example.org\\a", "example.org", "example.org", "/a"},
		{"https:///example.org/a", "example.org", "example.org", "/a"},
		{"http://user:pass@example.org:80/", "example.org", "example.org", "/"},
		{"http://a@b@example.org/", "example.org", "example.org", "/"},
		{"http://ex%61mple.org/", "example.org", "example.org", "/"},
		{"http://exa\tmple.org/", "example.org", "example.org", "/"},
		{"http://ｅｘａｍｐｌｅ．org/", "example.org", "example.org", "/"},
		{"http://exam\u00adple.org/", "example.org", "example.org", "/"},
		{"http://faß.example.org/", "xn--fa-hia.example.org", "example.org", "/"},
		{"http://0x7f.1/", "127.0.0.1", "127.0.0.1", "/"},
		{"http://017700000001/", "127.0.0.1", "127.0.0.1", "/"},
		{"http://127.0.0.1.example.org/", "127.0.0.1.example.org", "example.org", "/"},
		{"http://1.2.3.256/", "1.2.3.256", "1.2.3.256", "/"},
		{"http://[::ffff:127.0.0.1]/", "127.0.0.1", "127.0.0.1", "/"},
		{"http://co.jp/", "co.jp", "co.jp", "/"},
		{"http://intranet/x", "intranet", "intranet", "/x"},
		{"http://example.org?q", "example.org", "example.org", "/?q"},
		{"http://", "", "", ""},
		{"http://user@/x", "", "", "/x"},
	} {
		u := New(tt.raw, InText)
		if u.Host != tt.host || u.Domain != tt.domain || u.Path != tt.path {
			t.Errorf("%s: host %q, domain %q, path %q", tt.raw, u.Host, u.Domain, u.Path)
		}
	}
}

func TestSkeleton(t *testing.T) {
	for a, b := range map[string]string{
		"раураl.example": "paypal.example", // Cyrillic
		"rnicrosoft.com": "microsoft.com",
		"paypa1.com":     "paypal.com",
		"g00gle.com":     "google.com",
		"vvindows.com":   "windows.com",
		"exämple.org":    "example.org",
		"example.org":    "example.org",
	} {
		if got := Skeleton(a); got != Skeleton(b) {
			t.Errorf("%s looks like %s, not %s", a, got, Skeleton(b))
		}
	}
	if Skeleton("example.org") == Skeleton("exemple.org") {
		t.Error("different hosts look alike")
	}
}

func TestMixed(t *testing.T) {
	for host, want := range map[string]bool{
		"раypal.example": true, "пример.example": false, "例えabcカナ.example": false,
		"한국abc.example": false, "漢字한국.example": false, "例え한국.example": true,
		"aя.b.example": true, "я.a.example": false,
	} {
		if mixedScript(host) != want {
			t.Errorf("%s: mixed is %v", host, !want)
		}
	}
}
