package quarantine

import (
	"context"
	"errors"

	"hisseki/postfix"
)

// reconcile compares the store's tasks with the hold queue, listed before the tasks
// were read: kept mail that is not on hold, and mail on hold that is nobody's.
func (a *Agent) reconcile(ctx context.Context, tasks []Task, held map[string]Queued) error {
	ours := make(map[string]bool, len(tasks))
	missing := make(map[int64]int)
	var gone []Task
	for _, t := range tasks {
		if locate(t, held) == postfix.Hold {
			ours[t.QueueID] = true
			continue
		}
		if t.Verb != Keep || a.since(t) < settle {
			continue
		}
		missing[t.Hold] = a.missing[t.Hold] + 1
		// One listing may have been cut short or have raced with Postfix; two and a
		// look for the file are proof.
		if missing[t.Hold] > 1 {
			gone = append(gone, t)
		}
	}
	a.missing = missing
	return errors.Join(a.missed(ctx, gone, held), a.others(ctx, ours, held))
}

// missed reports to the store kept mails that are not on hold any more: deleted, or
// released by hand.
func (a *Agent) missed(ctx context.Context, tasks []Task, held map[string]Queued) error {
	files, err := a.search(ctx, tasks, held)
	var gone []Task
	for _, t := range tasks {
		if queue, searched := files[t.Hold]; searched && queue != postfix.Hold {
			gone = append(gone, t)
		}
	}
	_, e := a.vanish(ctx, gone)
	return errors.Join(err, e)
}

// others looks after held mail that belongs to no task.
func (a *Agent) others(ctx context.Context, ours map[string]bool, held map[string]Queued) error {
	now := make(map[unknownMail]bool)
	var errs []error
	for id, m := range held {
		if ours[id] {
			continue
		}
		key := unknownMail{id, m.Arrived}
		if a.unknown[key] {
			now[key] = true
			continue
		}
		reopened, err := a.reopen(ctx, m)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if reopened {
			continue
		}
		now[key] = true
		a.Log.Warn("held mail that hisseki has no record of: release or delete it with postsuper",
			"queue_id", id)
	}
	a.unknown = now
	a.counts.Unknown = len(now)
	return errors.Join(errs...)
}

// reopen asks the store whether a held mail is one that should be gone.
func (a *Agent) reopen(ctx context.Context, m Queued) (bool, error) {
	past, ok := a.Store.(Past)
	if !ok {
		return false, nil
	}
	tasks, err := past.Past(ctx, a.Host, m.ID)
	if err != nil {
		return false, err
	}
	for _, t := range tasks {
		if !t.owns(m) {
			continue
		}
		if err := past.Reopen(ctx, t.Hold); err != nil {
			return false, err
		}
		a.counts.Reopened++
		a.Log.Error("mail is still on hold that should be gone: asked for again",
			"verb", string(t.Verb), "queue_id", m.ID)
		return true, nil
	}
	return false, nil
}
