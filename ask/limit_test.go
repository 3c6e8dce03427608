package ask

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"testing"
	"time"
)

// forgetful is a store that somebody empties after each question, as serve's rights let him.
type forgetful struct{ Store }

func (forgetful) PutQuestion(context.Context, Question, int, time.Time) error { return nil }

// TestLimit: an owner is not asked without end where the store forgets what was asked, by however many
// hooks, and others are asked meanwhile.
func TestLimit(t *testing.T) {
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	limit := new(Limit)
	var desks []*Desk
	for range 2 {
		desks = append(desks, &Desk{Store: forgetful{}, For: time.Hour, Limit: limit, Rand: rand.Reader,
			Now: func() time.Time { return now }})
	}
	ask := func(n int, sender string) error {
		_, _, err := desks[n%2].Ask(t.Context(), "push", 1, sender)
		return err
	}
	for n := range MostTries {
		if err := ask(n, "bob@example.org"); err != nil {
			t.Fatal(n, err)
		}
	}
	if err := ask(1, "bob@example.org"); !errors.Is(err, ErrEnough) {
		t.Errorf("asked once more: %v", err)
	}
	if err := ask(1, "eve@example.org"); err != nil {
		t.Errorf("another account: %v", err)
	}
	now = now.Add(askedWithin)
	if err := ask(0, "bob@example.org"); err != nil {
		t.Errorf("a day later: %v", err)
	}
	for n := range 2 * maxLimited {
		_ = ask(n, fmt.Sprintf("user%d@example.org", n))
	}
	if len(limit.asked) > maxLimited {
		t.Errorf("%d accounts are known", len(limit.asked))
	}
}
