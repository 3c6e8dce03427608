package daemon

import (
	"context"
	"time"

	"hisseki/ledger"
	"hisseki/quarantine"
)

// Tasks is the store in the agent's words.
type Tasks struct {
	TaskStore
	// Signed says whether somebody who may decide has signed a decision; nil believes all.
	Signed ledger.Verifier
}

// Tasks implements quarantine.Store. First it asks back what of open incidents' campaigns
// may still wait in the queue.
func (t Tasks) Tasks(ctx context.Context, host string, now time.Time) ([]quarantine.Task, error) {
	if _, err := t.Recall(ctx, now); err != nil {
		return nil, err
	}
	holds, err := t.Queued(ctx, host)
	if err != nil {
		return nil, err
	}
	list := make([]quarantine.Task, 0, len(holds))
	for i := range holds {
		list = append(list, t.task(&holds[i], holds[i].Work(now), now))
	}
	return list, nil
}

func (t Tasks) task(h *ledger.Hold, work ledger.Work, now time.Time) quarantine.Task {
	e := &h.Record.Envelope
	id := e.QueueID
	if h.QueueID != "" {
		id = h.QueueID // it goes on under another one
	}
	out := quarantine.Task{Hold: h.ID, QueueID: id, At: e.Time, Sender: e.MailFrom, Tries: h.Attempts,
		Error: h.Error, Verb: quarantine.Verb(work), Delayed: h.State == ledger.Delayed}
	if t.Signed == nil || h.State != ledger.Releasing && h.State != ledger.Discarding {
		return out
	}
	if err := t.Signed.Verify(h.Statement(), h.Signature); err != nil {
		out.Doubt = err.Error()
		return out
	}
	out.Order = h.Signature
	if h.NotBefore.After(now) && (work == ledger.WorkRelease || work == ledger.WorkDiscard) {
		out.Verb = quarantine.Keep // whatever its row says of when it is due
	}
	return out
}

// Past implements quarantine.Past.
func (t Tasks) Past(ctx context.Context, host, queueID string) ([]quarantine.Task, error) {
	holds, err := t.Holds(ctx, ledger.HoldFilter{MTA: host, QueueID: queueID,
		States: ledger.StepFound.From()})
	if err != nil {
		return nil, err
	}
	list := make([]quarantine.Task, 0, len(holds))
	for i := range holds {
		if work, ok := holds[i].State.WorkAgain(); ok {
			list = append(list, t.task(&holds[i], work, holds[i].NotBefore))
		}
	}
	return list, nil
}

var (
	_ quarantine.Store = Tasks{}
	_ quarantine.Past  = Tasks{}
)
