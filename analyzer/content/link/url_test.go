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

// TestResolve holds where references lead that a reader can open: without a scheme as mail
// programs repair them, and by other programs than the browser.
func TestResolve(t *testing.T) {
	for _, tt := range []struct{ base, ref, want string }{
		{"", "bad.example.org/login", "http://bad.example.org/login"},
		{"", "kakunin.test", "http://kakunin.test"},
		{"", "203.0.113.9/login", "http://203.0.113.9/login"},
		{"", "example.org:8080/x", "http://example.org:8080/x"},
		{"", "例え.jp/x", "http://例え.jp/x"},
		{"", "WWW.example.org", "http://WWW.example.org"},
		{"", "//example.org/x", "http://example.org/x"},
		{"", "index.html", ""},
		{"", "image001.png", ""},
		{"", "page", ""},
		{"", "a@example.org", ""},
		{"https://base.example/a/", "index.html", "https://base.example/a/index.html"},
		{"https://base.example/a/", "bad.example.org/x", "http://bad.example.org/x"},
		{"https://base.example/a/", "download.zip", "https://base.example/a/download.zip"},
		{"", "microsoft-edge:https://edge.example/x", "https://edge.example/x"},
		{"", "view-source:https://v.example/", "https://v.example/"},
		{"", "ms-powerpoint:ofe|u|https://p.example/x.pptx", "https://p.example/x.pptx"},
		{"", "ms-excel:ofv|u|\\\\e.example\\x.xlsx", "file://e.example/x.xlsx"},
		{"", "ms-appinstaller:?source=https%3A%2F%2Fi.example/x.msix", "https://i.example/x.msix"},
		{"", "search-ms:query=a&crumb=location:\\\\s.example@SSL\\share&displayname=b",
			"file://s.example/share"},
		{"", "search:query=a&crumb=location:%5C%5Cs.example%5Cshare", "file://s.example/share"},
		{"", "intent://i.example/x#Intent;scheme=https;end", "http://i.example/x#Intent;scheme=https;end"},
		{"", "googlechromes://navigate?url=https://c.example/x&a=b", "https://c.example/x"},
		{"", "webcals://w.example/x.ics", "http://w.example/x.ics"},
		{"", "feed:https://f.example/", "https://f.example/"},
		{"", "feed://f.example/", "http://f.example/"},
		{"", "jar:https://j.example/x.jar!/a", "https://j.example/x.jar!/a"},
		{"", "itms-services://?action=download-manifest&url=https://m.example/m.plist",
			"https://m.example/m.plist"},
		{"", "zoommtg://zoom.example/join", "zoommtg://zoom.example/join"},
		{"", "file://///u.example/share/x", "file://u.example/share/x"},
		{"", "file://u.example/share/x", "file://u.example/share/x"},
		{"", "file:///C:/Users/a.txt", ""},
		{"", "\\\\u.example\\share\\x.exe", "file://u.example/share/x.exe"},
		{"", "javascript:alert(1)", ""},
		{"", "tel:+81-3-0000-0000", ""},
		{"", "#top", ""},
	} {
		if got := Resolve(tt.base, tt.ref); got != tt.want {
			t.Errorf("%s with base %q: got %q, want %q", tt.ref, tt.base, got, tt.want)
		}
	}
}

// TestRedirectors holds that a link is what it leads to, where the target stands in it.
func TestRedirectors(t *testing.T) {
	for _, raw := range []string{
		"https://www.google.com/url?q=https://lure.example/x&sa=D",
		"https://www.google.co.jp/url?sa=t&url=https%3A%2F%2Flure.example%2Fx",
		"http://google.de/url?sa=t&amp;q=https://lure.example/x",
		"https://www.google.com/amp/s/lure.example/x",
		"https://www.google.fr/imgres?imgurl=a&imgrefurl=https://lure.example/x",
		"https://translate.google.com/translate?sl=auto&u=https://lure.example/x",
		"https://lure-example.cdn.ampproject.org/c/s/lure.example/x",
		"https://www.googleadservices.com/pagead/aclk?sa=L&adurl=https://lure.example/x",
		"https://www.youtube.com/redirect?event=a&q=https%3A%2F%2Flure.example%2Fx",
		"https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9sdXJlLmV4YW1wbGUveA&ntb=1",
		"https://l.facebook.com/l.php?u=https%3A%2F%2Flure.example%2Fx&h=AT0",
		"https://lm.facebook.com/l.php?u=https%3A%2F%2Flure.example%2Fx",
		"https://l.instagram.com/?u=https%3A%2F%2Flure.example%2Fx&e=a",
		"https://l.wl.co/l?u=https://lure.example/x",
		"https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Flure%2Eexample%2Fx",
		"https://duckduckgo.com/l/?uddg=https%3A%2F%2Flure.example%2Fx",
		"https://r.search.yahoo.com/_ylt=A/RV=2/RE=1/RO=10/RU=https%3a%2f%2flure.example%2fx/RK=2/RS=a-",
		"https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Flure.example%2Fx&data=0",
		"https://statics.teams.cdn.office.net/evergreen-assets/safelinks/1/atp-safelinks.html?url=https%3A%2F%2Flure.example%2Fx",
		"https://urldefense.proofpoint.com/v1/url?u=https://lure.example/x&k=a",
		"https://urldefense.proofpoint.com/v2/url?u=https-3A__lure.example_x&d=DwMFaQ",
		"https://urldefense.com/v3/__https://lure.example/x__;!!abc!def$",
		"https://url.avanan.click/v2/___https://lure.example/x___.YXAz",
		"https://linkprotect.cudasvc.com/url?a=https%3a%2f%2flure.example%2fx&c=E,1",
		"https://secure-web.cisco.com/1abc/https%3A%2F%2Flure.example%2Fx",
		"https://eu-central-1.protection.sophos.com/?d=lure.example&u=aHR0cHM6Ly9sdXJlLmV4YW1wbGUveA==&i=a",
		"https://scanmail.trustwave.com/?c=1&d=a&u=https%3a%2f%2flure.example%2fx",
		"https://clicktime.symantec.com/3a?u=https%3A%2F%2Flure.example%2Fx",
		"https://abc.awstrack.me/L0/https:%2F%2Flure.example%2Fx/1/0100",
		"https://vk.com/away.php?to=https%3A%2F%2Flure.example%2Fx",
		"https://deref-gmx.net/mail/client/a/dereferrer/?redirectUrl=https%3A%2F%2Flure.example%2Fx",
		// one through another
		"https://www.google.com/url?q=https%3A%2F%2Fl.facebook.com%2Fl.php%3Fu%3Dhttps%253A%252F%252Flure.example%252Fx",
	} {
		u := New(raw, InHref)
		if u.Host != "lure.example" || u.Path != "/x" || u.Via != raw || u.Raw != "https://lure.example/x" {
			t.Errorf("%s leads to %s, host %s, path %s, via %s", raw, u.Raw, u.Host, u.Path, u.Via)
		}
		if w, ok := u.Wrapper(); !ok || w.Raw != raw || w.Host == u.Host {
			t.Errorf("%s is wrapped by %+v", raw, w)
		}
	}
	for _, raw := range []string{ // not redirectors
		"https://www.google.com/maps/@35,139", "https://www.google.com/search?q=https://lure.example/",
		"https://google.lure.test/url?q=x", "https://www.example.org/url?q=https://lure.example/x",
		"https://www.youtube.com/watch?v=a", "https://www.google.com/url?q=/imgres",
	} {
		if u := New(raw, InHref); u.Via != "" {
			t.Errorf("%s is taken for a redirector to %s", raw, u.Raw)
		}
	}
}

// TestWithin holds that a URL in a URL of another domain counts as well.
func TestWithin(t *testing.T) {
	for raw, want := range map[string]string{
		"https://shop.example.org/go?to=https%3A%2F%2Flure.example.net%2Fx&a=b": "lure.example.net",
		"https://shop.example.org/r/http://lure.example.net/x":                  "lure.example.net",
		"https://shop.example.org/r?u=http%3A//203.0.113.9/":                    "203.0.113.9",
		"https://shop.example.org/login?next=https://www.example.org/":          "",
		"https://shop.example.org/http-errors?q=https":                          "",
	} {
		s := NewSet(10, Watch{})
		s.AddRef(Ref{URL: raw, Where: InHref}, false, false)
		got := ""
		for _, u := range s.List {
			if u.Within {
				got = u.Host
			}
		}
		if got != want || s.List[0].Host != "shop.example.org" {
			t.Errorf("%s: within it %q, want %q", raw, got, want)
		}
	}
}

// TestDots holds that a path is what a browser asks for.
func TestDots(t *testing.T) {
	for path, want := range map[string]string{
		"/known/../other": "/other", "/a/./b": "/a/b", "/a/%2e%2E/b": "/b", "/a/.%2e": "/", "/../../a": "/a",
		"/a/b/..": "/a/", "/a\\..\\b": "/b", "/a/...": "/a/...", "/a?b=/../c": "/a?b=/../c", "/.a": "/.a",
		"/a//../b": "/a/b",
	} {
		if u := New("https://example.org"+path, InText); u.Path != want {
			t.Errorf("%s: got %s, want %s", path, u.Path, want)
		}
	}
}
