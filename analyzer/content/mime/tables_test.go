package mime

import (
	"strings"
	"testing"
)

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
		{"unlisted-recipients:; (no To-header on input)", "", true},
		{"(no address)", "no address <>", false},
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
		// Japanese mobile carriers gave out local parts with dots anywhere (RFC 5321 section
		// 4.1.2 wants quotes, not all programs write them)
		{`"aaa..b"@docomo.example`, "aaa..b@docomo.example", true},
		{"aaa..b@docomo.example", "aaa..b@docomo.example", true},
		{`"x.y."@docomo.example, z.@docomo.example`, "x.y.@docomo.example, z.@docomo.example", true},
		{`.lead@docomo.example`, ".lead@docomo.example", true},
		{`"Sato (Tokyo)" <"q..q"@docomo.example>`, "Sato (Tokyo) <q..q@docomo.example>", true},
		{`"simple"@example.org`, "simple@example.org", true},
		{`"back\.slash"@example.org`, "back.slash@example.org", true},
		{`"sp ace"@example.org`, `"sp ace"@example.org`, true},
		{`"a@b"@example.org`, `"a@b"@example.org`, true},
		{`"a\"b"@example.org`, `"a\"b"@example.org`, true},
		{`"a,b"@example.org, c@example.org`, `"a,b"@example.org, c@example.org`, true},
		// RFC 5322 appendices A.1.2, A.5, A.6.1 and A.6.3
		{"pete(x)@silly.example", "x <pete@silly.example>", true},
		{`Pete(A nice \) chap) <pete(his account)@silly.test(his host)>`,
			"Pete(A nice ) chap) <pete@silly.test>", true},
		{"jdoe @ silly . test", "jdoe@silly.test", true},
		{"Mary Smith <@node.test:mary@example.net>, , jdoe@test . example",
			"Mary Smith <mary@example.net>, jdoe@test.example", true},
		{"john . \"q\" . doe @ example.org", "john.q.doe@example.org", true},
		{"user@[192.0.2.1]", "user@[192.0.2.1]", true},
		{"Name <user@example.org.>", "Name <user@example.org>", true},
		{"<>", "", false},
		{`"unclosed <a@example.org>`, "unclosed <a@example.org>", false},
		{"", "", true},
	} {
		var r Reader
		var boxes []string
		for _, a := range r.addresses([]string{tt.field}) {
			if a.Name != "" {
				a.Addr = a.Name + " <" + a.Addr + ">"
			}
			boxes = append(boxes, a.Addr)
		}
		got := strings.Join(boxes, ", ")
		if got != tt.want || r.noted[DefectAddress] == tt.ok {
			t.Errorf("%s: got %s, defects %v", tt.field, got, r.Defects)
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
