package main

import (
	"errors"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"
	"time"

	"hisseki/internal/pgtest"
)

// goOnWithin is in what time another node's mail is recorded when one is frozen, at most: the server
// ends its transaction after 0.2 to 0.8 s. The rest is for a machine where thirty processes wait for two
// processors, and for mail that has to come first.
const goOnWithin = 30 * time.Second

// TestKillCluster is TestKill with two hosts and one PostgreSQL, where the server dies too, with all
// its processes, and a serve is frozen (SIGSTOP): its connections stay, and its locks for a moment.
// The other host goes on meanwhile. Nothing is lost, doubled or unexplained.
func TestKillCluster(t *testing.T) {
	t.Parallel()
	pg := pgtest.Own(t)
	k := newKilling(t)
	k.may = func(err error) bool { return err != nil } // the server is away at times
	k.beginCluster(pg)
	first := []string{"postgres", "frozen serve"} // whatever chance says later
	k.run(func(r *rand.Rand) {
		what := ""
		if len(first) > 0 {
			what, first = first[0], first[1:]
		}
		k.clusterRound(r, pg, what)
	})
	slices.Sort(k.waits)
	t.Logf("while one host was frozen the other one recorded two mails within %v, the median of %d; at most %v",
		k.waits[len(k.waits)/2], len(k.waits), k.waits[len(k.waits)-1])
}

func (k *killing) beginCluster(pg *pgtest.Cluster) {
	database, err := pg.Database("")
	if err != nil {
		k.t.Fatal(err)
	}
	past, ordinary, theft := plot()
	k.mails = append(ordinary, theft...)
	c := clusterOf(k.t, 2, past, siteOptions{unix: true, delay: 3, hold: 12, delayFor: 2 * time.Second,
		database: database})
	k.sites, k.store = c.sites, c.read
}

// clusterRound kills the server, or parts of a site, or freezes a site's serve: what it is told, or "" for
// what chance says.
func (k *killing) clusterRound(r *rand.Rand, pg *pgtest.Cluster, what string) {
	pause(r, 1200)
	at := r.IntN(len(k.sites))
	if what == "" {
		what = []string{"postgres", "frozen serve", "part", "part"}[r.IntN(4)]
	}
	switch what {
	case "postgres":
		k.kills["postgres"]++
		err := pg.Down(os.Kill)
		pause(r, 300)
		if err = errors.Join(err, pg.Up()); err != nil {
			k.t.Fatal(err)
		}
	case "frozen serve":
		k.kills["frozen serve"]++
		k.freeze(r, k.sites[at], k.sites[1-at])
	default:
		k.kill(r, k.sites[at])
	}
}

// freeze stops a site's serve, wherever it is, and lets it go on after the other site has recorded.
func (k *killing) freeze(r *rand.Rand, s, other *site) {
	signal := func(what syscall.Signal) {
		if err := s.serve.cmd.Process.Signal(what); err != nil {
			k.t.Fatal(err)
		}
	}
	signal(syscall.SIGSTOP)
	before := k.recorded()
	begun := time.Now()
	wait(k.t, "two records of "+other.Host+" while another host is frozen", func() bool {
		return k.recorded() >= before+2 // one may have been under way
	})
	took := time.Since(begun)
	if k.waits = append(k.waits, took); took > goOnWithin {
		k.t.Errorf("%s recorded nothing for %v while another host was frozen", other.Host, took)
	}
	pause(r, 1000)
	signal(syscall.SIGCONT)
}

// recorded counts the mails in the journal, as soon as the server answers.
func (k *killing) recorded() (mails int) {
	wait(k.t, "a count of the mails", func() bool {
		list, err := k.store.Recent(k.t.Context(), "", time.Time{})
		mails = len(list)
		return err == nil
	})
	return mails
}
