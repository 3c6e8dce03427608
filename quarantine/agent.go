package quarantine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hisseki/postfix"
	"hisseki/proof"
)

// MTA is the queue as the agent sees it; Queue implements it.
type MTA interface {
	List(ctx context.Context, keep func(Queued) bool) (map[string]Queued, error)
	Where(ctx context.Context, id string) (queue string, err error)
	Release(ctx context.Context, ids ...string) (done []string, err error)
	Discard(ctx context.Context, ids ...string) (done []string, err error)
	Hold(ctx context.Context, ids ...string) (done []string, err error)
	Send(ctx context.Context, ids ...string) error
	Probe(ctx context.Context) error
}

// Counts is what an agent has done since it was made.
type Counts struct {
	Released  int
	Discarded int
	Recalled  int
	Late      int // mails that had left before they could be recalled
	Failed    int // tries that Postfix did not confirm
	Vanished  int
	Reopened  int // on hold although the store said that they were gone
	Unknown   int // held mail without a record, at the last look
	Refused   int // decisions that were not carried out, for they do not count
}

// Agent carries out what the store says is due on one MTA host, and reconciles the
// store with the queue. Everything it does may be done twice without harm, so it can be
// killed at any moment. Its methods are not for use by several goroutines.
type Agent struct {
	Host  string // as the MTA names itself in the {j} macro
	Store Store
	MTA   MTA
	Log   *slog.Logger
	Now   func() time.Time
	Every time.Duration   // between two reconciliations, 0 means 30 s
	Wake  <-chan struct{} // starts a round at once; may be nil
	// Proof is what the agent knows by itself. With it, only what is ours is let go or deleted,
	// and only for decisions that count; nil believes the store.
	Proof *proof.Record
	Seen  func(Counts) // told after every round; may be nil

	counts     Counts
	works      bool                 // postsuper worked when last used
	strange    bool                 // mail that has just come is not in Proof yet
	reconciled time.Time            // last reconciliation
	missing    map[int64]int        // looks in a row that did not see a kept mail
	unknown    map[unknownMail]bool // held mail the store does not know, reported once
	last       map[int64]string     // last error logged for a hold
}

type unknownMail struct {
	id      string
	arrived int64
}

// settle is how long a mail may need from the verdict to its place in the queue: the
// record is durable before Postfix finishes the mail.
const settle = time.Minute

// askAgain is the wait after a try of which we never learnt the end.
const askAgain = 10 * time.Second

// Run works until ctx ends, once per interval and whenever Wake says so. A round that
// has begun to act is finished first.
func (a *Agent) Run(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	said := "" // Postfix may be down for hours, and a round is every two seconds
	for ctx.Err() == nil {
		err := a.Once(ctx)
		if ctx.Err() != nil {
			break
		}
		said = a.tell(said, err)
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-a.Wake:
		}
	}
	return nil
}

// tell logs how a round ended when the one before ended in another way, which is "" for well.
// It returns how this one ended.
func (a *Agent) tell(before string, err error) string {
	switch {
	case err == nil && before != "":
		a.Log.Info("agent finishes its rounds again")
	case err != nil && err.Error() != before:
		a.Log.Error("agent could not finish its round, it tries again", "error", err)
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// Once does one round: what is due, now and then a reconciliation, then a heartbeat. A
// round in which the store, the queue or postsuper failed us gives no heartbeat, for
// serve must not delay mail that nobody can let go.
func (a *Agent) Once(ctx context.Context) error {
	if !a.works {
		if err := a.MTA.Probe(ctx); err != nil {
			return fmt.Errorf("try postsuper: %w", err)
		}
		a.works = true
	}
	if a.missing == nil {
		a.missing, a.last = make(map[int64]int), make(map[int64]string)
		a.unknown = make(map[unknownMail]bool)
	}
	now := a.Now()
	look := a.strange || a.reconciled.IsZero() || now.Sub(a.reconciled) >= a.every() || now.Before(a.reconciled)
	var held map[string]Queued
	var err error
	if look {
		// Before the tasks: what is on hold by now must have its record by then.
		held, err = a.MTA.List(ctx, func(m Queued) bool { return m.Queue == postfix.Hold })
		if err != nil {
			return fmt.Errorf("list the queue: %w", err)
		}
	}
	tasks, err := a.Store.Tasks(ctx, a.Host, now)
	if err != nil {
		return fmt.Errorf("read what is due: %w", err)
	}
	if err := a.compare(now, look, held, tasks); err != nil {
		return err
	}
	err = a.carryOut(ctx, tasks)
	if look && ctx.Err() == nil {
		if e := a.reconcile(ctx, tasks, held); e == nil {
			a.reconciled = now
		} else {
			err = errors.Join(err, e)
		}
	}
	if a.Seen != nil {
		a.Seen(a.counts)
	}
	if err != nil {
		return err
	}
	detail := fmt.Sprintf("%d kept, %d unknown", len(tasks), a.counts.Unknown)
	if err := a.Store.Heartbeat(ctx, a.Host, detail); err != nil {
		return fmt.Errorf("give heartbeat: %w", err)
	}
	return nil
}

func (a *Agent) every() time.Duration {
	if a.Every == 0 {
		return 30 * time.Second
	}
	return a.Every
}

// backoff is the wait before another try: 5 s, doubling, at most 10 minutes. A try is
// noted twice, before and after.
func backoff(tries int) time.Duration {
	return min(5*time.Second<<min(tries/2, 10), 10*time.Minute)
}
