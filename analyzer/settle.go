package analyzer

import (
	"context"
	"time"

	"hisseki/baseline"
)

// Settle keeps profiles from growing for ever: days before a time become sums, and of what
// was not seen since then each profile keeps the latest (baseline.KeepOld). oldest is the time
// of the oldest mail that may still have to be unlearned, which stays exact. A sender who is
// not in memory is settled when he is read. The organisation's profile is gone through in steps,
// between which mail is judged: with 100,000 correspondents it takes some hundredths of a second.
func (a *Analyzer) Settle(ctx context.Context, oldest time.Time) error {
	if oldest.IsZero() || !a.loaded.Load() {
		return nil
	}
	a.saving.Lock() // nothing is frozen
	defer a.saving.Unlock()
	if err := a.applyAll(ctx); err != nil { // what was unlearned before oldest was asked for
		return err
	}
	before := baseline.SlotOf(oldest)
	a.horizon.Store(int32(before))
	a.shared.Lock()
	a.shared.org.SettleInSteps(before, baseline.KeepOldShared, func(meanwhile func()) {
		a.shared.Unlock()
		meanwhile()
		a.shared.Lock()
	})
	a.shared.Unlock()
	a.mu.Lock()
	var list []*entry
	a.senders.oldest(func(_ string, e *entry) bool {
		list = append(list, e)
		return true
	})
	a.mu.Unlock()
	for _, e := range list {
		e.settleProfile(before)
	}
	return nil
}

func (e *entry) settleProfile(before baseline.Slot) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.profile != nil && e.profile.Settle(before, baseline.KeepOld) {
		e.dirty.Store(true)
	}
}

// settled returns the slot up to which profiles are settled.
func (a *Analyzer) settled() baseline.Slot { return baseline.Slot(a.horizon.Load()) }
