// Package hook notifies others of incidents: it runs commands, posts to webhooks, and
// writes to the postmaster. Each hook has a goroutine of its own, so one that hangs
// delays no other one, and no mail.
//
// What is to be told lies in the store until it is told, so nothing is lost by a crash
// or by a receiver that is down. A run that was cut off is run again: receivers can tell
// events apart by their id.
package hook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hisseki/internal/term"
)

// Brief is an incident as it is now.
type Brief struct {
	Incident   string    `json:"incident"` // such as "I3"
	Case       string    `json:"case"`     // the campaign, such as "C1"
	Sender     string    `json:"sender"`
	State      string    `json:"state"` // open, confirmed, dismissed, ended
	Opened     time.Time `json:"opened"`
	Holds      int       `json:"holds"`
	Waiting    int       `json:"waiting"`       // of the holds, in the queue and undecided
	Passed     int       `json:"passed"`        // of the holds, let go by mode observe
	Last       time.Time `json:"last,omitzero"` // when the last held mail came
	Recipients int       `json:"recipients"`
	Domains    int       `json:"domains"`  // of the recipients
	Hosts      []string  `json:"hosts"`    // of unusual links
	Lures      []string  `json:"lures"`    // what of the links may be blocked, the most telling first
	Evidence   []Finding `json:"evidence"` // of the heaviest mail
	Answer     string    `json:"answer"`   // of the account's owner: "", claimed (it was him), denied
}

// allPassed says that nothing was kept: the mode was observe all the time.
func (b *Brief) allPassed() bool { return b.Holds > 0 && b.Passed == b.Holds }

// Finding is a signal that fired.
type Finding struct {
	Signal   string  `json:"signal"`
	Points   float64 `json:"points"`
	Observed string  `json:"observed"`
	Text     string  `json:"text"` // one English sentence
}

// Event is what a hook is told, schema 1. Everything up to Reason is the same in every
// run; Brief is what is known by then.
type Event struct {
	Schema int       `json:"schema"`
	Kind   string    `json:"kind"` // always "incident"
	ID     string    `json:"id"`
	Event  string    `json:"event"` // opened, confirmed, dismissed, ended, reopened, claimed, denied
	Time   time.Time `json:"time"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Run    int       `json:"run"` // from 1; more when an earlier one failed or was cut off
	Brief
	// Logins are the names by which the account logs in, as its mail on hold showed them; for a
	// command never none.
	Logins []string `json:"logins"`
	// AskURL is the page on which the account's owner says whether the mail is his, and AskUntil
	// how long: for hooks of the kind ask alone.
	AskURL   string    `json:"ask_url,omitempty"`
	AskUntil time.Time `json:"ask_until,omitzero"`

	N      int64     `json:"-"` // the store's own name for it
	Number int64     `json:"-"` // the incident's
	Doubt  string    `json:"-"` // why the decision that it tells of does not count, "" when it does
	First  time.Time `json:"-"` // when run 1 began
}

// Result is what came of a run.
type Result struct {
	Error  string // "" for success
	Output string // hostile, and bounded by whoever keeps it
}

// Store is where events lie until they are told.
type Store interface {
	// Claim returns what a hook is to be told now, nil for nothing. Nobody else gets it
	// until lease is over.
	Claim(ctx context.Context, hook string, lease time.Duration) (*Event, error)
	// Retry keeps a run that failed and when the next may begin.
	Retry(ctx context.Context, hook string, e *Event, r Result, next time.Time) error
	// Done, Skip and GiveUp end an event at a hook.
	Done(ctx context.Context, hook string, e *Event, r Result) error
	Skip(ctx context.Context, hook string, e *Event) error
	GiveUp(ctx context.Context, hook string, e *Event, r Result) error
}

// Teller reports one event. What it returns is what the receiver said, also with an error.
type Teller interface {
	Tell(ctx context.Context, e *Event) (output string, err error)
}

// Hook is somebody to tell.
type Hook struct {
	Name    string
	On      []string // the events it wants; none is all
	Teller  Teller
	Timeout time.Duration            // of a run
	Within  time.Duration            // after this long without success an event is given up
	Acts    bool                     // it does something about the sender, such as to lock him out
	Spares  func(sender string) bool // it is not told of these; nil is of nobody
}

// wants says whether an event is any of the hook's business. What acts is kept from acting
// on its own in mode observe; a person's decision it is told.
func (h *Hook) wants(e *Event) bool {
	if len(h.On) > 0 && !slices.Contains(h.On, e.Event) || h.Spares != nil && h.Spares(e.Sender) {
		return false
	}
	return !(h.Acts && e.Event == "opened" && e.allPassed())
}

// ErrRefused says that a hook must not be told of an event, now or later.
var ErrRefused = errors.New("refused")

// Dispatcher gives hooks the events that the store has for them.
type Dispatcher struct {
	Store Store
	Hooks []Hook
	Log   *slog.Logger
	Now   func() time.Time
	// Allow says why a hook is not told of an event: ErrRefused for good, another error not yet.
	// It may take a third of a minute: nobody else gets the event meanwhile. Nil allows all.
	Allow func(ctx context.Context, hook string, e *Event) error
	Every time.Duration // between two looks into the store, 0 means 1 s
}

// grace is how much longer than its timeout a run may take to be noted. Then it counts as
// cut off.
const grace = 30 * time.Second

// Run notifies hooks until ctx ends. Runs under way are finished first.
func (d *Dispatcher) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for i := range d.Hooks {
		wg.Go(func() {
			poll(ctx, d.Every, d.Log, d.Hooks[i].Name, func() (bool, error) {
				return d.once(ctx, &d.Hooks[i])
			})
		})
	}
	wg.Wait()
}

// Once notifies every hook of what is due now, one after another.
func (d *Dispatcher) Once(ctx context.Context) error {
	for i := range d.Hooks {
		for {
			more, err := d.once(ctx, &d.Hooks[i])
			if err != nil {
				return err
			}
			if !more {
				break
			}
		}
	}
	return nil
}

// poll calls do until ctx ends: at once again when there was work, else after a while.
func poll(ctx context.Context, every time.Duration, log *slog.Logger, name string,
	do func() (bool, error)) {
	if every == 0 {
		every = time.Second
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	last := ""
	for ctx.Err() == nil {
		worked, err := do()
		if err == nil {
			last = ""
		} else if ctx.Err() == nil && err.Error() != last {
			last = err.Error()
			log.Error("hook could not go on", "hook", name, "error", err)
		}
		if worked && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// once gives a hook one event, if there is one.
func (d *Dispatcher) once(ctx context.Context, h *Hook) (bool, error) {
	e, err := d.Store.Claim(ctx, h.Name, h.Timeout+grace)
	if err != nil || e == nil {
		return false, err
	}
	// What has begun is finished, even when we are told to stop: it is bounded in time.
	ctx = context.WithoutCancel(ctx)
	if !h.wants(e) {
		return true, d.Store.Skip(ctx, h.Name, e)
	}
	var output string
	if d.Allow != nil {
		err = d.Allow(ctx, h.Name, e)
	}
	if err == nil {
		output, err = tell(ctx, h, e)
	}
	log := d.Log.With("hook", h.Name, "event", e.Event, "incident", e.Incident, "id", e.ID,
		"run", e.Run)
	if err == nil {
		log.Info("hook notified")
		return true, d.Store.Done(ctx, h.Name, e, Result{Output: output})
	}
	r := Result{Error: err.Error(), Output: output}
	now := d.Now()
	if now.Sub(e.First) >= h.Within || errors.Is(err, ErrRefused) {
		log.Error("hook given up", "error", term.Safe(r.Error, 300))
		return true, d.Store.GiveUp(ctx, h.Name, e, r)
	}
	next := now.Add(backoff(e.Run))
	log.Warn("hook not notified", "error", term.Safe(r.Error, 300), "next", next)
	return true, d.Store.Retry(ctx, h.Name, e, r, next)
}

func tell(ctx context.Context, h *Hook, e *Event) (output string, err error) {
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	output, err = h.Teller.Tell(ctx, e)
	if err != nil && ctx.Err() != nil {
		err = fmt.Errorf("not done within %s: %w", h.Timeout, err)
	}
	return output, err
}

// backoff is the wait after so many runs: 5 s, doubling, at most 10 minutes.
func backoff(runs int) time.Duration {
	return min(5*time.Second<<min(max(runs-1, 0), 10), 10*time.Minute)
}
