package web

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

const (
	// maxParts bounds what is remembered: a list has up to 50 mails with all their recipients.
	maxParts = 16
	// maxKey bounds the name of what is remembered: a filter is written by anybody.
	maxKey = 512
	// restFor is how many times as long as a look took its outcome is shown, up to longestShown: looking
	// takes at most a twentieth of the time, however often somebody asks and however much there is.
	restFor      = 19
	longestShown = 10 * time.Second // as often an open page asks
	// lookTime bounds a look.
	lookTime = 30 * time.Second
)

// memory is what pages showed a moment ago: figures and lists of which all reviewers see the same.
// Many open pages, or one that is loaded again and again, read the store once then, which mail needs
// too. It keeps nothing beyond a decision that is made here: who decides sees at once what he did.
type memory struct {
	For time.Duration // how long at least; 0 remembers nothing

	mu    sync.Mutex
	parts map[string]*part
}

// part is the outcome of one look.
type part struct {
	known chan struct{} // closed when the look has ended
	value any
	err   error
	until time.Time // zero while somebody looks
}

// remember returns what look found a moment ago, or looks. Who comes while somebody looks waits for the
// same. What is returned belongs to many: nobody may change it.
func remember[T any](ctx context.Context, m *memory, key string, look func(context.Context) (T, error)) (T, error) {
	var none T
	p, mine := m.take(key)
	if p == nil {
		return look(ctx)
	}
	if mine {
		go func() { // not the browser's: others wait for it when he has gone
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
			defer cancel()
			begun := time.Now()
			value, err := guarded(ctx, look)
			m.keep(key, p, value, err, time.Since(begun))
		}()
	}
	select {
	case <-p.known:
	case <-ctx.Done():
		return none, ctx.Err()
	}
	if p.err != nil {
		return none, p.err
	}
	return p.value.(T), nil
}

// guarded looks; a mistake of ours fails this look, and does not end the page for all.
func guarded[T any](ctx context.Context, look func(context.Context) (T, error)) (value T, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("internal error: %v\n%s", p, debug.Stack())
		}
	}()
	return look(ctx)
}

// take returns the part of a key, and whether it is new; nil where nothing is remembered.
func (m *memory) take(key string) (p *part, mine bool) {
	if m.For <= 0 || len(key) > maxKey {
		return nil, false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	for k, p := range m.parts {
		if !p.until.IsZero() && now.After(p.until) {
			delete(m.parts, k)
		}
	}
	if p := m.parts[key]; p != nil {
		return p, false
	}
	if len(m.parts) >= maxParts {
		return nil, false
	}
	if m.parts == nil {
		m.parts = map[string]*part{}
	}
	p = &part{known: make(chan struct{})}
	m.parts[key] = p
	return p, true
}

// keep notes what a look that took so long has found. Mistakes are not kept.
func (m *memory) keep(key string, p *part, value any, err error, took time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.value, p.err = value, err
	p.until = time.Now().Add(max(m.For, min(restFor*took, longestShown)))
	if err != nil && m.parts[key] == p {
		delete(m.parts, key)
	}
	close(p.known)
}

// forget has everything looked at anew. A look under way began before, and is nobody's any more.
func (m *memory) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.parts = nil
}
