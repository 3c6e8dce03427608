package analyzer

import (
	"context"
	"fmt"
	"slices"
)

// lessonBatch bounds how many foreign lessons are folded in per read.
const lessonBatch = 500

// Apply folds in what others did since: lessons of releases and confirmations, and rules
// for links. It also saves the few profiles that are dear to read.
func (a *Analyzer) Apply(ctx context.Context) error {
	waiting, err := a.catchUp(ctx)
	if err != nil || !waiting {
		return err
	}
	return a.applyAll(ctx)
}

// applyAll folds in others' lessons, some at a time: a sender who is forgotten may leave a
// hundred thousand, and mail that waits passes between.
func (a *Analyzer) applyAll(ctx context.Context) error {
	for more := true; more; {
		var err error
		if more, err = a.applySome(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (a *Analyzer) applySome(ctx context.Context) (more bool, err error) {
	a.lessons.Lock()
	defer a.lessons.Unlock()
	return a.apply(ctx)
}

// catchUp does of Apply what needs no pause in judging, and says whether there are lessons
// of others, so that mail must wait only then.
func (a *Analyzer) catchUp(ctx context.Context) (waiting bool, err error) {
	a.lessons.RLock()
	defer a.lessons.RUnlock()
	if err := a.loadRules(ctx); err != nil {
		return false, err
	}
	if err := a.saveSoon(ctx); err != nil {
		return false, err
	}
	if !a.loaded.Load() {
		return false, nil
	}
	list, err := a.memory.Lessons(ctx, a.mark(), 1)
	if err != nil {
		return false, fmt.Errorf("read lessons: %w", err)
	}
	return len(list) > 0, nil
}

// own notes a lesson of this analyzer's own as learned. The mark passes over those, so of
// the thousands that a busy server learns between two calls of Apply none is read back.
func (a *Analyzer) own(lesson int64) {
	a.lessons.mu.Lock()
	defer a.lessons.mu.Unlock()
	a.lessons.applied[lesson] = true
	a.passOwn()
}

// passOwn moves the mark over own lessons. lessons.mu is held.
func (a *Analyzer) passOwn() {
	for a.lessons.applied[a.lessons.mark+1] {
		a.lessons.mark++
		delete(a.lessons.applied, a.lessons.mark)
	}
}

// mark returns the lesson up to which all are in.
func (a *Analyzer) mark() int64 {
	a.lessons.mu.Lock()
	defer a.lessons.mu.Unlock()
	return a.lessons.mark
}

// apply folds in the next of others' lessons while nobody judges: the lessons are locked. It
// says whether there may be more.
func (a *Analyzer) apply(ctx context.Context) (more bool, err error) {
	list, err := a.memory.Lessons(ctx, a.lessons.mark, lessonBatch)
	if err != nil {
		return false, fmt.Errorf("read lessons: %w", err)
	}
	for i := range list {
		a.fold(&list[i])
	}
	a.passOwn()
	return len(list) == lessonBatch, nil
}

// fold applies one lesson unless it is this analyzer's own.
func (a *Analyzer) fold(l *Lesson) {
	a.lessons.mark = l.ID
	if a.lessons.applied[l.ID] {
		delete(a.lessons.applied, l.ID)
		return
	}
	if l.Sign == 0 {
		a.forget(l.Sender)
		return
	}
	a.shared.Lock()
	a.shared.org.teach(&l.Obs, l.Sign)
	a.shared.background.stale++
	a.shared.Unlock()
	a.mu.Lock()
	e, here := a.senders.peek(l.Sender)
	a.mu.Unlock()
	if !here {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.profile == nil || l.ID <= e.loaded {
		return
	}
	e.profile.teach(&l.Obs, l.Sign)
	e.dirty.Store(true)
}

// forget drops a sender who is to be forgotten.
func (a *Analyzer) forget(sender string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e, here := a.senders.peek(sender); here {
		a.drop(sender, e)
	}
	a.lessons.soon = slices.DeleteFunc(a.lessons.soon, func(s Saved) bool {
		return s.Sender == sender
	})
}
