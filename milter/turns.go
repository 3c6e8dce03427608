package milter

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"
)

// turns shares the processors out among accounts and clients: of the mails of one, only so many
// are read at once. The rest of it wait for their turn, and nobody else waits behind them: a mail
// built to hurt is read for half a second, and one account may have fifty connections.
type turns struct {
	mu      sync.Mutex
	reading map[string]int             // by account or client
	waiting map[string][]chan struct{} // the first is next
}

// mostTurns is how many mails of one account or client are read at once: half of what the machine
// can do.
func mostTurns() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// turnTime bounds the wait for a turn. It comes before the judgement's budget; the MTA waits 300 s
// in all (milter_content_timeout).
const turnTime = 2 * time.Minute

// errNoTurn is why a mail was not judged.
var errNoTurn = errors.New("too much mail of this account or client at once")

// take waits for a turn of an account or client and returns what gives it back, which may be
// called twice.
func (t *turns) take(ctx context.Context, who string, most int) (give func(), err error) {
	if next := t.ask(who, most); next != nil {
		select {
		case <-next: // whoever had the turn passes it on
		case <-ctx.Done():
			if !t.leave(who, next) {
				t.pass(who) // it came meanwhile
			}
			return nil, errNoTurn
		}
	}
	return sync.OnceFunc(func() { t.pass(who) }), nil
}

// ask returns nil for a turn at once, else what is closed when it comes.
func (t *turns) ask(who string, most int) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reading == nil {
		t.reading, t.waiting = make(map[string]int), make(map[string][]chan struct{})
	}
	if t.reading[who] < most {
		t.reading[who]++
		return nil
	}
	next := make(chan struct{})
	t.waiting[who] = append(t.waiting[who], next)
	return next
}

// leave gives up waiting; false when the turn has come.
func (t *turns) leave(who string, next chan struct{}) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.waiting[who]
	for i, c := range list {
		if c != next {
			continue
		}
		if t.waiting[who] = append(list[:i:i], list[i+1:]...); len(t.waiting[who]) == 0 {
			delete(t.waiting, who)
		}
		return true
	}
	return false
}

// pass gives a turn to who waits longest, or back.
func (t *turns) pass(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if list := t.waiting[who]; len(list) > 0 {
		close(list[0])
		if t.waiting[who] = list[1:]; len(list) == 1 {
			delete(t.waiting, who)
		}
		return
	}
	if t.reading[who]--; t.reading[who] == 0 {
		delete(t.reading, who)
	}
}

// turnKey is where a judgement's context has what gives its turn back.
type turnKey struct{}

// TurnOver says that a judgement has only its record to wait for: the account's next mail may be
// read meanwhile. Not before: mails that are read wait for each other once more, with their time
// budget running.
func TurnOver(ctx context.Context) {
	if give, ok := ctx.Value(turnKey{}).(func()); ok {
		give()
	}
}
