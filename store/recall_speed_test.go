package store

import (
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// TestRecallOfALargeIncident: the agent asks in every round, also when a thousand mails
// with the same links are held. Each against each it would take many seconds.
func TestRecallOfALargeIncident(t *testing.T) {
	db := open(t, t.TempDir()+"/h.db")
	defer db.Close()
	now := time.Now()
	var wg sync.WaitGroup
	for range 20 { // together they share commits
		wg.Go(func() {
			for range 50 {
				r := record("b@example.jp", analyzer.Hold)
				r.Envelope.Time = now
				r.Observation.Marks = []baseline.Key{1, 2, 3, 4}
				if _, err := db.Begin(t.Context(), r)(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	began := time.Now()
	if n, err := db.Recall(t.Context(), now); err != nil || n != 0 {
		t.Errorf("recalled %d, %v", n, err)
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("looking for mail to recall took %v", took)
	}
}
