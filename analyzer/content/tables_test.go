package content

import (
	"strings"
	"testing"
)

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
		u := newURL(tt.raw, InText)
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

func TestAddresses(t *testing.T) {
	for _, tt := range []struct {
		field, want string
		ok          bool
	}{
		{"a@example.org", "a@example.org", true},
		{"A B <A@Example.ORG>, c@example.org", "A B <a@example.org>, c@example.org", true},
		{`"Sato, Hanako" <h@example.jp>`, "Sato, Hanako <h@example.jp>", true},
		{"Sato, Hanako <h@example.jp>", "Sato, Hanako <h@example.jp>", false},
		{"h@example.jp (Sato Hanako)", "Sato Hanako <h@example.jp>", true},
		{"Team: a@example.org, b@example.org;, c@example.org",
			"a@example.org, b@example.org, c@example.org", true},
		{"undisclosed-recipients:;", "", true},
		{"a@example.org;b@example.org", "a@example.org, b@example.org", true},
		{"<a@example.org, b@example.org", "a@example.org, b@example.org", false},
		{"a@example.org b@example.org", "a@example.org, b@example.org", false},
		{"boss@bank.example <thief@example.net>", "boss@bank.example <thief@example.net>", false},
		{`"boss@bank.example" <thief@example.net>`, "boss@bank.example <thief@example.net>", true},
		{"mailto:a@example.org", "a@example.org", true},
		{"<@r1,@r2:a@example.org>", "a@example.org", true},
		{"=?UTF-8?B?5bGx55Sw?= <y@example.jp>", "山田 <y@example.jp>", true},
		{"=?UTF-8?Q?a=2C_b?= <y@example.jp>", "a, b <y@example.jp>", true},
		{"Bare Name", "Bare Name <>", false},
		{`"unclosed <a@example.org>`, "unclosed <a@example.org>", false},
		{"", "", true},
	} {
		p := &parser{out: &Content{}}
		got := addressText(p.addresses([]string{tt.field}))
		if got != tt.want || p.noted[DefectAddress] == tt.ok {
			t.Errorf("%s: got %s, defects %v", tt.field, got, p.out.Defects)
		}
	}
}

func TestDecodeField(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                 "plain",
		" folded\n value ":                      "folded value",
		"=?utf-8?q?a_b?= =?utf-8?q?c?=":         "a bc",
		"=?utf-8?q?a?= b =?utf-8?q?c?=":         "a b c",
		"=?UTF-8?B?5bGx?= =?UTF-8?B?55Sw?=":     "山田",
		"=?utf-8?b?5bGx5w==?= =?utf-8?b?lLA=?=": "山田", // a character in two words
		"=?utf-8?q?what=3F?==?utf-8?q?b?=":      "what?b",
		"=?iso-2022-jp?b?GyRCOzNFRBsoQg==?=":    "山田",
		"=?cp932?b?jlKTYw==?=":                  "山田",
		"=?utf-8*ja?q?x?=":                      "x",
		"=?utf-8?q?cut off":                     "cut off",
		"=?utf-8?x?bad?=":                       "=?utf-8?x?bad?=",
		"=?=?=?":                                "=?=?=?",
		"a\x00b\tc\x1b":                         "a b c",
		"\x1b$B;3ED\x1b(B":                      "山田",
		"\xe5\xb1\xb1":                          "山",
		"\x8eR\x93c\x82\xb3\x82\xf1":            "山田さん",
	} {
		if got := decodeField(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestDate(t *testing.T) {
	for in, want := range map[string]string{
		"Mon, 2 Jun 2025 10:15:00 +0900":            "2025-06-02T01:15:00Z +0900",
		"Mon, 2 Jun 2025 10:15:00 +0900 (東京 (標準時))": "2025-06-02T01:15:00Z +0900",
		"2 Jun 25 10:15 GMT":                        "2025-06-02T10:15:00Z GMT",
		"2025-06-02 10:15:00 +0900":                 "2025-06-02T01:15:00Z +0900",
		"Mon, 2 Jun 2025 10:15:00":                  "2025-06-02T10:15:00Z ",
		"Mon, 32 Jun 2025 10:15:00 +0900":           "",
		"":                                          "",
		"yesterday":                                 "",
		"Mon, 2 June 2025 10:15:00 -0700 (PDT)":     "2025-06-02T17:15:00Z -0700",
		"Mon Jun 2 10:15:00 2025":                   "2025-06-02T10:15:00Z ",
		strings.Repeat("x", 300):                    "",
	} {
		date, zone := parseDate(in)
		got := ""
		if !date.IsZero() {
			got = date.UTC().Format("2006-01-02T15:04:05Z") + " " + zone
		}
		if got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestParams(t *testing.T) {
	for _, tt := range []struct{ in, main, name, value string }{
		{`text/plain; charset="utf-8"`, "text/plain", "charset", "utf-8"},
		{`TEXT/Plain; Charset=UTF-8;`, "text/plain", "charset", "UTF-8"},
		{`multipart/mixed; boundary="a b"; boundary=c`, "multipart/mixed", "boundary", "a b"},
		{`application/pdf; name=a b.pdf`, "application/pdf", "name", "a b.pdf"},
		{`application/pdf; name="a\"b.pdf"`, "application/pdf", "name", `a"b.pdf`},
		{`application/pdf; name="C:\dir\a.pdf"`, "application/pdf", "name", `C:\dir\a.pdf`},
		{`application/pdf; name="unclosed`, "application/pdf", "name", "unclosed"},
		{`attachment; filename*=utf-8'ja'%E5%B1%B1.pdf`, "attachment", "filename", "山.pdf"},
		{`attachment; filename*0="a"; filename*1="b"`, "attachment", "filename", "ab"},
		{`attachment; filename*1="b"; filename*0="a"`, "attachment", "filename", "ab"},
		{`attachment; filename=x; filename*=utf-8''y`, "attachment", "filename", "y"},
		{`attachment; filename="=?utf-8?b?5bGx?="`, "attachment", "filename", "山"},
		{`attachment; filename*=''%zz%E5`, "attachment", "filename", "%zzå"},
		{`; name=x`, "", "name", "x"},
	} {
		main, params := readParams(tt.in)
		if main != tt.main || params[tt.name] != tt.value {
			t.Errorf("%s: got %q, %q", tt.in, main, params)
		}
	}
}

func TestSniff(t *testing.T) {
	for _, tt := range []struct {
		data, name, claimed string
		want                Kind
	}{
		{"MZ\x90", "a.pdf", "application/pdf", Executable},
		{"%PDF-1.4", "a.pdf", "application/octet-stream", Document},
		{"%PDF-1.4", "a.pdf.exe", "application/pdf", Executable},
		{"hello", "a.VBS", "text/plain", Executable},
		{"hello", "a.js. ", "text/plain", Executable},
		{"hello", "a.docm", "application/octet-stream", Macro},
		{"hello", "a.csv", "text/csv", TextFile},
		{"<html><body>", "a.txt", "text/plain", HTMLFile},
		{"  <!-- x --> <script>", "", "application/octet-stream", HTMLFile},
		{"\x89PNG\r\n\x1a\n", "a.png", "image/png", Picture},
		{"\x00\x01\x02", "a.png", "image/png", Picture},
		{"\x00\x01\x02", "", "application/msword", Document},
		{"\x00\x01\x02", "a.7z", "application/octet-stream", Archive},
		{"\x1f\x8b\x08", "a.tgz", "application/gzip", Archive},
		{"BEGIN:VCALENDAR", "", "text/plain", Calendar},
		{"", "", "message/rfc822", Message},
		{"-----BEGIN PGP SIGNATURE-----\n", "s.asc", "application/pgp-signature", SignedBy},
		{"\x30\x82\x01", "smime.p7s", "application/pkcs7-signature", SignedBy},
		{"MZ\x90", "s.asc", "application/pgp-signature", Executable},
		{"hello", "s.asc", "application/pgp-signature", TextFile},
		{"", "", "application/octet-stream", OtherFile},
	} {
		if _, got := sniff([]byte(tt.data), tt.name, tt.claimed); got != tt.want {
			t.Errorf("%q %s: got %s, want %s", tt.data, tt.name, got, tt.want)
		}
	}
}

func TestLimits(t *testing.T) {
	file := oneMail("Content-Type: application/pdf", many("a", 200))
	part := "--b\r\nContent-Type: text/plain\r\n\r\nhttps://example.org/%\r\n"
	for _, tt := range []struct {
		src    Source
		lim    Limits
		defect string
	}{
		{oneMail(mixed, many(part, 3)+"--b--")(), Limits{Parts: 2}, DefectParts},
		{oneMail(plain, many("a b ", 300))(), Limits{TextBytes: 1000}, DefectSize},
		{oneMail(plain, manyURLs(2, "https://h%d.example.org "))(), Limits{URLs: 1}, DefectURLs},
		{file(), Limits{PartBytes: 100}, DefectSize},
		{oneMail(mixed, "--b\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\nx")(),
			Limits{Depth: 1}, DefectDepth},
		{Source{Body: []byte("x"), BodySize: 9}, Limits{}, DefectCut},
		{Source{HeaderDropped: 3}, Limits{}, DefectHeader},
	} {
		if c := Parse(tt.src, tt.lim); !has(c, tt.defect) {
			t.Errorf("no %s in %v", tt.defect, c.Defects)
		}
		limited := tt.lim.Parts+tt.lim.TextBytes+tt.lim.URLs+tt.lim.PartBytes+tt.lim.Depth > 0
		if c := Parse(tt.src, Limits{}); limited && has(c, tt.defect) {
			t.Errorf("%s without the limit", tt.defect)
		}
	}
	a := Parse(file(), Limits{PartBytes: 100}).Attachments[0]
	if a.Size != 100 || !a.Cut {
		t.Errorf("got %+v", a)
	}
}
