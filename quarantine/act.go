package quarantine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hisseki/postfix"
)

// carryOut does what is due, in batches: look where the mails are, note that Postfix is
// asked, ask, look again. Only what both postsuper and the queue confirm is finished.
func (a *Agent) carryOut(ctx context.Context, tasks []Task) error {
	due := a.due(tasks)
	for len(due) > 0 && ctx.Err() == nil {
		n := min(batch, len(due))
		// What has begun is finished, even when we are told to stop: the commands have
		// their own timeouts.
		if err := a.round(context.WithoutCancel(ctx), due[:n]); err != nil {
			return err
		}
		due = due[n:]
	}
	return ctx.Err()
}

// due returns the tasks that want something done.
func (a *Agent) due(tasks []Task) []Task {
	var due []Task
	for _, t := range tasks {
		if !postfix.ValidID(t.QueueID) {
			// A mail without a queue id cannot be found; it cannot be kept either.
			a.say(t, fmt.Errorf("%.40q is no queue id", t.QueueID))
			continue
		}
		if t.Verb != Keep && t.Verb != Wait {
			due = append(due, t)
		}
	}
	return due
}

// round carries out at most batch tasks.
func (a *Agent) round(ctx context.Context, due []Task) error {
	before, err := a.list(ctx, due)
	if err != nil {
		return err
	}
	files, err := a.search(ctx, due, before)
	errs := []error{err}
	ask := make(map[Verb][]Task)
	for _, t := range due {
		queue := locate(t, before)
		if t.Verb == EndDelay && queue != "" {
			ok, err := a.Store.EndDelay(ctx, t.Hold)
			if err != nil || !ok {
				errs = append(errs, err)
				continue
			}
			t.Verb = Release
		}
		switch {
		case queue == "":
			errs = append(errs, a.absent(ctx, t, files))
		case t.Verb == Release && queue != postfix.Hold:
			errs = append(errs, a.released(ctx, t)) // by us before we died, or by hand
		case t.Verb == Recall && queue == postfix.Hold:
			errs = append(errs, a.finish(ctx, t))
		case t.Verb == Discard && queue != postfix.Hold && queue != postfix.Deferred:
			errs = append(errs, a.retry(ctx, t, errTransit))
		default:
			ask[t.Verb] = append(ask[t.Verb], t)
		}
	}
	for _, verb := range []Verb{Recall, Discard, Release} {
		if len(ask[verb]) > 0 {
			errs = append(errs, a.ask(ctx, verb, ask[verb]))
		}
	}
	return errors.Join(errs...)
}

// list looks where the mails of some tasks are.
func (a *Agent) list(ctx context.Context, tasks []Task) (map[string]Queued, error) {
	wanted := make(map[string]bool, len(tasks))
	for _, t := range tasks {
		wanted[t.QueueID] = true
	}
	queue, err := a.MTA.List(ctx, func(m Queued) bool { return wanted[m.ID] })
	if err != nil {
		return nil, fmt.Errorf("list the queue: %w", err)
	}
	return queue, nil
}

// locate returns the queue that a task's mail is in, "" for none.
func locate(t Task, queue map[string]Queued) string {
	if m, ok := queue[t.QueueID]; ok && t.owns(m) {
		return m.Queue
	}
	return ""
}

// ask has Postfix act on mails that are where they should be, and believes it only when
// the queue shows it.
func (a *Agent) ask(ctx context.Context, verb Verb, tasks []Task) error {
	tasks, ids, err := a.note(ctx, tasks)
	if err != nil || len(ids) == 0 {
		return err
	}
	act := map[Verb]func(context.Context, ...string) ([]string, error){
		Release: a.MTA.Release, Discard: a.MTA.Discard, Recall: a.MTA.Hold,
	}[verb]
	list, failure := act(ctx, ids...)
	a.able = failure == nil
	done := make(map[string]bool, len(list))
	for _, id := range list {
		done[id] = true
	}
	after, err := a.list(ctx, tasks)
	if err != nil {
		return errors.Join(err, failure)
	}
	var errs []error
	for _, t := range tasks {
		err := a.settled(t, locate(t, after), done[t.QueueID])
		switch {
		case err != nil:
			errs = append(errs, a.retry(ctx, t, errors.Join(err, failure)))
		case verb == Release:
			errs = append(errs, a.released(ctx, t))
		default:
			errs = append(errs, a.finish(ctx, t))
		}
	}
	return errors.Join(append(errs, failure)...)
}

// note has the store know that Postfix is asked, and leaves out what was taken back.
func (a *Agent) note(ctx context.Context, tasks []Task) (asked []Task, ids []string, err error) {
	for _, t := range tasks {
		due, err := a.Store.Retry(ctx, t.Hold, ErrAsked, a.Now().Add(askAgain))
		if err != nil {
			return nil, nil, fmt.Errorf("note that the MTA is asked: %w", err)
		}
		if due {
			asked, ids = append(asked, t), append(ids, t.QueueID)
		}
	}
	return asked, ids, nil
}

// settled says whether what was asked has come true.
func (a *Agent) settled(t Task, queue string, done bool) error {
	ok := map[Verb]bool{
		Release: queue != postfix.Hold && (queue != "" || done),
		Discard: queue == "" && done,
		Recall:  queue == postfix.Hold,
	}[t.Verb]
	switch {
	case ok:
		return nil
	case queue == "":
		return errLost
	}
	return fmt.Errorf("the mail is still in the %s queue", queue)
}

// released finishes a mail that is off hold, and has it sent at once. Postfix sends it
// anyhow with its next queue run, or when it is started again.
func (a *Agent) released(ctx context.Context, t Task) error {
	if err := a.MTA.Send(ctx, t.QueueID); err != nil {
		a.Log.Warn("a released mail waits for the next queue run", "queue_id", t.QueueID, "error", err)
	}
	return a.finish(ctx, t)
}

// absent deals with a mail that the listing did not show, by what search found.
func (a *Agent) absent(ctx context.Context, t Task, files map[int64]string) error {
	// A file in the incoming queue that is not listed is unfinished: Postfix was killed
	// before it had taken the mail.
	queue, searched := files[t.Hold]
	if !searched || queue != "" && queue != postfix.Incoming {
		return nil // not surely gone: next round
	}
	if t.Verb != Recall && t.asked() {
		return a.finish(ctx, t) // by us, before we died
	}
	return a.vanish(ctx, t)
}

func (a *Agent) finish(ctx context.Context, t Task) error {
	if err := a.Store.Finish(ctx, t.Hold); err != nil {
		return err
	}
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
	return nil
}

func (a *Agent) retry(ctx context.Context, t Task, cause error) error {
	a.counts.Failed++
	a.say(t, cause)
	next := a.Now().Add(backoff(t.Tries))
	if _, err := a.Store.Retry(ctx, t.Hold, cause, next); err != nil {
		return fmt.Errorf("note a failure: %w", err)
	}
	return nil
}

func (a *Agent) vanish(ctx context.Context, t Task) error {
	gone, err := a.Store.Vanish(ctx, t.Hold)
	if err != nil {
		return err
	}
	if !gone && t.Verb != Keep {
		return a.retry(ctx, t, errLost)
	}
	switch {
	case gone && t.Verb == Recall:
		a.counts.Late++
		a.Log.Info("recall came too late: the mail has left the queue", "queue_id", t.QueueID)
	case gone:
		a.counts.Vanished++
		a.Log.Warn("kept mail left the queue without us", "queue_id", t.QueueID)
	}
	return nil
}

// say logs a hold's trouble when it is new.
func (a *Agent) say(t Task, cause error) {
	if a.last[t.Hold] == cause.Error() {
		return
	}
	a.last[t.Hold] = cause.Error()
	a.Log.Error("not carried out", "verb", string(t.Verb), "queue_id", t.QueueID, "error", cause)
}

var _ MTA = (*Queue)(nil)

// since is how long ago a mail was judged. When the clock was set back meanwhile, it is
// how far; both leave Postfix time enough when they are long.
func (a *Agent) since(t Task) time.Duration { return a.Now().Sub(t.At).Abs() }
