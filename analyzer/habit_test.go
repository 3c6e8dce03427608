package analyzer_test

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/oschwald/maxminddb-golang/v2"

	"hisseki/analyzer"
	"hisseki/replay"
)

// countries looks countries up in a real database.
type countries struct{ *maxminddb.Reader }

func (c countries) Locate(addr netip.Addr) (p analyzer.Place) {
	_ = c.Lookup(addr).DecodePath(&p.Country, "country", "iso_code") // unknown stays empty
	return p
}

// Addresses of the database, and one that it does not know.
const (
	japan   = "2001:218::1"
	britain = "81.2.69.142"
	house   = "10.1.2.3"
)

// travelling is a memory with exceptions.
type travelling struct {
	*replay.Memory
	exceptions []analyzer.Habit
}

func (m *travelling) Habits(context.Context) ([]analyzer.Habit, error) { return m.exceptions, nil }

// declaring returns the analyzer of an office that has habits declared.
func declaring(t *testing.T, memory analyzer.Memory, habits ...analyzer.Habit) *analyzer.Analyzer {
	t.Helper()
	r, err := maxminddb.Open("../testdata/mmdb/GeoLite2-Country-Test.mmdb")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return analyzer.New(analyzer.Config{Salt: []byte("test"), Locate: countries{r}, Habits: habits,
		Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, memory)
}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func judge(t *testing.T, a *analyzer.Analyzer, who, client string, at time.Time) analyzer.Verdict {
	t.Helper()
	m := letter(who, at, cmp.Or(client, house), "p1@partner1.example.org", honest)
	if client == "" {
		m.Client = netip.Addr{}
	}
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil {
		t.Fatal(err)
	}
	return r.Verdict
}

// fired returns the evidence of a signal, nil when it did not fire.
func fired(v analyzer.Verdict, signal analyzer.Signal) *analyzer.Evidence {
	i := slices.IndexFunc(v.Evidence, func(e analyzer.Evidence) bool { return e.Signal == signal })
	if i < 0 {
		return nil
	}
	return &v.Evidence[i]
}

func hours(t *testing.T, list ...string) (out []analyzer.Hours) {
	t.Helper()
	for _, text := range list {
		h, err := analyzer.ParseHours(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h)
	}
	return out
}

// Japan and the VPN, never at night: what the admin declares is held, or gets points,
// outside it, whatever was learned.
func TestOutsideDeclaredHabits(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	tokyo := time.FixedZone("JST", 9*60*60)
	place := analyzer.Habit{Name: "Japan and our VPN", Countries: []string{"JP"},
		Networks: prefixes("192.0.2.0/24", "198.51.100.7/32"), Hold: true, Reason: "nobody travels"}
	night := analyzer.Habit{Name: "never at night", Hours: hours(t, "06:00-22:00"), Zone: tokyo,
		Points: 2.5}
	noon := attackDay.Add(3 * time.Hour) // in Tokyo
	for _, c := range []struct {
		name, client string
		at           time.Time
		held         bool
		points       float64
		words        string
	}{
		{"at home", "192.0.2.11", noon, false, 0, ""},
		{"in Japan", japan, noon, false, 0, ""},
		{"by the VPN", "198.51.100.7", noon, false, 0, ""},
		{"from inside the house, of no country", house, noon, false, 0, ""},
		{"no address told", "", noon, false, 0, ""},
		{"abroad", britain, noon, true, 0, `sent from 81.2.69.142 in GB, outside the declared habit ` +
			`"Japan and our VPN" (JP, 192.0.2.0/24, 198.51.100.7/32), because: nobody travels`},
		{"at night", "192.0.2.11", noon.Add(12 * time.Hour), false, 2.5,
			`sent Sat 00:00 JST, outside the declared habit "never at night" (06:00-22:00 JST)`},
	} {
		a := declaring(t, memory, place, night)
		v := judge(t, a, "b@example.jp", c.client, c.at)
		plain := judge(t, declaring(t, memory), "b@example.jp", c.client, c.at)
		e := fired(v, "habit-outside")
		if (v.Action == analyzer.Hold) != c.held || (e != nil) != (c.words != "") {
			t.Errorf("%s: %s, %+v", c.name, v.Action, v.Evidence)
			continue
		}
		if e == nil {
			continue
		}
		if !strings.Contains(e.Text, c.words) || e.Points != c.points ||
			v.Points < plain.Points+c.points-1 || v.Evidence[0] != *e {
			t.Errorf("%s: %+v with %.1f points, %.1f without habits", c.name, e, v.Points, plain.Points)
		}
		if c.held && v.PassIf == "" {
			t.Errorf("%s: a hold that does not say what would let it pass", c.name)
		}
	}
}

// Inside, nothing that is declared is a surprise, though it was never seen.
func TestInsideDeclaredHabits(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	strange := netip.MustParsePrefix("198.51.100.0/24")
	night := attackDay.Add(15 * time.Hour)
	plain := judge(t, declaring(t, memory), "b@example.jp", "198.51.100.7", night)
	if fired(plain, "network-new") == nil || fired(plain, "hour-new") == nil {
		t.Fatalf("nothing is new without habits, so the test shows nothing: %+v", plain.Evidence)
	}
	v := judge(t, declaring(t, memory, analyzer.Habit{Name: "shift", Senders: []string{"example.jp"},
		Networks: []netip.Prefix{strange}, Hours: hours(t, "12:00-04:00")}),
		"b@example.jp", "198.51.100.7", night)
	if fired(v, "network-new") != nil || fired(v, "hour-new") != nil {
		t.Errorf("what is declared is a surprise: %+v", v.Evidence)
	}
	abroad := judge(t, declaring(t, memory), "b@example.jp", britain, night)
	london := analyzer.Habit{Name: "London", Countries: []string{"GB"}}
	country := judge(t, declaring(t, memory, london), "b@example.jp", britain, night)
	e, was := fired(country, "network-new"), fired(abroad, "network-new")
	if was == nil || e != nil && (e.Points >= was.Points ||
		!strings.Contains(e.Text, "a new network")) {
		t.Errorf("a declared country: %+v, without: %+v", e, was)
	}
}

// A login from a declared network is the owner's, whoever guesses elsewhere.
func TestLoginFromADeclaredNetwork(t *testing.T) {
	memory := &logged{Memory: replay.NewMemory(),
		logins: tries(analyzer.LoginFailure, 20, "198.51.100.1", "198.18.0.1")}
	office(t, memory)
	const vpn = "203.0.113.9"
	if v := judge(t, declaring(t, memory), "b@example.jp", vpn, attackDay); fired(v,
		"login-after-failures") == nil {
		t.Fatalf("the login is no evidence without habits, so the test shows nothing: %+v", v.Evidence)
	}
	a := declaring(t, memory, analyzer.Habit{Name: "VPN", Networks: prefixes("203.0.113.0/24")})
	if v := judge(t, a, "b@example.jp", vpn, attackDay); fired(v, "login-after-failures") != nil {
		t.Errorf("the declared network is held against its user: %+v", v.Evidence)
	}
}

// A business trip excuses one sender until it is over, and nobody else.
func TestExceptionFromAHabit(t *testing.T) {
	memory := &travelling{Memory: replay.NewMemory()}
	office(t, memory)
	rule := analyzer.Habit{Name: "Japan only", Senders: []string{"*@example.jp"},
		Countries: []string{"JP"}, Hold: true, Until: attackDay.AddDate(0, 1, 0)}
	trip := analyzer.Habit{Name: "T1", Senders: []string{"b@example.jp"}, Countries: []string{"GB"},
		Until: attackDay.AddDate(0, 0, 7)}
	a := declaring(t, memory, rule)
	held := func(who string, days int) bool {
		v := judge(t, a, who, britain, attackDay.AddDate(0, 0, days))
		return fired(v, "habit-outside") != nil && v.Action == analyzer.Hold
	}
	if !held("c@example.jp", 0) {
		t.Error("abroad without an exception is not held")
	}
	memory.exceptions = []analyzer.Habit{trip}
	if err := a.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if held("b@example.jp", 1) || !held("c@example.jp", 1) {
		t.Error("the trip does not excuse its traveller, or excuses another")
	}
	if !held("b@example.jp", 8) {
		t.Error("the trip is over and still excuses")
	}
	if held("d@example.jp", 40) {
		t.Error("the rule is over and still holds")
	}
}

func TestWhomAHabitIsFor(t *testing.T) {
	for _, c := range []struct {
		patterns string
		sender   string
		class    analyzer.Class
		want     bool
	}{
		{"", "b@example.jp", analyzer.Account, true},
		{"", "app:192.0.2.0/24", analyzer.Application, false},
		{"b@example.jp", "b@example.jp", analyzer.Account, true},
		{"b@example.jp", "bb@example.jp", analyzer.Account, false},
		{"example.jp", "b@example.jp", analyzer.Account, true},
		{"example.jp", "b@sub.example.jp", analyzer.Account, false},
		{"example.jp", "b@notexample.jp", analyzer.Account, false},
		{"*-sales@example.jp", "tokyo-sales@example.jp", analyzer.Account, true},
		{"*-sales@example.jp", "sales@example.jp", analyzer.Account, false},
		{"a@example.jp b@example.jp", "b@example.jp", analyzer.Account, true},
	} {
		h := analyzer.Habit{Senders: strings.Fields(c.patterns)}
		if got := h.Matches(c.sender, c.class); got != c.want {
			t.Errorf("%q is for %s (%s): %t", c.patterns, c.sender, c.class, got)
		}
	}
}
