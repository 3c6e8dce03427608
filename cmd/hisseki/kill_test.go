package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/ledger"
	"hisseki/store"
)

// killRounds is how often something is killed; "make soak" asks for more.
const killRounds = 20

// Environment of TestKill: the number of rounds, and the seed of an earlier run to repeat
// its choices.
const (
	roundsVariable = "HISSEKI_KILL_ROUNDS"
	seedVariable   = "HISSEKI_KILL_SEED"
)

// TestKill sends mail through a real Postfix and decides about held mail while serve, the
// agent and Postfix die by SIGKILL at random moments. Afterwards every mail that Postfix
// took has arrived exactly once, or is on hold with a record, or was discarded as decided;
// and every record is explained.
func TestKill(t *testing.T) {
	t.Parallel()
	k := newKilling(t)
	var load sync.WaitGroup
	for i := range 3 {
		r := rand.New(rand.NewPCG(k.seed, uint64(i+1)))
		load.Go(func() { k.write(r) })
	}
	r := rand.New(rand.NewPCG(k.seed, 0))
	load.Go(func() { k.reviewer(rand.New(rand.NewPCG(k.seed, 99))) })
	for range k.rounds {
		k.round(r)
	}
	close(k.over)
	load.Wait()
	k.settle()
	k.check()
}

// killing is a site with what was done on it.
type killing struct {
	*site
	store  *store.DB
	seed   uint64
	rounds int
	mails  []company.Mail // to send variations of
	over   chan struct{}  // closed when the load ends

	mu      sync.Mutex
	sent    []sentOnce
	decided map[int64]ledger.State // by hold
	deaths  []time.Time            // of Postfix
	kills   map[string]int         // by what was killed
}

// sentOnce is one mail that was offered to Postfix.
type sentOnce struct {
	queueID string // "" when Postfix did not say that it took it
}

func newKilling(t *testing.T) *killing {
	k := &killing{seed: uint64(time.Now().UnixNano()), rounds: killRounds,
		over: make(chan struct{}), decided: map[int64]ledger.State{}, kills: map[string]int{}}
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if k.seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	if text := os.Getenv(roundsVariable); text != "" {
		var err error
		if k.rounds, err = strconv.Atoi(text); err != nil || k.rounds < 1 {
			t.Fatalf("%s=%s is not a number of rounds", roundsVariable, text)
		}
	}
	t.Logf("%s=%d", seedVariable, k.seed)
	k.site = newSite(t, siteOptions{unix: true, delay: 3, hold: 12, delayFor: 2 * time.Second})
	past, ordinary, theft := plot()
	k.mails = append(ordinary, theft...)
	k.learn(past)
	k.startServe()
	k.startAgent()
	k.store = k.site.store()
	return k
}

// ended says whether the load is to end.
func (k *killing) ended() bool {
	select {
	case <-k.over:
		return true
	default:
		return false
	}
}

// idField is how every company mail begins its own id; ours is put in front.
var idField = []byte("Message-ID: <")

// write sends one mail after the other, each with its number in its Message-ID.
func (k *killing) write(r *rand.Rand) {
	for !k.ended() {
		m := k.mails[r.IntN(len(k.mails))]
		k.mu.Lock()
		n := len(k.sent)
		k.sent = append(k.sent, sentOnce{})
		k.mu.Unlock()
		m.Message = bytes.Replace(m.Message, idField, fmt.Appendf(nil, "%s%d.", idField, n), 1)
		id, err := k.Submit(submission(&m))
		if err != nil { // Postfix is down
			time.Sleep(200 * time.Millisecond)
		} else {
			k.mu.Lock()
			k.sent[n].queueID = id
			k.mu.Unlock()
		}
		time.Sleep(time.Duration(r.IntN(400)) * time.Millisecond)
	}
}

// reviewer decides about some of the kept mail.
func (k *killing) reviewer(r *rand.Rand) {
	for !k.ended() {
		kept, err := k.store.Holds(k.t.Context(), ledger.HoldFilter{
			States: []ledger.State{ledger.Held, ledger.Delayed}})
		if err != nil {
			k.t.Errorf("list kept mail: %v", err)
			return
		}
		for i := range kept {
			to := []ledger.State{ledger.Releasing, ledger.Discarding, ""}[r.IntN(3)]
			if to == "" || r.IntN(8) > 0 {
				continue
			}
			done, err := k.store.DecideHolds(k.t.Context(), []int64{kept[i].ID},
				ledger.Decision{To: to, By: "reviewer"})
			if err != nil {
				k.t.Errorf("decide: %v", err)
			}
			if len(done) > 0 {
				k.mu.Lock()
				k.decided[kept[i].ID] = to
				k.mu.Unlock()
			}
		}
		time.Sleep(300 * time.Millisecond)
	}
}

// round kills something after a while and starts it again.
func (k *killing) round(r *rand.Rand) {
	pause := func(most int) { time.Sleep(time.Duration(r.IntN(most)) * time.Millisecond) }
	pause(1200)
	choice := []string{"serve", "agent", "serve", "agent", "serve", "agent", "both", "postfix"}
	what := choice[r.IntN(len(choice))]
	k.kills[what]++
	if what == "serve" || what == "both" {
		k.serve.kill()
	}
	if what == "agent" || what == "both" {
		k.agent.kill()
	}
	if what == "postfix" {
		if err := k.KillPostfix(); err != nil {
			k.t.Fatal(err)
		}
		k.deaths = append(k.deaths, time.Now())
	}
	pause(300)
	if what == "postfix" {
		if err := k.StartPostfix(); err != nil {
			k.t.Fatalf("%v\n%s", err, k.Log())
		}
	}
	if what == "agent" || what == "both" {
		k.startAgent()
	}
	if what == "serve" || what == "both" {
		k.startServe()
	}
}
