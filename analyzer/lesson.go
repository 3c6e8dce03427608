package analyzer

import (
	"context"
	"fmt"
)

// lessonBatch bounds how many foreign lessons are folded in per read.
const lessonBatch = 500

// Apply folds in what others did since: lessons of releases and confirmations, and rules
// for links.
func (a *Analyzer) Apply(ctx context.Context) error {
	if err := a.loadRules(ctx); err != nil {
		return err
	}
	if waiting, err := a.waiting(ctx); err != nil || !waiting {
		return err
	}
	a.lessons.Lock()
	defer a.lessons.Unlock()
	return a.apply(ctx)
}

// waiting says whether there may be lessons of others, so that mail must wait for apply
// only then.
func (a *Analyzer) waiting(ctx context.Context) (bool, error) {
	a.lessons.RLock()
	defer a.lessons.RUnlock()
	a.shared.RLock()
	loaded := a.shared.loaded
	a.shared.RUnlock()
	if !loaded {
		return false, nil
	}
	list, err := a.memory.Lessons(ctx, a.passOwn(), 1)
	if err != nil {
		return false, fmt.Errorf("read lessons: %w", err)
	}
	return len(list) > 0, nil
}

// passOwn moves the mark over this analyzer's own lessons and returns it. Of the thousands
// that a busy server learns between two calls, none need be read back.
func (a *Analyzer) passOwn() int64 {
	a.lessons.mu.Lock()
	defer a.lessons.mu.Unlock()
	for a.lessons.applied[a.lessons.mark+1] {
		a.lessons.mark++
		delete(a.lessons.applied, a.lessons.mark)
	}
	return a.lessons.mark
}

func (a *Analyzer) apply(ctx context.Context) error {
	if !a.shared.loaded {
		return nil
	}
	for {
		list, err := a.memory.Lessons(ctx, a.passOwn(), lessonBatch)
		if err != nil {
			return fmt.Errorf("read lessons: %w", err)
		}
		for i := range list {
			a.fold(&list[i])
		}
		if len(list) < lessonBatch {
			return nil
		}
	}
}

// fold applies one lesson unless it is this analyzer's own.
func (a *Analyzer) fold(l *Lesson) {
	a.lessons.mark = l.ID
	if a.lessons.applied[l.ID] {
		delete(a.lessons.applied, l.ID)
		return
	}
	if l.Sign == 0 {
		a.mu.Lock()
		delete(a.senders, l.Sender)
		a.mu.Unlock()
		return
	}
	a.shared.Lock()
	if l.Sign > 0 {
		a.shared.org.Learn(&l.Obs)
	} else {
		a.shared.org.Unlearn(&l.Obs)
	}
	a.shared.background.stale++
	a.shared.Unlock()
	a.mu.Lock()
	e := a.senders[l.Sender]
	a.mu.Unlock()
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.profile == nil || l.ID <= e.loaded {
		return
	}
	if l.Sign > 0 {
		e.profile.Learn(&l.Obs)
	} else {
		e.profile.Unlearn(&l.Obs)
	}
	e.dirty = true
}

// saveBatch is how many profiles are saved while no mail can be judged, in one durable
// write: encoding each takes a tenth of a millisecond.
const saveBatch = 16

// Save keeps the changed profiles, and empties nothing. It is cheap enough to be run
// every minute and must be run before an orderly end.
func (a *Analyzer) Save(ctx context.Context) error {
	for any := false; ; any = true {
		saved, err := a.saveSome(ctx)
		if err != nil {
			return err
		}
		if saved == saveBatch {
			continue
		}
		if any || saved > 0 {
			return a.saveOrg(ctx)
		}
		return nil
	}
}

// saveSome saves at most saveBatch changed profiles. No sender is locked: those who judge
// hold the lessons.
func (a *Analyzer) saveSome(ctx context.Context) (saved int, err error) {
	a.lessons.Lock()
	defer a.lessons.Unlock()
	if err := a.apply(ctx); err != nil {
		return 0, err
	}
	changed := a.dirty(saveBatch)
	list := make([]Saved, len(changed))
	for i, e := range changed {
		list[i] = Saved{e.name, e.profile, max(a.lessons.mark, e.loaded)}
	}
	if err := a.memory.SaveProfiles(ctx, list...); err != nil {
		return 0, fmt.Errorf("save profiles: %w", err)
	}
	for _, e := range changed {
		e.dirty = false
	}
	return len(changed), nil
}

// dirty returns at most most senders whose profiles have changed. The lessons are locked.
func (a *Analyzer) dirty(most int) []*entry {
	a.mu.Lock()
	defer a.mu.Unlock()
	var list []*entry
	for _, e := range a.senders {
		if len(list) == most {
			break
		}
		if e.dirty {
			list = append(list, e)
		}
	}
	return list
}

func (a *Analyzer) saveOrg(ctx context.Context) error {
	a.lessons.Lock()
	defer a.lessons.Unlock()
	if err := a.apply(ctx); err != nil {
		return err
	}
	a.shared.RLock()
	defer a.shared.RUnlock()
	if err := a.memory.SaveProfiles(ctx, Saved{"", a.shared.org, a.lessons.mark}); err != nil {
		return fmt.Errorf("save the organisation's profile: %w", err)
	}
	return nil
}
