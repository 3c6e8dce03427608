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
//
// That is as many as there are processors, and half of that once one of its mails took long, for
// a time that grows with how long it took: so a newsletter of one account runs as one of many,
// and whoever sends long mails has both lanes at most a twentieth of the time. And while more of its
// mails wait, it rests after each long one: for what it does beside reading, others wait too (a mail
// to a thousand people takes the one writer 3 ms). What a mail looks like does not say what it costs:
// a small file may unpack to a large one.
type turns struct {
	processors int // 0 means those that there are

	mu      sync.Mutex
	reading map[string]int             // by account or client
	waiting map[string][]chan struct{} // the first is next
	narrow  map[string]time.Time       // until when it has half of the processors
	resting map[string]bool            // who has none for a moment, however many wait
	asked   [2]asking                  // the two who asked last
}

// asking is when an account or client last asked for a turn.
type asking struct {
	who string
	at  time.Time
}

// A turn takes a third of a millisecond as a rule. After one that took longTurn its account is
// kept to half for narrowFor times as long.
const (
	longTurn  = 10 * time.Millisecond
	narrowFor = 20
	fewNarrow = 64 // of them may be over: the processors bound how many are not
)

// An account rests restFor times as long as its long mail took, so that it has a twentieth of a processor.
// No rest is longer than mostRest, and the more of its mails wait, the shorter it is: those of fifty
// connections wait half a minute longer for the rests of all before them, far from turnTime. Where
// nobody else has sent anything for othersLately, there is nobody to rest for.
const (
	restFor   = 19
	mostRest  = time.Second
	sharedOut = 20 * time.Second // among those that wait

	othersLately = time.Second
)

// processors are those that there are, before anybody asks for more threads than that.
var processors = runtime.GOMAXPROCS(0)

// note remembers who asks for a turn.
func (t *turns) note(who string, now time.Time) {
	if t.asked[0].who != who {
		t.asked[1] = t.asked[0]
	}
	t.asked[0] = asking{who, now}
}

// alone says whether nobody else has asked lately.
func (t *turns) alone(who string, now time.Time) bool {
	for _, a := range t.asked {
		if a.who != who && now.Sub(a.at) < othersLately {
			return false
		}
	}
	return true
}

// most is how many mails of one account or client are read at once.
func (t *turns) most(who string, now time.Time) int {
	n := t.processors
	if n == 0 {
		n = processors
	}
	if now.Before(t.narrow[who]) {
		n /= 2
	}
	return max(1, n)
}

// took notes how long a turn took.
func (t *turns) took(who string, d time.Duration, now time.Time) {
	if d < longTurn {
		return
	}
	if until := now.Add(narrowFor * d); until.After(t.narrow[who]) {
		t.narrow[who] = until
	}
	if len(t.narrow) < fewNarrow {
		return
	}
	for other, until := range t.narrow {
		if until.Before(now) {
			delete(t.narrow, other)
		}
	}
}

// turnTime bounds the wait for a turn. It comes before the judgement's budget; the MTA waits 300 s
// in all (milter_content_timeout).
const turnTime = 2 * time.Minute

// errNoTurn is why a mail was not judged.
var errNoTurn = errors.New("too much mail of this account or client at once")

// take waits for a turn of an account or client, then for whatever else it has to wait for, and returns
// what gives the turn back, which may be called twice.
func (t *turns) take(ctx context.Context, who string, then ...func() error) (give func(), err error) {
	if next := t.ask(who); next != nil {
		select {
		case <-next: // whoever had the turn passes it on
		case <-ctx.Done():
			if !t.leave(who, next) {
				t.pass(who, 0) // it came meanwhile
			}
			return nil, errNoTurn
		}
	}
	for _, wait := range then {
		if err := wait(); err != nil {
			t.pass(who, 0)
			return nil, err
		}
	}
	begun := time.Now()
	return sync.OnceFunc(func() { t.pass(who, time.Since(begun)) }), nil
}

// ask returns nil for a turn at once, else what is closed when it comes.
func (t *turns) ask(who string) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.reading == nil {
		t.reading, t.waiting = make(map[string]int), make(map[string][]chan struct{})
		t.narrow, t.resting = make(map[string]time.Time), make(map[string]bool)
	}
	now := time.Now()
	t.note(who, now)
	if !t.resting[who] && len(t.waiting[who]) == 0 && t.reading[who] < t.most(who, now) {
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

// pass gives a turn that took so long back, to those who wait longest: at once or after a rest.
func (t *turns) pass(who string, d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.took(who, d, now)
	t.reading[who]--
	if n := len(t.waiting[who]); n > 0 && d >= longTurn && !t.resting[who] && !t.alone(who, now) {
		t.resting[who] = true
		time.AfterFunc(min(restFor*d, mostRest, sharedOut/time.Duration(n)), func() { t.rested(who) })
	}
	t.handOut(who, now)
}

// rested ends an account's rest.
func (t *turns) rested(who string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.resting, who)
	t.handOut(who, time.Now())
}

// handOut gives turns to those who wait longest, as many as there are.
func (t *turns) handOut(who string, now time.Time) {
	for list := t.waiting[who]; len(list) > 0 && !t.resting[who] && t.reading[who] < t.most(who, now); {
		close(list[0])
		t.reading[who]++
		if list = list[1:]; len(list) == 0 {
			delete(t.waiting, who)
		} else {
			t.waiting[who] = list
		}
	}
	if t.reading[who] == 0 {
		delete(t.reading, who)
	}
}

// slow says whether a mail of an account or client took long lately.
func (t *turns) slow(who string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return time.Now().Before(t.narrow[who])
}

// turnKey is where a judgement's context has its turn.
type turnKey struct{}

type turn struct {
	give func()
	slow bool
}

// TurnOver says that a judgement has only its record to wait for: the account's next mail may be
// read meanwhile. Not before: mails that are read wait for each other once more, with their time
// budget running.
func TurnOver(ctx context.Context) {
	if t, ok := ctx.Value(turnKey{}).(turn); ok {
		t.give()
	}
}

// Slow says whether the mail that is judged is of an account or client of which one took long lately.
func Slow(ctx context.Context) bool {
	t, _ := ctx.Value(turnKey{}).(turn)
	return t.slow
}
