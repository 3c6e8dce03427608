package analyzer_test

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/store"
)

// slowly is a memory that takes its time while a sender's mail is being judged.
type slowly struct{ analyzer.Memory }

func (s slowly) Incident(ctx context.Context, sender string) (bool, time.Time, error) {
	time.Sleep(time.Millisecond)
	return s.Memory.Incident(ctx, sender)
}

// SaveProfiles gives judgements of the senders time to begin.
func (s slowly) SaveProfiles(ctx context.Context, list ...analyzer.Saved) error {
	time.Sleep(time.Millisecond)
	return s.Memory.SaveProfiles(ctx, list...)
}

// TestUpkeepBesideJudgements saves profiles and folds lessons in while their senders'
// mail is judged: neither may ever wait for the other for good.
func TestUpkeepBesideJudgements(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a := analyzer.New(analyzer.Config{Salt: []byte("test")}, slowly{db})
	var judges, upkeep sync.WaitGroup
	over := make(chan struct{})
	for i := range 4 {
		judges.Go(func() {
			for k := range 50 {
				m := letter(fmt.Sprintf("%c@example.jp", 'a'+i%2), monday.Add(time.Duration(k)*time.Minute),
					"192.0.2.10", "p@partner.example.org", honest)
				if _, err := a.Judge(t.Context(), m, analyzer.Conditions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for _, do := range []func(context.Context) error{a.Save, a.Apply} {
		upkeep.Go(func() {
			for {
				select {
				case <-over:
					return
				default:
				}
				if err := do(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	ended := make(chan struct{})
	go func() {
		judges.Wait()
		close(over)
		upkeep.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("judging and saving wait for each other")
	}
}
