package analyzer_test

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
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

// TestUpkeepBesideJudgements saves profiles and folds lessons in while their senders' mail is
// judged, here and by another analyzer: neither may ever wait for the other for good, and
// what is saved must be exact.
func TestUpkeepBesideJudgements(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a := analyzer.New(analyzer.Config{Salt: []byte("test")}, slowly{db})
	other := analyzer.New(analyzer.Config{Salt: []byte("test")}, db)
	var judges, upkeep sync.WaitGroup
	over := make(chan struct{})
	for i := range 5 {
		judges.Go(func() {
			by := a
			if i == 4 {
				by = other
			}
			for k := range 50 {
				m := letter(fmt.Sprintf("%c@example.jp", 'a'+i%2), monday.Add(time.Duration(k)*time.Minute),
					"192.0.2.10", "p@partner.example.org", honest)
				if _, err := by.Judge(t.Context(), m, analyzer.Conditions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	upkeep.Go(func() {
		for range 30 {
			exact(t, db)
		}
	})
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
	if n := exact(t, db); n < 200 {
		t.Errorf("only %d mails were learned", n)
	}
}

// exact checks that every saved profile holds just the lessons up to the one that it was
// saved with: with those after it, it equals one that was taught all of them from the start.
// It returns how many lessons there are.
func exact(t *testing.T, db *store.DB) (lessons int) {
	for _, sender := range []string{"", "a@example.jp", "b@example.jp"} {
		got, last, err := db.Profile(t.Context(), sender)
		if err != nil {
			t.Error(err)
			return
		}
		list, err := db.Lessons(t.Context(), 0, int(last))
		if err != nil {
			t.Error(err)
			return
		}
		want := &baseline.Profile{}
		for i := range list {
			if sender == "" || sender == list[i].Sender {
				want.Learn(&list[i].Obs)
			}
		}
		if !bytes.Equal(analyzer.NewSaved("", got, 0).Data, analyzer.NewSaved("", want, 0).Data) {
			t.Errorf("the profile of %q, of %d mails, is not the sum of its %d lessons", sender,
				got.Mails(), want.Mails())
		}
		lessons = len(list)
	}
	return lessons
}

// read is a memory that counts the lessons that are read back.
type read struct {
	analyzer.Memory
	lessons int
}

func (r *read) Lessons(ctx context.Context, after int64, limit int) ([]analyzer.Lesson, error) {
	list, err := r.Memory.Lessons(ctx, after, limit)
	r.lessons += len(list)
	return list, err
}

// TestOwnLessonsAreNotReadBack: an analyzer reads what others taught, also in the midst of
// its own lessons, and none of its own before.
func TestOwnLessonsAreNotReadBack(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	memory := &read{Memory: db}
	own := analyzer.New(analyzer.Config{Salt: []byte("test")}, memory)
	other := analyzer.New(analyzer.Config{Salt: []byte("test")}, db)
	at := monday
	teach := func(a *analyzer.Analyzer, mails int) {
		t.Helper()
		for range mails {
			at = at.Add(time.Hour)
			m := letter("a@example.jp", at, "192.0.2.10", "p@partner.example.org", honest)
			if r, err := a.Judge(t.Context(), m, analyzer.Conditions{}); err != nil || !r.Learn {
				t.Fatalf("mail at %s not learned: %v", at, err)
			}
		}
	}
	apply := func(want int) {
		t.Helper()
		memory.lessons = 0
		if err := own.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		if memory.lessons != want {
			t.Errorf("%d lessons read back, want %d", memory.lessons, want)
		}
	}
	teach(own, 20)
	apply(0)
	teach(other, 1)
	teach(own, 2)
	apply(1 + 3) // to see that there is one, then it and what follows
	apply(0)
	teach(other, 1)
	teach(own, 2)
	if err := own.Save(t.Context()); err != nil { // what others taught is in it
		t.Fatal(err)
	}
	past, err := db.Past(t.Context(), "a@example.jp", at, 1)
	if err != nil || past.Profile.Mails() != 26 || past.Folded != 0 {
		t.Errorf("the saved profile holds %d of %d mails, want all 26, %v",
			past.Profile.Mails()-past.Folded, past.Profile.Mails(), err)
	}
	exact(t, db)
}
