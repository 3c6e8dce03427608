package review

import (
	"slices"
	"testing"
	"time"

	"hisseki/ledger"
)

// The same person's same look is a line a minute; another session's, another thing's, and what a mail says are lines of
// their own. A look that could not be noted is not remembered.
func TestLooksOfAMinute(t *testing.T) {
	d := &desk{holds: []ledger.Hold{hold(1, "b@example.jp", ledger.Held), hold(2, "b@example.jp", ledger.Held)}}
	s := service(d)
	now := noon
	s.Now = func() time.Time { return now }
	s.Looks.For = time.Minute
	show := func(who Actor, id string, v View) {
		t.Helper()
		if _, err := s.Show(t.Context(), who, []string{id}, v); err != nil {
			t.Fatal(err)
		}
	}
	other := Actor{Name: "alice", Via: "by web, another session"}
	d.broken = true
	if list, err := s.Show(t.Context(), alice, []string{"H1"}, View{}); err == nil || list != nil {
		t.Errorf("shown unnoted: %v", list)
	}
	d.broken = false
	for range 3 {
		show(alice, "H1", View{})
	}
	show(alice, "H2", View{})
	show(other, "H1", View{})
	show(alice, "H1", View{Excerpt: true})
	show(alice, "H1", View{Excerpt: true})
	now = now.Add(59 * time.Second)
	show(alice, "H1", View{})
	now = now.Add(time.Second)
	show(alice, "H1", View{})
	want := []string{"alice as root read H1 evidence", "alice as root read H2 evidence", "alice by web, another session read H1 evidence",
		"alice as root read H1 evidence, excerpt", "alice as root read H1 evidence, excerpt", "alice as root read H1 evidence"}
	if !slices.Equal(d.audit, want) {
		t.Errorf("noted %q", d.audit)
	}
	soon := []bool{true, true, true, false, false, true}
	if !slices.Equal(d.soon, soon) {
		t.Errorf("durable soon %v, want %v", d.soon, soon)
	}
}

// What is remembered has an end.
func TestLooksAreBounded(t *testing.T) {
	l := Looks{For: time.Minute}
	for n := range 3 * maxLooks {
		l.noted(look{who: "alice", object: IncidentName(int64(n))}, noon.Add(time.Duration(n)*time.Millisecond))
	}
	if n := len(l.seen); n > maxLooks || n == 0 {
		t.Errorf("%d looks are remembered", n)
	}
}
