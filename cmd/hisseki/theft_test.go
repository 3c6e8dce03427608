package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/demo"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/store"
)

// The theft of the test below: so many failing logins, mails and companies. The second
// victim's account sends the same link.
const (
	failures     = 30
	stolenMails  = 40
	targets      = 12
	secondVictim = "suzuki@example.jp"
	secondMails  = 8

	ordinaryMails = 12 // of the others meanwhile
)

// TestTheft is the case hisseki exists for, on a real Postfix with Dovecot's SASL and the
// real program, with companies that accept, defer and refuse mail: an account is broken
// into by guessing, sends to a dozen companies while the others' mail flows, and what went
// out before the hold is asked back. The report says of every mail and recipient what
// really became of it, and after confirm the profiles are those of a world without the
// theft, byte for byte.
//
//	guess -> Dovecot's and Postfix's log -> agent -> store
//	theft -> Postfix -> serve -> store -> agent -> Postfix's queue -> sink
func TestTheft(t *testing.T) {
	t.Parallel()
	past, ordinary := before(time.Now())
	// Serve's clock stands, so that mail of two worlds has one time.
	clock := time.Now().UTC().Format(time.RFC3339) + "@0"
	template := learned(t, past)
	peace := newWorld(t, clock, template, ordinary)
	peace.start()
	peace.flow(ordinaryMails)
	want := peace.profiles()
	peace.stop()
	for name, trouble := range map[string]bool{"calm": false, "killed and rotated": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, clock, template, ordinary)
			w.start()
			w.flow(2)
			w.steal(trouble)
			w.compare("before confirm")
			w.joined()
			w.guessed()
			w.confirm()
			w.compare("after confirm")
			if w.flow(ordinaryMails - w.flowed); t.Failed() {
				return
			}
			for sender, p := range w.profiles() {
				if !bytes.Equal(p, want[sender]) {
					t.Errorf("the profile of %q is not that of a world without theft", sender)
				}
			}
		})
	}
}

// before is three weeks of a company's mail until now, and the next mails of those whose
// accounts are not stolen.
func before(now time.Time) (past, ordinary []company.Mail) {
	end := demo.LastTuesday(now)
	all := company.New(demo.Seed).Weeks(3, end.Add(9*time.Hour))
	for _, m := range all {
		switch {
		case m.Time.Before(end):
			m.Time = m.Time.Add(now.Sub(end)) // the end is now, whenever the test runs
			past = append(past, m)
		case m.Login != company.Victim && m.Login != secondVictim:
			ordinary = append(ordinary, m)
		}
	}
	return past, ordinary
}

// learned is the file of a store that has learned the past, for worlds to begin with.
func learned(t *testing.T, past []company.Mail) string {
	t.Helper()
	dir := t.TempDir()
	timeline, err := company.WriteTimeline(filepath.Join(dir, "past"), past)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "learned.db")
	out, err := exec.Command(program(t), "replay", "--learn", "--timeline", timeline, "--db",
		path).CombinedOutput()
	if err != nil {
		t.Fatalf("learn: %v: %s", err, out)
	}
	return path
}

// world is a site in which mail is sent, and what of it is true.
type world struct {
	job
	read   *store.DB
	stolen []stolen
}

// stolen is one of the thieves' mails.
type stolen struct {
	company.Mail
	queueID string
}

func newWorld(t *testing.T, clock, template string, ordinary []company.Mail) *world {
	t.Helper()
	w := &world{job: job{site: newSite(t, siteOptions{delay: 90, hold: 90, sum: 45,
		delayFor: time.Hour, clock: clock}), ordinary: ordinary}}
	data, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(w.db, data, 0o640); err != nil {
		t.Fatal(err)
	}
	w.give(w.dir)
	for i := range targets {
		w.Sink.Answer(domainOf(i), []string{"", "450 4.2.0 greylisted, try again",
			"550 5.1.1 no such user"}[i%3])
	}
	return w
}

// domainOf names a company: a third accept mail, a third defer and a third refuse it.
func domainOf(i int) string { return fmt.Sprintf("company%02d.test", i%targets) }

func (w *world) start() {
	w.t.Helper()
	w.startServe()
	w.startAgent()
	w.read = w.store()
}

func (w *world) stop() {
	w.t.Helper()
	for _, p := range []*process{w.serve, w.agent} {
		if code := p.stop(); code != 0 {
			w.t.Errorf("%s ends with %d: %s", p.cmd.Args[1], code, p.said())
		}
	}
	if err := w.Instance.Stop(); err != nil {
		w.t.Error(err)
	}
}

// profiles returns every account's profile, and the organisation's.
func (w *world) profiles() map[string][]byte {
	w.t.Helper()
	all := map[string][]byte{"": nil, company.Victim: nil, secondVictim: nil}
	for _, m := range w.ordinary {
		all[m.Login] = nil
	}
	for sender := range all {
		p, _, err := w.read.Profile(w.t.Context(), sender)
		if err != nil {
			w.t.Fatal(err)
		}
		if all[sender], err = p.MarshalBinary(); err != nil {
			w.t.Fatal(err)
		}
		if p.Mails() == 0 {
			w.t.Errorf("the profile of %q is empty: the test shows nothing", sender)
		}
	}
	return all
}

// guess fails to log in to the victim's account, from another loopback network each time.
func (w *world) guess(n int) {
	w.t.Helper()
	for i := range n {
		c, err := w.Dial(mta.Submission{User: company.Victim, Password: "guess" + fmt.Sprint(i),
			Local: fmt.Sprintf("127.0.%d.%d", 1+i%6, 2+i)})
		if err == nil {
			c.Close()
			w.t.Fatal("a guessed password was right")
		}
	}
}

// steal guesses, gets in and sends. With trouble both daemons die in the middle, the log
// is rotated while they are dead, and somebody goes on guessing.
func (w *world) steal(trouble bool) {
	w.t.Helper()
	mails := w.written()
	if !trouble {
		w.guess(failures)
	} else {
		w.guess(failures - 5)
	}
	for i := range mails {
		if trouble && i == len(mails)/2 {
			w.serve.kill()
			w.agent.kill()
			w.guess(5)
			w.rotate()
			w.startServe()
			w.startAgent()
		}
		id := w.send(&mails[i])
		w.stolen = append(w.stolen, stolen{mails[i], id})
		if i%8 == 7 {
			w.flow(1)
		}
	}
	wait(w.t, "everything asked back is on hold or gone", func() bool {
		recalled := w.holds(w.read, ledger.HoldFilter{States: []ledger.State{ledger.Recalling}})
		return len(recalled) == 0 && len(w.holds(w.read, ledger.HoldFilter{})) == len(w.stolen)
	})
}

// written are the thieves' mails: 40 of the victim's to 12 companies, each fifth to two of
// them, and some of the second victim's with the same link.
func (w *world) written() []company.Mail {
	firm := company.New(demo.Seed)
	all, _ := firm.Incident(time.Now(), demo.Span, stolenMails+secondMails)
	for i := range all {
		m := &all[i]
		m.Recipients = []string{fmt.Sprintf("p%d@%s", i, domainOf(i))}
		if i%5 == 0 {
			m.Recipients = append(m.Recipients, fmt.Sprintf("q%d@%s", i, domainOf(i+1)))
		}
		if i >= stolenMails {
			m.Login = secondVictim
			m.Client = "203.0.113.200"
			m.Message = bytes.ReplaceAll(m.Message, []byte(company.Victim), []byte(secondVictim))
		}
	}
	return all
}

// rotate has Postfix rotate its log.
func (w *world) rotate() {
	w.t.Helper()
	w.run(exec.Command("postfix", "-c", w.Config, "logrotate"))
	old, err := filepath.Glob(w.Dir + "/mail.log.*")
	if err != nil || len(old) == 0 {
		w.t.Fatalf("the log was not rotated: %v, %v", old, err)
	}
}

// truth is what became of each of the thieves' mails by queue id and recipient, by the
// sink and by Postfix's queue, without asking hisseki.
func (w *world) truth() map[string]ledger.Fate {
	w.t.Helper()
	queues := map[string]string{}
	for line := range strings.Lines(w.queue()) {
		var m struct {
			Queue string                     `json:"queue_name"`
			ID    string                     `json:"queue_id"`
			To    []struct{ Address string } `json:"recipients"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			w.t.Fatalf("postqueue says %q: %v", line, err)
		}
		for _, to := range m.To {
			queues[m.ID+" "+to.Address] = m.Queue
		}
	}
	all := map[string]ledger.Fate{}
	arrived := w.Sink.Mails()
	for _, s := range w.stolen {
		for _, to := range s.Recipients {
			got := slices.ContainsFunc(arrived, func(m mta.Mail) bool {
				return slices.Contains(m.To, to) && same(&m, &s.Mail)
			})
			queue, queued := queues[s.queueID+" "+to]
			switch key := s.queueID + " " + to; {
			case got && queued:
				w.t.Errorf("%s arrived and is in the %s queue", key, queue)
			case got:
				all[key] = ledger.FateDelivered
			case queue == "hold":
				all[key] = ledger.FateHeld
			case queued:
				all[key] = ledger.FateDeferred
			case w.Sink.Refused(to):
				all[key] = ledger.FateBounced
			default:
				all[key] = ledger.FateDiscarded
			}
		}
	}
	return all
}

// reported is what the report says, as far as the test looks.
type reported struct {
	Case      string
	Logged    bool
	Incidents []struct{ ID, Sender, State string }
	Mails     figures
	Total     figures `json:"recipients"`
	Logins    []struct {
		First, Last            time.Time
		Sender, Result, Client string
		Count                  int
	}
	Companies []struct {
		Domain     string
		Recipients figures
		Mails      []struct {
			QueueID   string `json:"queue_id"`
			Sender    string
			Recipient string
			Fate      ledger.Fate
		}
	}
}

type figures struct{ Reached, Open, Stopped, Refused int }

func (f *figures) add(fate ledger.Fate) {
	switch fate {
	case ledger.FateDelivered:
		f.Reached++
	case ledger.FateBounced:
		f.Refused++
	case ledger.FateDeferred:
		f.Open++
	default:
		f.Stopped++
	}
}

func (w *world) report() (r reported) {
	w.t.Helper()
	text := w.hisseki("incident", "report", "I1", "--format", "json")
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		w.t.Fatalf("%v: %s", err, text)
	}
	return r
}

// compare holds the report against the truth, mail by mail and recipient by recipient. The
// log's reader looks every second, so the report may be true a little later.
func (w *world) compare(when string) {
	w.t.Helper()
	var problems []string
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(time.Second) {
		truth, r := w.truth(), w.report()
		if problems = w.differences(truth, &r); len(problems) == 0 {
			return
		}
	}
	w.t.Errorf("%s:\n%s", when, strings.Join(problems, "\n"))
}

func (w *world) differences(truth map[string]ledger.Fate, r *reported) (problems []string) {
	bad := func(format string, a ...any) { problems = append(problems, fmt.Sprintf(format, a...)) }
	var total, mails figures
	seen := map[string]bool{}
	for _, c := range r.Companies {
		var of figures
		for _, m := range c.Mails {
			recipient := strings.NewReplacer("[", "", "]", "").Replace(m.Recipient)
			key := m.QueueID + " " + recipient
			want, ok := truth[key]
			if want == ledger.FateHeld && m.Fate == ledger.FateRecalled {
				want = ledger.FateRecalled // Postfix does not know who put it on hold
			}
			if !ok || seen[key] || m.Fate != want {
				bad("%s is %s, reported as %s", key, want, m.Fate)
			}
			seen[key] = true
			of.add(truth[key])
			total.add(truth[key])
		}
		if c.Recipients != of {
			bad("figures of %s are %+v, true are %+v", c.Domain, c.Recipients, of)
		}
	}
	for key, fate := range truth {
		if !seen[key] {
			bad("%s is %s, not in the report", key, fate)
		}
	}
	for _, s := range w.stolen {
		mails.add(worst(truth, s))
	}
	if r.Total != total || r.Mails != mails || len(r.Companies) != targets {
		bad("%d companies, figures %+v, mails %+v; true are %d, %+v, %+v", len(r.Companies), r.Total,
			r.Mails, targets, total, mails)
	}
	return problems
}

// worst is what a mail counts as: delivered when one recipient got it, and so on.
func worst(truth map[string]ledger.Fate, s stolen) ledger.Fate {
	for _, fate := range []ledger.Fate{ledger.FateDelivered, ledger.FateDeferred, ledger.FateHeld,
		ledger.FateDiscarded} {
		for _, to := range s.Recipients {
			if truth[s.queueID+" "+to] == fate {
				return fate
			}
		}
	}
	return ledger.FateBounced
}

// joined checks that both victims' incidents are one case, that mail of each kind was let
// go before, and that what still waited was asked back.
func (w *world) joined() {
	w.t.Helper()
	r := w.report()
	var senders []string
	for _, i := range r.Incidents {
		senders = append(senders, i.Sender)
	}
	if !slices.Equal(senders, []string{company.Victim, secondVictim}) {
		w.t.Errorf("the case has incidents of %v", senders)
	}
	kinds := map[string]int{}
	for _, h := range w.holds(w.read, ledger.HoldFilter{}) {
		switch {
		case h.Recalled.IsZero():
			kinds["held"]++
		case h.State == ledger.Held:
			kinds["recalled"]++
		default:
			kinds["gone"]++
		}
	}
	if kinds["held"] < stolenMails/2 || kinds["recalled"] < 1 || kinds["gone"] < 1 {
		w.t.Errorf("holds: %v; the test shows too little", kinds)
	}
	if r.Total.Reached == 0 || r.Total.Refused == 0 || r.Total.Open != 0 || !r.Logged {
		w.t.Errorf("figures: %+v, logged %v; the test shows too little, or mail is still on its way",
			r.Total, r.Logged)
	}
}

// guessed checks the timeline of logins: every failure counts once, from every address,
// and the thief's success came after failures.
func (w *world) guessed() {
	w.t.Helper()
	failed, clients := 0, map[string]bool{}
	var begin, success time.Time
	for _, l := range w.report().Logins {
		client := strings.NewReplacer("[", "", "]", "").Replace(l.Client)
		switch {
		case l.Sender != company.Victim && !strings.HasPrefix(l.Sender, "bando@"):
		case l.Result == "failure":
			failed += l.Count
			clients[netip.MustParseAddr(client).String()] = true
			if begin.IsZero() || l.First.Before(begin) {
				begin = l.First
			}
		case l.Result == "success" && client == w.stolen[0].Client:
			success = l.First
		}
	}
	if failed != failures || len(clients) < 20 || success.IsZero() || success.Before(begin) {
		w.t.Errorf("%d failures from %d addresses since %s, success at %s", failed, len(clients),
			begin, success)
	}
}

// confirm ends both incidents and waits until their mail is discarded.
func (w *world) confirm() {
	w.t.Helper()
	w.hisseki("incident", "confirm", "I1", "I2", "--yes", "--at-once",
		"--reason", "he phoned")
	wait(w.t, "the discarding of all held mail", func() bool {
		return len(w.holds(w.read, ledger.HoldFilter{States: []ledger.State{ledger.Held, ledger.Discarding,
			ledger.Recalling}})) == 0
	})
}
