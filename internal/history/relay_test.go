package history_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/company"
	"hisseki/internal/config"
	"hisseki/internal/history"
	"hisseki/internal/wiring"
	"hisseki/replay"
)

const cloud = `[[identity.relay]]
name = "cloud"
certificate = "relay.provider.example"
proof = ["X-OriginatorOrg: example.jp"]
domains = ["example.jp"]
client = ["received"]
`

// Where a relay tells the account and the address, as much of a theft and of other mail is held as
// where accounts log in here, by whatever place the relay tells them.
func TestRelayCostsNothing(t *testing.T) {
	tuesday := time.Date(2026, 11, 17, 1, 0, 0, 0, time.UTC)
	firm := company.New(1)
	mails := firm.Weeks(4, tuesday.Add(4*time.Hour))
	theft, ordinary := firm.Incident(tuesday, 20*time.Minute, 30)
	mails = append(append(mails, theft...), ordinary...)
	stolen := func(m *company.Mail) bool {
		return m.Login == company.Victim && m.Client == theft[0].Client
	}
	slices.SortStableFunc(mails, func(a, b company.Mail) int { return a.Time.Compare(b.Time) })
	path, err := company.WriteTimeline(t.TempDir(), mails)
	if err != nil {
		t.Fatal(err)
	}
	// held returns what is held of the theft, and of all other mail.
	held := func(settings, relay string) (of [2]int) {
		t.Helper()
		cfg, err := config.Parse("f", []byte(settings), config.Default("/s"))
		if err != nil {
			t.Fatal(err)
		}
		src, _, err := history.Open(t.Context(), cfg, history.Options{Timeline: path, Relay: relay}, nil, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		defer src.Close()
		judge, err := wiring.Replay(t.Context(), cfg, nil)
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		_, err = replay.Run(t.Context(), replay.Options{Source: src, Config: judge, Report: func(e *replay.Event) error {
			if e.Kind == "verdict" {
				n++
			}
			if e.Kind == "verdict" && e.Action == analyzer.Hold || e.Kind == "held" {
				i := 0
				if _, err := fmt.Sscanf(e.File, "mail/%d.eml", &i); err != nil {
					return err
				}
				if stolen(&mails[i-1]) {
					of[0]++
				} else {
					of[1]++
				}
			}
			return nil
		}})
		if err != nil || n != len(mails) {
			t.Fatalf("%d of %d mails, %v", n, len(mails), err)
		}
		return of
	}
	logins := held("", "")
	if logins[0] < len(theft)-2 {
		t.Fatalf("with logins %d of %d stolen mails are held", logins[0], len(theft))
	}
	t.Logf("with logins %v of %d and %d", logins, len(theft), len(mails)-len(theft))
	for name, got := range map[string][2]int{"any relay": held("", history.AnyRelay), "a relay of the settings": held(cloud, "cloud")} {
		if d := got[0] - logins[0]; d < -1 || d > 1 || got[1] > logins[1]+1 {
			t.Errorf("%s: %v held of the theft and of other mail, with logins %v", name, got, logins)
		}
	}
	if blind := held("[[identity.relay]]\nname = 'other'\nhosts = ['192.0.2.25']\ndomains = ['example.net']\n", "other"); blind != [2]int{} {
		t.Errorf("a relay of other accounts: %v held", blind)
	}
}
