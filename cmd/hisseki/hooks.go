package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"hisseki/hook"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/store"
)

// How long a run may take, and how long an event is worth telling. A command acts on this
// machine and fails for good when it fails for an hour; a server may be down over a week
// end.
const (
	commandTimeout = 30 * time.Second
	commandWithin  = time.Hour
	webhookTimeout = 10 * time.Second
	webhookWithin  = 3 * 24 * time.Hour
)

// hookNames are the hooks of the settings, whoever runs them.
func hookNames(h config.Hooks) []string {
	var names []string
	for i := range h.Command {
		names = append(names, h.Command[i].Name)
	}
	for i := range h.Webhook {
		names = append(names, h.Webhook[i].Name)
	}
	if len(h.Mail.To) > 0 {
		names = append(names, hook.MailName)
	}
	return names
}

// commandHooks are those that the agent runs.
func commandHooks(h config.Hooks) []hook.Hook {
	var out []hook.Hook
	for i := range h.Command {
		c := &h.Command[i]
		out = append(out, hook.Hook{Name: c.Name, On: c.On, Acts: true, Within: commandWithin,
			Timeout: orDefault(c.Timeout, commandTimeout),
			Teller:  &hook.Command{Args: c.Run, User: c.User}})
	}
	return out
}

// webhooks are those that serve posts to.
func webhooks(h config.Hooks) ([]hook.Hook, error) {
	var out []hook.Hook
	for i := range h.Webhook {
		w := &h.Webhook[i]
		secret := w.SecretFile
		if w.SecretCredential != "" {
			dir := os.Getenv("CREDENTIALS_DIRECTORY")
			if dir == "" {
				return nil, fmt.Errorf("hooks.webhook %s: systemd gave no credentials: add"+
					" LoadCredential=%s:FILE to hisseki.service", w.Name, w.SecretCredential)
			}
			secret = filepath.Join(dir, w.SecretCredential)
		}
		teller, err := hook.NewWebhook(w.URL, secret, w.CAFile, time.Now)
		if err != nil {
			return nil, fmt.Errorf("hooks.webhook %s: %w", w.Name, err)
		}
		out = append(out, hook.Hook{Name: w.Name, On: w.On, Within: webhookWithin,
			Timeout: orDefault(w.Timeout, webhookTimeout), Teller: teller})
	}
	return out, nil
}

func orDefault(d config.Duration, other time.Duration) time.Duration {
	if d == 0 {
		return other
	}
	return time.Duration(d)
}

// postman writes to the postmaster; nil when nobody is named.
func postman(cfg config.Config, db *store.DB, log *slog.Logger) *hook.Postman {
	m := cfg.Hooks.Mail
	if len(m.To) == 0 {
		return nil
	}
	p := &hook.Postman{Alerts: hookStore{db}, From: m.From, To: m.To, Language: string(m.Language),
		Sendmail: []string{m.Sendmail}, Every: time.Duration(m.Every), Log: log, Now: time.Now,
		Rand: rand.Reader}
	if p.From == "" {
		p.From = m.To[0]
	}
	if cfg.Agent.PostfixConfig != "" {
		p.Sendmail = append(p.Sendmail, "-C", cfg.Agent.PostfixConfig)
	}
	return p
}

// agentHooks are what the agent tells: commands and mail need rights that serve has not.
type agentHooks struct {
	commands hook.Dispatcher
	mail     *hook.Postman
}

func newAgentHooks(ctx context.Context, cfg config.Config, db *store.DB, log *slog.Logger) (
	*agentHooks, error) {
	h := &agentHooks{mail: postman(cfg, db, log), commands: hook.Dispatcher{Store: hookStore{db},
		Hooks: commandHooks(cfg.Hooks), Log: log, Now: time.Now}}
	for _, name := range hookNames(cfg.Hooks) {
		known, err := db.HookKnown(ctx, name)
		if err != nil {
			return nil, err
		}
		if !known {
			log.Warn("a hook is not told before serve knows it", "hook", name,
				"hint", "start serve, or reload it, with the same configuration")
		}
	}
	return h, nil
}

// run tells until ctx ends and the last run has ended.
func (h *agentHooks) run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { h.commands.Run(ctx) })
	if h.mail != nil {
		wg.Go(func() { h.mail.Run(ctx) })
	}
	wg.Wait()
}

// once tells what is due now.
func (h *agentHooks) once(ctx context.Context) error {
	if err := h.commands.Once(ctx); err != nil {
		return err
	}
	for more := h.mail != nil; more; {
		var err error
		if more, err = h.mail.Once(ctx); err != nil {
			return err
		}
	}
	return nil
}

// startWebhooks posts events until ctx ends. What it returns is closed when the last run
// has ended.
func startWebhooks(ctx context.Context, hooks []hook.Hook, db *store.DB, log *slog.Logger,
) <-chan struct{} {
	d := hook.Dispatcher{Store: hookStore{db}, Hooks: hooks, Log: log, Now: time.Now}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx)
	}()
	return done
}

// hookStore is the store in the hooks' words.
type hookStore struct{ *store.DB }

// Claim implements hook.Store.
func (s hookStore) Claim(ctx context.Context, name string, lease time.Duration) (
	*hook.Event, error) {
	e, err := s.ClaimEvent(ctx, name, lease)
	if err != nil || e == nil {
		return nil, err
	}
	b, err := s.Brief(ctx, e.Incident)
	if err != nil {
		return nil, err
	}
	return &hook.Event{Schema: 1, Kind: "incident", ID: e.ID, Event: string(e.Kind), Time: e.At,
		By: e.By, Reason: e.Reason, Run: e.Runs, Brief: briefOf(b), N: e.N, First: e.First}, nil
}

func briefOf(b *ledger.Brief) hook.Brief {
	out := hook.Brief{Incident: incidentName(b.ID), Case: fmt.Sprintf("C%d", b.Case), Sender: b.Sender,
		State: string(b.State), Opened: b.Opened, Holds: b.Holds, Waiting: b.Waiting, Passed: b.Passed,
		Last: b.Last, Recipients: b.Recipients, Domains: b.Domains, Hosts: append([]string{}, b.Hosts...),
		Evidence: []hook.Finding{}}
	for _, e := range b.Evidence {
		out.Evidence = append(out.Evidence, hook.Finding{Signal: string(e.Signal), Points: e.Points,
			Observed: e.Observed, Text: e.Text})
	}
	return out
}

// Retry implements hook.Store.
func (s hookStore) Retry(ctx context.Context, name string, e *hook.Event, r hook.Result,
	next time.Time) error {
	return s.RetryEvent(ctx, name, e.N, ledger.HookRun(r), next)
}

// Done implements hook.Store.
func (s hookStore) Done(ctx context.Context, name string, e *hook.Event, r hook.Result) error {
	run := ledger.HookRun(r)
	return s.EndEvent(ctx, name, e.N, &run, ledger.HookDone)
}

// Skip implements hook.Store.
func (s hookStore) Skip(ctx context.Context, name string, e *hook.Event) error {
	return s.EndEvent(ctx, name, e.N, nil, ledger.HookSkipped)
}

// GiveUp implements hook.Store.
func (s hookStore) GiveUp(ctx context.Context, name string, e *hook.Event, r hook.Result) error {
	run := ledger.HookRun(r)
	return s.EndEvent(ctx, name, e.N, &run, ledger.HookFailed)
}

// ClaimAlert implements hook.Alerts.
func (s hookStore) ClaimAlert(ctx context.Context, name string, every, lease time.Duration) (
	*hook.Alert, error) {
	a, err := s.DB.ClaimAlert(ctx, name, every, lease)
	if err != nil || a == nil {
		return nil, err
	}
	b, err := s.Brief(ctx, a.Incident)
	if err != nil {
		return nil, err
	}
	return &hook.Alert{FirstID: a.FirstID, Tries: a.Tries, N: a.Incident, Brief: briefOf(b)}, nil
}

// Expect implements hook.Alerts.
func (s hookStore) Expect(ctx context.Context, messageID string, to []string) error {
	return s.ExpectOwnMail(ctx, messageID, to)
}

// Sent implements hook.Alerts.
func (s hookStore) Sent(ctx context.Context, a *hook.Alert, messageID string) error {
	return s.AlertSent(ctx, &ledger.Brief{ID: a.N, State: ledger.IncidentState(a.Brief.State),
		Holds: a.Brief.Holds}, messageID)
}

// RetryAlert implements hook.Alerts.
func (s hookStore) RetryAlert(ctx context.Context, a *hook.Alert, cause error,
	next time.Time) error {
	return s.DB.RetryAlert(ctx, a.N, cause, next)
}

var (
	_ hook.Store  = hookStore{}
	_ hook.Alerts = hookStore{}
)
