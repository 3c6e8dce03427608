package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/demo"
	"hisseki/internal/mta"
	"hisseki/internal/pgtest"
	"hisseki/ledger"
	"hisseki/store"
)

// cluster are hosts that share one database: on each a Postfix, a serve and an agent.
type cluster struct {
	t     *testing.T
	sites []*site
	read  *store.DB
	sent  []company.Mail
	ids   []string // queue ids of sent, each on the host of its turn
}

// newCluster starts n hosts that have learned a past. One host has an SQLite file, several have a
// PostgreSQL database.
func newCluster(t *testing.T, n int, past []company.Mail) *cluster {
	t.Helper()
	database := ""
	if n > 1 {
		var err error
		pg := pgtest.Own(t)
		if database, err = pg.Database(""); err != nil {
			t.Fatal(err)
		}
	}
	clock := time.Now().UTC().Format(time.RFC3339) + "@0"
	return clusterOf(t, n, past, siteOptions{delay: 90, hold: 90, sum: 45, delayFor: time.Hour, clock: clock,
		database: database})
}

// clusterOf starts n hosts with the same settings.
func clusterOf(t *testing.T, n int, past []company.Mail, o siteOptions) *cluster {
	t.Helper()
	c := &cluster{t: t}
	for i := range n {
		o.host = fmt.Sprintf("mx%d.example.jp", i+1)
		c.sites = append(c.sites, newSite(t, o))
	}
	c.sites[0].learn(past)
	for _, s := range c.sites {
		s.startServe()
	}
	for i, s := range c.sites {
		if i > 0 {
			c.shareKey(s)
		}
		s.startAgent()
		s.agentWorks()
		c.awaitKey(s)
	}
	c.read = c.sites[0].store()
	return c
}

const decisionKey = "hisseki-agent/decision.key"

func (c *cluster) awaitKey(s *site) {
	c.t.Helper()
	wait(c.t, "the key for decisions", func() bool {
		_, err := os.Stat(filepath.Join(s.Dir, decisionKey))
		return err == nil
	})
}

// shareKey gives a host the first one's key for decisions: what is decided on one is believed on all.
func (c *cluster) shareKey(s *site) {
	c.t.Helper()
	key, err := os.ReadFile(filepath.Join(c.sites[0].Dir, decisionKey))
	if err == nil {
		err = os.Mkdir(filepath.Join(s.Dir, "hisseki-agent"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(s.Dir, decisionKey), key, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
}

// heardWithin is the time in which a node is to have heard of another one's mail.
const heardWithin = 300 * time.Millisecond

// steal sends the thief's mails, one over each host in turn, no faster than nodes hear of each
// other, and waits until nothing is under way.
func (c *cluster) steal(mails []company.Mail) {
	c.t.Helper()
	for i := range mails {
		s := c.sites[i%len(c.sites)]
		c.sent = append(c.sent, mails[i])
		c.ids = append(c.ids, s.send(&mails[i]))
		time.Sleep(heardWithin)
	}
	wait(c.t, "all mail is held or gone", func() bool {
		held := c.holds(ledger.HoldFilter{States: []ledger.State{ledger.Held}})
		under := c.holds(ledger.HoldFilter{States: []ledger.State{ledger.Recalling, ledger.Delayed}})
		return len(under) == 0 && len(held)+c.escaped() >= len(mails)
	})
}

func (c *cluster) holds(f ledger.HoldFilter) []ledger.Hold { return c.sites[0].holds(c.read, f) }

// escaped counts the mails that arrived, whichever host sent them.
func (c *cluster) escaped() (n int) {
	for i := range c.sent {
		if c.arrived(i) {
			n++
		}
	}
	return n
}

func (c *cluster) arrived(i int) bool {
	all := c.sites[i%len(c.sites)].Sink.Mails()
	return slices.ContainsFunc(all, func(m mta.Mail) bool { return same(&m, &c.sent[i]) })
}

// at returns an undecided hold of mail on one of the hosts, and which of the sent mails it is.
func (c *cluster) at(host int) (ledger.Hold, int) {
	c.t.Helper()
	name := fmt.Sprintf("mx%d.example.jp", host+1)
	list := c.holds(ledger.HoldFilter{MTA: name, States: []ledger.State{ledger.Held}})
	if len(list) == 0 {
		c.t.Fatalf("%s holds nothing", name)
	}
	return list[0], slices.Index(c.ids, list[0].Record.Envelope.QueueID)
}

// thefts are an account's mails in a thief's hands, each to another person.
func thefts(n int) []company.Mail {
	all, _ := company.New(demo.Seed).Incident(time.Now(), demo.Span, n)
	for i := range all {
		all[i].Recipients = []string{fmt.Sprintf("p%d@%s", i, domainOf(i))}
	}
	return all
}

// TestTheftOverThreeHosts: a theft that a balancer spreads mail by mail over three hosts with one
// PostgreSQL is contained as on one host. Whoever decides, on whichever host, decides for all: each
// mail is released or deleted where it lies.
func TestTheftOverThreeHosts(t *testing.T) {
	t.Parallel()
	past, _ := before(time.Now())
	mails := thefts(24)
	alone := newCluster(t, 1, past)
	alone.steal(mails)
	c := newCluster(t, 3, past)
	c.steal(mails)
	one, three := alone.escaped(), c.escaped()
	t.Logf("of %d mails %d escaped over one host, %d over three", len(mails), one, three)
	if three > one+1 || one > len(mails)/2 {
		t.Errorf("%d mails escaped over three hosts, %d over one", three, one)
	}
	incidents, err := c.read.FindIncidents(t.Context(), ledger.IncidentFilter{})
	if err != nil || len(incidents) != 1 || incidents[0].Sender != company.Victim {
		t.Fatalf("incidents %+v, %v; want one of %s", incidents, err, company.Victim)
	}
	// Decided on another host than the mail lies on.
	released, sent := c.at(0)
	c.sites[2].hisseki("quarantine", "release", "--yes", "--reason", "a test", released.Name())
	wait(t, "the released mail", func() bool { return c.arrived(sent) })
	discarded, _ := c.at(1)
	c.sites[0].hisseki("quarantine", "discard", "--yes", "--reason", "a test", discarded.Name())
	wait(t, "the discarded mail to be gone", func() bool {
		return !bytes.Contains([]byte(c.sites[1].queue()), []byte(discarded.Record.Envelope.QueueID))
	})
	c.sites[1].hisseki("incident", "confirm", "I1", "--yes", "--at-once", "--reason", "a test")
	wait(t, "all queues to be empty", func() bool {
		return !slices.ContainsFunc(c.sites, func(s *site) bool { return s.queue() != "" })
	})
	if n := c.escaped(); n != three+1 {
		t.Errorf("%d mails arrived at last, want the %d that escaped and the released one", n, three)
	}
	w := world{job: job{site: c.sites[2]}}
	want := figures{Reached: three, Stopped: len(mails) - three - 1} // the released one is the owner's
	var r reported
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		if r = w.report(); r.Mails == want {
			break
		}
	}
	if r.Mails != want {
		t.Errorf("the report says %+v of mails, want %+v", r.Mails, want)
	}
	for i, s := range c.sites {
		for _, p := range []*process{s.serve, s.agent} {
			if code := p.stop(); code != 0 {
				t.Errorf("%s of host %d ends with %d: %s", p.cmd.Args[1], i+1, code, p.said())
			}
		}
	}
}
