package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"

	"hisseki/analyzer"
	"hisseki/daemon/spool"
	"hisseki/hook"
	"hisseki/identity"
	"hisseki/internal/config"
	"hisseki/milter"
)

// Serve is a running milter. Make it with NewServe.
type Serve struct {
	ServeOptions
	settings atomic.Pointer[config.Config]
	db       ServeStore
	core     atomic.Pointer[analyzer.Analyzer]
	identity atomic.Pointer[identity.Identity]
	agents   agents
	unjudged *unjudged
	watch    *watch

	// Of upkeep.
	places analyzer.Locator
	lines  analyzer.Thresholds // as configured or calibrated

	// Of the purge.
	purged clocks // when old mail was last purged

	endWebhooks context.CancelFunc
	webhooks    <-chan struct{} // closed when those of endWebhooks have ended
}

// ServeOptions are what a Serve is made of.
type ServeOptions struct {
	// Load reads the configuration, at every reload again.
	Load    func() (config.Config, error)
	Clock   func() time.Time // of mail, never of a deadline
	Log     *slog.Logger
	Level   *slog.LevelVar // of Log; follows the configuration
	Version string         // of the program

	PurgeEvery time.Duration // between two purges of old mail; 0 means an hour
}

// NewServe returns a Serve that is not running yet.
func NewServe(o ServeOptions) *Serve {
	if o.PurgeEvery == 0 {
		o.PurgeEvery = time.Hour
	}
	return &Serve{ServeOptions: o, watch: newWatch(o.Version)}
}

// Committed counts a commit of the store: how many writes shared it and how long it took.
func (d *Serve) Committed(writes int, took time.Duration) { d.watch.metrics.Commit(writes, took) }

// Panicked counts a write to the store that failed by a panic, as a bug.
func (d *Serve) Panicked() { d.watch.counted.Bugs.Add(1) }

// Run serves until ctx ends or the store is lost, then drains. SIGHUP reloads. cfg is what
// Load returned last, and db the open store that it names, which stays the caller's.
func (d *Serve) Run(ctx context.Context, cfg config.Config, db ServeStore) error {
	defer collectSeldom()()
	defer spareThreads()()
	d.db, d.watch.db = db, db
	waiting, err := spool.Open(cfg.SpoolFolder(), int64(cfg.Milter.KeepUnjudged))
	d.report(ctx, "mail that is not judged will not be judged later", err)
	d.unjudged = &unjudged{db: db, spool: waiting, text: func() bool { return !d.settings.Load().Privacy.NoText }}
	d.settings.Store(&cfg)
	if err := d.use(ctx, cfg); err != nil {
		return err
	}
	defer func() { d.endWebhooks() }()
	ln, err := listen(cfg.Milter)
	if err != nil {
		return err
	}
	return d.serve(ctx, ln)
}

func listen(m config.Milter) (net.Listener, error) {
	address := m.Listen.String()
	if m.Listen.Network == "systemd" {
		address = ""
	}
	ln, err := milter.Socket{Address: address, Mode: fs.FileMode(m.SocketMode),
		Group: m.SocketGroup}.Listen()
	if err != nil && address == "" {
		err = fmt.Errorf("%w: systemd handed over no socket, is hisseki.socket enabled?", err)
	}
	return ln, err
}

func (d *Serve) serve(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cfg := d.settings.Load()
	srv := d.milter(cfg.Milter)
	hide, err := d.show(cfg.Metrics.Listen)
	if err != nil {
		return err
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	d.watchAgents(ctx)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, ln) }()
	d.watch.serving.Store(true)
	d.Log.Info("serving", "listen", ln.Addr().String(), "mode", cfg.Mode,
		"database", cfg.Database, "version", d.Version)
	notify(d.Log, daemon.SdNotifyReady)
	lost := d.look(ctx, cancel, reload)
	notify(d.Log, daemon.SdNotifyStopping)
	d.watch.serving.Store(false)
	// ctx has ended: what is left to do must not depend on it.
	err = d.end(context.WithoutCancel(ctx), func(drain context.Context) error {
		return errors.Join(<-served, srv.Shutdown(drain))
	}, hide)
	if lost != nil { // whoever starts us again finds everything there
		err = errors.Join(err, lost, d.db.Rescue(context.WithoutCancel(ctx)))
	}
	d.Log.Info("stopped")
	return err
}

// look looks after serve until ctx ends, which it does itself when the store is lost: that is
// its error. Upkeep, purge and watchdog wait for each other nowhere: a purge may take hours.
func (d *Serve) look(ctx context.Context, cancel func(), reload <-chan os.Signal) error {
	d.watch.expect(stepWithin)
	expect(&d.watch.signs.writer, askWithin)
	var beside sync.WaitGroup
	beside.Go(func() { d.purgeLoop(ctx) })
	beside.Go(func() { d.askWriter(ctx) })
	beside.Go(func() { d.watchdog(ctx) })
	beside.Go(func() { d.judgeLate(ctx) })
	beside.Go(func() { d.hearOthers(ctx) })
	err := d.upkeep(ctx, reload)
	cancel()
	beside.Wait()
	return err
}

// hearOthers takes in what other hosts' nodes judge, so that an account's mail over several hosts is
// looked at as one.
func (d *Serve) hearOthers(ctx context.Context) {
	d.db.Others(ctx, func(list []analyzer.Elsewhere) {
		d.core.Load().Heard(list)
		d.watch.heard(len(list))
	}, func(err error) { d.report(ctx, "other hosts' mail not taken in", err) })
}

func (d *Serve) milter(m config.Milter) *milter.Server {
	return milter.New(milter.Config{
		Judge: d, Identity: d.identity.Load, Log: d.Log, Now: d.Clock,
		HeaderBytes: int(m.MaxHeader), BodyBytes: int(m.MaxBody),
		InFlightBytes: int64(m.MaxInFlight), Connections: int(m.MaxConnections),
		Budget: time.Duration(m.Budget), OnFailure: analyzer.Action(m.Failure),
		Counters: d.watch.counted, Unjudged: d.unjudged.keep,
	})
}

// end lets mails in flight and webhooks finish, then saves what was learned.
func (d *Serve) end(ctx context.Context, finish, hide func(context.Context) error) error {
	drain, cancel := context.WithTimeout(ctx, time.Duration(d.settings.Load().Milter.Drain))
	defer cancel()
	err := finish(drain)
	select {
	case <-d.webhooks:
	case <-drain.Done(): // what is not noted as told is told again
	}
	d.report(ctx, "mail that was not judged is not recorded", d.unjudged.last(ctx))
	return errors.Join(err, d.core.Load().Save(ctx), hide(drain))
}

// Judge implements milter.Judge.
func (d *Serve) Judge(ctx context.Context, m *analyzer.Mail) (analyzer.Verdict, error) {
	if d.own(ctx, m) || d.returned(ctx, m) {
		return analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass}, nil
	}
	begun := time.Now()
	r, err := d.core.Load().Judge(ctx, m, analyzer.Conditions{CanDelay: d.agents.canDelay(m.Host),
		Decided: func() { milter.TurnOver(ctx) }, Read: reader(ctx, m)})
	if err != nil {
		return analyzer.Verdict{}, err
	}
	d.watch.verdict(r, time.Since(begun))
	return r.Verdict, nil
}

// own says whether a mail is the alert to the postmaster: it names blocked links and must not wait
// for him.
func (d *Serve) own(ctx context.Context, m *analyzer.Mail) bool {
	id := hook.OwnMessageID(m)
	if id == "" {
		return false
	}
	own, err := d.db.TakeOwnMail(ctx, id, m.Recipients)
	if err == nil && own {
		d.Log.Info("own mail let pass", "queue_id", m.QueueID, "message_id", id)
	}
	d.report(ctx, "own mail not recognised", err)
	return err == nil && own
}

// report logs an error that the next round may not have. That a database does not answer the store
// has said itself, once for all that fails until it does.
func (d *Serve) report(ctx context.Context, message string, err error) {
	var known interface{ Away() bool }
	if err != nil && ctx.Err() == nil && !errors.As(err, &known) {
		d.Log.Error(message, "error", err)
	}
}

var _ milter.Judge = (*Serve)(nil)
