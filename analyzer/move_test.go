package analyzer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// moving judges a mail to a partner of everybody's from the n-th address of a network.
func moving(t *testing.T, a *analyzer.Analyzer, who, client string, after time.Duration, to ...string) *analyzer.Evidence {
	t.Helper()
	m := letter(who, attackDay.Add(after), client, "p1@partner1.example.org", honest)
	if len(to) > 0 {
		m.Recipients = to
	}
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil {
		t.Fatal(err)
	}
	e := fired(r.Verdict, analyzer.NetworkNew)
	if e == nil {
		t.Fatalf("%s from %s: no new network", who, client)
	}
	return e
}

// explained says whether evidence is explained by the move of others.
func explained(e *analyzer.Evidence) bool {
	return e.Points < 1 && strings.Contains(e.Text, "fell silent") && strings.Contains(e.Usual, "moved so")
}

// What three others moved to is no news while nobody writes from the old place.
func TestAMoveOfManyExplainsItself(t *testing.T) {
	a := office(t, replay.NewMemory())
	for i, who := range []string{"a", "c", "d"} {
		if e := moving(t, a, who+"@example.jp", "198.51.100.7", time.Duration(i)*time.Minute); explained(e) {
			t.Errorf("%s: explained by %d others", who, i)
		}
	}
	if e := moving(t, a, "b@example.jp", "198.51.100.8", time.Hour); !explained(e) {
		t.Errorf("the fourth: %.2f points, %q, usual %q", e.Points, e.Text, e.Usual)
	}
	if e := moving(t, a, "b@example.jp", "203.0.113.9", 2*time.Hour); explained(e) {
		t.Error("another network is explained by the move")
	}
}

// An owner who writes from the old place tells a thief with many accounts from a move.
func TestWhoIsLeftBehindEndsAMove(t *testing.T) {
	a := office(t, replay.NewMemory())
	for i, who := range []string{"a", "c", "d"} {
		moving(t, a, who+"@example.jp", "198.51.100.7", time.Duration(i)*time.Minute)
	}
	owner := letter("d@example.jp", attackDay.Add(30*time.Minute), "192.0.2.13", "p1@partner1.example.org", honest)
	if _, err := a.Judge(t.Context(), owner, analyzer.Conditions{CanDelay: true}); err != nil {
		t.Fatal(err)
	}
	if e := moving(t, a, "b@example.jp", "198.51.100.8", time.Hour); explained(e) {
		t.Errorf("explained: %.2f points, %q", e.Points, e.Text)
	}
}

// A move excuses nobody who writes to more people, or other ones, than he does as a rule.
func TestAMoveExcusesNoBurst(t *testing.T) {
	for name, to := range map[string]func(i int) string{
		"strangers":  func(i int) string { return fmt.Sprintf("s%d@stranger%d.example.org", i, i) },
		"colleagues": func(i int) string { return fmt.Sprintf("p%d@partner%d.example.org", i%5, i%3) },
	} {
		a := office(t, replay.NewMemory())
		for i, who := range []string{"a", "c", "d"} {
			moving(t, a, who+"@example.jp", "198.51.100.7", time.Duration(i)*time.Minute)
		}
		n := 0
		for i := range 12 {
			if explained(moving(t, a, "b@example.jp", "198.51.100.8", time.Hour+time.Duration(i)*time.Minute, to(i))) {
				n++
			}
		}
		if n == 0 || n > 8 { // 4 a day are usual
			t.Errorf("%s: %d of 12 mails within 12 minutes are explained", name, n)
		}
	}
}

// That an account once wrote to many at a time is no measure: such a mail is held of a thief with
// one account, and not explained by the move of others.
func TestAMoveExcusesNoMailToMany(t *testing.T) {
	var all []string
	for i := range 15 {
		all = append(all, fmt.Sprintf("p%d@partner%d.example.org", i%5, i/5))
	}
	const later = 7 * 24 * time.Hour
	circulars := func() *analyzer.Analyzer {
		a := office(t, replay.NewMemory())
		for day := range 4 {
			m := letter("b@example.jp", attackDay.AddDate(0, 0, day), "192.0.2.11", all[0], honest)
			m.Recipients = all
			if _, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true}); err != nil {
				t.Fatal(err)
			}
		}
		return a
	}
	for n, want := range map[int]analyzer.Action{8: analyzer.Delay, 11: analyzer.Hold} {
		m := letter("b@example.jp", attackDay.Add(later), "198.51.100.8", all[0],
			honest+"-- \nB. Ando, Example Ltd.\nhttps://www.new-name.example/\n", "X-Mailer: Another 1.0")
		m.Recipients = all[:n]
		r, err := circulars().Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		if v := r.Verdict; v.Action != want {
			t.Errorf("alone, to %d people: %s by %s, %+v, want %s", n, v.Action, v.Cause, v.Evidence, want)
		}
		a := circulars()
		for i, who := range []string{"a", "c", "d"} {
			moving(t, a, who+"@example.jp", "198.51.100.7", later+time.Duration(i)*time.Minute)
		}
		e := moving(t, a, "b@example.jp", "198.51.100.8", later+time.Hour, all[:n]...)
		if explained(e) != (want == analyzer.Delay) {
			t.Errorf("as the fourth, to %d people: %.2f points, %q", n, e.Points, e.Text)
		}
	}
}
