package identity

import (
	"strings"
	"testing"
)

func TestApplicationOf(t *testing.T) {
	for _, c := range []struct{ from, rcpt, want string }{
		{"app@example.org", "bob@example.net", "app@example.org"},
		// numbers
		{"news-12345@example.org", "", "news-#@example.org"},
		{"news.2026.7@example.org", "", "news.#.#@example.org"},
		{"server1@example.org", "", "server#@example.org"},
		{"0100018f2b-6ba7b810-9dad-11d1-80b4-00c04fd430c8-000000@example.org", "", "#-#-#@example.org"},
		{"bounces.xk3p9q@example.org", "", "bounces.#@example.org"},
		{"q4-report@example.org", "", "q#-report@example.org"},
		// VERP
		{"bounce+bob=example.net@example.org", "bob@example.net", "bounce+#@example.org"},
		{"bounce+bob=example.net@example.org", "", "bounce+#@example.org"},
		{"list-return-7-mary-ann=example.net@example.org", "Mary-Ann@Example.net",
			"list-return-#-#@example.org"},
		{"list-return-8-bob=example.net@example.org", "", "list-return-#-#@example.org"},
		{"bounces_bob=mail.example.net@example.org", "carol@example.net", "bounces_#@example.org"},
		{"b-example.net=bob@example.org", "bob@example.net", "b-#@example.org"},
		{"bounces+1234567-ab12-bob=example.net@em.example.org", "bob@example.net",
			"bounces+#@em.example.org"},
		{"alerts+db1@example.org", "", "alerts+#@example.org"},
		{"bob=example.net@example.org", "bob@example.net", "bob=example.net@example.org"},
		// gateways
		{"prvs=0123456789=news@example.org", "", "news@example.org"},
		{"prvs=news/0123456789@example.org", "", "news@example.org"},
		{"btv1==01234567ab==news@example.org", "", "news@example.org"},
		{"msprvs1=17abcdef=bounces-260480-1@example.org", "", "bounces-#-#@example.org"},
		{"srs0=ab1c=x2=example.net=bob@example.org", "", "bob@example.net"},
		{"srs0+ab1c=x2=example.net=bob=home@example.org", "", "bob=home@example.net"},
		{"srs1=ab1c=example.com==zz=x2=example.net=bob@example.org", "", "bob@example.net"},
		{"srs0=ab1c=x2=example.org=prvs=0123456789=news@example.net", "", "news@example.org"},
		// odd ones
		{"", "", ""}, {"@example.org", "@", "@example.org"}, {"root", "", "root"},
		{"srs0=@example.org", "", "srs#=@example.org"},
	} {
		if got := applicationOf(c.from, []string{c.rcpt}); got != c.want {
			t.Errorf("%s to %s is %s, want %s", c.from, c.rcpt, got, c.want)
		}
	}
}

// TestVERPIsOneApplication: whatever the recipient, as long as the form is the same.
func TestVERPIsOneApplication(t *testing.T) {
	senders := make(map[string]bool)
	for _, rcpt := range []string{"bob@example.net", "mary-ann.o=x@sub.example.net",
		"a1b2c3@example.jp", "b+tag@example.net", "42@example.net"} {
		from := "news-return-" + strings.Repeat("7", len(rcpt)%5+1) + "-" +
			strings.Replace(rcpt, "@", "=", 1) + "@example.org"
		senders[applicationOf(from, []string{rcpt})] = true
	}
	if len(senders) != 1 {
		t.Errorf("%d applications: %v", len(senders), senders)
	}
}

func FuzzApplicationOf(f *testing.F) {
	f.Add("bounce+bob=example.net@example.org", "bob@example.net")
	f.Add("srs0=ab1c=x2=example.net=bob@example.org", "")
	f.Fuzz(func(t *testing.T, from, rcpt string) {
		from = strings.ToLower(from)
		got := applicationOf(from, []string{rcpt})
		if len(got) > len(from)+1 {
			t.Errorf("%q became %q", from, got)
		}
	})
}
