package daemon

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"hisseki/internal/config"
	"hisseki/internal/wiring"
	"hisseki/maillog"
	"hisseki/proof"
	"hisseki/quarantine"
	"hisseki/signin"
	"hisseki/signing"
	"hisseki/store"
)

// Agent carries out decisions on one MTA host, follows its logs, and runs the hooks that
// need rights which serve has not.
type Agent struct {
	Config config.Config
	Store  AgentStore
	Host   string // as the MTA names itself
	Log    *slog.Logger

	// QueueOnly leaves logs and hooks to another agent: one reads a machine's logs.
	QueueOnly bool

	key    *signing.Key
	record *proof.Record
	queue  *quarantine.Agent
	hooks  *agentHooks
	gate   *commandGate
}

// prepare makes the agent's parts. Without the key and the record nothing is done at all: there
// is no heartbeat then, so serve delays no mail that nobody would let go.
func (a *Agent) prepare(ctx context.Context) (err error) {
	if err := a.own(ctx); err != nil {
		return err
	}
	mta := &quarantine.Queue{ConfigDir: a.Config.Agent.PostfixConfig}
	a.queue = &quarantine.Agent{Host: a.Host, Store: Tasks{a.Store, a.key}, MTA: mta, Log: a.Log,
		Now: time.Now, Proof: a.record}
	if !a.QueueOnly {
		a.gate = &commandGate{record: a.record, holds: a.Store.Holds, read: mta.Envelope,
			header: mta.Header, id: wiring.Identity(a.Config), log: a.Log, now: time.Now}
		a.hooks, err = newAgentHooks(ctx, a.Config, a.Store, a.key, a.gate, a.Log)
	}
	return err
}

// own opens what is the agent's alone. What was there before its first start is adopted.
func (a *Agent) own(ctx context.Context) (err error) {
	folder := wiring.KeyFolder(a.Config)
	if a.key, _, err = signing.Make(folder); err != nil {
		return err
	}
	if a.record, err = proof.Open(folder, a.Host); err != nil || a.QueueOnly || !a.record.New() {
		return err
	}
	n, err := a.Store.Adopt(ctx)
	if err != nil {
		return errors.Join(err, a.record.Close())
	}
	a.Log.Info("first start: what is there is taken for the reviewers' own", "folder", folder, "rules", n,
		"hint", "look at hisseki sender list, url list and habit list")
	return nil
}

// Once does one round of the queue's work and notifies of what is due.
func (a *Agent) Once(ctx context.Context) (err error) {
	if err := a.prepare(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.record.Close()) }()
	err = a.queue.Once(ctx)
	if a.hooks != nil {
		err = errors.Join(err, a.hooks.once(ctx), a.audit().once(ctx))
	}
	return err
}

// Run works until ctx ends or the store is lost.
func (a *Agent) Run(ctx context.Context) (err error) {
	if err := a.prepare(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.record.Close()) }()
	if a.gate != nil {
		a.gate.wait = 2*time.Duration(a.Config.Agent.Interval) + time.Second // it looks in its next round
	}
	interval := time.Duration(a.Config.Agent.Interval)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	// All beside the queue's work: a log or a hook that hangs delays no mail.
	var beside sync.WaitGroup
	beside.Go(func() { watchStore(ctx, a.Store, stop) })
	if a.hooks != nil {
		beside.Go(func() { a.follower().Run(ctx) })
		beside.Go(func() { a.signins().Run(ctx) })
		beside.Go(func() { a.hooks.run(ctx) })
		beside.Go(func() { a.audit().run(ctx) })
	}
	a.Log.Info("agent at work", "host", a.Host, "interval", interval)
	notify(a.Log, daemon.SdNotifyReady)
	err = a.queue.Run(ctx, interval)
	notify(a.Log, daemon.SdNotifyStopping)
	stop(nil)
	beside.Wait() // a hook's run that has begun is finished, or killed by its timeout
	if lost := context.Cause(ctx); errors.Is(lost, store.ErrLost) {
		return lost // serve writes it back; whoever starts us again finds it
	}
	return err
}

// audit compares the audit log and the rules with what was seen of them before.
func (a *Agent) audit() *auditWatch {
	return &auditWatch{store: a.Store, signed: a.key, record: a.record, log: a.Log, now: time.Now,
		every: auditEvery}
}

// follower reads this host's mail log as it grows.
func (a *Agent) follower() *maillog.Follower {
	return &maillog.Follower{
		Host: a.Host, Files: a.Config.Maillog.Files, Journald: a.Config.Maillog.Journald,
		Parser: &maillog.Parser{Normal: wiring.Identity(a.Config).Normal},
		Store:  heard{a.Store, a.record}, Log: a.Log, Now: time.Now,
	}
}

// signins reads the sign-in logs of providers as they grow.
func (a *Agent) signins() *signin.Follower {
	return &signin.Follower{Importer: wiring.Signin(a.Config, a.Store), Files: a.Config.Signin.Files, Log: a.Log,
		Now: time.Now}
}

// watchStore stops us when the store's file is deleted or replaced: what we would write
// is lost.
func watchStore(ctx context.Context, db interface{ Lost() error }, stop context.CancelCauseFunc) {
	tick := time.NewTicker(applyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := db.Lost(); err != nil {
			stop(err)
			return
		}
	}
}
