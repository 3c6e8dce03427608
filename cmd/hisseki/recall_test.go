package main

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/quarantine"
	"hisseki/store"
)

// TestRecall: mail of an attack that had passed is put on hold while it waits for another
// try, the thief's own and a colleague's with the same link; other mail goes on. The agent
// dies in the middle.
func TestRecall(t *testing.T) {
	t.Parallel()
	r := &recalling{site: newSite(t, siteOptions{delay: 80, hold: 90, delayFor: time.Hour})}
	past, ordinary, theft := plot()
	r.learn(past)
	r.startServe() // nothing is held yet

	stolen, delivered, colleague := theft[0], theft[1], theft[2]
	i := slices.IndexFunc(ordinary, func(m company.Mail) bool { return m.Login == company.Victim })
	own := ordinary[i]
	colleague.Login = "suzuki@example.jp"
	colleague.Client = own.Client
	for _, m := range []*company.Mail{&stolen, &colleague, &own} {
		r.answer(m, "450 4.2.0 try later")
	}
	r.answer(&delivered, "")
	sent := time.Now()
	r.send(&delivered)
	r.arrives(&delivered, sent)
	waiting := []string{r.send(&stolen), r.send(&colleague), r.send(&own)}
	for _, id := range waiting {
		r.comes(id, "deferred")
	}
	db := r.store()
	if list, err := db.Incidents(t.Context(), ""); err != nil || len(list) != 0 {
		t.Fatalf("incidents before the first hold: %+v, %v", list, err)
	}

	r.serve.kill()
	r.thresholds(5, 8)
	r.startServe()
	r.startAgent()
	r.serve.says(0, "the agent is alive")
	r.answer(&theft[3], "")
	begin := time.Now()
	r.send(&theft[3])
	wait(t, "a recall", func() bool {
		return len(r.holds(db, ledger.HoldFilter{Incident: 1})) > 1
	})
	r.agent.kill()
	r.startAgent()
	r.comes(waiting[0], "hold")
	r.comes(waiting[1], "hold")
	t.Logf("recalled %v after the first held mail", time.Since(begin).Round(time.Second))
	wait(t, "the recalled mail held", func() bool {
		return len(r.holds(db, ledger.HoldFilter{Incident: 1, States: []ledger.State{ledger.Held}})) == 3
	})
	list := r.hisseki("quarantine", "list", "--incident", "I1", "--state", "held", "--wide")
	if n := strings.Count(list, "I1 recalled"); n != 2 || !strings.Contains(list, colleague.Login) {
		t.Errorf("the list has %d recalled mails:\n%s", n, list)
	}

	for _, m := range []*company.Mail{&stolen, &colleague, &own} {
		r.answer(m, "")
	}
	if err := (&quarantine.Queue{ConfigDir: r.Config}).Send(t.Context(), waiting[2]); err != nil {
		t.Fatal(err)
	}
	r.arrives(&own, sent)
	r.hisseki("incident", "confirm", "I1", "--yes", "--others", "discard", "--at-once", "--reason", "a test")
	for _, id := range waiting[:2] {
		r.comes(id, "")
	}
	for _, m := range r.Sink.Mails() {
		if same(&m, &stolen) || same(&m, &colleague) {
			t.Errorf("recalled mail arrived: %v", m.To)
		}
	}
	if out := r.hisseki("incident", "show", "I1"); !strings.Contains(out, "I1 confirmed") {
		t.Errorf("show says\n%s", out)
	}
}

// TestFilter: behind a content filter that gives mail back through hisseki as well, each mail is
// judged once, and what hisseki asks of Postfix goes to the queue id under which the mail is now.
func TestFilter(t *testing.T) {
	t.Parallel()
	filter := mta.NewFilter(t)
	r := &recalling{site: newSite(t, siteOptions{delay: 80, hold: 90, delayFor: time.Hour, filter: filter})}
	past, ordinary, theft := plot()
	r.learn(past)
	r.startServe()
	r.startAgent()
	r.serve.says(0, "the agent is alive")
	db := r.store()

	// Held by a rule, released by a person: the filter sees it then, and nobody holds it again.
	i := slices.IndexFunc(ordinary, func(m company.Mail) bool { return m.Login != company.Victim })
	held := ordinary[i]
	r.answer(&held, "")
	r.hisseki("sender", "hold", held.Login, "--until", "12h", "--reason", "a test")
	sent := time.Now()
	r.comes(r.send(&held), "hold")
	r.hisseki("quarantine", "release", "--yes", "H1")
	r.Sink.Wait(t, time.Minute, "the released mail", func(all []mta.Mail) bool {
		return slices.ContainsFunc(all, func(m mta.Mail) bool { return bytes.HasSuffix(m.Data, held.Message) })
	})
	if n := r.journalSince(db, sent); n != 1 {
		t.Errorf("%d records of one mail", n)
	}
	r.serve.says(0, "comes again, judged before")
	wait(t, "its fate", func() bool {
		fates, err := db.Fates(t.Context(), r.holds(db, ledger.HoldFilter{})[0].Record.ID)
		return err == nil && !slices.ContainsFunc(fates, func(f ledger.RecipientFate) bool {
			return f.Fate != ledger.FateDelivered
		})
	})

	// Passed and waiting under its second id when the attack shows: recalled there.
	stolen := theft[0]
	r.answer(&stolen, "450 4.2.0 try later")
	filter.Last()
	r.send(&stolen)
	second := ""
	wait(t, "the filter", func() bool { second = filter.Last(); return second != "" })
	r.comes(second, "deferred")
	r.serve.kill()
	r.thresholds(5, 8)
	r.startServe()
	r.serve.says(0, "the agent is alive")
	r.answer(&theft[3], "")
	r.send(&theft[3])
	r.comes(second, "hold")
	wait(t, "the recalled mail held", func() bool {
		return len(r.holds(db, ledger.HoldFilter{Sender: stolen.Login, States: []ledger.State{ledger.Held}})) == 2
	})
	r.answer(&stolen, "")
	r.hisseki("incident", "confirm", "--sender", stolen.Login, "--yes", "--at-once", "--reason", "a test")
	r.comes(second, "")
	if len(r.Sink.To(stolen.Recipients[0])) > 0 {
		t.Error("recalled mail arrived")
	}
}

// journalSince counts the records of mail that came since a time.
func (s *site) journalSince(db *store.DB, since time.Time) (n int) {
	s.t.Helper()
	err := db.EachJudged(s.t.Context(), since.Add(-time.Second), func(*ledger.Judged) error {
		n++
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

type recalling struct{ *site }

// answer sets the sink's reply to a mail's recipients.
func (r *recalling) answer(m *company.Mail, reply string) {
	for _, rcpt := range m.Recipients {
		r.Sink.Answer(rcpt[strings.LastIndexByte(rcpt, '@')+1:], reply)
	}
}

// comes waits until a mail is in a queue, "" for none.
func (r *recalling) comes(id, queue string) {
	r.t.Helper()
	q := &quarantine.Queue{ConfigDir: r.Config}
	wait(r.t, fmt.Sprintf("mail %s in queue %q", id, queue), func() bool {
		list, err := q.List(r.t.Context(), func(m quarantine.Queued) bool { return m.ID == id })
		return err == nil && list[id].Queue == queue
	})
}

// thresholds writes the configuration anew.
func (r *recalling) thresholds(delay, hold int) {
	r.t.Helper()
	data, err := os.ReadFile(r.config)
	if err != nil {
		r.t.Fatal(err)
	}
	text := strings.NewReplacer("delay = 80", fmt.Sprintf("delay = %d", delay),
		"hold = 90", fmt.Sprintf("hold = %d", hold)).Replace(string(data))
	if err := os.WriteFile(r.config, []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}
