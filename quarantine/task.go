package quarantine

import (
	"context"
	"errors"
	"strings"
	"time"

	"hisseki/postfix"
)

// Task is what the store wants of one kept mail.
type Task struct {
	Hold    int64
	QueueID string
	At      time.Time // when the mail was judged, that is after Postfix's arrival time
	Sender  string    // MAIL FROM, "" when not known
	Verb    Verb
	Tries   int
	Error   string // of the last try, as given to Retry; "" when not known

	// What an Agent with a Proof asks for:
	Delayed bool   // the mail's time ends by itself
	Order   string // signature of the decision, "" for none, or for one that does not count
	Doubt   string // in words, why the decision does not count; "" when it does, or there is none
}

// Verb is what to do with a kept mail.
type Verb string

// Verbs. Keep expects the mail in the hold queue and watches it. Wait asks for nothing:
// its next try is not due. Recall puts mail on hold that is queued for delivery.
const (
	Keep     Verb = "keep"
	Wait     Verb = "wait"
	EndDelay Verb = "end-delay"
	Release  Verb = "release"
	Discard  Verb = "discard"
	Recall   Verb = "recall"
)

// Store is what the agent needs of the store.
type Store interface {
	// Tasks returns every hold of an MTA host that is not over.
	Tasks(ctx context.Context, host string, now time.Time) ([]Task, error)
	Changes
}

// Changes are what the agent reports to the store. All are about many holds: each call is a few
// transactions, not one for each mail.
type Changes interface {
	// EndDelay claims delayed mail for release and returns what it claimed: the rest became
	// holds meanwhile.
	EndDelay(ctx context.Context, holds ...int64) ([]int64, error)
	// Finish says that the MTA has done what was asked.
	Finish(ctx context.Context, holds ...int64) error
	// Retry keeps a failure, or ErrAsked before a try, and when to try next. It returns the
	// holds of which something is still wanted: of the others nothing may be asked, their
	// decision was taken back meanwhile.
	Retry(ctx context.Context, cause error, next time.Time, holds ...int64) ([]int64, error)
	// Vanish says that mail left the queue without us, or before it could be recalled. It
	// returns the holds that it ended: the others' states do not let it.
	Vanish(ctx context.Context, holds ...int64) ([]int64, error)
	// Refuse says why what is wanted of mail is not done, now or later: its holds stay until
	// somebody decides anew. It returns those that were decided, or delayed.
	Refuse(ctx context.Context, why string, holds ...int64) ([]int64, error)
	// Heartbeat says that the agent of a host is alive and able.
	Heartbeat(ctx context.Context, host, detail string) error
}

// Past is a Store that can also be asked for holds that are over. With it, mail that is
// on hold although the store says that it is gone is asked for again; without it, it is
// reported as unknown.
type Past interface {
	// Past returns the holds of a queue id that are over: Verb is Release for a released
	// one, Discard for a discarded one, Keep for a vanished one.
	Past(ctx context.Context, host, queueID string) ([]Task, error)
	// Reopen makes a released hold due for release again, a discarded one for discard,
	// and a vanished one held.
	Reopen(ctx context.Context, hold int64) error
}

// ErrAsked is noted by Retry before Postfix is asked. When it is still there after the
// agent has died, what happened to the mail since then was our doing.
var ErrAsked = errors.New("asked the MTA, not confirmed yet")

var (
	errOff  = errors.New("the mail is not on hold any more, it was let go by hand: delete it with postsuper -d")
	errLost = errors.New("the mail left the queue without us, by hand or bounced")
)

// asked says whether Postfix was asked before and has not refused. Without the last
// error, any try counts.
func (t *Task) asked() bool {
	return t.Tries > 0 && (t.Error == "" || t.Error == ErrAsked.Error())
}

// owns says whether a listed mail is the task's own, not another one with the same id.
// A short id is given again once its mail is gone, so the other mail arrives after ours
// was judged. Times are whole seconds; within skew of each other the sender decides.
func (t *Task) owns(m Queued) bool {
	if m.ID != t.QueueID {
		return false
	}
	if postfix.LongID(t.QueueID) {
		return true
	}
	late := m.Arrived - t.At.Unix()
	return late <= 0 || late <= skew && (t.Sender == "" || strings.EqualFold(t.Sender, m.Sender))
}

// skew allows for a clock that was set between arrival and judgement, in seconds.
const skew = 2
