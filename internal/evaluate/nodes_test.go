package main

import (
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// A theft that three nodes judge in turn, each with its own memory of the sender, is contained with at
// most one more escaped mail, and honest mail is held no more often.
func TestNodesInTurn(t *testing.T) {
	e := newEvaluation(nil)
	for seed := range uint64(3) {
		s, err := load(compose(t, "one", 7+seed))
		if err != nil {
			t.Fatal(err)
		}
		e.scenarios = append(e.scenarios, s)
	}
	three := asShipped.over(severalNodes)
	if err := e.measure(t.Context(), runs(e.all(), asShipped, three)...); err != nil {
		t.Fatal(err)
	}
	for i, s := range e.scenarios {
		one, several := e.scores[run{i, asShipped}], e.scores[run{i, three}]
		if several.Contained != one.Contained || several.allEscaped() > one.allEscaped()+1 ||
			several.FalseHolds > one.FalseHolds {
			t.Errorf("%s: three nodes %+v, one %+v", s.name, several, one)
		}
	}
	section, err := e.nodesSection(t.Context())
	if n := section.rows.Length(); err != nil || n != 4*(len(e.scenarios)+1) {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Nodes hear of each other's mail later by the mails' time, and each mail has one judge.
func TestNodesHear(t *testing.T) {
	memory := replay.NewMemory()
	all := newNodes(asShipped.config(), memory, memory)
	at := time.Date(2026, 11, 17, 10, 0, 0, 0, time.UTC)
	s, err := load(compose(t, "one", 7))
	if err != nil {
		t.Fatal(err)
	}
	for i, act := range s.acts[:3] {
		m := &analyzer.Mail{Envelope: act.Mail.Envelope, Source: act.Mail.Source}
		m.Time = at.Add(time.Duration(i/2) * time.Second) // an observation has whole seconds
		if _, err := all.Judge(t.Context(), m, analyzer.Conditions{}); err != nil {
			t.Fatal(err)
		}
		if want := []int{1, 2, 1}[i]; len(all.unheard) != want {
			t.Errorf("after mail %d %d are unheard, want %d", i, len(all.unheard), want)
		}
	}
	if by := all.unheard[0].by; by != 0 {
		t.Errorf("the third mail was judged by node %d of two", by)
	}
}
