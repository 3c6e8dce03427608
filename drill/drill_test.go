package drill_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/drill"
	"hisseki/internal/company"
	"hisseki/replay"
)

var end = time.Date(2026, 11, 17, 10, 12, 0, 0, company.Tokyo)

// past is the memory of a replayed company.
type past struct {
	*replay.Memory
	override analyzer.Override
	accounts map[string]*drill.Account
	newest   time.Time
}

func (p *past) Override(context.Context, string, analyzer.Class, time.Time) (
	analyzer.Override, bool, error) {
	return p.override, p.override.Action != "" || p.override.Mode != "", nil
}

// lastMail remembers the mail of the last act.
type lastMail struct {
	replay.Source
	mail *analyzer.Mail
}

func (l *lastMail) Next() (*replay.Act, error) {
	act, err := l.Source.Next()
	if err == nil {
		l.mail = act.Mail
	}
	return act, err
}

var config = analyzer.Config{Salt: []byte("drill"),
	Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}

// learn replays three weeks of a company. A newcomer sends three mails in it.
func learn(t *testing.T) *past {
	t.Helper()
	mails := company.New(11).Weeks(3, end)
	for i := range 3 {
		m := mails[len(mails)-1-i*40]
		m.Login = "newcomer@example.jp"
		mails = append(mails, m)
	}
	slices.SortStableFunc(mails, func(a, b company.Mail) int { return a.Time.Compare(b.Time) })
	dir := t.TempDir()
	timeline, err := company.WriteTimeline(dir, mails)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(timeline)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	src, err := replay.OpenTimeline(dir, timeline, file)
	if err != nil {
		t.Fatal(err)
	}
	defer src.Close()
	last := &lastMail{Source: src}
	p := &past{accounts: map[string]*drill.Account{}}
	p.Memory, err = replay.Run(t.Context(), replay.Options{Source: last, Config: config,
		Report: func(e *replay.Event) error {
			name := e.Record.Envelope.Sender
			if p.accounts[name] == nil {
				p.accounts[name] = &drill.Account{}
			}
			p.accounts[name].Note(e.Record)
			if e.Kind == "verdict" {
				p.accounts[name].Keep(last.mail)
			}
			p.newest = e.Time
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *past) drill(t *testing.T, sender, recipe string,
	change func(*drill.Options)) *drill.Result {
	t.Helper()
	opt := drill.Options{Past: p, Config: config, Newest: p.newest, Now: p.newest, Seed: 1}
	if change != nil {
		change(&opt)
	}
	r, ok := drill.Find(recipe)
	if !ok {
		t.Fatalf("no recipe %s", recipe)
	}
	res, err := drill.New(opt).Run(t.Context(), p.accounts[sender], r)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// state is everything that a drill must leave as it is.
func (p *past) state(t *testing.T) []byte {
	t.Helper()
	var all []byte
	for _, sender := range []string{"", company.Victim, "newcomer@example.jp"} {
		profile, last, err := p.Profile(t.Context(), sender)
		if err != nil {
			t.Fatal(err)
		}
		data, err := profile.MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		past, err := p.Past(t.Context(), sender, time.Time{}, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		all = fmt.Appendf(append(all, data...), " %d %d ", last, len(past.Recent))
	}
	return all
}

func TestThefts(t *testing.T) {
	p := learn(t)
	before := p.state(t)
	for _, r := range drill.Recipes {
		if r.Hidden {
			continue
		}
		res := p.drill(t, company.Victim, r.Name, nil)
		if !res.Contained() || res.Why != "" || len(res.Evidence) == 0 {
			t.Errorf("%s: not contained: %+v", r.Name, res)
		}
		if res.Held+res.Escaped != res.Mails || res.Reached > res.Recipients ||
			res.FirstKept == 0 || res.FirstKept > res.FirstHold || res.Escaped > 4 {
			t.Errorf("%s: %+v", r.Name, res)
		}
		if r.Name == "incident" && (res.Mails != 40 || res.Recipients != 40 || res.Partners != 40) {
			t.Errorf("the incident went to %d recipients, %d of them partners", res.Recipients,
				res.Partners)
		}
		if again := p.drill(t, company.Victim, r.Name, nil); !reflect.DeepEqual(res, again) {
			t.Errorf("%s: two drills differ:\n%+v\n%+v", r.Name, res, again)
		}
	}
	if !bytes.Equal(before, p.state(t)) {
		t.Error("the drills left something behind")
	}
}

// One drill after the other finds what each finds alone, though mail that passes is
// learned within its own drill.
func TestDrillsDoNotMeet(t *testing.T) {
	p := learn(t)
	d := drill.New(drill.Options{Past: p, Config: config, Newest: p.newest, Seed: 1})
	for _, sender := range []string{"newcomer@example.jp", company.Victim, "tanaka@example.jp"} {
		r, _ := drill.Find("slow")
		res, err := d.Run(t.Context(), p.accounts[sender], r)
		if err != nil {
			t.Fatal(err)
		}
		if alone := p.drill(t, sender, "slow", nil); !reflect.DeepEqual(res, alone) {
			t.Errorf("%s: after others %+v, alone %+v", sender, res, alone)
		}
	}
}

func TestBlind(t *testing.T) {
	p := learn(t)
	off := func(opt *drill.Options) {
		opt.Config.Thresholds = analyzer.Thresholds{Delay: 1e6, Hold: 1e6, Sum: 1e6}
		opt.OwnNetwork = true
	}
	if res := p.drill(t, "newcomer@example.jp", "slow", off); res.Contained() ||
		!strings.Contains(res.Why, "only 3 mails of history") || res.History != 3 {
		t.Errorf("the newcomer: %+v", res)
	}
	if res := p.drill(t, company.Victim, "incident", func(opt *drill.Options) {
		opt.Config.Thresholds = analyzer.Thresholds{Delay: 1e6, Hold: 1e6, Sum: 1e6}
		opt.Config.Off = map[analyzer.Signal]bool{analyzer.ReachDay: true, analyzer.ReachHour: true,
			analyzer.ReachNewDay: true, analyzer.ReachNewHour: true, analyzer.ReachMail: true}
	}); res.Contained() || res.Escaped != 40 || res.Reached != res.Recipients || res.Why == "" {
		t.Errorf("with lines that nothing reaches: %+v", res)
	}
	p.override = analyzer.Override{Action: analyzer.Pass, Until: end}
	if res := p.drill(t, company.Victim, "incident", nil); res.Contained() ||
		!strings.Contains(res.Why, "an override lets everything pass until 2026-11-17 01:12 UTC") {
		t.Errorf("with an override: %+v", res)
	}
	p.override = analyzer.Override{Mode: analyzer.Observe, Until: end}
	if res := p.drill(t, company.Victim, "incident", nil); !res.Contained() {
		t.Errorf("a drill must enforce what is only observed: %+v", res)
	}
}

func TestStrangersWhenNobodyIsKnown(t *testing.T) {
	p := learn(t)
	p.accounts[company.Victim].Partners = nil
	res := p.drill(t, company.Victim, "incident", nil)
	if res.Partners != 0 || res.Recipients != 40 {
		t.Errorf("%+v", res)
	}
	r, _ := drill.Find("mimic")
	d := drill.New(drill.Options{Past: p, Config: config, Newest: p.newest})
	_, err := d.Run(t.Context(), &drill.Account{Sender: company.Victim, Last: p.newest}, r)
	if !errors.Is(err, drill.ErrNoSample) || !drill.Impossible(err) {
		t.Errorf("an account of which no mail is known was imitated: %v", err)
	}
	p.accounts[company.Victim].Client = netip.Addr{}
	r, _ = drill.Find("incident")
	d = drill.New(drill.Options{Past: p, Config: config, Newest: p.newest, OwnNetwork: true})
	_, err = d.Run(t.Context(), p.accounts[company.Victim], r)
	if !errors.Is(err, drill.ErrNoNetwork) {
		t.Errorf("from the own network of an account that told none: %v", err)
	}
}
