package doctor

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hisseki/internal/config"
	"hisseki/ledger"
)

// fakeStore knows MTA hosts.
type fakeStore struct {
	senders []ledger.Sender
	Store
	list  []ledger.MTA
	holds map[ledger.State]int
}

func (f fakeStore) Senders(context.Context, ledger.SenderFilter) ([]ledger.Sender, error) {
	return f.senders, nil
}

func (f fakeStore) MTAs(context.Context) ([]ledger.MTA, error) { return f.list, nil }

func TestMTAs(t *testing.T) {
	now, stale := time.Now(), time.Now().Add(-time.Hour)
	long := now.Add(-30 * 24 * time.Hour)
	for name, c := range map[string]struct {
		list   []ledger.MTA
		logins bool
		want   []string
	}{
		"nothing yet": {nil, true, []string{"bad agent: never seen", "warn mail: no mail was judged"}},
		"well":        {[]ledger.MTA{{Host: "mx", Mails: 9, Last: now, Account: now, Beat: now}}, true, nil},
		// A second instance without an agent: its mail waited for ever, and all was said to be ok.
		"second instance": {[]ledger.MTA{{Host: "mx", Mails: 9, Last: now, Account: now, Beat: now},
			{Host: "mx2", Mails: 9, Last: now, Account: now, Waiting: 3}}, true,
			[]string{"bad agent: mx2: 3 mails of it wait"}},
		"stale": {[]ledger.MTA{{Host: "mx", Mails: 9, Last: now, Account: now, Beat: stale}}, true,
			[]string{"bad agent: mx: last seen"}},
		"retired": {[]ledger.MTA{{Host: "mx", Mails: 9, Last: now, Account: now, Beat: now},
			{Host: "old", Mails: 9, Last: long, Account: long, Beat: long}}, true, nil},
		"retired with mail": {[]ledger.MTA{{Host: "mx", Mails: 9, Last: now, Account: now, Beat: now},
			{Host: "old", Mails: 9, Last: long, Account: long, Beat: long, Waiting: 1}}, true,
			[]string{"bad agent: old: 1 mail of it wait"}},
		"nobody logged in": {[]ledger.MTA{{Host: "mx", Mails: 9, Last: now, Beat: now}}, true,
			[]string{"bad mail: none of the last 9 mails"}},
		"a relay of applications": {[]ledger.MTA{{Host: "mx", Mails: 9, Last: now, Beat: now}}, false, nil},
		"quiet": {[]ledger.MTA{{Host: "mx", Mails: 9, Last: long, Account: long, Beat: now}}, true,
			[]string{"warn mail: the last mail was judged"}},
	} {
		d := &Doctor{Config: config.Default("/s"), StaleAfter: 30 * time.Second, ctx: t.Context(),
			logins: c.logins}
		d.mtas(fakeStore{list: c.list})
		compare(t, name, d.list, c.want)
	}
}

// TestWhoMayConnect: whoever can connect to the milter can forge mail of every account.
func TestWhoMayConnect(t *testing.T) {
	path := filepath.Join(t.TempDir(), "milter.sock")
	ln, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	for _, c := range []struct {
		listen string
		mode   os.FileMode
		trust  bool
		want   []string
	}{
		{"unix:" + path, 0o660, false, nil},
		{"unix:" + path, 0o600, false, []string{"bad permission: mode 0600"}},
		{"unix:" + path, 0o666, false, []string{"bad permission: any account's name"}},
		{"unix:" + path, 0o666, true, nil},
		{"inet:127.0.0.1:8891", 0, false, []string{"bad permission: every user of this machine"}},
		{"inet:localhost:8891", 0, true, nil},
		{"inet:192.0.2.1:8891", 0, false, []string{"bad permission: open to the network"}},
		{"inet:0.0.0.0:8891", 0, false, []string{"bad permission: open to the network"}},
		{"systemd", 0, false, nil},
	} {
		d := &Doctor{Config: config.Default("/s"), ctx: t.Context(),
			Dial: func(config.Address) error { return nil }}
		if err := d.Config.Milter.Listen.UnmarshalText([]byte(c.listen)); err != nil {
			t.Fatal(err)
		}
		d.Config.Milter.TrustPeers = c.trust
		if c.mode != 0 {
			if err := os.Chmod(path, c.mode); err != nil {
				t.Fatal(err)
			}
		}
		d.socket()
		compare(t, c.listen, d.list, c.want)
	}
}
