package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/ledger"
	"hisseki/store"
)

// TestMainJob is hisseki's job, by real mail through a real Postfix with Dovecot's SASL
// and the real program: the burst of a stolen account is kept while four accounts'
// ordinary mail flows; the kept mail is reviewed, released and discarded; both daemons
// die by SIGKILL in between.
func TestMainJob(t *testing.T) {
	t.Parallel()
	for name, unix := range map[string]bool{"inet": false, "unix, chrooted": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &job{site: newSite(t, siteOptions{unix: unix, delay: 5, hold: 8,
				delayFor: time.Hour})}
			j.past, j.ordinary, j.theft = plot()
			j.learn(j.past)
			j.startServe()
			j.startAgent()
			j.serve.says(0, "the agent is alive")
			j.morning()
			j.burst()
			j.review()
			j.decide()
		})
	}
}

type job struct {
	*site
	past, ordinary, theft []company.Mail
	flowed                int // ordinary mails that have arrived
}

// flow sends the next ordinary mails and expects them to arrive without waiting.
func (j *job) flow(n int) {
	j.t.Helper()
	for range n {
		m := &j.ordinary[j.flowed%len(j.ordinary)]
		if j.flowed >= len(j.ordinary) {
			j.t.Fatal("the company has written no more mail")
		}
		j.flowed++
		sent := time.Now()
		j.send(m)
		if took := j.arrives(m, sent); took > 30*time.Second {
			j.t.Errorf("mail %d of %s waited %v", j.flowed, m.Login, took)
		}
	}
}

// morning is an ordinary morning: everybody's mail flows.
func (j *job) morning() {
	j.t.Helper()
	who := map[string]bool{}
	for len(who) < 4 {
		who[j.ordinary[j.flowed].Login] = true
		j.flow(1)
	}
}

// burst plays the thief. Half way both daemons are killed and started again.
func (j *job) burst() {
	j.t.Helper()
	db := j.store()
	steal := func(mails []company.Mail) {
		for i := range mails {
			j.send(&mails[i])
			if i%7 == 6 {
				j.flow(1)
			}
		}
	}
	half := len(j.theft) / 2
	start := j.journal(db)
	steal(j.theft[:half])
	before := j.journal(db)
	if before != start+half+2 {
		j.t.Errorf("%d new records, want %d", before-start, half+2)
	}
	j.serve.kill()
	j.agent.kill()
	j.flow(1) // without hisseki mail goes out
	j.startServe()
	j.startAgent()
	if now := j.journal(db); now != before {
		j.t.Errorf("%d records after SIGKILL, %d before", now, before)
	}
	steal(j.theft[half:])
	if now := j.journal(db); now != before+half+2 {
		j.t.Errorf("%d records, want %d", now, before+half+2)
	}
	held := j.holds(db, ledger.HoldFilter{States: []ledger.State{ledger.Held}})
	if len(held) != len(j.theft) {
		j.t.Errorf("%d of %d stolen mails are held", len(held), len(j.theft))
	}
	for i := range held {
		if held[i].Record.Envelope.Sender != company.Victim {
			j.t.Errorf("mail of %s is held", held[i].Record.Envelope.Sender)
		}
	}
}

func (j *job) journal(db *store.DB) int {
	j.t.Helper()
	records, err := db.Recent(j.t.Context(), "", time.Time{})
	if err != nil {
		j.t.Fatal(err)
	}
	return len(records)
}

// review looks as a postmaster does: who, to whom, which link, why.
func (j *job) review() {
	j.t.Helper()
	list := j.hisseki("quarantine", "list", "--wide")
	if n := strings.Count(list, "held I1"); n != len(j.theft) {
		j.t.Errorf("the list has %d held mails:\n%s", n, list)
	}
	for i := range j.theft {
		if !strings.Contains(list, j.theft[i].Recipients[0]) {
			j.t.Errorf("the list does not name recipient %s", j.theft[i].Recipients[0])
		}
	}
	for _, want := range []string{company.Victim, "file-kakunin.test",
		"new to the whole organisation"} {
		if !strings.Contains(list, want) {
			j.t.Errorf("the list does not say %q:\n%s", want, list)
		}
	}
	show := j.hisseki("quarantine", "show", "H1")
	for _, want := range []string{"would pass if", "observed: 203.0.113.0/24",
		"file-kakunin.test/view/", "Message-ID: <"} {
		if !strings.Contains(show, want) {
			j.t.Errorf("show does not say %q:\n%s", want, show)
		}
	}
	if status := j.hisseki("status"); !strings.Contains(status,
		fmt.Sprintf("%d held, 0 delayed", len(j.theft))) {
		j.t.Errorf("status says\n%s", status)
	}
}

// decide releases half and discards the rest; the daemons are dead when it begins, and
// the agent dies while it works.
func (j *job) decide() {
	j.t.Helper()
	db := j.store()
	half := len(j.theft) / 2
	j.serve.kill()
	j.agent.kill()
	args := []string{"quarantine", "release", "--yes", "--reason", "a test"}
	for i := range half {
		args = append(args, fmt.Sprintf("H%d", i+1))
	}
	j.hisseki(args...)
	j.startServe()
	j.startAgent()
	j.agent.says(0, "carried out")
	j.agent.kill()
	j.startAgent()
	j.settles(db, ledger.Released, half)
	for i := range j.theft[:half] {
		j.arrives(&j.theft[i], time.Now())
	}
	j.hisseki("quarantine", "discard", "--incident", "I1", "--yes")
	j.settles(db, ledger.Discarded, len(j.theft)-half)
	j.flow(1)
	// Mail may have arrived a moment before its queue file goes.
	wait(j.t, "an empty queue of Postfix", func() bool { return j.queue() == "" })
	if n := len(j.Sink.Mails()); n != j.flowed+half {
		j.t.Errorf("%d mails arrived, %d were ordinary and %d released", n, j.flowed, half)
	}
	for _, p := range []*process{j.serve, j.agent} {
		if code := p.stop(); code != 0 {
			j.t.Errorf("%s ends with %d: %s", p.cmd.Args[1], code, p.said())
		}
	}
	if strings.Contains(j.agent.said(), "no record of") {
		j.t.Errorf("the agent takes our mail for somebody else's:\n%s", j.agent.said())
	}
}

// settles waits until so many holds have come to a state.
func (j *job) settles(db *store.DB, state ledger.State, n int) {
	j.t.Helper()
	wait(j.t, fmt.Sprintf("%d mails %s", n, state), func() bool {
		return len(j.holds(db, ledger.HoldFilter{States: []ledger.State{state}})) == n
	})
}
