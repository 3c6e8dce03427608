package analyzer_test

import (
	"context"
	"fmt"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// logged is a memory that has read logs.
type logged struct {
	*replay.Memory
	logins []analyzer.Login
	asked  int
}

func (m *logged) Logins(_ context.Context, sender string, since, until time.Time) (
	[]analyzer.Login, error) {
	m.asked++
	var out []analyzer.Login
	for _, l := range m.logins {
		if l.Sender == sender && !l.Last.Before(since) && l.At.Before(until) {
			out = append(out, l)
		}
	}
	return out, nil
}

// tries are attempts to log in as b, some hours before the attack.
func tries(result analyzer.LoginResult, hours int, clients ...string) (out []analyzer.Login) {
	at := attackDay.Add(-time.Duration(hours) * time.Hour)
	for _, c := range clients {
		out = append(out, analyzer.Login{At: at, Last: at, Count: 3, Sender: "b@example.jp",
			Client: netip.MustParseAddr(c), Result: result})
	}
	return out
}

func TestLoginAfterFailures(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	guess := func(c ...string) []analyzer.Login { return tries(analyzer.LoginFailure, 20, c...) }
	const thief, owner = "203.0.113.9", "192.0.2.11"
	for name, c := range map[string]struct {
		logins []analyzer.Login
		client string
		fires  bool
	}{
		"two networks, then in": {guess("198.51.100.1", "198.18.0.1"), thief, true},
		"owner's own network":   {guess("198.51.100.1", "198.18.0.1", thief), owner, false},
		"one network":           {guess("198.51.100.1", "198.51.100.2"), thief, false},
		"owner's old password":  {guess(owner, "192.0.2.12", "198.51.100.1"), thief, false},
		"long ago": {tries(analyzer.LoginFailure, 80, "198.51.100.1", "198.18.0.1"), thief,
			false},
		"later": {tries(analyzer.LoginFailure, -5, "198.51.100.1", "198.18.0.1"), thief, false},
		"successes": {tries(analyzer.LoginSuccess, 20, "198.51.100.1", "198.18.0.1"), thief,
			false},
		"no logs": {nil, thief, false},
	} {
		m := &logged{Memory: memory, logins: c.logins}
		a := analyzer.New(analyzer.Config{Salt: []byte("test"),
			Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, m)
		mail := letter("b@example.jp", attackDay, c.client, "p1@partner1.example.org", honest)
		r, err := a.Judge(t.Context(), mail, analyzer.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		points := 0.0
		for _, e := range r.Verdict.Evidence {
			if e.Signal == "login-after-failures" {
				points = e.Points
			}
		}
		if (points > 0) != c.fires {
			t.Errorf("%s: %.2f points, want some: %v; %+v", name, points, c.fires, r.Verdict.Evidence)
		}
		if r.Verdict.Action != analyzer.Pass {
			t.Errorf("%s: an honest mail has %s", name, r.Verdict.Action)
		}
		if c.client == owner && m.asked > 0 {
			t.Errorf("%s: logins were asked for a known network", name)
		}
	}
}

// firstMail judges one mail of b after the office's weeks, with what the logs say. The
// office travels: where a new network is unheard of, it alone reaches its group's cap.
func firstMail(t *testing.T, m *analyzer.Mail, logins ...analyzer.Login) *analyzer.Record {
	t.Helper()
	memory := replay.NewMemory()
	office(t, memory)
	a := analyzer.New(analyzer.Config{Salt: []byte("test")}, &logged{memory, logins, 0})
	for i := range 60 {
		away := letter("b@example.jp", attackDay.Add(time.Duration(i-61)*time.Hour),
			fmt.Sprintf("192.88.%d.1", i), "p1@partner1.example.org", honest)
		if _, err := a.Judge(t.Context(), away, analyzer.Conditions{}); err != nil {
			t.Fatal(err)
		}
	}
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// However much others fail, the owner's own mail gets the same verdict and teaches the
// same; what a thief sends weighs more with more failures before it.
func TestFailuresNeverTouchTheOwner(t *testing.T) {
	var botnet []analyzer.Login
	for i := range 200 {
		botnet = append(botnet, tries(analyzer.LoginFailure, 1+i%70,
			netip.AddrFrom4([4]byte{198, 18, byte(i), 1}).String())...)
	}
	botnet = append(botnet, tries(analyzer.LoginLockout, 2, "198.18.0.1", "203.0.113.8")...)
	owner := letter("b@example.jp", attackDay, "192.0.2.11", "new@stranger.example.org", honest,
		"X-Mailer: Example Phone Mail") // odd enough to have points
	with, without := firstMail(t, owner, botnet...), firstMail(t, owner)
	if without.Verdict.Points == 0 || !reflect.DeepEqual(with, without) {
		t.Errorf("the owner's mail under attack is\n%+v\nwithout\n%+v", with, without)
	}
	none := firstMail(t, attack(0), tries(analyzer.LoginSuccess, 1, "192.0.2.11")...).Verdict.Points
	few := firstMail(t, attack(0), botnet[:2]...).Verdict.Points
	many := firstMail(t, attack(0), botnet...).Verdict.Points
	if none >= few || few >= many {
		t.Errorf("points: %.2f without failures, %.2f with few, %.2f with many", none, few, many)
	}
}
