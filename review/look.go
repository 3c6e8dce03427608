package review

import (
	"context"
	"sync"
	"time"

	"hisseki/ledger"
)

// Looks remembers who looked at what lately, so that a page that is loaded again and again makes one line a minute
// in the audit log. The zero value remembers nothing. It is safe for use by many at once.
type Looks struct {
	For time.Duration

	mu   sync.Mutex
	seen map[look]time.Time
}

type look struct{ who, object, what string }

// maxLooks bounds what is remembered.
const maxLooks = 1000

// lately says whether the same look was noted a moment ago.
func (l *Looks) lately(x look, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.seen[x]
	return ok && !now.Before(at) && now.Sub(at) < l.For
}

// noted remembers a look that is in the audit log.
func (l *Looks) noted(x look, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.For <= 0 {
		return
	}
	if len(l.seen) >= maxLooks {
		for k, at := range l.seen {
			if now.Sub(at) >= l.For || now.Before(at) {
				delete(l.seen, k)
			}
		}
	}
	if len(l.seen) >= maxLooks {
		clear(l.seen)
	}
	if l.seen == nil {
		l.seen = map[look]time.Time{}
	}
	l.seen[x] = now
}

// looked notes in the audit log that somebody looks at what is known of mail, an incident or an account: not at what
// a mail says. When that fails nothing is shown.
func (s *Service) looked(ctx context.Context, who Actor, object, what string) error {
	x, now := look{who.String(), object, what}, s.Now()
	if s.Looks.lately(x, now) {
		return nil
	}
	err := s.Store.Audit(ledger.Soon(ctx), x.who, "read", object, what)
	if err == nil {
		s.Looks.noted(x, now)
	}
	return err
}
