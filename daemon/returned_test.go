package daemon

import (
	"context"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// judgedOnce is a store with one mail, of queue id 4jcB7J4wJDz1Yr2c.
type judgedOnce struct {
	ServeStore
	asked int
}

func (j *judgedOnce) Returned(_ context.Context, host, id, message string, _ *analyzer.Mail) (bool, error) {
	j.asked++
	return host == "mx.example.jp" && id == "4jcB7J4wJDz1Yr2c" && message == "m1@example.jp", nil
}

// A mail that was judged before is recognised by the field that this machine, or a believed relay,
// wrote itself. What an account of a relay writes below counts for nothing: it knows the queue ids
// of its mail that was let through.
func TestReturned(t *testing.T) {
	const ours = "from pc (pc [192.0.2.7])\n\tby mx.example.jp (Postfix) with ESMTPS id 4jcB7J4wJDz1Yr2c\n\tfor <b@example.org>; x"
	const other = "from pc (pc [192.0.2.7])\n\tby mx.example.jp (Postfix) with ESMTPSA id 4jcB7K3W54z1Yr1P\n\tfor <b@example.org>; x"
	const cloud = "from x (192.0.2.9) by y.provider.example (10.0.0.1) with Microsoft SMTP Server id 15.20; x"
	const filter = "from mx.example.jp ([127.0.0.1])\n\tby localhost (amavis, port 10024) with ESMTP\n\tid x1; x"
	for name, c := range map[string]struct {
		client, login, relay string
		received             []string
		want                 bool
		asked                int
	}{
		"a filter":                                  {"127.0.0.1", "", "", []string{filter, ours}, true, 1},
		"a filter, of others":                       {"127.0.0.1", "", "", []string{filter, other, ours}, false, 1},
		"another MTA":                               {"192.0.2.9", "", "first", []string{ours}, true, 1},
		"a cloud":                                   {"192.0.2.9", "", "cloud", []string{cloud}, false, 0},
		"a cloud's account, copied":                 {"192.0.2.9", "", "cloud", []string{cloud, ours}, false, 0},
		"another MTA's account, copied":             {"192.0.2.9", "", "first", []string{other, ours}, false, 1},
		"a relay that tells no client":              {"", "", "cloud", []string{cloud, ours}, false, 0},
		"a relay of this machine's account, copied": {"127.0.0.2", "", "groupware", []string{cloud, ours}, false, 0},
		"anybody":                                   {"192.0.2.9", "", "", []string{ours}, false, 0},
		"a login":                                   {"127.0.0.1", "a@example.jp", "", []string{ours}, false, 0},
		"hundreds of fields":                        {"127.0.0.1", "", "", append(make([]string, 100), ours), false, 0},
	} {
		store := &judgedOnce{}
		d := &Serve{ServeOptions: ServeOptions{Log: slog.New(slog.DiscardHandler)}, db: store}
		m := &analyzer.Mail{Envelope: analyzer.Envelope{Login: c.login, Relay: c.relay}}
		if c.client != "" {
			m.Client = netip.MustParseAddr(c.client)
		}
		for _, r := range c.received {
			m.Header = append(m.Header, content.Field{Name: "Received", Value: r})
		}
		m.Header = append(m.Header, content.Field{Name: "Message-ID", Value: "<m1@example.jp>"})
		if got := d.returned(t.Context(), m); got != c.want || store.asked != c.asked {
			t.Errorf("%s: %v after %d questions, want %v after %d; %s", name, got, store.asked, c.want, c.asked,
				strings.Join(c.received[:1], ""))
		}
	}
}
