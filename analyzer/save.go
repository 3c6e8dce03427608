package analyzer

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// Profiles that take many lessons to read are saved within a second, not with all others:
// their senders, of whom there are more than have room here, may be gone by then, and each
// of their mails would fold in a little more than the one before.
const (
	manyFolded = 16
	maxSoon    = 256
)

func (a *Analyzer) keepSoon(s Saved) {
	a.lessons.mu.Lock()
	defer a.lessons.mu.Unlock()
	if len(a.lessons.soon) < maxSoon {
		a.lessons.soon = append(a.lessons.soon, s)
	}
}

// saveSoon saves them. The lessons are locked for reading.
func (a *Analyzer) saveSoon(ctx context.Context) error {
	a.lessons.mu.Lock()
	list := a.lessons.soon
	a.lessons.soon = nil
	a.lessons.mu.Unlock()
	if len(list) == 0 {
		return nil
	}
	if err := a.memory.SaveProfiles(ctx, list...); err != nil {
		return fmt.Errorf("save profiles: %w", err)
	}
	return nil
}

// saveBatch is how many profiles are saved in one durable write, for which mail waits.
const saveBatch = 16

// Save keeps the changed profiles, and empties nothing. Mail goes on being judged, but for
// the moment in which they are frozen. It is cheap enough to be run every minute and must be
// run before an orderly end.
func (a *Analyzer) Save(ctx context.Context) error {
	a.saving.Lock()
	defer a.saving.Unlock()
	if a.loaded.Load() {
		if err := a.applyAll(ctx); err != nil { // so that few are left for freeze
			return err
		}
	}
	all, memory, err := a.freeze(ctx)
	if err != nil {
		return err
	}
	for list := range slices.Chunk(all, saveBatch) {
		saved := make([]Saved, len(list))
		for i, f := range list {
			saved[i] = f.encode() // also after an error: nothing may stay frozen
		}
		if err == nil {
			err = memory.SaveProfiles(ctx, saved...)
		}
		if err != nil {
			for _, f := range list {
				f.unsaved()
			}
		}
	}
	if err != nil {
		return fmt.Errorf("save profiles: %w", err)
	}
	return nil
}

// frozen is a profile that is to be saved.
type frozen struct {
	sender  string
	last    int64 // it holds exactly the lessons up to here
	profile *learner
	turn    sync.Locker // the profile's
	entry   *entry      // nil for the organisation
}

// encode encodes the profile as it was frozen, and has it go on learning.
func (f *frozen) encode() Saved {
	s := NewSaved(f.sender, f.profile.Profile, f.last)
	f.turn.Lock()
	defer f.turn.Unlock()
	f.profile.thaw()
	return s
}

// unsaved says that it is to be saved the next time.
func (f *frozen) unsaved() {
	if f.entry != nil {
		f.entry.dirty.Store(true)
	}
}

// freeze freezes the profiles that have changed since they were saved, and the
// organisation's if there are any. For that moment nobody judges and all lessons are folded
// in: each profile must hold exactly the lessons up to the one that it is saved with.
func (a *Analyzer) freeze(ctx context.Context) (list []*frozen, memory Memory, err error) {
	a.lessons.Lock()
	defer a.lessons.Unlock()
	if !a.loaded.Load() {
		return nil, nil, nil
	}
	for more := true; more; {
		if more, err = a.apply(ctx); err != nil {
			return nil, nil, err
		}
	}
	last := a.lessons.mark
	a.mu.Lock()
	defer a.mu.Unlock()
	a.senders.oldest(func(name string, e *entry) bool {
		if e.profile != nil && e.dirty.Swap(false) {
			e.profile.frozen = true
			list = append(list, &frozen{name, max(last, e.loaded), e.profile, &e.mu, e})
		}
		return true
	})
	if len(list) > 0 {
		a.shared.org.frozen = true
		list = append(list, &frozen{"", last, &a.shared.org, &a.shared, nil})
	}
	return list, a.memory, nil
}
