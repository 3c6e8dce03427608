package analyzer_test

import (
	"fmt"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// Mail that nobody sees who knows the account's owner makes no computer usual: notes to oneself, or to
// boxes that nobody here ever wrote to. What a partner sees does.
func TestUnseenMailMakesNoComputerUsual(t *testing.T) {
	const client = "203.0.113.9"
	for name, c := range map[string]struct {
		to    func(i int) string
		usual bool
	}{
		"to himself":         {func(int) string { return "b@example.jp" }, false},
		"to a box":           {func(int) string { return "box@freemail.test" }, false},
		"to three boxes":     {func(i int) string { return fmt.Sprintf("box@freemail%d.test", i%3) }, false},
		"to partners, known": {func(i int) string { return fmt.Sprintf("p%d@partner%d.example.org", i%5, i%3) }, true},
	} {
		a := office(t, replay.NewMemory())
		for i := range 8 {
			m := letter("b@example.jp", attackDay.Add(time.Duration(i)*12*time.Hour), client, c.to(i), honest)
			if _, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true}); err != nil {
				t.Fatal(err)
			}
		}
		m := letter("b@example.jp", attackDay.AddDate(0, 0, 6), client, "p1@partner1.example.org", lure)
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := points(r, analyzer.NetworkNew) == 0; got != c.usual {
			t.Errorf("%s: the network is usual %v, want %v: %+v", name, got, c.usual, r.Verdict.Evidence)
		}
	}
}

// An account without habits that writes from where nobody in the organisation does, with what nobody
// there uses, is held for its links though they come slowly; one that begins where its colleagues are
// is not asked about its place.
func TestNewcomerElsewhere(t *testing.T) {
	for name, c := range map[string]struct {
		client, id, text string
		fires            bool
	}{
		"a thief's place and program": {"203.0.113.9", "<%d.5f3a$c01@DESKTOP-7Q2K1LM>", "please confirm:\nhttps://kakunin-%d.test/view\n", true},
		"a new colleague":             {"192.0.2.77", "<%d@example.jp>", "your order %d is on its way.\n", false},
	} {
		a := office(t, replay.NewMemory())
		held := false
		for i := range 8 {
			at := attackDay.Add(time.Duration(i) * time.Hour)
			m := letter("new@example.jp", at, c.client, fmt.Sprintf("x%d@stranger%d.test", i, i),
				"Hello\n"+fmt.Sprintf(c.text, i), "Message-ID: "+fmt.Sprintf(c.id, at.UnixNano()))
			r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
			if err != nil {
				t.Fatal(err)
			}
			if got := points(r, analyzer.NewcomerPlace) > 0; got != c.fires {
				t.Errorf("%s, mail %d: fires %v, want %v: %+v", name, i, got, c.fires, r.Verdict.Evidence)
			}
			held = held || r.Verdict.Action == analyzer.Hold
		}
		if held != c.fires {
			t.Errorf("%s: held %v, want %v", name, held, c.fires)
		}
	}
}
