package daemon

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/daemon/spool"
	"hisseki/milter"
)

// unjudged keeps mails that got the failure action: as rows of the journal that say so, with
// their envelope, and the mails themselves until they are judged after all (late.go). What the
// store does not take now, a full disk say, it is offered again.
type unjudged struct {
	db interface {
		Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending
	}
	spool *spool.Spool // nil keeps no mail
	text  func() bool  // whether any text of mail may be kept; nil for yes

	unread time.Time // when judgeLate said last that mail cannot be read now
	looked time.Time // when it looked last for records of mail that is nowhere

	mu     sync.Mutex
	asked  int       // records that the store has not answered yet
	failed time.Time // when a mail was not judged last
	later  []*analyzer.Record
	lost   int  // that later had no room for
	fails  bool // the store did not take the first of them when last asked
}

// maxLater bounds how many mails wait for the store, at some KB each.
const maxLater = 2000

// keep implements milter.Config.Unjudged.
func (k *unjudged) keep(ctx context.Context, u *milter.Unjudged) error {
	r := &analyzer.Record{Envelope: u.Envelope, Bytes: u.Bytes,
		Verdict: analyzer.Verdict{Action: u.Action, Would: analyzer.Unjudged, Cause: u.Reason},
		Observation: baseline.Observation{At: u.Envelope.Time,
			Recipients: len(u.Envelope.Recipients)}}
	k.mu.Lock()
	k.failed = time.Now()
	k.asked++
	k.mu.Unlock()
	kept := make(chan error, 1)
	go func() { // a store or disk that hangs must not keep the MTA waiting
		r.Late.Content, r.Late.Kept = k.content(u)
		_, err := k.db.Begin(ctx, r)()
		if err != nil {
			k.postpone(r)
		}
		k.mu.Lock()
		k.asked--
		k.mu.Unlock()
		kept <- err
	}()
	select {
	case err := <-kept:
		return err
	case <-ctx.Done():
		return fmt.Errorf("the store does not answer: %w", ctx.Err())
	}
}

// content keeps the mail itself, and returns analyzer.Waits and under which name, or why it is not
// kept.
func (k *unjudged) content(u *milter.Unjudged) (content string, kept int64) {
	defer u.Read()
	switch {
	case u.Action == milter.TempFail:
		return "the client was asked to send it again", 0
	case u.Source == nil:
		return "there was no memory for it", 0
	case u.Envelope.QueueID == "":
		return "it had no queue id", 0
	case k.spool == nil:
		return spool.ErrOff.Error(), 0
	case k.text != nil && !k.text():
		return "privacy.no_text", 0
	}
	m := &spool.Mail{Mail: analyzer.Mail{Envelope: u.Envelope, Source: *u.Source}, Who: u.Who,
		Reason: u.Reason, Action: u.Action}
	if err := k.spool.Keep(m, time.Now()); err != nil {
		return err.Error(), 0
	}
	return analyzer.Waits, m.Kept
}

// well says whether mail has been judged for a while, and all that was not has its record.
func (k *unjudged) well() bool {
	k.mu.Lock()
	calmed := time.Since(k.failed) > calm
	k.mu.Unlock()
	return calmed && k.recorded()
}

// recorded says whether no record waits for the store.
func (k *unjudged) recorded() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked == 0 && len(k.later) == 0
}

func (k *unjudged) postpone(r *analyzer.Record) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.later) >= maxLater {
		k.lost++
		return
	}
	k.later = append(k.later, r)
}

// retry offers the store what it did not take, in order, until the first that it does not take
// now either. It says so once.
func (k *unjudged) retry(ctx context.Context) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for len(k.later) > 0 {
		_, err := k.db.Begin(ctx, k.later[0])()
		again := k.fails
		k.fails = err != nil
		if err != nil && again {
			return nil // said before
		}
		if err != nil {
			return fmt.Errorf("mails that wait: %d: %w", len(k.later), err)
		}
		k.later = k.later[1:]
	}
	if n := k.lost; n > 0 {
		k.lost = 0
		return inLogOnly(n, nil)
	}
	return nil
}

// inLogOnly says how many mails no report will name, and where they are named.
func inLogOnly(n int, cause error) error {
	err := fmt.Errorf("mails that only this log names: %d, look for \"mail not judged\"", n)
	if cause != nil {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// last offers for the last time what the store did not take, before serve ends. It says of how
// many mails there is no record, whatever was said before.
func (k *unjudged) last(ctx context.Context) error {
	k.mu.Lock()
	k.fails = false // a failure is said again
	k.mu.Unlock()
	err := k.retry(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.later) + k.lost; n > 0 {
		return inLogOnly(n, errors.Unwrap(err))
	}
	return err
}
