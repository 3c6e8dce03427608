package milter

import (
	"context"
	"sync"
	"time"
)

// lane shares the processors out between long mails and all others. What turns leaves each account does
// not add up: fifty accounts that were stolen together, with a connection each, would read fifty mails at
// once, none of them within its time budget, and fill the one writer's time. So of all accounts' long
// mails only half as many are read at once as there are processors, and while more of them wait the lane
// rests after each. The mail of an account that sent no long one lately goes before that of those that
// did, and waits for no rest: whoever sends one large file waits for a single mail.
//
// An account has a turn before it has a place here, so that those that wait stand in line by account.
type lane struct {
	processors int // 0 means those that there are

	mu      sync.Mutex
	reading int
	resting bool
	waiting [2][]chan struct{} // the first of either is next; of [0] before any of [1]
	lately  map[string]time.Time
	usual   time.Duration // that half of the other mails take at most
}

// LongBody is a body whose reading may take long, in bytes.
const LongBody = 64 << 10

// longMemory is how long it is known of an account that it sent a long mail; mostLately bounds of how many.
const (
	longMemory = 10 * time.Minute
	mostLately = 10_000
)

// long says whether a mail of an account or client has to wait for the lane.
func (l *lane) long(who string, bytes int) bool {
	return bytes >= LongBody || l.knows(who)
}

// knows says whether an account or client sent a long mail lately.
func (l *lane) knows(who string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.lately[who]
	return ok && time.Since(at) < longMemory
}

// A mail takes long if it takes timesUsual as long as others do now: where the machine is busy all take
// longTurn, and ordinary mail would stand in line behind a thief's. mostUsual bounds what he can make usual.
const (
	timesUsual = 8
	mostUsual  = 100 * time.Millisecond
)

// took notes how long a mail of so many bytes took.
func (l *lane) took(who string, bytes int, d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if at, ok := l.lately[who]; bytes < LongBody && !(ok && now.Sub(at) < longMemory) {
		l.usually(d)
	}
	if d < max(longTurn, timesUsual*l.usual) {
		return
	}
	if len(l.lately) >= mostLately {
		for other, at := range l.lately {
			if now.Sub(at) >= longMemory {
				delete(l.lately, other)
			}
		}
	}
	if l.lately == nil || len(l.lately) >= mostLately {
		l.lately = make(map[string]time.Time)
	}
	l.lately[who] = now
}

// usually moves what is usual towards how long a mail took: up as often as down where half take longer.
func (l *lane) usually(d time.Duration) {
	step := max(l.usual/8, longTurn/timesUsual/8)
	if d < l.usual {
		step = -step
	}
	l.usual = min(max(l.usual+step, longTurn/timesUsual), mostUsual)
}

// take waits for a place and returns what gives it back.
func (l *lane) take(ctx context.Context, who string) (give func(), err error) {
	rank := 0
	if l.knows(who) {
		rank = 1
	}
	next := make(chan struct{})
	l.mu.Lock()
	l.waiting[rank] = append(l.waiting[rank], next)
	l.handOut()
	l.mu.Unlock()
	select {
	case <-next:
	case <-ctx.Done():
		if !l.leave(rank, next) {
			l.pass(0) // it came meanwhile
		}
		return nil, errNoTurn
	}
	begun := time.Now()
	return sync.OnceFunc(func() { l.pass(time.Since(begun)) }), nil
}

// leave gives up waiting; false when the place has come.
func (l *lane) leave(rank int, next chan struct{}) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range l.waiting[rank] {
		if c == next {
			l.waiting[rank] = append(l.waiting[rank][:i:i], l.waiting[rank][i+1:]...)
			return true
		}
	}
	return false
}

// pass gives a place back on which a mail was read for so long.
func (l *lane) pass(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reading--
	if n := len(l.waiting[1]); n > 0 && d >= longTurn && !l.resting {
		l.resting = true
		time.AfterFunc(min(restFor*d, mostRest, sharedOut/time.Duration(n)), l.rested)
	}
	l.handOut()
}

func (l *lane) rested() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resting = false
	l.handOut()
}

// handOut gives places to those who wait longest, as many as there are.
func (l *lane) handOut() {
	n := l.processors
	if n == 0 {
		n = processors
	}
	for l.reading < max(1, n/2) {
		rank := 0
		if len(l.waiting[0]) == 0 {
			rank = 1
		}
		if len(l.waiting[rank]) == 0 || rank == 1 && l.resting {
			return
		}
		close(l.waiting[rank][0])
		l.waiting[rank] = l.waiting[rank][1:]
		l.reading++
	}
}
