package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/freeport"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/quarantine"
)

// The first MTA as the second believes it.
const firstMTA = `
[[identity.relay]]
name = "first"
certificate = "mail.example.jp"
domains = ["example.jp"]
account = ["mail_from"]
client = ["received"]
`

// TestMTAsInARow: two MTAs of a house ask the same hisseki. Each mail is judged once, a released
// one is not held again at the second, and what waits there is recalled there.
func TestMTAsInARow(t *testing.T) {
	t.Parallel()
	keys := newAuthority(t)
	files := func(name string) map[string]string {
		return map[string]string{"ca.pem": string(keys.pem), "own.pem": keys.issue(t, name).pem}
	}
	past, ordinary, theft := plot()
	// The second is there first: the first must know its port.
	listen := freeport.Address(t)
	second := mta.Start(t, mta.Options{Host: "mx2.example.jp", Milters: []string{"inet:" + listen}, Files: files("mx2.example.jp"),
		Main: []string{"smtpd_tls_security_level = may", "smtpd_tls_chain_files = $DIR/own.pem",
			"smtpd_tls_CAfile = $DIR/ca.pem", "smtpd_tls_ask_ccert = yes"}})
	r := &recalling{site: newSite(t, siteOptions{delay: 80, hold: 90, delayFor: time.Hour, listen: listen, settings: firstMTA,
		files: files("mail.example.jp"), postfix: []string{"relayhost = [127.0.0.1]:" + port(second.App),
			"smtp_tls_security_level = encrypt", "smtp_tls_chain_files = $DIR/own.pem", "smtp_tls_CAfile = $DIR/ca.pem"}})}
	r.learn(past)
	r.startServe()
	r.startAgent()
	agentOf(r.site, second)
	r.serve.says(0, "the agent is alive")
	db := r.store()
	arrives := func(m *company.Mail) {
		t.Helper()
		second.Sink.Wait(t, time.Minute, "mail of "+m.Login, func(all []mta.Mail) bool {
			return slices.ContainsFunc(all, func(got mta.Mail) bool { return bytes.HasSuffix(got.Data, m.Message) })
		})
	}

	sent := time.Now()
	i := slices.IndexFunc(ordinary, func(m company.Mail) bool { return m.Login != company.Victim })
	passed, held := ordinary[i], ordinary[i+1+slices.IndexFunc(ordinary[i+1:], func(m company.Mail) bool { return m.Login != company.Victim })]
	r.send(&passed)
	arrives(&passed)
	r.hisseki("sender", "hold", held.Login, "--until", "12h", "--reason", "a test")
	r.comes(r.send(&held), "hold")
	r.hisseki("quarantine", "release", "--yes", "H1")
	arrives(&held)
	if n := r.journalSince(db, sent); n != 2 {
		t.Errorf("%d records of two mails", n)
	}
	if n := strings.Count(r.serve.said(), "comes again, judged before"); n != 2 {
		t.Errorf("%d mails came again", n)
	}
	wait(t, "the fate", func() bool {
		fates, err := db.Fates(t.Context(), r.holds(db, ledger.HoldFilter{})[0].Record.ID)
		return err == nil && len(fates) > 0 && !slices.ContainsFunc(fates, func(f ledger.RecipientFate) bool {
			return f.Fate != ledger.FateDelivered
		})
	})

	// Waiting at the second when the attack shows.
	stolen := theft[0]
	for _, to := range stolen.Recipients {
		second.Sink.Answer(to[strings.LastIndexByte(to, '@')+1:], "450 4.2.0 try later")
	}
	r.send(&stolen)
	at := func(queue string) {
		t.Helper()
		q := &quarantine.Queue{ConfigDir: second.Config}
		wait(t, "the stolen mail in the second's queue "+queue, func() bool {
			list, err := q.List(t.Context(), func(quarantine.Queued) bool { return true })
			for _, m := range list {
				if m.Queue == queue {
					return true
				}
			}
			return err == nil && queue == "" && len(list) == 0
		})
	}
	at("deferred")
	r.serve.kill()
	r.thresholds(5, 8)
	r.startServe()
	r.serve.says(0, "the agent is alive")
	r.send(&theft[3])
	at("hold")
	r.hisseki("incident", "confirm", "--sender", stolen.Login, "--yes", "--at-once", "--reason", "a test")
	at("")
	if len(second.Sink.To(stolen.Recipients[0])) > 0 {
		t.Error("recalled mail arrived")
	}
}

// agentOf starts the agent of another Postfix, as hisseki-agent@.service does.
func agentOf(s *site, in *mta.Instance) {
	s.t.Helper()
	text, err := os.ReadFile(s.config)
	if err != nil {
		s.t.Fatal(err)
	}
	config := strings.NewReplacer(s.Config, in.Config, s.Dir+"/mail.log", in.Dir+"/mail.log").Replace(string(text))
	file := filepath.Join(s.dir, "second.toml")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		s.t.Fatal(err)
	}
	p := spawn(s.t, filepath.Join(s.dir, "agent2.log"), 0, 0, "agent", "--config", file)
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("the second agent's log:\n%s", p.said())
		}
	})
}
