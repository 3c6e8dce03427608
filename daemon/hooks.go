package daemon

import (
	"context"
	"crypto/rand"
	"log/slog"
	"strings"
	"sync"
	"time"

	"hisseki/hook"
	"hisseki/internal/config"
	"hisseki/internal/wiring"
	"hisseki/ledger"
)

// postman writes to the postmaster; nil when nobody is named.
func postman(cfg config.Config, db AgentStore, log *slog.Logger) *hook.Postman {
	m := cfg.Hooks.Mail
	if len(m.To) == 0 {
		return nil
	}
	p := &hook.Postman{Alerts: alertsOf{db}, From: m.From, To: m.To, Language: string(m.Language),
		Sendmail: []string{m.Sendmail}, Every: time.Duration(m.Every), Log: log, Now: time.Now,
		Rand: rand.Reader, Page: strings.TrimRight(cfg.Web.URL, "/")}
	if p.From == "" {
		p.From = m.To[0]
	}
	if cfg.Agent.PostfixConfig != "" {
		p.Sendmail = append(p.Sendmail, "-C", cfg.Agent.PostfixConfig)
	}
	return p
}

// agentHooks are those that the agent runs: commands and mail need rights that serve has not.
type agentHooks struct {
	commands hook.Dispatcher
	mail     *hook.Postman
}

func newAgentHooks(ctx context.Context, cfg config.Config, db AgentStore, signed ledger.Verifier,
	gate *commandGate, log *slog.Logger) (*agentHooks, error) {
	h := &agentHooks{mail: postman(cfg, db, log), commands: hook.Dispatcher{Store: eventsOf{db, signed},
		Hooks: wiring.CommandHooks(cfg.Hooks), Log: log, Now: time.Now, Allow: gate.allow}}
	asks, err := wiring.AskHooks(cfg, db.Questions(), rand.Reader)
	if err != nil {
		return nil, err
	}
	h.commands.Hooks = append(h.commands.Hooks, asks...)
	for _, name := range wiring.HookNames(cfg.Hooks) {
		known, err := db.HookKnown(ctx, name)
		if err != nil {
			return nil, err
		}
		if !known {
			log.Warn("a hook gets no events before serve knows it", "hook", name,
				"hint", "start serve, or reload it, with the same configuration")
		}
	}
	return h, nil
}

// run notifies until ctx ends and the last run has ended.
func (h *agentHooks) run(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { h.commands.Run(ctx) })
	if h.mail != nil {
		wg.Go(func() { h.mail.Run(ctx) })
	}
	wg.Wait()
}

// once notifies of what is due now.
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
func startWebhooks(ctx context.Context, hooks []hook.Hook, db HookStore, log *slog.Logger,
) <-chan struct{} {
	d := hook.Dispatcher{Store: eventsOf{db, nil}, Hooks: hooks, Log: log, Now: time.Now}
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.Run(ctx)
	}()
	return done
}
