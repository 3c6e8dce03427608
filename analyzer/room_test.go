package analyzer_test

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// teach sends a mail of b@example.jp to one partner on each of the days before the attack.
func teach(t *testing.T, a *analyzer.Analyzer, days int, client, body string) {
	t.Helper()
	for day := range days {
		at := attackDay.AddDate(0, 0, day-days).Add(34 * time.Minute)
		m := letter("b@example.jp", at, client, "p1@partner1.example.org", "Please see below, as we said.\n"+body)
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{}) // none can wait: delayed mail teaches no link
		if err != nil {
			t.Fatal(err)
		}
		if r.Verdict.Would == analyzer.Hold {
			t.Fatalf("day %d: %+v", day, r.Verdict)
		}
	}
}

// On a site that everybody visits, and where the page says who is paid, what the account knows is a
// part of the site, not the site.
func TestRooms(t *testing.T) {
	a := office(t, replay.NewMemory())
	teach(t, a, 10, "192.0.2.11", "https://github.com/example/code\r\n")
	teach(t, a, 10, "192.0.2.11", "https://www.partner-site.example/a\r\n")
	teach(t, a, 10, "192.0.2.11", "https://www.paypal.me/example1/10\r\n")
	teach(t, a, 10, "192.0.2.11", "https://www.paypal.com/paypalme/example1\r\n")
	for _, tt := range []struct {
		link string
		weak bool // at most what a known site weighs
		none bool
	}{
		{"https://github.com/example/other", true, true},
		{"https://github.com/", true, true},
		{"https://github.com/stranger/code", true, false},
		{"https://www.partner-site.example/b/c", true, true},
		{"https://paypal.me/example1/200", true, true},
		{"https://paypal.me/stranger7/200", false, false},
		{"https://www.paypal.com/paypalme/example1/9", true, true},
		{"https://www.paypal.com/PayPalMe/stranger7/9", false, false},
	} {
		got := points(usual(t, a, honest+tt.link+"\r\n"), analyzer.URLUnknown)
		if (got > 0.9) == tt.weak || (got == 0) != tt.none {
			t.Errorf("%s: %.2f points, weak %v, none %v", tt.link, got, tt.weak, tt.none)
		}
	}
}
