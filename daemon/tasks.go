package daemon

import (
	"context"
	"maps"
	"slices"
	"time"

	"hisseki/ledger"
	"hisseki/quarantine"
)

// Tasks is the store in the agent's words.
type Tasks struct{ TaskStore }

// Tasks implements quarantine.Store. First it asks back what of open incidents' campaigns
// may still wait in the queue.
func (t Tasks) Tasks(ctx context.Context, host string, now time.Time) ([]quarantine.Task, error) {
	if _, err := t.Recall(ctx, now); err != nil {
		return nil, err
	}
	holds, err := t.Holds(ctx, ledger.HoldFilter{MTA: host, States: ledger.InQueue})
	if err != nil {
		return nil, err
	}
	list := make([]quarantine.Task, 0, len(holds))
	for i := range holds {
		list = append(list, taskOf(&holds[i], now))
	}
	return list, nil
}

// taskOf says what a hold wants done now.
func taskOf(h *ledger.Hold, now time.Time) quarantine.Task {
	e := &h.Record.Envelope
	t := quarantine.Task{Hold: h.ID, QueueID: e.QueueID, At: e.Time, Sender: e.MailFrom,
		Tries: h.Attempts, Error: h.Error, Verb: quarantine.Wait}
	// Judged in the future: the clock was set back, and a delay must not last until then.
	due := !h.Due.After(now) || e.Time.After(now.Add(clockSkew))
	switch {
	case h.State == ledger.Held, h.State == ledger.Delayed && !due:
		t.Verb = quarantine.Keep
	case !due: // its next try is later
	case h.State == ledger.Delayed:
		t.Verb = quarantine.EndDelay
	case h.State == ledger.Releasing:
		t.Verb = quarantine.Release
	case h.State == ledger.Discarding:
		t.Verb = quarantine.Discard
	case h.State == ledger.Recalling:
		t.Verb = quarantine.Recall
	}
	return t
}

// clockSkew is what the clocks of serve and the agent may differ by.
const clockSkew = time.Minute

// Past implements quarantine.Past.
func (t Tasks) Past(ctx context.Context, host, queueID string) ([]quarantine.Task, error) {
	verbs := map[ledger.State]quarantine.Verb{ledger.Released: quarantine.Release,
		ledger.Discarded: quarantine.Discard, ledger.Vanished: quarantine.Keep,
		ledger.Gone: quarantine.Keep}
	holds, err := t.Holds(ctx, ledger.HoldFilter{MTA: host, QueueID: queueID,
		States: slices.Collect(maps.Keys(verbs))})
	if err != nil {
		return nil, err
	}
	list := make([]quarantine.Task, 0, len(holds))
	for i := range holds {
		task := taskOf(&holds[i], time.Time{})
		task.Verb = verbs[holds[i].State]
		list = append(list, task)
	}
	return list, nil
}

var (
	_ quarantine.Store = Tasks{}
	_ quarantine.Past  = Tasks{}
)
