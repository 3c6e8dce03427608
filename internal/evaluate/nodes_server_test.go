package main

import (
	"errors"
	"os"
	"testing"

	"hisseki/internal/pgtest"
)

// A theft that three nodes judge in turn, each by a store of its own on one PostgreSQL, is contained
// with at most one more escaped mail than by one node's memory, and honest mail is held no more often.
func TestNodesOnServer(t *testing.T) {
	pg, err := pgtest.Start(pgtest.Fast...)
	if errors.Is(err, pgtest.ErrMissing) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer pg.Close()
	s, err := load(compose(t, "one", 7))
	if err != nil {
		t.Fatal(err)
	}
	e := newEvaluation([]*scenario{s})
	if err := e.measure(t.Context(), runs(e.all(), asShipped)...); err != nil {
		t.Fatal(err)
	}
	got, err := onServer(t.Context(), pg, s, asShipped.over(severalNodes))
	if err != nil {
		t.Fatal(err)
	}
	one := e.scores[run{0, asShipped}]
	if got.Contained != one.Contained || got.allEscaped() > one.allEscaped()+1 || got.FalseHolds > one.FalseHolds {
		t.Errorf("three stores %+v, one memory %+v", got, one)
	}
}
