package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/hook"
	"hisseki/internal/config"
	"hisseki/milter"
	"hisseki/store"
)

// staleAfter is how old an agent's heartbeat may be. The agent beats at least every 10 s.
const staleAfter = 30 * time.Second

// How often serve looks after itself.
const (
	applyEvery = time.Second
	saveEvery  = time.Minute
	purgeEvery = time.Hour
)

// daemonState is what a running serve consists of. What a reload exchanges is atomic.
type daemonState struct {
	flags    serveFlags
	cmd      *cobra.Command
	cfg      config.Config
	clock    func() time.Time // of mail
	level    slog.LevelVar
	log      *slog.Logger
	db       *store.DB
	core     atomic.Pointer[analyzer.Analyzer]
	identity atomic.Pointer[milter.Identity]
	places   *places
	lines    analyzer.Thresholds // as configured or calibrated
	agent    atomic.Bool         // somebody ends delays
	told     bool                // the first state of the agent was logged
	watch    *watch
	purged   clocks // when old mail was last purged

	endWebhooks context.CancelFunc
	webhooks    <-chan struct{} // closed when those of endWebhooks have ended
}

// Judge implements milter.Judge.
func (d *daemonState) Judge(ctx context.Context, m *analyzer.Mail) (analyzer.Verdict, error) {
	// The alert to the postmaster tells of blocked links and must not wait for him.
	if id := hook.OwnMessageID(m); id != "" {
		own, err := d.db.TakeOwnMail(ctx, id, m.Recipients)
		if err == nil && own {
			d.log.Info("own mail let pass", "queue_id", m.QueueID, "message_id", id)
			return analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass}, nil
		}
		d.report("own mail not recognised", err)
	}
	begun := time.Now()
	r, err := d.core.Load().Judge(ctx, m, analyzer.Conditions{CanDelay: d.agent.Load()})
	if err != nil {
		return analyzer.Verdict{}, err
	}
	d.watch.verdict(r, time.Since(begun))
	return r.Verdict, nil
}

// use puts settings to work. Judgements under way end with the old ones. The files of
// the old places stay open: a judgement may still look something up in them, and a
// reload is rare.
func (d *daemonState) use(ctx context.Context, cfg config.Config, p *places) error {
	ac, err := analyzerConfig(ctx, cfg, d.db, p)
	if err != nil {
		return err
	}
	ac.Alarm = true
	memory, err := newSealing(cfg.Privacy, d.db, d.log)
	if err != nil {
		return err
	}
	hooks, err := webhooks(cfg.Hooks)
	if err != nil {
		return err
	}
	if err := d.db.SetHooks(ctx, hookNames(cfg.Hooks)); err != nil {
		return err
	}
	if old := d.core.Load(); old != nil {
		// A profile is a fold of lessons that are kept: a full disk must not keep an
		// admin from changing the mode.
		d.report("profiles not saved", old.Save(ctx))
	}
	d.places, d.lines = p, ac.Thresholds
	d.core.Store(analyzer.New(ac, memory))
	d.identity.Store(identity(cfg))
	d.watch.budget.Store(&cfg.Budget)
	d.watch.worked.Store(time.Now().Unix())
	setLevel(&d.level, cfg.Log.Level)
	if d.endWebhooks != nil {
		d.endWebhooks() // a run under way ends by itself, nobody else is told its event
	}
	ctx, d.endWebhooks = context.WithCancel(ctx)
	d.webhooks = startWebhooks(ctx, hooks, d.db, d.log)
	return nil
}

// recalibrate takes up thresholds that calibrate set since.
func (d *daemonState) recalibrate(ctx context.Context) {
	lines, err := thresholds(ctx, d.cfg, d.db)
	if err == nil && lines != d.lines {
		if err = d.use(ctx, d.cfg, d.places); err == nil {
			d.log.Info("calibrated thresholds taken up", "hold", lines.Hold, "sum", lines.Sum,
				"delay", lines.Delay)
		}
	}
	d.report("calibrated thresholds not taken up", err)
}

// reload reads the configuration again. On any error the old one stays.
func (d *daemonState) reload(ctx context.Context) {
	notify(d.log, daemon.SdNotifyReloading+"\n"+daemon.SdNotifyMonotonicUsec())
	defer notify(d.log, daemon.SdNotifyReady)
	cfg, err := d.flags.load(d.cmd)
	if err != nil {
		d.log.Error("configuration not reloaded, the old one stays", "error", err)
		return
	}
	p, err := openPlaces(cfg.Places)
	if err == nil {
		err = d.use(ctx, cfg, p)
	}
	if err != nil {
		d.log.Error("configuration not reloaded, the old one stays", "error", err)
		return
	}
	if cfg.Milter != d.cfg.Milter || cfg.Database != d.cfg.Database ||
		cfg.Log.Format != d.cfg.Log.Format || cfg.Metrics != d.cfg.Metrics {
		d.log.Warn("changes of milter, database, metrics and log.format need a restart")
	}
	d.cfg = cfg
	d.log.Info("configuration reloaded", "mode", cfg.Mode)
}

// upkeep does the regular work until ctx ends. An error says that the store is lost.
func (d *daemonState) upkeep(ctx context.Context, reload <-chan os.Signal) error {
	apply, save := time.NewTicker(applyEvery), time.NewTicker(saveEvery)
	purge := time.NewTicker(purgeEvery)
	defer apply.Stop()
	defer save.Stop()
	defer purge.Stop()
	alive, status := watchdog(d.log), statusNotifier(d.log)
	d.purged = readClocks()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-reload:
			d.reload(ctx)
		case <-apply.C:
			if err := d.db.Lost(); err != nil {
				d.log.Error("the database is lost, stopping", "error", err)
				return err
			}
			d.watchAgent(ctx)
			d.recalibrate(ctx)
			err := d.core.Load().Apply(ctx)
			d.report("others' lessons not applied", err)
			if err == nil {
				d.watch.worked.Store(time.Now().Unix())
				alive()
				status(d.statusLine())
			}
		case <-save.C:
			d.report("profiles not saved", d.core.Load().Save(ctx))
		case <-purge.C:
			d.purge(ctx)
		}
	}
}

// maxJump is how far the clock may be set between two purges. A clock that runs ahead
// would have everything forgotten.
const maxJump = time.Hour

// clocks are the machine's two: one that can be set, and one that only runs.
type clocks struct{ set, runs time.Time }

func readClocks() clocks {
	now := time.Now()
	return clocks{now.Round(0), now}
}

// jump is how far the clock was set between two readings.
func (c clocks) jump(later clocks) time.Duration {
	return later.set.Sub(c.set) - later.runs.Sub(c.runs)
}

// purge forgets what is older than the retention. Profiles are saved first, so that
// little is left for the store to fold in.
func (d *daemonState) purge(ctx context.Context) {
	now := readClocks()
	by := d.purged.jump(now)
	d.purged = now
	if by.Abs() > maxJump {
		d.log.Warn("the clock was set: old mail is purged in an hour", "by", by,
			"hint", "set the clock right before then")
		return
	}
	if err := d.core.Load().Save(ctx); err != nil {
		d.report("profiles not saved", err)
		return
	}
	ended, err := d.db.EndPassed(ctx, d.clock())
	d.report("incidents of mode observe not ended", err) // and purge what can be purged
	if ended > 0 {
		d.log.Info("incidents of mode observe ended", "incidents", ended)
	}
	p, err := d.db.Purge(ctx, d.clock(), time.Duration(d.cfg.Privacy.Journal))
	if err != nil {
		d.report("old mail not purged", err)
		return
	}
	d.log.Info("old mail purged", "mails", p.Mails, "excerpts", p.Excerpts)
}

// statusLine is what systemctl status shows.
func (d *daemonState) statusLine() string {
	c, agent := d.watch.counted, "the agent is alive"
	if !d.agent.Load() {
		agent = "no sign of the agent, nothing is delayed"
	}
	return fmt.Sprintf("mode %s: %d passed, %d delayed, %d held, %d not judged; %s", d.cfg.Mode,
		c.Passed.Load(), c.Delayed.Load(), c.Held.Load(), c.Failures(), agent)
}

// statusNotifier returns what tells systemd how things stand, when that has changed.
func statusNotifier(log *slog.Logger) func(string) {
	last := ""
	return func(line string) {
		if line != last {
			last = line
			notify(log, "STATUS="+line)
		}
	}
}

// report logs an error that the next round may not have.
func (d *daemonState) report(message string, err error) {
	if err != nil && d.cmd.Context().Err() == nil {
		d.log.Error(message, "error", err)
	}
}

// watchAgent looks at the agent's heartbeat and logs a change once.
func (d *daemonState) watchAgent(ctx context.Context) {
	seen, err := d.db.AgentSeen(ctx)
	d.report("agent's heartbeat not read", err)
	// A heartbeat from the future is none: the clock was set back since.
	ok := err == nil && time.Since(seen).Abs() <= staleAfter
	if d.agent.Swap(ok) == ok && d.told {
		return
	}
	d.told = true
	if ok {
		d.log.Info("the agent is alive: mail may be delayed")
		return
	}
	d.log.Warn("no sign of the agent: nothing is delayed, holds are still made",
		"seen", seen, "hint", "start hisseki agent as root")
}

// watchdog returns what tells systemd that the process is well, at most twice per
// watchdog time.
func watchdog(log *slog.Logger) func() {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		return func() {}
	}
	var last time.Time
	return func() {
		if time.Since(last) >= every/2 {
			last = time.Now()
			notify(log, daemon.SdNotifyWatchdog)
		}
	}
}
