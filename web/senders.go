package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"hisseki/review"
)

const (
	// maxSenders is how many senders a page lists, the busiest first.
	maxSenders = 50
	// sendersFor is how long a list of senders is shown before it is counted anew.
	sendersFor = time.Minute
	// sendersWait is how long a page waits for the first count.
	sendersWait = 80 * time.Millisecond
	// sendersTime bounds a count.
	sendersTime = 2 * time.Minute
)

// sendersList is the busiest senders, as they were counted lately. Counting goes over the whole
// journal, which takes seconds where a million mails are in it: no page waits for that.
type sendersList struct {
	mu       sync.Mutex
	list     []review.SenderLine
	at       time.Time     // of the count, zero for none yet
	counting chan struct{} // closed when the count under way ends; nil for none
	err      error         // of the last count
}

// get returns the list, and when it was counted: the zero time while there is none. It begins a
// new count where the list is old, and waits for the first one a moment.
func (l *sendersList) get(ctx context.Context, s *review.Service) ([]review.SenderLine, time.Time, error) {
	l.mu.Lock()
	if l.counting == nil && s.Now().Sub(l.at) > sendersFor {
		done := make(chan struct{})
		l.counting = done
		go l.count(context.WithoutCancel(ctx), s, done)
	}
	wait, first := l.counting, l.at.IsZero()
	l.mu.Unlock()
	if wait != nil && first {
		select {
		case <-wait:
		case <-time.After(sendersWait):
		case <-ctx.Done():
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list, l.at, l.err
}

func (l *sendersList) count(ctx context.Context, s *review.Service, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, sendersTime)
	defer cancel()
	list, err := s.Senders(ctx, maxSenders)
	if errors.Is(err, review.ErrNothing) {
		err = nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err, l.counting = err, nil
	if err == nil {
		l.list, l.at = list, s.Now()
	}
	close(done)
}
