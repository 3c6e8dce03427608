package analyzer_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/store"
)

// late is a memory that makes records durable only when it is told to.
type late struct {
	analyzer.Memory
	mu    sync.Mutex
	begun []*lateRecord // and not durable yet
	total int
}

type lateRecord struct {
	r    *analyzer.Record
	kept analyzer.Recorded
	err  error
	done chan struct{}
}

func (l *late) Begin(_ context.Context, r *analyzer.Record) analyzer.Pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := &lateRecord{r: r, done: make(chan struct{})}
	l.begun = append(l.begun, j)
	l.total++
	return func() (analyzer.Recorded, error) {
		<-j.done
		return j.kept, j.err
	}
}

// commit makes the first record that waits durable, or fails it.
func (l *late) commit(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	j := l.begun[0]
	l.begun = l.begun[1:]
	if j.err = err; err == nil {
		j.kept, j.err = l.Memory.Begin(context.Background(), j.r)()
	}
	close(j.done)
}

func (l *late) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.total
}

// burst judges mails one by one, each when the record of the one before is begun, and
// returns what they are going to get.
type burst struct {
	t      *testing.T
	a      *analyzer.Analyzer
	memory *late
	all    []chan answer
}

type answer struct {
	r   *analyzer.Record
	err error
}

func (b *burst) send(m *analyzer.Mail) {
	b.t.Helper()
	before := b.memory.count()
	out := make(chan answer, 1)
	go func() {
		r, err := b.a.Judge(b.t.Context(), m, analyzer.Conditions{CanDelay: true})
		out <- answer{r, err}
	}()
	b.all = append(b.all, out)
	for b.memory.count() == before {
		select {
		case j := <-out:
			b.t.Fatalf("mail %d was not recorded: %v", len(b.all), j.err)
		case <-time.After(time.Millisecond):
		}
	}
}

// ends commits the next records and returns what their mails got.
func (b *burst) ends(errs ...error) (list []answer) {
	b.t.Helper()
	for _, err := range errs {
		b.memory.commit(err)
		list = append(list, <-b.all[0])
		b.all = b.all[1:]
	}
	return list
}

// template is the file of a store that knows the office.
var template []byte

// known returns a store that knows the office.
func known(t *testing.T) *store.DB {
	t.Helper()
	path := filepath.Join(t.TempDir(), "h.db")
	open := func() *store.DB {
		db, err := store.Open(t.Context(), path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		return db
	}
	if template == nil {
		db := open()
		err := office(t, db).Save(t.Context())
		if err == nil {
			err = db.Close()
		}
		if err == nil {
			template, err = os.ReadFile(path)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, template, 0o600); err != nil {
		t.Fatal(err)
	}
	return open()
}

func enforcing(memory analyzer.Memory) *analyzer.Analyzer {
	return analyzer.New(analyzer.Config{Salt: []byte("test"),
		Thresholds: analyzer.Thresholds{Delay: 4, Hold: 30, Sum: 20},
		Mode:       map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, memory)
}

func verdict(r *analyzer.Record) string {
	v := &r.Verdict
	return fmt.Sprintf("%s/%s %.2f sum %.2f by %q incident %t", v.Action, v.Would, v.Points, v.Sum,
		v.Cause, v.Incident)
}

// Mails of a burst that are judged while the records of those before are not durable get
// what they get one after another: the incident that the first hold opens counts at once,
// as do its marks, its text and the sum.
func TestBurstSeesItselfBeforeItIsDurable(t *testing.T) {
	const mails = 12
	var want []string
	alone := enforcing(known(t))
	for i := range mails {
		r, err := alone.Judge(t.Context(), attack(i), analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, verdict(r))
	}
	b := &burst{t: t, memory: &late{Memory: known(t)}}
	b.a = enforcing(b.memory)
	for i := range mails {
		b.send(attack(i))
	}
	held, promoted := 0, 0
	for i, j := range b.ends(make([]error, mails)...) {
		if j.err != nil || verdict(j.r) != want[i] {
			t.Errorf("mail %d: %s, want %s, %v", i, verdict(j.r), want[i], j.err)
		}
		if j.r.Verdict.Action == analyzer.Hold {
			held++
		}
		promoted += len(j.r.Promoted)
	}
	if held == 0 || promoted == 0 || held+promoted != mails {
		t.Errorf("%d held, %d delays promoted of %d: the test shows nothing", held, promoted, mails)
	}
	open, _, err := b.memory.Incident(t.Context(), "b@example.jp")
	if err != nil || !open {
		t.Errorf("no incident is open afterwards: %v", err)
	}
}

// After a failed write nothing of that mail is left: the sender is read again, once his
// other records are durable, and the next mail gets what a restarted analyzer gives it.
func TestFailedRecordLeavesNothing(t *testing.T) {
	db := known(t)
	b := &burst{t: t, memory: &late{Memory: db}}
	b.a = enforcing(b.memory)
	full := errors.New("disk full")
	for i := range 4 {
		b.send(attack(i))
	}
	ended := b.ends(nil, full) // the third and the fourth are pending still
	if ended[0].err != nil || !errors.Is(ended[1].err, full) || ended[1].r != nil {
		t.Fatalf("the failed mail got %+v, the one before %v", ended[1], ended[0].err)
	}
	next := make(chan answer, 1)
	go func() {
		r, err := b.a.Judge(t.Context(), attack(4), analyzer.Conditions{CanDelay: true})
		next <- answer{r, err}
	}()
	for b.memory.count() == 4 { // it may wait for them, and must not be judged without them
		time.Sleep(time.Millisecond)
		if len(b.all) > 0 {
			if j := b.ends(nil)[0]; j.err != nil {
				t.Fatal(j.err)
			}
		}
	}
	restarted, err := enforcing(db).Judge(t.Context(), attack(4), analyzer.Conditions{CanDelay: true})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(b.all); n > 0 {
		t.Fatalf("it was judged while %d records were pending", n)
	}
	b.memory.commit(nil)
	if j := <-next; j.err != nil || verdict(j.r) != verdict(restarted) {
		t.Errorf("after a failure: %s, a restarted analyzer says %s, %v", verdict(j.r),
			verdict(restarted), j.err)
	}
}

// While records are pending the state is kept even when they fail one after another.
func TestEveryRecordFails(t *testing.T) {
	b := &burst{t: t, memory: &late{Memory: known(t)}}
	b.a = enforcing(b.memory)
	for range 3 {
		for i := range 3 {
			b.send(attack(i))
		}
		for _, j := range b.ends(errors.New("1"), errors.New("2"), errors.New("3")) {
			if j.err == nil {
				t.Fatal("a mail without a record has a verdict")
			}
		}
	}
	b.send(letter("b@example.jp", attackDay.Add(time.Hour), "192.0.2.11",
		"p1@partner1.example.org", honest))
	if j := b.ends(nil)[0]; j.err != nil || j.r.Verdict.Action != analyzer.Pass ||
		j.r.Verdict.Sum != 0 {
		t.Errorf("ordinary mail after nine failed ones: %+v, %v", j.r, j.err)
	}
}
