package quarantine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/quarantine"
	"hisseki/store"
)

// tasks is the store in the agent's words.
type tasks struct{ *store.DB }

func (s tasks) Tasks(ctx context.Context, host string, now time.Time) ([]quarantine.Task, error) {
	holds, err := s.Holds(ctx, ledger.HoldFilter{MTA: host, States: []ledger.State{
		ledger.Delayed, ledger.Held, ledger.Releasing, ledger.Discarding, ledger.Recalling}})
	var list []quarantine.Task
	for _, h := range holds {
		e := h.Record.Envelope
		t := quarantine.Task{Hold: h.ID, QueueID: e.QueueID, At: e.Time, Sender: e.MailFrom,
			Tries: h.Attempts, Error: h.Error}
		verbs := map[ledger.State]quarantine.Verb{ledger.Delayed: quarantine.EndDelay,
			ledger.Releasing: quarantine.Release, ledger.Discarding: quarantine.Discard,
			ledger.Recalling: quarantine.Recall}
		switch {
		case h.State == ledger.Held || h.State == ledger.Delayed && h.Due.After(now):
			t.Verb = quarantine.Keep
		case h.Due.After(now):
			t.Verb = quarantine.Wait
		default:
			t.Verb = verbs[h.State]
		}
		list = append(list, t)
	}
	return list, err
}

// bench is a Postfix, a store, and an agent whose clock the test sets forward.
type bench struct {
	*mta.Instance
	t     testing.TB
	db    *store.DB
	agent *quarantine.Agent
	queue *quarantine.Queue
	log   strings.Builder
	ahead atomic.Int64
}

func newBench(t testing.TB, o mta.Options) *bench {
	mta.Require(t)
	b := &bench{t: t, Instance: mta.Start(t, o)}
	b.queue = &quarantine.Queue{ConfigDir: b.Config, Timeout: time.Minute}
	var err error
	b.db, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{Now: b.now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { b.db.Close() })
	b.agent = b.newAgent(tasks{b.db}, b.queue)
	return b
}

func (b *bench) newAgent(s quarantine.Store, m quarantine.MTA) *quarantine.Agent {
	return &quarantine.Agent{Host: b.Host, Store: s, MTA: m, Now: b.now,
		Log: slog.New(slog.NewTextHandler(&b.log, nil))}
}

func (b *bench) now() time.Time { return time.Now().Add(time.Duration(b.ahead.Load())) }

// forward sets the clock forward and lets the agent do a round.
func (b *bench) forward(d time.Duration) {
	b.t.Helper()
	b.ahead.Add(int64(d))
	if err := b.agent.Once(b.t.Context()); err != nil {
		b.t.Errorf("agent's round: %v\n%s", err, &b.log)
	}
}

func data(subject string) []byte {
	return []byte("From: Bob <bob@example.org>\r\nTo: x@partner.test\r\nSubject: " + subject + "\r\n" +
		"Message-ID: <" + subject + "@example.org>\r\nDate: Mon, 02 Mar 2026 09:00:00 +0900\r\n\r\n" +
		".dot\r\n\xe7\xad\x86\xe8\xb7\xa1\r\n..\r\n\r\nend \t\r\n")
}

// submit sends a mail of bob, whose mail is put on hold, or of another.
func (b *bench) submit(user, subject, to string) string {
	b.t.Helper()
	return b.MustSubmit(b.t, mta.Submission{User: user + "@example.org", From: user + "@example.org",
		To: []string{to}, Data: data(subject), Client: netip.MustParseAddr("203.0.113.7")})
}

// record notes a mail as serve does.
func (b *bench) record(queueID string, a analyzer.Action, due time.Time) int64 {
	b.t.Helper()
	_, err := b.db.Begin(b.t.Context(), &analyzer.Record{
		Envelope: analyzer.Envelope{Time: time.Now(), Host: b.Host, QueueID: queueID,
			Sender: "bob@example.org", Class: analyzer.Account, MailFrom: "bob@example.org",
			Recipients: []string{"x@partner.test"}},
		Verdict: analyzer.Verdict{Action: a, Would: a, Points: 9}, Due: due,
	})()
	if err != nil {
		b.t.Fatal(err)
	}
	holds, err := b.db.Holds(b.t.Context(), ledger.HoldFilter{QueueID: queueID})
	if err != nil {
		b.t.Fatal(err)
	}
	return holds[len(holds)-1].ID
}

func (b *bench) decide(hold int64, to ledger.State) {
	b.t.Helper()
	if done, err := b.db.DecideHolds(b.t.Context(), []int64{hold},
		ledger.Decision{To: to, By: "tester", Reason: "a test"}); err != nil || len(done) != 1 {
		b.t.Fatalf("decide: %v, %v", done, err)
	}
}

func (b *bench) expect(hold int64, want ledger.State) ledger.Hold {
	b.t.Helper()
	holds, err := b.db.Holds(b.t.Context(), ledger.HoldFilter{IDs: []int64{hold}})
	if err != nil {
		b.t.Fatal(err)
	}
	if holds[0].State != want {
		b.t.Errorf("H%d is %s (%s), want %s\n%s", hold, holds[0].State, holds[0].Error, want, &b.log)
	}
	return holds[0]
}

// in returns the queue that Postfix lists a mail in, "" for none.
func (b *bench) in(queueID string) string {
	b.t.Helper()
	list, err := b.queue.List(b.t.Context(), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return list[queueID].Queue
}

func (b *bench) arrives(subject, to string) {
	b.t.Helper()
	b.Sink.Wait(b.t, time.Minute, subject+" for "+to, func([]mta.Mail) bool {
		for _, m := range b.Sink.To(to) {
			if bytes.HasSuffix(m.Data, data(subject)) {
				return true
			}
		}
		return false
	})
}

// holdBob is a Postfix that puts all mail of bob on hold.
var holdBob = mta.Options{Main: []string{
	"smtpd_data_restrictions = check_sender_access inline:{bob@example.org=HOLD}"}}

// TestLife walks holds through everything that can happen to them.
func TestLife(t *testing.T) {
	b := newBench(t, holdBob)
	released := b.submit("bob", "release", "x@partner.test")
	discarded := b.submit("bob", "discard", "y@partner.test")
	delayed := b.submit("bob", "delay", "z@partner.test")
	byHand := b.submit("bob", "deleted-by-hand", "w@partner.test")
	unknown := b.submit("bob", "unknown", "v@partner.test")
	b.submit("alice", "ordinary", "u@partner.test")
	b.arrives("ordinary", "u@partner.test") // others never wait
	h1 := b.record(released, analyzer.Hold, time.Time{})
	h2 := b.record(discarded, analyzer.Hold, time.Time{})
	h4 := b.record(byHand, analyzer.Hold, time.Time{})
	h3 := b.record(delayed, analyzer.Delay, time.Now().Add(10*time.Minute)) // last: a hold promotes it

	b.forward(0)
	for _, id := range []string{released, discarded, delayed, byHand, unknown} {
		if q := b.in(id); q != "hold" {
			t.Errorf("%s is in %q", id, q)
		}
	}
	log := b.log.String()
	if n := strings.Count(log, "no record of"); n != 1 || !strings.Contains(log, unknown) {
		t.Errorf("one unknown mail is on hold, %d reported:\n%s", n, log)
	}
	if mail, err := b.queue.Cat(t.Context(), discarded); err != nil ||
		!strings.HasSuffix(string(mail), "end \t\n") ||
		!strings.Contains(string(mail), "Subject: discard") {
		t.Errorf("cat: %q, %v", mail, err)
	}

	b.decide(h1, ledger.Releasing)
	b.decide(h2, ledger.Discarding)
	b.forward(0)
	b.expect(h1, ledger.Released)
	b.expect(h2, ledger.Discarded)
	b.arrives("release", "x@partner.test")
	if q := b.in(discarded); q != "" {
		t.Errorf("a discarded mail is in %q", q)
	}

	b.forward(9 * time.Minute)
	b.expect(h3, ledger.Delayed)
	b.forward(2 * time.Minute)
	b.expect(h3, ledger.Released)
	b.arrives("delay", "z@partner.test")

	if done, err := b.queue.Discard(t.Context(), byHand); err != nil || len(done) != 1 {
		t.Fatalf("discard: %q, %v", done, err)
	}
	b.forward(time.Minute)
	b.expect(h4, ledger.Held)
	b.forward(time.Minute)
	b.expect(h4, ledger.Vanished)
	if n := len(b.Sink.To("y@partner.test")) + len(b.Sink.To("w@partner.test")); n != 0 {
		t.Errorf("%d discarded mails arrived", n)
	}
	if seen, err := b.db.AgentSeen(t.Context()); err != nil || b.now().Sub(seen) > time.Minute {
		t.Errorf("heartbeat at %v, %v", seen, err)
	}
}

// TestRecall puts queued mail on hold and lets it go again.
func TestRecall(t *testing.T) {
	b := newBench(t, mta.Options{})
	b.Sink.Answer("busy.test", "450 4.2.0 later")
	id := b.submit("bob", "recall", "x@busy.test")
	for deadline := time.Now().Add(time.Minute); b.in(id) != "deferred"; {
		if time.Now().After(deadline) {
			t.Fatalf("the mail is in %q", b.in(id))
		}
	}
	task := quarantine.Task{Hold: 1, QueueID: id, At: time.Now(), Verb: quarantine.Recall}
	s := &script{tasks: []quarantine.Task{task}}
	b.agent = b.newAgent(s, b.queue)
	b.forward(0)
	if q := b.in(id); q != "hold" || strings.Join(s.told, ", ") != "asked, finish, heartbeat" {
		t.Errorf("recalled mail is in %q, the store was told %q\n%s", q, s.told, &b.log)
	}
	b.Sink.Answer("busy.test", "")
	s.tasks[0].Verb = quarantine.Release
	b.forward(0)
	b.arrives("recall", "x@busy.test")
}

// script is a store for verbs that store has no states for.
type script struct {
	tasks []quarantine.Task
	told  []string
}

func (s *script) tell(text string) error {
	s.told = append(s.told, text)
	return nil
}

func (s *script) Tasks(context.Context, string, time.Time) ([]quarantine.Task, error) {
	return s.tasks, nil
}
func (s *script) EndDelay(_ context.Context, holds ...int64) ([]int64, error) {
	return holds, s.tell("end")
}

func (s *script) Finish(context.Context, ...int64) error { return s.tell("finish") }

func (s *script) Vanish(_ context.Context, holds ...int64) ([]int64, error) {
	return holds, s.tell("vanish")
}

func (s *script) Refuse(_ context.Context, why string, holds ...int64) ([]int64, error) {
	return holds, s.tell("refuse " + why)
}
func (s *script) Heartbeat(context.Context, string, string) error { return s.tell("heartbeat") }

func (s *script) Retry(_ context.Context, cause error, _ time.Time, holds ...int64) (
	[]int64, error) {
	if errors.Is(cause, quarantine.ErrAsked) {
		return holds, s.tell("asked")
	}
	return holds, s.tell(cause.Error())
}

// dying is an agent's queue access that dies before or after Postfix was asked.
type dying struct {
	*quarantine.Queue
	after bool
}

var errDied = errors.New("died")

func (d dying) Release(ctx context.Context, ids ...string) ([]string, error) {
	if d.after {
		if _, err := d.Queue.Release(ctx, ids...); err != nil {
			return nil, err
		}
	}
	panic(errDied)
}

// TestAgentDies kills the agent right before and right after postsuper, and Postfix too.
func TestAgentDies(t *testing.T) {
	b := newBench(t, holdBob)
	for i, after := range []bool{false, true} {
		subject := fmt.Sprint("death", i)
		id := b.submit("bob", subject, "x@partner.test")
		h := b.record(id, analyzer.Hold, time.Time{})
		b.decide(h, ledger.Releasing)
		func() {
			defer func() {
				if r := recover(); r != errDied {
					t.Fatalf("the agent did not die: %v", r)
				}
			}()
			b.newAgent(tasks{b.db}, dying{b.queue, after}).Once(t.Context())
		}()
		if got := b.expect(h, ledger.Releasing); got.Error != quarantine.ErrAsked.Error() {
			t.Errorf("the store does not know that Postfix was asked: %q", got.Error)
		}
		if want := map[bool]string{false: "hold", true: "deferred"}[after]; b.in(id) != want {
			t.Errorf("the mail is in %q, want %q", b.in(id), want)
		}
		if err := b.KillPostfix(); err != nil {
			t.Fatal(err)
		}
		b.agent = b.newAgent(tasks{b.db}, b.queue)
		b.forward(20 * time.Second) // Postfix is down: mail can be released, not sent
		b.expect(h, ledger.Released)
		if err := b.StartPostfix(); err != nil {
			t.Fatal(err)
		}
		b.arrives(subject, "x@partner.test")
		b.forward(2 * time.Minute)
		b.forward(2 * time.Minute)
		b.expect(h, ledger.Released)
	}
	if n := len(b.Sink.To("x@partner.test")); n != 2 {
		t.Errorf("%d mails arrived, want each once", n)
	}
}

// TestBulk releases and discards many mails at once, and follows each to its end.
func TestBulk(t *testing.T) { bulk(t, newBench(t, holdBob), 150) }

// BenchmarkBulk does it with a thousand mails of each kind.
func BenchmarkBulk(b *testing.B) {
	took := bulk(b, newBench(b, holdBob), 1000)
	b.ReportMetric(took[ledger.Releasing].Seconds(), "release-s")
	b.ReportMetric(took[ledger.Discarding].Seconds(), "discard-s")
	b.ReportMetric(0, "ns/op")
}

// bulk returns how long it took from the decision until all mail had arrived, or was gone.
func bulk(t testing.TB, b *bench, n int) map[ledger.State]time.Duration {
	took := make(map[ledger.State]time.Duration)
	for to, end := range map[ledger.State]ledger.State{ledger.Releasing: ledger.Released,
		ledger.Discarding: ledger.Discarded} {
		ids, holds := b.heldMails(n, string(to))
		begun := time.Now()
		b.decideAll(holds, to)
		b.forward(0)
		for _, h := range holds {
			b.expect(h, end)
		}
		if to == ledger.Releasing {
			b.Sink.WaitCount(t, n, 4*time.Minute)
		}
		took[to] = time.Since(begun)
		queue, err := b.queue.List(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range ids {
			if m, ok := queue[id]; ok && to == ledger.Discarding {
				t.Errorf("a discarded mail is in the %s queue", m.Queue)
			}
		}
	}
	return took
}

// heldMails sends mails that Postfix holds, by several sessions, and records them.
func (b *bench) heldMails(n int, name string) (ids []string, holds []int64) {
	b.t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	const sessions = 5
	for i := range sessions {
		wg.Go(func() {
			c, err := b.Dial(mta.Submission{User: "bob@example.org"})
			if err != nil {
				b.t.Error(err)
				return
			}
			defer c.Close()
			for m := i; m < n; m += sessions {
				id, err := c.Send(mta.Submission{From: "bob@example.org",
					To: []string{fmt.Sprintf("%s%d@partner.test", name, m)}, Data: data(name)})
				if err != nil {
					b.t.Error(err)
					return
				}
				mu.Lock()
				ids = append(ids, id)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for _, id := range ids {
		holds = append(holds, b.record(id, analyzer.Hold, time.Time{}))
	}
	return ids, holds
}

func (b *bench) decideAll(holds []int64, to ledger.State) {
	b.t.Helper()
	done, err := b.db.DecideHolds(b.t.Context(), holds, ledger.Decision{To: to, By: "alice"})
	if err != nil || len(done) != len(holds) {
		b.t.Fatalf("%d of %d decided, %v", len(done), len(holds), err)
	}
}
