package mailbox

import "testing"

func TestCanonical(t *testing.T) {
	for in, want := range map[string]string{
		"bob@example.org": "bob@example.org", "Bob+x@Example.ORG": "Bob+x@Example.ORG",
		"名前@例え.jp":             "名前@例え.jp",
		`"simple"@example.org`: "simple@example.org", `"a.b"@example.org`: "a.b@example.org",
		`back\.slash@example.org`: "back.slash@example.org", `"back\.slash"@example.org`: "back.slash@example.org",
		`"aaa..b"@docomo.example`: "aaa..b@docomo.example", "aaa..b@docomo.example": "aaa..b@docomo.example",
		`".lead"@docomo.example`: ".lead@docomo.example", `"trail."@docomo.example`: "trail.@docomo.example",
		`a."b".c@example.org`:   "a.b.c@example.org", // obsolete, RFC 5322 4.4
		`"sp\ ace"@example.org`: `"sp ace"@example.org`, `sp ace@example.org`: `"sp ace"@example.org`,
		`"a@b"@example.org`: `"a@b"@example.org`, `a\@b@example.org`: `"a@b"@example.org`,
		`"q\"q"@example.org`: `"q\"q"@example.org`, `"b\\s"@example.org`: `"b\\s"@example.org`,
		`"a>, relay=x"@example.org`:         `"a>, relay=x"@example.org`,
		"@a.example,@b.example:c@d.example": "c@d.example", `@a.example:"c"@d.example`: "c@d.example",
		// Not in one piece: as they are.
		"": "", "postmaster": "postmaster", `"open@example.org`: `"open@example.org`, `""@example.org`: `""@example.org`,
		`end\@example.org`: `end\@example.org`, "@example.org": "@example.org", "bob@": "bob@",
	} {
		if got := Canonical(in); got != want {
			t.Errorf("%s is %s, want %s", in, got, want)
		}
	}
}

// FuzzCanonical: once is enough, and an ordinary address stays.
func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"bob@example.org", `"a b"@c`, `@a:b\@c@d`, `"\`, `a."b"@c`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, address string) {
		once := Canonical(address)
		if twice := Canonical(once); twice != once {
			t.Errorf("%q is %q, and that is %q", address, once, twice)
		}
	})
}

func BenchmarkCanonical(b *testing.B) {
	for b.Loop() {
		Canonical("somebody.ordinary@example.org")
	}
}
