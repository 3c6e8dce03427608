package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/company"
	"hisseki/ledger"
	"hisseki/store"
)

// leftAlone is one of how many records nobody decides about.
const leftAlone = 10

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
	k.begin(newSite(t, siteOptions{unix: true, delay: 3, hold: 12, delayFor: 2 * time.Second}))
	k.run(k.round)
}

// begin starts a site with a past behind it.
func (k *killing) begin(s *site) {
	past, ordinary, theft := plot()
	k.mails = append(ordinary, theft...)
	k.sites = []*site{s}
	s.learn(past)
	s.startServe()
	s.startAgent()
	s.agentWorks()
	k.store = s.store()
}

// run is the load with rounds of killing, and what must be true after it.
func (k *killing) run(round func(*rand.Rand)) {
	var load sync.WaitGroup
	for i := range 3 {
		r := rand.New(rand.NewPCG(k.seed, uint64(i+1)))
		load.Go(func() { k.write(r, k.sites[i%len(k.sites)]) })
	}
	r := rand.New(rand.NewPCG(k.seed, 0))
	load.Go(func() { k.reviewer(rand.New(rand.NewPCG(k.seed, 99))) })
	for range k.rounds {
		round(r)
	}
	k.goOn()
	close(k.over)
	load.Wait()
	k.settle()
	k.check()
}

// goOn waits until each site has recorded a mail that came after the last kill: whoever is stopped
// before that ends with an error, since what he was about to write has nowhere to go.
func (k *killing) goOn() {
	k.t.Helper()
	k.mu.Lock()
	since := len(k.sent)
	k.mu.Unlock()
	begun := time.Now()
	for _, s := range k.sites {
		wait(k.t, "a mail recorded at "+s.Host+" after the last kill", func() bool {
			list, err := k.store.Recent(k.t.Context(), "", begun.Add(-time.Second))
			if err != nil {
				return false
			}
			k.mu.Lock()
			defer k.mu.Unlock()
			return slices.ContainsFunc(k.sent[since:], func(m sentOnce) bool {
				return m.host == s.Host && m.queueID != "" && slices.ContainsFunc(list, func(r analyzer.Record) bool {
					return r.Envelope.Host == m.host && r.Envelope.QueueID == m.queueID
				})
			})
		})
	}
}

// killing is one site or several, with what was done on them.
type killing struct {
	t      *testing.T
	sites  []*site
	may    func(error) bool // says which of the reviewer's errors are nobody's fault; nil for none
	store  *store.DB
	seed   uint64
	rounds int
	mails  []company.Mail // to send variations of
	over   chan struct{}  // closed when the load ends

	mu      sync.Mutex
	sent    []sentOnce
	decided map[int64]ledger.State // by hold
	doubted map[int64]ledger.State // whose decision had no answer: it may be so
	deaths  []time.Time            // of Postfix
	kills   map[string]int         // by what was killed
	waits   []time.Duration        // of one host for a frozen one
}

// sentOnce is one mail that was offered to Postfix.
type sentOnce struct {
	queueID string // "" when Postfix did not say that it took it
	host    string
}

func newKilling(t *testing.T) *killing {
	k := &killing{t: t, seed: uint64(time.Now().UnixNano()), rounds: killRounds, over: make(chan struct{}),
		decided: map[int64]ledger.State{}, doubted: map[int64]ledger.State{}, kills: map[string]int{}}
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

// write sends one mail after the other over a site, each with its number in its Message-ID.
func (k *killing) write(r *rand.Rand, s *site) {
	for !k.ended() {
		m := k.mails[r.IntN(len(k.mails))]
		k.mu.Lock()
		n := len(k.sent)
		k.sent = append(k.sent, sentOnce{host: s.Host})
		k.mu.Unlock()
		m.Message = bytes.Replace(m.Message, idField, fmt.Appendf(nil, "%s%d.", idField, n), 1)
		id, err := s.Submit(submission(&m))
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
	for ; !k.ended(); time.Sleep(300 * time.Millisecond) {
		kept, err := k.store.Holds(k.t.Context(), ledger.HoldFilter{
			States: []ledger.State{ledger.Held, ledger.Delayed}})
		if err != nil && (k.may == nil || !k.may(err)) {
			k.t.Errorf("list kept mail: %v", err)
			return
		}
		for i := range kept {
			if kept[i].ID%leftAlone == 0 { // or at the end of a long run nothing may be on hold
				continue
			}
			to := []ledger.State{ledger.Releasing, ledger.Discarding, ""}[r.IntN(3)]
			if to != "" && r.IntN(8) == 0 {
				k.decide(kept[i].ID, to)
			}
		}
	}
}

func (k *killing) decide(id int64, to ledger.State) {
	done, err := k.store.DecideHolds(k.t.Context(), []int64{id}, ledger.Decision{To: to, By: "reviewer"})
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case err == nil && len(done) > 0:
		k.decided[id] = to
	case err != nil && k.may != nil && k.may(err):
		k.doubted[id] = to
	case err != nil:
		k.t.Errorf("decide: %v", err)
	}
}

// round kills something after a while and starts it again.
func (k *killing) round(r *rand.Rand) {
	pause(r, 1200)
	k.kill(r, k.sites[0])
}

func pause(r *rand.Rand, most int) { time.Sleep(time.Duration(r.IntN(most)) * time.Millisecond) }

// kill kills one or two of a site's parts and starts them again after a while.
func (k *killing) kill(r *rand.Rand, s *site) {
	choice := []string{"serve", "agent", "serve", "agent", "serve", "agent", "both", "postfix"}
	what := choice[r.IntN(len(choice))]
	k.kills[what]++
	if what == "serve" || what == "both" {
		s.serve.kill()
	}
	if what == "agent" || what == "both" {
		s.agent.kill()
	}
	if what == "postfix" {
		if err := s.KillPostfix(); err != nil {
			k.t.Fatal(err)
		}
		k.deaths = append(k.deaths, time.Now())
	}
	pause(r, 300)
	if what == "postfix" {
		if err := s.StartPostfix(); err != nil {
			k.t.Fatalf("%v\n%s", err, s.Log())
		}
	}
	if what == "agent" || what == "both" {
		s.startAgent()
		s.agentWorks()
	}
	if what == "serve" || what == "both" {
		s.startServe()
	}
}
