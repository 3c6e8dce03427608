package analyzer_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"hisseki/analyzer"
)

// asked is a memory that counts what it is asked and given for senders' mail.
type asked struct {
	analyzer.Memory
	questions int
	records   int
}

func (m *asked) Incident(ctx context.Context, sender string) (bool, time.Time, error) {
	m.questions++
	return m.Memory.Incident(ctx, sender)
}

func (m *asked) Past(ctx context.Context, sender string, since time.Time, most int) (
	analyzer.Past, error) {
	m.questions++
	return m.Memory.Past(ctx, sender, since, most)
}

func (m *asked) Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending {
	m.records++
	return m.Memory.Begin(ctx, r)
}

// ending is a context that ends after it was asked a number of times whether it has.
type ending struct {
	context.Context
	left int
}

func (e *ending) Err() error {
	if e.left--; e.left < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// A mail whose time runs out is not recorded, whenever that happens; while it waits for its
// sender's turn, nothing more is done for it then.
func TestMailWhoseTimeRanOutIsNotRecorded(t *testing.T) {
	memory := &asked{Memory: known(t)}
	a := enforcing(memory)
	if err := a.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	for left := range 3 { // after parsing, in turn, judged
		_, err := a.Judge(&ending{t.Context(), left}, attack(left), analyzer.Conditions{CanDelay: true})
		if !errors.Is(err, context.DeadlineExceeded) || memory.records > 0 ||
			(memory.questions > 0) != (left > 1) {
			t.Errorf("at look %d at the clock: %v, %d questions, %d records", left, err,
				memory.questions, memory.records)
		}
	}
	if _, err := a.Judge(t.Context(), attack(3), analyzer.Conditions{CanDelay: true}); err != nil ||
		memory.records != 1 {
		t.Errorf("the next mail: %v, %d records", err, memory.records)
	}
}

// A start reads of each sender what his own first mail needs, and that is bounded.
func TestLoadReadsNobodysMail(t *testing.T) {
	memory := &asked{Memory: known(t)}
	a := enforcing(memory)
	if err := a.Load(t.Context()); err != nil || memory.questions > 0 {
		t.Errorf("loading asks %d questions about senders, %v", memory.questions, err)
	}
	for i := range 3 {
		if _, err := a.Judge(t.Context(), attack(i), analyzer.Conditions{}); err != nil {
			t.Fatal(err)
		}
	}
	if memory.questions != 1+3 { // his past, and for each mail his incident
		t.Errorf("%d questions for three mails of one sender", memory.questions)
	}
}

// Other settings count from the next mail on, and nothing that is in memory is read again.
func TestConfigureForgetsNothing(t *testing.T) {
	db := known(t)
	first, second := &asked{Memory: db}, &asked{Memory: db}
	a := enforcing(first)
	judge := func(i int) *analyzer.Record {
		t.Helper()
		r, err := a.Judge(t.Context(), attack(i), analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	before := judge(0)
	if before.Verdict.Action == analyzer.Pass {
		t.Fatalf("the first mail passed: %s", verdict(before))
	}
	watch := analyzer.Config{Salt: []byte("test"), Off: map[analyzer.Signal]bool{"url-unknown": true}}
	if err := a.Configure(t.Context(), watch, second); err != nil {
		t.Fatal(err)
	}
	after := judge(1)
	if after.Verdict.Action != analyzer.Pass || after.Verdict.Sum <= before.Verdict.Sum {
		t.Errorf("in mode observe: %s, before %s", verdict(after), verdict(before))
	}
	for _, e := range after.Verdict.Evidence {
		if e.Signal == "url-unknown" {
			t.Errorf("a signal that was switched off says %+v", e)
		}
	}
	if second.records != 1 || second.questions != 1 {
		t.Errorf("the new memory has %d records and was asked %d times, want 1 (the incident)",
			second.records, second.questions)
	}
}

// A profile that takes many lessons to read is saved before its sender is gone again.
func TestLongReadIsSavedSoon(t *testing.T) {
	db := known(t)
	const sender = "b@example.jp"
	for i := range 40 {
		m := letter(sender, attackDay.Add(time.Duration(i)*time.Minute), "192.0.2.11",
			"p1@partner1.example.org", honest)
		if _, err := enforcing(db).Judge(t.Context(), m, analyzer.Conditions{}); err != nil {
			t.Fatal(err)
		}
	}
	folded := func() int {
		t.Helper()
		past, err := db.Past(t.Context(), sender, attackDay, 1)
		if err != nil {
			t.Fatal(err)
		}
		return past.Folded
	}
	if n := folded(); n != 40 {
		t.Fatalf("%d lessons folded: the test shows nothing", n)
	}
	a := enforcing(db)
	if _, err := a.Judge(t.Context(), attack(90), analyzer.Conditions{}); err != nil {
		t.Fatal(err)
	}
	if err := a.Apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := folded(); n != 0 {
		t.Errorf("%d lessons are folded again", n)
	}
}
