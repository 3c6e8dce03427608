package quarantine

import (
	"context"
	"errors"
	"fmt"

	"hisseki/postfix"
)

// results are what a round came to, kept together at its end: one transaction for a hundred
// mails, and one request to Postfix to send what was released.
type results struct {
	done    []Task   // what was asked for has come true
	send    []string // queue ids of released mail
	missing []Task   // left the queue without us
	failed  []failure
}

// failure is a task that Postfix did not confirm.
type failure struct {
	Task
	cause error
}

// released notes a mail that is off hold.
func (r *results) released(t Task) {
	r.send = append(r.send, t.QueueID)
	r.done = append(r.done, t)
}

// absent notes a mail that the listing did not show, by what search found.
func (r *results) absent(t Task, files map[int64]string) {
	// A file in the incoming queue that is not listed is unfinished: Postfix was killed
	// before it had taken the mail.
	queue, searched := files[t.Hold]
	switch {
	case !searched || queue != "" && queue != postfix.Incoming:
		// Not surely gone: next round.
	case t.Verb != Recall && t.asked():
		r.done = append(r.done, t) // by us, before we died
	default:
		r.missing = append(r.missing, t)
	}
}

// keep sends what was released and reports to the store.
func (a *Agent) keep(ctx context.Context, r *results) error {
	if len(r.send) > 0 {
		// Postfix sends it anyhow with its next queue run, or when it is started again.
		if err := a.MTA.Send(ctx, r.send...); err != nil {
			a.Log.Warn("released mail waits for the next queue run", "mails", len(r.send), "error", err)
		}
	}
	err := a.finish(ctx, r.done)
	lost, gone := a.vanish(ctx, r.missing)
	for _, t := range lost {
		r.failed = append(r.failed, failure{t, errLost})
	}
	return errors.Join(err, gone, a.retry(ctx, r.failed))
}

func (a *Agent) finish(ctx context.Context, tasks []Task) error {
	if len(tasks) == 0 {
		return nil
	}
	if err := a.Store.Finish(ctx, holdsOf(tasks)...); err != nil {
		return err
	}
	for _, t := range tasks {
		switch t.Verb {
		case Release:
			a.counts.Released++
		case Discard:
			a.counts.Discarded++
		case Recall:
			a.counts.Recalled++
		}
		delete(a.last, t.Hold)
		a.Log.Info("carried out", "verb", string(t.Verb), "queue_id", t.QueueID)
	}
	return nil
}

// retry keeps failures. Those of one cause and as many tries are kept together: when postsuper
// fails, all have the same.
func (a *Agent) retry(ctx context.Context, list []failure) error {
	type kind struct {
		cause string
		tries int
	}
	holds, causes := make(map[kind][]int64), make(map[kind]error)
	for _, f := range list {
		a.counts.Failed++
		a.say(f.Task, f.cause)
		k := kind{f.cause.Error(), f.Tries}
		holds[k], causes[k] = append(holds[k], f.Hold), f.cause
	}
	var errs []error
	for k, ids := range holds {
		next := a.Now().Add(backoff(k.tries))
		if _, err := a.Store.Retry(ctx, causes[k], next, ids...); err != nil {
			errs = append(errs, fmt.Errorf("note a failure: %w", err))
		}
	}
	return errors.Join(errs...)
}

// vanish reports to the store mail that left the queue without us. It returns what was
// wanted of mail whose hold does not let it.
func (a *Agent) vanish(ctx context.Context, tasks []Task) (lost []Task, err error) {
	if len(tasks) == 0 {
		return nil, nil
	}
	gone, err := a.Store.Vanish(ctx, holdsOf(tasks)...)
	if err != nil {
		return nil, err
	}
	ended := make(map[int64]bool, len(gone))
	for _, id := range gone {
		ended[id] = true
	}
	for _, t := range tasks {
		switch {
		case !ended[t.Hold] && t.Verb != Keep:
			lost = append(lost, t)
		case !ended[t.Hold]:
		case t.Verb == Recall:
			a.counts.Late++
			a.Log.Info("recall came too late: the mail has left the queue", "queue_id", t.QueueID)
		default:
			a.counts.Vanished++
			a.Log.Warn("kept mail left the queue without us", "queue_id", t.QueueID)
		}
	}
	return lost, nil
}

func holdsOf(tasks []Task) []int64 {
	ids := make([]int64, len(tasks))
	for i, t := range tasks {
		ids[i] = t.Hold
	}
	return ids
}
