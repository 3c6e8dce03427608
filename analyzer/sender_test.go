package analyzer

import (
	"fmt"
	"testing"

	"hisseki/baseline"
)

// A thousand ordinary profiles are in memory, but fewer of those that have thousands of keys.
func TestLargeProfilesTakeRoom(t *testing.T) {
	for _, c := range []struct{ keys, least, most int }{
		{largeProfile, maxSenders, maxSenders}, {8 * largeProfile, 20, 60}, {200_000, 1, 2}} {
		o := &baseline.Observation{}
		p := &baseline.Profile{}
		for k := range c.keys {
			o.Keys[baseline.Recipient] = []baseline.Key{baseline.Key(k + 1)}
			p.Learn(o)
		}
		a := New(Config{}, nil)
		for n := range 2 * maxSenders {
			e := a.take(fmt.Sprint(n))
			e.profile = &learner{Profile: p}
			e.size.Store(e.room())
			a.leave(e)
		}
		if n := a.senders.len(); n < c.least || n > c.most {
			t.Errorf("%d senders of %d keys are in memory, want %d to %d", n, c.keys, c.least, c.most)
		}
	}
}
