package quarantine

import (
	"context"
	"fmt"
	"log/slog"
	"time"
)

// Task is what the store wants of one kept mail.
type Task struct {
	Hold    int64
	QueueID string
	At      time.Time // when the mail was judged
	Verb    Verb
	Tries   int
}

// Verb is what to do with a kept mail.
type Verb string

// Verbs. Keep expects the mail in the hold queue and watches it.
const (
	Keep     Verb = "keep"
	EndDelay Verb = "end-delay"
	Release  Verb = "release"
	Discard  Verb = "discard"
)

// Store is what the agent needs of the store.
type Store interface {
	// Tasks returns every hold of an MTA host that is not over.
	Tasks(ctx context.Context, host string, now time.Time) ([]Task, error)
	// EndDelay claims a delayed mail for release; false when it became a hold meanwhile.
	EndDelay(ctx context.Context, hold int64) (bool, error)
	Finish(ctx context.Context, hold int64) error
	Retry(ctx context.Context, hold int64, cause error, next time.Time) error
	Vanish(ctx context.Context, hold int64) (bool, error)
	Heartbeat(ctx context.Context, host, detail string) error
}

// MTA is the queue as the agent sees it.
type MTA interface {
	List(ctx context.Context) (map[string]Queued, error)
	Release(ctx context.Context, ids ...string) error
	Discard(ctx context.Context, ids ...string) error
}

// Agent carries out what the store says is due on one MTA host, and reconciles the
// store with the queue. Everything it does may be done twice without harm, so it can be
// killed at any moment.
type Agent struct {
	Host  string // as the MTA names itself in the {j} macro
	Store Store
	MTA   MTA
	Log   *slog.Logger
	Now   func() time.Time

	strangers map[string]bool // held mail the store does not know, reported once
}

// settle is how long a mail may need from the verdict to its place in the queue: the
// record is durable before Postfix finishes the mail.
const settle = time.Minute

// Run works until ctx ends, once per interval.
func (a *Agent) Run(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := a.Once(ctx); err != nil && ctx.Err() == nil {
			a.Log.Error("agent could not finish its round", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Once does one round: what is due, then a heartbeat. A round that could not see the
// queue or the store gives no heartbeat, for serve must not delay mail then.
func (a *Agent) Once(ctx context.Context) error {
	queue, err := a.MTA.List(ctx)
	if err != nil {
		return fmt.Errorf("list the queue: %w", err)
	}
	tasks, err := a.Store.Tasks(ctx, a.Host, a.Now())
	if err != nil {
		return fmt.Errorf("read what is due: %w", err)
	}
	known := make(map[string]bool, len(tasks))
	for _, t := range tasks {
		known[t.QueueID] = true
		if err := a.do(ctx, t, queue); err != nil {
			return err
		}
	}
	a.report(queue, known)
	detail := fmt.Sprintf("%d kept, %d strangers", len(tasks), len(a.strangers))
	if err := a.Store.Heartbeat(ctx, a.Host, detail); err != nil {
		return fmt.Errorf("give heartbeat: %w", err)
	}
	return nil
}

// do carries out one task against the queue as it was listed.
func (a *Agent) do(ctx context.Context, t Task, queue map[string]Queued) error {
	mail, there := queue[t.QueueID]
	// A short queue id may belong to another mail by now.
	there = there && abs(a.since(t, mail)) < settle
	switch t.Verb {
	case Keep:
		if there || a.Now().Sub(t.At) < settle {
			return nil
		}
		gone, err := a.Store.Vanish(ctx, t.Hold)
		if gone {
			a.Log.Warn("kept mail left the queue without us", "queue_id", t.QueueID)
		}
		return err
	case EndDelay:
		if ok, err := a.Store.EndDelay(ctx, t.Hold); err != nil || !ok {
			return err
		}
		t.Verb = Release
	}
	return a.carryOut(ctx, t, mail, there)
}

func (a *Agent) carryOut(ctx context.Context, t Task, mail Queued, there bool) error {
	act := a.MTA.Release
	done := there && mail.Queue != "hold" || !there
	if t.Verb == Discard {
		act, done = a.MTA.Discard, !there
	}
	if done { // done before, here or by hand
		if !there && a.Now().Sub(t.At) < settle {
			return nil // Postfix is still taking it in
		}
		return a.Store.Finish(ctx, t.Hold)
	}
	err := act(ctx, t.QueueID)
	if err == nil {
		err = a.confirm(ctx, t)
	}
	if err == nil {
		a.Log.Info("carried out", "verb", string(t.Verb), "queue_id", t.QueueID)
		return a.Store.Finish(ctx, t.Hold)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	a.Log.Error("not carried out", "verb", string(t.Verb), "queue_id", t.QueueID, "error", err)
	return a.Store.Retry(ctx, t.Hold, err, a.Now().Add(backoff(t.Tries)))
}

// confirm asks Postfix whether the mail really left the hold queue: postsuper's success
// alone is not proof.
func (a *Agent) confirm(ctx context.Context, t Task) error {
	queue, err := a.MTA.List(ctx)
	if err != nil {
		return fmt.Errorf("look after the mail: %w", err)
	}
	mail, there := queue[t.QueueID]
	if there && (mail.Queue == "hold" || t.Verb == Discard) {
		return fmt.Errorf("the mail is still in the %s queue", mail.Queue)
	}
	return nil
}

// report names held mail that the store does not know, once.
func (a *Agent) report(queue map[string]Queued, known map[string]bool) {
	if a.strangers == nil {
		a.strangers = make(map[string]bool)
	}
	for id, m := range queue {
		if m.Queue == "hold" && !known[id] && !a.strangers[id] {
			a.strangers[id] = true
			a.Log.Warn("held mail that hisseki has no record of: release or delete it with postsuper",
				"queue_id", id)
		}
	}
	for id := range a.strangers {
		if queue[id].Queue != "hold" {
			delete(a.strangers, id)
		}
	}
}

func (a *Agent) since(t Task, m Queued) time.Duration {
	return t.At.Sub(time.Unix(m.Arrived, 0))
}

func abs(d time.Duration) time.Duration { return max(d, -d) }

// backoff is the wait before another try: 5 s, doubling, at most 10 minutes.
func backoff(tries int) time.Duration {
	return min(5*time.Second<<min(tries, 10), 10*time.Minute)
}
