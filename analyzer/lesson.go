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
	a.lessons.Lock()
	defer a.lessons.Unlock()
	return a.apply(ctx)
}

func (a *Analyzer) apply(ctx context.Context) error {
	if !a.shared.loaded {
		return nil
	}
	for {
		list, err := a.memory.Lessons(ctx, a.lessons.mark, lessonBatch)
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
	a.shared.hands.stale++
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

// saveBatch is how many profiles are saved while no mail can be judged: each is a durable
// write, of 10 ms on a slow disk.
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

// saveSome saves at most saveBatch changed profiles.
func (a *Analyzer) saveSome(ctx context.Context) (saved int, err error) {
	a.lessons.Lock()
	defer a.lessons.Unlock()
	if err := a.apply(ctx); err != nil {
		return 0, err
	}
	for _, e := range a.dirty(saveBatch) {
		e.mu.Lock()
		err := a.memory.SaveProfile(ctx, e.name, e.profile, max(a.lessons.mark, e.loaded))
		e.dirty = err != nil
		e.mu.Unlock()
		if err != nil {
			return saved, fmt.Errorf("save profile of %s: %w", e.name, err)
		}
		saved++
	}
	return saved, nil
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
	if err := a.memory.SaveProfile(ctx, "", a.shared.org, a.lessons.mark); err != nil {
		return fmt.Errorf("save the organisation's profile: %w", err)
	}
	return nil
}
