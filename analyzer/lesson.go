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
	if waiting, err := a.catchUp(ctx); err != nil || !waiting {
		return err
	}
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

// apply folds in others' lessons while nobody judges: the lessons are locked.
func (a *Analyzer) apply(ctx context.Context) error {
	for {
		list, err := a.memory.Lessons(ctx, a.lessons.mark, lessonBatch)
		if err != nil {
			return fmt.Errorf("read lessons: %w", err)
		}
		for i := range list {
			a.fold(&list[i])
		}
		a.passOwn()
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
		a.forget(l.Sender)
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
	if l.Sign > 0 {
		e.profile.Learn(&l.Obs)
	} else {
		e.profile.Unlearn(&l.Obs)
	}
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

// saveBatch is how many profiles are encoded while no mail can be judged, a tenth of a
// millisecond each, and then saved in one durable write beside the mail.
const saveBatch = 16

// Save keeps the changed profiles, and empties nothing. It is cheap enough to be run every
// minute and must be run before an orderly end.
func (a *Analyzer) Save(ctx context.Context) error {
	changed := a.changed()
	for names := range slices.Chunk(changed, saveBatch) {
		if err := a.saveSome(ctx, names); err != nil {
			return err
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return a.saveOrg(ctx)
}

// changed returns the senders whose profiles have learned since they were saved.
func (a *Analyzer) changed() (names []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.senders.oldest(func(name string, e *entry) bool {
		if e.dirty.Load() {
			names = append(names, name)
		}
		return true
	})
	return names
}

func (a *Analyzer) saveSome(ctx context.Context, names []string) error {
	list, of, memory, err := a.encode(ctx, names)
	if err != nil || len(list) == 0 {
		return err
	}
	if err := memory.SaveProfiles(ctx, list...); err != nil {
		for _, e := range of {
			e.dirty.Store(true)
		}
		return fmt.Errorf("save profiles: %w", err)
	}
	return nil
}

// encode encodes the profiles of those of the senders who are still here. For that moment
// nobody judges and all lessons are folded in: each profile must hold exactly the lessons up
// to the one that it is saved with.
func (a *Analyzer) encode(ctx context.Context, names []string) (list []Saved, of []*entry,
	memory Memory, err error) {
	a.lessons.Lock()
	defer a.lessons.Unlock()
	if err := a.apply(ctx); err != nil {
		return nil, nil, nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, name := range names {
		e, here := a.senders.peek(name)
		if here && e.profile != nil && e.dirty.Swap(false) {
			list = append(list, NewSaved(name, e.profile, max(a.lessons.mark, e.loaded)))
			of = append(of, e)
		}
	}
	return list, of, a.memory, nil
}

func (a *Analyzer) saveOrg(ctx context.Context) error {
	saved, memory, err := a.encodeOrg(ctx)
	if err != nil {
		return err
	}
	if err := memory.SaveProfiles(ctx, saved); err != nil {
		return fmt.Errorf("save the organisation's profile: %w", err)
	}
	return nil
}

func (a *Analyzer) encodeOrg(ctx context.Context) (Saved, Memory, error) {
	a.lessons.Lock()
	defer a.lessons.Unlock()
	if err := a.apply(ctx); err != nil {
		return Saved{}, nil, err
	}
	return NewSaved("", a.shared.org, a.lessons.mark), a.memory, nil
}
