package analyzer

import (
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

func TestEverySignalIsInOneNamedGroup(t *testing.T) {
	seen := map[Signal]bool{}
	for _, g := range SignalGroups() {
		if g.Name == "" || len(g.Signals) == 0 {
			t.Errorf("group %q of %v", g.Name, g.Signals)
		}
		for _, s := range g.Signals {
			if seen[s] || !IsSignal(s) {
				t.Errorf("%s is in two groups, or not a signal", s)
			}
			seen[s] = true
		}
	}
	if len(seen) != len(signals) {
		t.Errorf("%d of %d signals are in a group", len(seen), len(signals))
	}
}

// storedNumbers are those that stores in use hold: a number that changes its meaning makes
// every learned frequency a lie. Append only.
var storedNumbers = []Signal{"recipients-new", "recipient-domains-new", "recipients-many",
	"recipients-new-day", "volume-10min", "volume-hour", "volume-day", "url-unknown", "network-new",
	"mailer-new", "message-id-new", "header-new", "encoding-new", "zone-new", "from-new",
	"reply-to-new", "file-new", "mail-broken", "reply-without-thread", "style", "phrase-new",
	"hour-new", "mail-link-new", "campaign", "same-text", "login-after-failures", "style-burst",
	"unread", "reach-day", "reach-hour", "reach-new-day", "reach-new-hour", "reach-mail",
	"lures-repeated", "account-changed", "signin-odd", "phone-new", "account-new",
	"answer-address-new", "address-lookalike", "newcomer-place"}

func TestStoredNumbersStay(t *testing.T) {
	for id, name := range storedNumbers {
		if slices.Contains(retired, name) {
			if byID[id] != nil {
				t.Errorf("number %d of the retired %s is given to %s", id, name, byID[id].name)
			}
			continue
		}
		if d := byName[name]; d == nil || int(d.id) != id {
			t.Errorf("%s is not number %d: %+v", name, id, d)
		}
	}
	if len(storedNumbers) != len(signals)+len(retired) {
		t.Errorf("%d signals and %d retired ones, %d stored numbers", len(signals), len(retired),
			len(storedNumbers))
	}
}

// The order of the table means nothing: shuffled, the same mail has the same evidence.
func TestOrderOfSignalsMeansNothing(t *testing.T) {
	defer func(was []definition) { signals = was }(signals)
	signals = slices.Clone(signals) // byID still names those of the table
	judge := func() (measured, baseline.Observation) {
		v := strangeMail(t)
		v.takeMarks()
		v.carried = map[baseline.Key]carried{v.marks[0]: {odd: 3}}
		return (&Analyzer{}).measure(v), *v.o
	}
	want, seen := judge()
	if len(want.evidence) < 4 || len(seen.Marks) == 0 {
		t.Fatalf("the test shows too little: %+v %v", want.evidence, seen.Marks)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		rng.Shuffle(len(signals), func(i, j int) { signals[i], signals[j] = signals[j], signals[i] })
		if got, o := judge(); !reflect.DeepEqual(got.evidence, want.evidence) ||
			!reflect.DeepEqual(o, seen) || got.points != want.points {
			t.Fatalf("in another order: %+v, want %+v", got, want)
		}
	}
}

// strangeMail is the view of a mail with marks of several kinds, from nowhere known, of an
// account with habits.
func strangeMail(t *testing.T) *view {
	t.Helper()
	const head = "From: b@example.jp\r\nSubject: Re: order\r\nContent-Type: text/html\r\n\r\n"
	src, err := content.ReadSource(strings.NewReader(head+`<p>see <a href="https://lure.test/a">`+
		`this</a> or write to <a href="mailto:x@elsewhere.test">us</a></p>`), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	m := &Mail{Source: src, Envelope: Envelope{Time: time.Date(2026, 11, 6, 9, 0, 0, 0, time.UTC),
		Sender: "b@example.jp", Class: Account, Client: netip.MustParseAddr("203.0.113.7"),
		Recipients: []string{"p@partner.test", "q@other.test"}}}
	a := New(Config{Salt: []byte("test")}, nil)
	c := content.Parse(m.Source, a.cfg.Limits)
	o, place := a.observe(m, c)
	v := &view{mail: m, c: c, o: &o, sender: &baseline.Profile{}, org: &baseline.Profile{},
		state: &state{}, background: &a.shared.background,
		place: place, hasher: a.hash, reachKeys: a.reachKeys, today: baseline.SlotOf(m.Time), now: o.At}
	for day := range 20 {
		at := m.Time.Add(-time.Duration(day+3) * 24 * time.Hour)
		habit := baseline.Observation{At: at, Recipients: 1}
		habit.Keys[baseline.Recipient] = []baseline.Key{7}
		v.sender.Learn(&habit)
	}
	return v
}

// A person who names several sites in a day that only colleagues named before does his work: without
// another computer that waits, and holds nothing however often.
func TestWeakLuresOfTheOwnerAddToNoSum(t *testing.T) {
	for name, tt := range map[string]struct {
		found measured
		want  bool
	}{
		"weak":              {measured{lure: weakLure, writer: 2.5, style: 2, computer: 0.5, campaign: 4}, false},
		"unknown":           {measured{lure: 1.1, writer: 0.5}, true},
		"another computer":  {measured{lure: 0.6, writer: 3, computer: 3}, true},
		"a sign-in":         {measured{lure: 0.6, writer: 1.5}, true},
		"style alone":       {measured{writer: 2, style: 2, campaign: 4}, false},
		"nothing to act on": {measured{writer: 2.5, style: 2, computer: 0.5}, true},
	} {
		if got := tt.found.addsToSum(); got != tt.want {
			t.Errorf("%s: %t, want %t", name, got, tt.want)
		}
	}
}
