package quarantine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hisseki/postfix"
	"hisseki/proof"
)

// What the agent believes of the store: it is serve's, and what asks for mail to be let go or
// deleted may have been written by whoever has taken serve over. The agent's own record says
// which mail on hold is hisseki's, and signatures say who decided.

// compare takes into the record what the hold queue shows, listed before the tasks were read,
// and what was decided or taken back.
func (a *Agent) compare(now time.Time, look bool, held map[string]Queued, tasks []Task) error {
	if a.Proof == nil {
		return nil
	}
	claims := make(map[string]proof.Claim, len(tasks))
	a.strange = false
	for i := range tasks {
		t := &tasks[i]
		if !look && a.since(*t) < settle && !a.Proof.Has(t.Hold, t.QueueID) {
			a.strange = true // the next round looks: a lock may wait for it
		}
		if m, listed := held[t.QueueID]; listed && !t.owns(m) {
			continue // an earlier mail's, by the same short id
		}
		claims[t.QueueID] = t.claim()
	}
	if err := a.Proof.Follow(claims); err != nil || !look {
		return err
	}
	list := make([]proof.Listed, 0, len(held))
	for _, m := range held {
		list = append(list, proof.Listed{ID: m.ID, Arrived: m.Arrived})
	}
	return a.Proof.Look(now, list, func(id string) (proof.Claim, bool) {
		c, ok := claims[id]
		return c, ok
	})
}

func (t *Task) claim() proof.Claim {
	return proof.Claim{Hold: t.Hold, Kept: !t.Delayed, Order: t.Order}
}

// believed returns the tasks that may be carried out. Of the others the store is told, the log
// and whoever looks at doctor.
func (a *Agent) believed(ctx context.Context, due []Task, queue map[string]Queued) ([]Task, error) {
	if a.Proof == nil {
		return due, nil
	}
	var left []Task
	refused := make(map[string][]int64)
	for _, t := range due {
		why, err := a.refuses(&t, queue)
		if err != nil {
			return nil, err
		}
		if why == "" {
			left = append(left, t)
			continue
		}
		refused[why] = append(refused[why], t.Hold)
		a.mark(fmt.Sprintf("refused to %s mail %s (H%d): %s", t.Verb, t.QueueID, t.Hold, why))
	}
	var errs []error
	for why, holds := range refused {
		_, err := a.Store.Refuse(ctx, why, holds...)
		errs = append(errs, err)
	}
	return left, errors.Join(errs...)
}

// mark notes that something is wrong, once in a while.
func (a *Agent) mark(what string) {
	a.counts.Refused++
	fresh, err := a.Proof.Mark(a.Now(), what)
	if fresh || err != nil {
		a.Log.Error(what, "hint", "hisseki doctor")
	}
}

// refuses says in words why a task is not carried out, "" when it may be. Mail that is not on
// hold is not let go or deleted anyway; where nobody decided that, it is said nevertheless.
func (a *Agent) refuses(t *Task, queue map[string]Queued) (string, error) {
	if t.Verb != Release && t.Verb != Discard && t.Verb != EndDelay {
		return "", nil
	}
	if where := locate(*t, queue); where != postfix.Hold {
		if where != "" && t.Verb != EndDelay && t.Doubt != "" {
			return t.Doubt + ", and it is not on hold", nil
		}
		return "", nil
	}
	return a.refusesHeld(t, queue)
}

// refusesHeld is refuses for mail on hold.
func (a *Agent) refusesHeld(t *Task, queue map[string]Queued) (string, error) {
	listed := queue[t.QueueID]
	at := proof.Listed{ID: listed.ID, Arrived: listed.Arrived}
	if err := a.Proof.Meet(a.Now(), at, t.claim()); err != nil {
		return "", err
	}
	m, known := a.Proof.Mail(listed.ID, listed.Arrived)
	switch {
	case !known:
		return "", fmt.Errorf("mail %s is not in the agent's record", listed.ID)
	case !m.Ours():
		return fmt.Sprintf("the mail log and the queue do not show that hisseki put it on hold, a rule of"+
			" Postfix's or a person may have: release it with postsuper -H %[1]s, or delete it with postsuper"+
			" -d %[1]s", t.QueueID), nil
	case m.Hold != t.Hold:
		return fmt.Sprintf("it is the mail of H%d", m.Hold), nil
	case t.Verb == EndDelay && m.Kept:
		return "it was held until somebody decides, and nobody has", nil
	case t.Verb == EndDelay:
		return "", nil
	case t.Doubt != "":
		return t.Doubt + ": decide again with hisseki quarantine", nil
	case m.Taken(t.Order):
		return "the decision was taken back: decide again with hisseki quarantine", nil
	}
	return "", nil
}

// recalls notes mail that the agent is about to put on hold.
func (a *Agent) recalls(verb Verb, tasks []Task, queue map[string]Queued) error {
	if a.Proof == nil || verb != Recall {
		return nil
	}
	list := make(map[int64]proof.Listed, len(tasks))
	for _, t := range tasks {
		m := queue[t.QueueID]
		list[t.Hold] = proof.Listed{ID: m.ID, Arrived: m.Arrived}
	}
	return a.Proof.Recall(a.Now(), list)
}
