package postgres

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestPatienceGrows: patience grows where the server ended a transaction of a node that lives, up to what a write has that
// is not run again, and is the least again when none was ended for a while.
func TestPatienceGrows(t *testing.T) {
	at := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	var p patience
	for _, want := range []time.Duration{leastPatience, 2 * leastPatience, 4 * leastPatience, idleTimeout, idleTimeout} {
		if got := p.now(at); got != want {
			t.Errorf("patience %v, want %v", got, want)
		}
		p.grow(at)
	}
	if got := p.now(at.Add(calmAfter)); got != idleTimeout {
		t.Errorf("patience %v soon after an end, want %v", got, idleTimeout)
	}
	if got := p.now(at.Add(calmAfter + 1)); got != leastPatience {
		t.Errorf("patience %v long after an end, want %v", got, leastPatience)
	}
}

// TestBeginningNamesPatience: only for what is run again, and where the URL says nothing of its own.
func TestBeginningNamesPatience(t *testing.T) {
	const said = "idle_in_transaction_session_timeout = 200;"
	again := Repeatable(context.Background())
	for _, one := range []struct {
		ctx     context.Context
		patient bool
		want    bool
	}{{context.Background(), false, false}, {again, false, true}, {again, true, false}, {Unsynced(again), false, true}} {
		c := &conn{gate: NewGate("", nil), patient: one.patient}
		if got := c.beginning(one.ctx); strings.Contains(got, said) != one.want || !strings.HasSuffix(got, takeLock) {
			t.Errorf("begins with %q, %+v", got, one)
		}
	}
}
