package web_test

import (
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/analyzer"
)

// longAccount is as long as an account may be, without a place to break it.
var longAccount = strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 44)+".", 3) + "example.jp"

// overrun is an office with 500 open incidents, of which the first is one mail to 10,000 people of 1,000
// companies with a subject of 300 characters, another reason to its end and a name of 200.
func (o *office) overrun() {
	o.t.Helper()
	keep := func(i int, sender, subject string, to []string) {
		link := strings.Repeat("l", 63) + ".test"
		r := &analyzer.Record{Subject: subject, Hosts: []string{link}, URLs: []string{"https://" + link + "/" + strings.Repeat("x", 900)},
			Envelope: analyzer.Envelope{Time: o.clock().Add(-time.Duration(i) * time.Minute), Host: strings.Repeat("mx", 40) + ".example.jp",
				QueueID: fmt.Sprintf("4C%09dz", i), Sender: sender, Class: analyzer.Account, MailFrom: sender, Recipients: to,
				Client: netip.MustParseAddr("2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"), Helo: strings.Repeat("h", 200)},
			Verdict: analyzer.Verdict{Action: analyzer.Hold, Would: analyzer.Hold, Points: 1e6, Incident: true, Evidence: []analyzer.Evidence{
				{Signal: analyzer.URLUnknown, Points: 1e6, Observed: strings.Repeat("o", 400), Usual: strings.Repeat("u", 400), Text: strings.Repeat("t", 400)}}}}
		if _, err := o.db.Begin(o.t.Context(), r)(); err != nil {
			o.t.Fatal(err)
		}
	}
	to := make([]string, 10_000)
	for i := range to {
		to[i] = fmt.Sprintf("person%d@%s%d.example", i, strings.Repeat("company", 6), i%1000)
	}
	keep(0, longAccount, strings.Repeat("請求書のご確認をお願いします。", 20), to)
	for i := 1; i < 500; i++ {
		keep(i, fmt.Sprintf("user%d@example.jp", i), strings.Repeat("W", 300), []string{fmt.Sprintf("to%d@partner.example", i)})
	}
}

// TestExtremes: names without a place to break them, 10,000 recipients and 500 incidents fit on a phone and into
// 150 KB, and so does a page of the first day, which has nothing to show.
func TestExtremes(t *testing.T) {
	t.Parallel()
	for name, fill := range map[string]func(*office){"overrun": (*office).overrun, "first day": func(*office) {}} {
		t.Run(name, func(t *testing.T) {
			o := newOffice(t, nil)
			o.hire("alice", access.Admin)
			fill(o)
			token := o.token("alice")
			b := newBrowser(t, o, "ja")
			b.login("alice")
			for _, path := range allPages {
				if name == "first day" && strings.Contains(path, "1") { // an incident or a mail
					continue
				}
				if path == "/sender?name=" {
					if path += url.QueryEscape(longAccount); name == "first day" {
						continue
					}
				}
				res := o.ask("GET", path, token, nil)
				if text := body(t, res.Body); res.StatusCode != 200 || len(text) > 150<<10 {
					t.Errorf("%s: %s, %d bytes", path, res.Status, len(text))
				}
				widths := []int64{360}
				if os.Getenv("HISSEKI_PICTURES") != "" {
					widths = append(widths, 1280)
				}
				for _, width := range widths {
					b.screen(width, 900, width == 360)
					b.open(path)
					b.fits(fmt.Sprintf("%s (%d)", path, width))
					if os.Getenv("HISSEKI_PICTURES") != "" {
						b.picture(fmt.Sprintf("%s%.20s-%d", name[:1], strings.NewReplacer("/", "-", "?", "-").Replace(path), width))
					}
				}
			}
			b.calm()
		})
	}
}
