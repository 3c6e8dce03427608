package milter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// TestTurns: of one account only so many are at it, of long mails half as many, in the order of
// their coming, and nobody else
// waits for them.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := turns{processors: 4}
		var mu sync.Mutex
		var order []string
		at, peak, later := 0, 0, 0
		for i := range 50 {
			go func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				give, err := turns.take(t.Context(), "thief")
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				at++
				peak = max(peak, at)
				if len(order) > 4 {
					later = max(later, at)
				}
				order = append(order, fmt.Sprint(i))
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				at--
				mu.Unlock()
				give()
				give() // twice is once
			}()
		}
		time.Sleep(200 * time.Millisecond)
		begun := time.Now()
		give, err := turns.take(t.Context(), "bob")
		if err != nil || time.Since(begun) != 0 {
			t.Errorf("another account waited %v, %v", time.Since(begun), err)
		}
		give()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.take(ctx, "thief"); !errors.Is(err, errNoTurn) {
			t.Errorf("whoever gave up: %v", err)
		}
		time.Sleep(turnTime) // nobody waits as long, rests or not
		synctest.Wait()
		if peak != 4 || later != 2 || len(order) != 50 || len(turns.reading) != 0 || len(turns.waiting) != 0 ||
			len(turns.resting) != 0 {
			t.Errorf("at most %d at once, later %d, %d in all, left: %v %v %v", peak, later, len(order), turns.reading,
				turns.waiting, turns.resting)
		}
		want := slices.Clone(order)
		slices.SortFunc(want, func(a, b string) int { return len(a) - len(b) })
		if !slices.Equal(order[:10], want[:10]) {
			t.Errorf("order %v", order)
		}
	})
}

// After a long mail an account rests while more of its mails wait, the shorter the more there are;
// others do not wait for that, and an account with one connection never rests.
func TestLongMailIsFollowedByARest(t *testing.T) {
	for _, c := range []struct {
		waiting int
		others  bool // somebody else sends too
		d, rest time.Duration
	}{
		{0, true, time.Second / 50, 0},
		{1, true, longTurn - 1, 0},
		{1, true, time.Second / 50, restFor * time.Second / 50},
		{1, false, time.Second / 50, 0},
		{5, true, time.Second / 2, mostRest},
		{50, true, time.Second / 2, sharedOut / 50},
	} {
		synctest.Test(t, func(t *testing.T) {
			turns := turns{processors: 1}
			give, err := turns.take(t.Context(), "a")
			if err != nil {
				t.Fatal(err)
			}
			first := make(chan time.Time, 1)
			for range c.waiting {
				go func() {
					give, err := turns.take(context.Background(), "a")
					if err != nil {
						t.Error(err)
						return
					}
					select {
					case first <- time.Now():
					default:
					}
					give()
				}()
			}
			synctest.Wait()
			if c.others {
				give, err := turns.take(t.Context(), "c")
				if err != nil {
					t.Fatal(err)
				}
				give()
			}
			time.Sleep(c.d)
			ended := time.Now()
			give()
			other, err := turns.take(t.Context(), "b")
			if err != nil || time.Since(ended) != 0 {
				t.Errorf("another account waited %v, %v", time.Since(ended), err)
			}
			other()
			if c.waiting == 0 { // its next mail comes after its answer
				give, err := turns.take(t.Context(), "a")
				if err != nil {
					t.Fatal(err)
				}
				first <- time.Now()
				give()
			}
			if rest := (<-first).Sub(ended); rest != c.rest {
				t.Errorf("with %d waiting, after %v it rested %v, want %v", c.waiting, c.d, rest, c.rest)
			}
		})
	}
}

// An account is kept to half for a time after a long mail, and what is kept of that has an end.
func TestTurnsWidenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns := turns{processors: 2}
		turn := func(who string, d time.Duration) {
			give, err := turns.take(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(d)
			give()
		}
		most := func() int { return turns.most("a", time.Now()) }
		turn("a", longTurn/2)
		if most() != 2 {
			t.Errorf("short mail narrows to %d", most())
		}
		turn("a", time.Second)
		turn("a", longTurn) // no less long than after the longest
		time.Sleep(narrowFor*time.Second - 3*longTurn)
		if most() != 1 {
			t.Errorf("after a long mail %d at once", most())
		}
		time.Sleep(3 * longTurn)
		if most() != 2 {
			t.Errorf("for ever %d at once", most())
		}
		for i := range 10 * fewNarrow {
			turn(fmt.Sprint(i), longTurn)
		}
		if n := len(turns.narrow); n > fewNarrow {
			t.Errorf("%d accounts are kept", n)
		}
	})
}
