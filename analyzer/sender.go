package analyzer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hisseki/baseline"
)

// entry is one sender in memory.
type entry struct {
	name  string
	dirty atomic.Bool  // the profile has learned since it was saved
	size  atomic.Int64 // its room, as of the last mail

	mu      sync.Mutex
	profile *learner // nil: to be read again
	loaded  int64    // last lesson that was in the profile when it was read
	heard   int64    // last record, of those read and of other nodes', that is in the state
	state   state
	pending int           // mails whose records are begun and not durable yet
	opening int           // of these, those that open an incident
	idle    chan struct{} // closed when nothing is pending, nil while nobody waits for that

	busy    int // judgements that use or await it, guarded by Analyzer.mu
	counted int // its size as it is in senders.size, guarded by Analyzer.mu
}

// Bounds of the senders in memory: their number, for a sender's profile costs about 20 KiB
// here, and all their recent mails together, of 300 bytes each. The whole daemon is to stay
// below 100 MiB. Who is not here is read from the memory in a fraction of the time that his
// mail takes.
const (
	maxSenders = 1000
	maxTraces  = 1 << 17
)

// take returns the sender's entry, which stays in memory until leave. A sender must not
// have two.
func (a *Analyzer) take(sender string) *entry {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, here := a.senders.get(sender)
	if !here {
		e = &entry{name: sender}
		a.senders.put(sender, e)
	}
	e.busy++
	return e
}

func (a *Analyzer) leave(e *entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e.busy--
	size := int(e.size.Load())
	a.traces += size - e.counted
	e.counted = size
	a.evict()
}

// evict drops whom nobody wrote for longest while there are too many; a.mu is held. Nothing
// is lost: all that is here is a fold of what the memory keeps.
func (a *Analyzer) evict() {
	a.senders.oldest(func(name string, e *entry) bool {
		if a.senders.len() <= maxSenders && a.traces <= maxTraces {
			return false
		}
		if e.busy == 0 {
			a.drop(name, e)
		}
		return true
	})
}

// drop forgets a sender; a.mu is held.
func (a *Analyzer) drop(name string, e *entry) {
	a.traces -= e.counted
	a.senders.drop(name)
}

// lock waits for the sender's turn. A mail whose time has run out by then is not judged: it
// has got the failure action.
func (e *entry) lock(ctx context.Context) error {
	e.mu.Lock()
	if err := ctx.Err(); err != nil {
		e.mu.Unlock()
		return fmt.Errorf("wait for earlier mail of %s: %w", e.name, err)
	}
	return nil
}

// settle waits until no record is pending. The entry is locked before and after, but not
// meanwhile.
func (e *entry) settle(ctx context.Context) error {
	for e.pending > 0 {
		if e.idle == nil {
			e.idle = make(chan struct{})
		}
		idle := e.idle
		e.mu.Unlock()
		select {
		case <-idle:
		case <-ctx.Done():
		}
		e.mu.Lock()
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("wait for earlier mail of %s: %w", e.name, err)
		}
	}
	return nil
}

// fill reads what is known of the sender, where that is not here. When a record could not be
// kept, what was folded in of it is dropped with everything else; then the others that are
// pending must be durable first, or they would be missing.
func (a *Analyzer) fill(ctx context.Context, e *entry, now time.Time) error {
	if e.profile == nil {
		if err := e.settle(ctx); err != nil {
			return err
		}
	}
	if e.profile != nil {
		return nil
	}
	past, err := a.memory.Past(ctx, e.name, now.Add(-memorySpan), maxRecent)
	if err != nil {
		return fmt.Errorf("load the past of %s: %w", e.name, err)
	}
	e.state, e.heard = state{}, 0
	for i := range past.Recent {
		e.heard = max(e.heard, past.Recent[i].ID)
		e.state.add(&past.Recent[i], past.Profile)
	}
	e.profile, e.loaded = &learner{Profile: past.Profile}, past.Last
	e.size.Store(e.room())
	if past.Profile.Settle(a.settled(), baseline.KeepOld) {
		e.dirty.Store(true)
	}
	if past.Folded >= manyFolded {
		a.keepSoon(NewSaved(e.name, past.Profile, past.Last))
	}
	return nil
}

// largeProfile is how many keys a profile may have that takes no room of others. An application
// that writes to ever new people has a hundred times as many, of 100 bytes each: three are a
// mail. A thousand profiles of 8,000 keys took 800 MiB.
const largeProfile = 1024

// room is how much is remembered of the sender, in mails.
func (e *entry) room() int64 {
	return int64(e.state.size() + max(e.profile.Keys()-largeProfile, 0)/3)
}

// refresh reads what a reviewer may have changed: the sender's incident.
func (a *Analyzer) refresh(ctx context.Context, e *entry) error {
	open, _, err := a.memory.Incident(ctx, e.name)
	if err != nil {
		return fmt.Errorf("read incident of %s: %w", e.name, err)
	}
	open = open || e.opening > 0 // of which the memory cannot know yet
	if e.state.open && !open {   // ended: the owner starts afresh
		e.state.sum = 0
	}
	e.state.open = open
	return nil
}

// begun folds a mail in whose record has its place in the order of records. The entry is
// locked.
func (e *entry) begun(j *judgement) {
	r := j.record
	e.state.add(&Recent{Action: r.Verdict.Action, Would: r.Verdict.Would,
		Points: r.Verdict.Points, Sum: j.sum, Observation: r.Observation}, e.profile.Profile)
	e.size.Store(e.room())
	e.pending++
	if r.opens() {
		e.opening++
		e.state.open = true
	}
}

// ended says that a record is durable, or else that there is none. The entry is locked.
func (e *entry) ended(r *Record, durable bool) {
	e.pending--
	if r.opens() {
		e.opening--
	}
	if e.pending == 0 && e.idle != nil {
		close(e.idle)
		e.idle = nil
	}
	if !durable {
		e.profile = nil
	}
}
