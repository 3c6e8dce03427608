package access

import (
	"net/netip"
	"sync"
	"time"
)

const (
	// freeTries are mistakes that cost nothing: people mistype.
	freeTries = 5
	// longestWait keeps guessing at some hundred attempts a day.
	longestWait = 15 * time.Minute
	// forgetTries is after how long without a mistake all is forgotten.
	forgetTries = time.Hour
	// maxTries bounds how many names and networks are remembered; who failed least lately goes.
	maxTries = 10_000
)

// tries are the mistakes of one name or network.
type tries struct {
	n            int
	last, before time.Time // the last two
}

// throttle makes guessing slow: after some mistakes of a network, or for a name, each further
// attempt waits twice as long as the last one.
type throttle struct {
	mu   sync.Mutex
	seen map[string]tries
}

// begin is how long the next attempt has to wait. An attempt that need not wait counts as a mistake until
// forget or back says otherwise: else many at once would all be the first.
func (t *throttle) begin(now time.Time, keys ...string) (most time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		x := t.seen[key]
		if x.n < freeTries || now.Sub(x.last) > forgetTries {
			continue
		}
		wait := min(time.Second<<min(x.n-freeTries, 20), longestWait)
		most = max(most, x.last.Add(wait).Sub(now))
	}
	if most <= 0 {
		t.note(now, keys)
	}
	return most
}

// note counts a mistake.
func (t *throttle) note(now time.Time, keys []string) {
	if t.seen == nil {
		t.seen = map[string]tries{}
	}
	for _, key := range keys {
		x := t.seen[key]
		if now.Sub(x.last) > forgetTries {
			x.n = 0
		}
		t.seen[key] = tries{x.n + 1, now, x.last}
	}
	for len(t.seen) > maxTries {
		oldest := ""
		for key, x := range t.seen {
			if oldest == "" || x.last.Before(t.seen[oldest].last) {
				oldest = key
			}
		}
		delete(t.seen, oldest)
	}
}

// back takes one attempt back that was nobody's mistake.
func (t *throttle) back(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		if x, ok := t.seen[key]; ok && x.n > 0 {
			x.n, x.last = x.n-1, x.before
			t.seen[key] = x
		}
	}
}

// forget takes mistakes back: the owner is in.
func (t *throttle) forget(keys ...string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, key := range keys {
		delete(t.seen, key)
	}
}

// Network is what counts as one place of an address: /24 or /48.
func Network(a netip.Addr) netip.Prefix {
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 48
	}
	p, _ := a.WithZone("").Prefix(bits) // an invalid address has the zero prefix
	return p
}
