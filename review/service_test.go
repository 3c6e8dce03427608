package review

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

var noon = time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)

// desk is a store in memory. What a test does not expect is missing and panics.
type desk struct {
	Store
	holds   []ledger.Hold
	known   []string
	rules   map[string]analyzer.Override
	lures   []ledger.Lure
	open    []ledger.Incident
	audit   []string
	soon    []bool // of each of these, that it may be durable later
	broken  bool   // the audit log cannot be written
	batches []int
	taken   map[int64]bool // decided by somebody else in this moment
}

func (d *desk) Audit(ctx context.Context, actor, verb, object, reason string) error {
	if d.broken {
		return errors.New("disk full")
	}
	d.audit = append(d.audit, strings.Join([]string{actor, verb, object, reason}, " "))
	d.soon = append(d.soon, ledger.IsSoon(ctx))
	return nil
}

func (d *desk) Holds(_ context.Context, f ledger.HoldFilter) (out []ledger.Hold, _ error) {
	for _, h := range d.holds {
		if (len(f.IDs) == 0 || slices.Contains(f.IDs, h.ID)) &&
			(len(f.States) == 0 || slices.Contains(f.States, h.State)) &&
			(f.Sender == "" || f.Sender == h.Record.Envelope.Sender) &&
			(f.Incident == 0 || f.Incident == h.Incident) {
			out = append(out, h)
		}
	}
	return out, nil
}

func (d *desk) DecideHolds(_ context.Context, ids []int64, dec ledger.Decision) (done []int64, _ error) {
	d.batches = append(d.batches, len(ids))
	for _, id := range ids {
		if !d.taken[id] {
			done = append(done, id)
		}
	}
	return done, nil
}

func (d *desk) SenderKnown(_ context.Context, name string) (bool, error) {
	return slices.Contains(d.known, name), nil
}

func (d *desk) SenderNames(context.Context, int) ([]string, error) { return d.known, nil }

func (d *desk) SetOverride(_ context.Context, subject string, o analyzer.Override) error {
	d.rules[subject] = o
	return nil
}

func (d *desk) Overrides(_ context.Context, kind string, _ time.Time) (out []ledger.Rule, _ error) {
	for subject, o := range d.rules {
		if strings.HasPrefix(subject, "url:") == (kind == "url") {
			out = append(out, ledger.Rule{Override: o, Subject: subject})
		}
	}
	return out, nil
}

func (d *desk) FindIncidents(context.Context, ledger.IncidentFilter) ([]ledger.Incident, error) {
	return d.open, nil
}

func (d *desk) PreviewEnding(context.Context, int64, ledger.Ending) (ledger.Ended, bool, error) {
	return ledger.Ended{Discarding: 1}, true, nil
}

func (d *desk) Lures(context.Context, ...int64) ([]ledger.Lure, error) { return d.lures, nil }

func (d *desk) ReopenIncident(context.Context, int64, string, string) (ledger.Reopened, bool, error) {
	return ledger.Reopened{Held: 1}, true, nil
}

func hold(id int64, sender string, state ledger.State) ledger.Hold {
	return ledger.Hold{ID: id, State: state, Incident: 1, Excerpt: "sealed words", Recipients: []string{"a@example.org"},
		Record: &analyzer.Record{Envelope: analyzer.Envelope{Sender: sender, QueueID: "4Cabc123XYz", Time: noon}}}
}

// service is a review of a desk, with a realm and an alias.
func service(d *desk) *Service {
	if d.rules == nil {
		d.rules = map[string]analyzer.Override{}
	}
	return &Service{Store: d, Now: func() time.Time { return noon },
		Normal: func(login string) string {
			login = strings.ToLower(strings.TrimSpace(login))
			if !strings.Contains(login, "@") {
				login += "@example.jp"
			}
			if login == "bob@example.jp" {
				return "robert@example.jp"
			}
			return login
		},
		Unseal:   func(s string) (string, error) { return "words", nil },
		ReadMail: func(context.Context, string) ([]byte, error) { return []byte("Subject: x\r\n\r\ny\r\n"), nil }}
}

var alice = Actor{Name: "alice", Via: "as root"}

// Nothing is shown that is not in the audit log first.
func TestNothingIsShownUnnoted(t *testing.T) {
	d := &desk{holds: []ledger.Hold{hold(1, "b@example.jp", ledger.Held), hold(2, "b@example.jp", ledger.Released)}}
	s := service(d)
	list, err := s.Show(t.Context(), alice, []string{"H1", "2", "h9"}, View{Excerpt: true, Mail: true})
	if len(list) != 2 || !errors.Is(err, ErrPartly) || !strings.Contains(err.Error(), "there is no H9") {
		t.Fatalf("%d shown, %v", len(list), err)
	}
	want := []string{"alice as root read H1 evidence, excerpt, mail", "alice as root read H2 evidence, excerpt"}
	if !slices.Equal(d.audit, want) {
		t.Errorf("noted %q, want %q", d.audit, want)
	}
	if list[0].Excerpt != "words" || list[0].Letter == nil || list[1].Source != nil {
		t.Errorf("shown %+v", list)
	}
	d.broken = true
	s.ReadMail = func(context.Context, string) ([]byte, error) {
		t.Error("mail was read although that could not be noted")
		return nil, nil
	}
	if list, err := s.Show(t.Context(), alice, []string{"H1"}, View{Mail: true}); err == nil || list != nil {
		t.Errorf("shown %v, %v", list, err)
	}
}

func TestBulkDecisionIsCommittedInBatches(t *testing.T) {
	d := &desk{taken: map[int64]bool{7: true}}
	for id := range int64(1200) {
		d.holds = append(d.holds, hold(id+1, "b@example.jp", ledger.Held))
	}
	d.holds[1].State = ledger.Releasing
	s := service(d)
	c, err := s.Choose(t.Context(), HoldQuery{Sender: "B"}, ledger.Discarding)
	if err != nil || len(c.Holds) != 1199 || len(c.Not) != 0 {
		t.Fatalf("%d chosen, not %q, %v", len(c.Holds), c.Not, err)
	}
	done, err := s.Decide(t.Context(), alice, c, ledger.Discarding, "theft")
	if len(done) != 1198 || !errors.Is(err, ErrPartly) || len(d.batches) != 3 {
		t.Errorf("%d decided in batches %v, %v", len(done), d.batches, err)
	}
	if c, err = s.Choose(t.Context(), HoldQuery{IDs: []string{"H1", "H2", "H5000"}}, ledger.Releasing); err != nil ||
		!slices.Equal(c.Not, []string{"there is no H5000", "H2 is releasing"}) {
		t.Errorf("not %q, %v", c.Not, err)
	}
	if _, err := s.Choose(t.Context(), HoldQuery{}, ledger.Releasing); !isUsage(err) {
		t.Errorf("everything was chosen by nothing: %v", err)
	}
	if _, err := s.Choose(t.Context(), HoldQuery{IDs: []string{"H2"}}, ledger.Releasing); !errors.Is(err, ErrNothing) {
		t.Errorf("%v", err)
	}
}

func isUsage(err error) bool {
	var u UsageError
	return errors.As(err, &u)
}

// A rule is for the account that mail gets; all of a request is set, or nothing.
func TestRulesNameAccountsAsMailDoes(t *testing.T) {
	d := &desk{known: []string{"robert@example.jp", "tanaka@example.jp"}}
	s := service(d)
	did, err := s.SetRules(t.Context(), alice, RuleChange{Kind: SenderRules, Action: analyzer.Hold, Until: "1d",
		Subjects: []string{"Bob", "tanka", "class:application", "robert@example.jp"}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"sender:robert@example.jp", "sender:tanka@example.jp", "class:application"}
	if !slices.Equal(did.Subjects, want) || !did.Until.Equal(noon.AddDate(0, 0, 1)) || !did.Observed {
		t.Errorf("%+v", did)
	}
	if len(did.Doubts) != 1 || !strings.Contains(did.Doubts[0], "did you mean tanaka@example.jp?") {
		t.Errorf("doubts %q", did.Doubts)
	}
	if d.rules["sender:robert@example.jp"].By != "alice as root" {
		t.Errorf("rules %+v", d.rules)
	}
	for _, c := range []RuleChange{
		{Kind: SenderRules, Until: "1d", Subjects: []string{"x@example.jp", " "}},
		{Kind: SenderRules, Until: "2020-01-01", Subjects: []string{"x@example.jp"}},
		{Kind: SenderRules, Until: "1d", Subjects: []string{"x@example.jp", "class:staff"}},
		{Kind: URLRules, Subjects: []string{"x.example.org", "co.jp"}},
		{Kind: URLRules, Subjects: []string{"x.example.org", ""}},
	} {
		if _, err := s.SetRules(t.Context(), alice, c); !isUsage(err) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	for subject := range d.rules {
		if strings.Contains(subject, ":x") {
			t.Errorf("%s was set although the rest is wrong", subject)
		}
	}
}

func TestUnknownSenderIsDoubted(t *testing.T) {
	s := service(&desk{known: []string{"alice@example.org"}})
	_, err := s.Holds(t.Context(), HoldQuery{Sender: "alice"})
	if !errors.Is(err, ErrNothing) || !strings.Contains(err.Error(), "did you mean alice@example.org?") {
		t.Errorf("%v", err)
	}
	if _, err := s.Holds(t.Context(), HoldQuery{Sender: "alice@example.org"}); !errors.Is(err, ErrNothing) ||
		err.Error() != ErrNothing.Error() {
		t.Errorf("%v", err)
	}
}

// The preview separates the senders' own mail from others', and advises only what neither is
// blocked nor allowed, also by a rule for more.
func TestPreviewEnding(t *testing.T) {
	d := &desk{open: []ledger.Incident{{ID: 1, Sender: "b@example.jp", State: ledger.IncidentOpen}},
		holds: []ledger.Hold{hold(1, "b@example.jp", ledger.Held), hold(2, "c@example.jp", ledger.Held),
			hold(3, "b@example.jp", ledger.Released)},
		lures: []ledger.Lure{{Pattern: "new.example.org"}, {Pattern: "a.blocked.example.org"},
			{Pattern: "ok.blocked.example.org"}, {Pattern: "page.example.org/x/1"}},
		rules: map[string]analyzer.Override{"url:blocked.example.org": {Action: analyzer.Hold},
			"url:ok.blocked.example.org": {Action: analyzer.Pass}, "url:page.example.org/x": {Action: analyzer.Hold}}}
	s := service(d)
	s.Settings.Hooks = map[ledger.EventKind][]string{ledger.EventConfirmed: {"lock"}}
	p, err := s.PreviewEnding(t.Context(), IncidentQuery{IDs: []string{"I1", "I7"}},
		Ending{To: ledger.IncidentConfirmed})
	if err != nil {
		t.Fatal(err)
	}
	var advised []string
	for _, l := range p.Lures {
		advised = append(advised, l.Pattern)
	}
	if len(p.Own) != 1 || len(p.Others) != 1 || p.Others[0].ID != 2 || p.Recipients() != 1 ||
		!slices.Equal(advised, []string{"new.example.org"}) ||
		!slices.Equal(p.Blocked, []string{"a.blocked.example.org", "page.example.org/x/1"}) ||
		!slices.Equal(p.Hooks, []string{"lock"}) || !errors.Is(p.Lack(), ErrPartly) {
		t.Errorf("%+v", p)
	}
	if line := p.Line(); line.Kind != "ending" || line.Discarding != 1 || len(line.Others) != 1 {
		t.Errorf("%+v", line)
	}
	// An older incident of the sender that has ended is not a failure of what was asked.
	d.open = append(d.open, ledger.Incident{ID: 9, Sender: "b@example.jp", State: ledger.IncidentDismissed})
	if p, err = s.PreviewEnding(t.Context(), IncidentQuery{Sender: "b"}, Ending{To: ledger.IncidentDismissed}); err != nil ||
		len(p.Incidents) != 1 || p.Lack() != nil {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := s.PreviewEnding(t.Context(), IncidentQuery{}, Ending{To: ledger.IncidentConfirmed}); !isUsage(err) {
		t.Errorf("everything was chosen by nothing: %v", err)
	}
}

// What blocks an incident's links stays when its end is taken back, and is named once.
func TestReopenNamesBlocks(t *testing.T) {
	d := &desk{open: []ledger.Incident{{ID: 1, Sender: "b@example.jp", State: ledger.IncidentOpen}},
		lures: []ledger.Lure{{Pattern: "new.example.org"}, {Pattern: "a.blocked.example.org"},
			{Pattern: "b.blocked.example.org"}, {Pattern: "ok.blocked.example.org"}},
		rules: map[string]analyzer.Override{"url:blocked.example.org": {Action: analyzer.Hold},
			"url:ok.blocked.example.org": {Action: analyzer.Pass}, "url:other.example.org": {Action: analyzer.Hold}}}
	back, err := service(d).Reopen(t.Context(), alice, []string{"I1"}, "")
	if err != nil || len(back.Incidents) != 1 || len(back.Blocks) != 1 ||
		back.Blocks[0].Subject != "url:blocked.example.org" {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestParseTime(t *testing.T) {
	for text, want := range map[string]time.Time{"": {}, "2h": noon.Add(-2 * time.Hour), "3d": noon.AddDate(0, 0, -3),
		"2026-11-17T10:12:00+09:00": time.Date(2026, 11, 17, 1, 12, 0, 0, time.UTC),
		"2026-11-16":                time.Date(2026, 11, 16, 0, 0, 0, 0, time.Local)} {
		if got, err := ParseTime(text, noon); err != nil || !got.Equal(want) {
			t.Errorf("%q: %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"yesterday", "-2h", "2026-13-01", "10:12"} {
		if got, err := ParseTime(text, noon); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
	if got, err := ParseUntil("3d", noon); err != nil || !got.Equal(noon.AddDate(0, 0, 3)) {
		t.Errorf("until %s, %v", got, err)
	}
}

func TestParseID(t *testing.T) {
	for _, text := range []string{"H12", "h12", "12"} {
		if n, err := ParseID("H", text); n != 12 || err != nil {
			t.Errorf("%q: %d, %v", text, n, err)
		}
	}
	for _, text := range []string{"", "H", "I12", "H0", "H-1", "H1x", "99999999999999999999"} {
		if n, err := ParseID("H", text); err == nil {
			t.Errorf("%q: %d", text, n)
		}
	}
}

// Who acts is named in the audit log as it always was.
func TestActor(t *testing.T) {
	for want, a := range map[string]Actor{"alice": {Name: "alice"}, "alice as root": alice,
		"bob (page, 192.0.2.1)": {Name: "bob", Via: "(page, 192.0.2.1)"}} {
		if got := fmt.Sprint(a); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// A choice that chooses everything is none: "discard --min-points NaN" must not be one of all.
func TestPointsThatChooseAllAreRefused(t *testing.T) {
	s := &Service{Store: &desk{}, Now: func() time.Time { return noon }}
	for _, n := range []float64{math.NaN(), -1, math.Inf(-1)} {
		if _, err := s.holdFilter(&HoldQuery{MinPoints: n}); !errors.As(err, new(UsageError)) {
			t.Errorf("at least %v points: %v", n, err)
		}
	}
	if f, err := s.holdFilter(&HoldQuery{MinPoints: 4.5}); err != nil || f.MinPoints != 4.5 {
		t.Errorf("at least 4.5 points: %v, %v", f.MinPoints, err)
	}
}

func TestMailboxIsNoLink(t *testing.T) {
	for _, text := range []string{"friend@mail.test", "mailto:friend@mail.test", "a@mail.test/x"} {
		if got, err := urlSubject(text); err == nil {
			t.Errorf("%s is taken for %s", text, got)
		}
	}
	if got, err := urlSubject("https://user@lure.test/@page"); got != "url:lure.test/@page" {
		t.Errorf("a URL with a user: %q, %v", got, err)
	}
}
