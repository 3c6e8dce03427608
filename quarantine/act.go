package quarantine

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
			a.say(t, fmt.Errorf("%.40q is not a queue id", t.QueueID))
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
	due, err = a.believed(ctx, due, before)
	errs = append(errs, err)
	due, err = a.endDelays(ctx, due, before)
	errs = append(errs, err)
	var r results
	ask := sortOut(due, before, files, &r)
	for _, verb := range []Verb{Recall, Discard, Release} {
		if len(ask[verb]) > 0 {
			errs = append(errs, a.ask(ctx, verb, ask[verb], before, &r))
		}
	}
	return errors.Join(append(errs, a.keep(ctx, &r))...)
}

// sortOut notes what is done already, or cannot be, and returns what Postfix is to be asked.
func sortOut(due []Task, listed map[string]Queued, files map[int64]string, r *results,
) map[Verb][]Task {
	ask := make(map[Verb][]Task)
	for _, t := range due {
		queue := locate(t, listed)
		switch {
		case queue == "":
			r.absent(t, files)
		case t.Verb == Release && queue != postfix.Hold:
			r.released(t) // by us before we died, or by hand
		case t.Verb == Recall && queue == postfix.Hold:
			r.done = append(r.done, t)
		case t.Verb == Discard && queue != postfix.Hold:
			r.failed = append(r.failed, failure{t, errOff})
		default:
			ask[t.Verb] = append(ask[t.Verb], t)
		}
	}
	return ask
}

// endDelays claims what of delayed mail is still in the queue for release. It returns the
// tasks without those whose mail became a hold meanwhile.
func (a *Agent) endDelays(ctx context.Context, due []Task, queue map[string]Queued) (
	[]Task, error) {
	over := func(t Task) bool { return t.Verb == EndDelay && locate(t, queue) != "" }
	var ids []int64
	for _, t := range due {
		if over(t) {
			ids = append(ids, t.Hold)
		}
	}
	if len(ids) == 0 {
		return due, nil
	}
	claimed, err := a.Store.EndDelay(ctx, ids...)
	left := make([]Task, 0, len(due))
	for _, t := range due {
		if over(t) {
			if !slices.Contains(claimed, t.Hold) {
				continue
			}
			t.Verb = Release
		}
		left = append(left, t)
	}
	return left, err
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
func (a *Agent) ask(ctx context.Context, verb Verb, tasks []Task, before map[string]Queued,
	r *results) error {
	tasks, ids, err := a.note(ctx, tasks)
	if err != nil || len(ids) == 0 {
		return err
	}
	if err := a.recalls(verb, tasks, before); err != nil {
		return err
	}
	act := map[Verb]func(context.Context, ...string) ([]string, error){
		Release: a.MTA.Release, Discard: a.MTA.Discard, Recall: a.MTA.Hold,
	}[verb]
	list, trouble := act(ctx, ids...)
	a.works = trouble == nil
	done := make(map[string]bool, len(list))
	for _, id := range list {
		done[id] = true
	}
	after, err := a.list(ctx, tasks)
	if err != nil {
		return errors.Join(err, trouble)
	}
	for _, t := range tasks {
		err := a.settled(t, locate(t, after), done[t.QueueID])
		switch {
		case err != nil:
			r.failed = append(r.failed, failure{t, errors.Join(err, trouble)})
		case verb == Release:
			r.released(t)
		default:
			r.done = append(r.done, t)
		}
	}
	return trouble
}

// note has the store know that Postfix is asked, and leaves out what was taken back.
func (a *Agent) note(ctx context.Context, tasks []Task) (asked []Task, ids []string, err error) {
	due, err := a.Store.Retry(ctx, ErrAsked, a.Now().Add(askAgain), holdsOf(tasks)...)
	if err != nil {
		return nil, nil, fmt.Errorf("note that the MTA is asked: %w", err)
	}
	for _, t := range tasks {
		if slices.Contains(due, t.Hold) {
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
