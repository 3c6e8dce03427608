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

// TestTurns: of one account only so many are at it, in the order of their coming, and nobody else
// waits for them.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var turns turns
		var mu sync.Mutex
		var order []string
		at, peak := 0, 0
		for i := range 50 {
			go func() {
				time.Sleep(time.Duration(i) * time.Millisecond)
				give, err := turns.take(t.Context(), "thief", 2)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				at++
				peak = max(peak, at)
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
		give, err := turns.take(t.Context(), "bob", 2)
		if err != nil || time.Since(begun) != 0 {
			t.Errorf("another account waited %v, %v", time.Since(begun), err)
		}
		give()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := turns.take(ctx, "thief", 2); !errors.Is(err, errNoTurn) {
			t.Errorf("whoever gave up: %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if peak != 2 || len(order) != 50 || len(turns.reading) != 0 || len(turns.waiting) != 0 {
			t.Errorf("at most %d at once, %d in all, left: %v %v", peak, len(order), turns.reading, turns.waiting)
		}
		want := slices.Clone(order)
		slices.SortFunc(want, func(a, b string) int { return len(a) - len(b) })
		if !slices.Equal(order[:10], want[:10]) {
			t.Errorf("order %v", order)
		}
	})
}
