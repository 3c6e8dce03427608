package daemon

import (
	"context"

	"github.com/coreos/go-systemd/v22/daemon"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/internal/places"
	"hisseki/internal/wiring"
)

// use puts settings to work. Judgements under way end with the old ones. The files of
// the old places stay in memory: a judgement may still look something up in them, and a
// reload is rare.
func (d *Serve) use(ctx context.Context, cfg config.Config) error {
	p, err := places.Open(cfg.Places)
	if err != nil {
		return err
	}
	if err := d.apply(ctx, cfg, p); err != nil {
		return err
	}
	for _, doubt := range cfg.Doubts() {
		d.Log.Warn("a setting lets somebody be taken for another", "setting", doubt)
	}
	return nil
}

// apply is use with places that are open.
func (d *Serve) apply(ctx context.Context, cfg config.Config, locate analyzer.Locator) error {
	ac, err := wiring.Analyzer(ctx, cfg, d.db, locate)
	if err != nil {
		return err
	}
	ac.Alarm = true
	recipient, err := wiring.SealRecipient(cfg.Privacy)
	if err != nil {
		return err
	}
	hooks, err := wiring.Webhooks(cfg.Hooks)
	if err != nil {
		return err
	}
	if err := d.db.SetHooks(ctx, wiring.HookNames(cfg.Hooks)); err != nil {
		return err
	}
	if err := d.judgeBy(ctx, ac, Sealing{To: d.db, Recipient: recipient, Log: d.Log}); err != nil {
		return err
	}
	d.places, d.lines = locate, ac.Thresholds
	d.identity.Store(wiring.Identity(cfg))
	d.watch.budget.Store(&cfg.Budget)
	SetLevel(d.Level, cfg.Log.Level)
	if d.endWebhooks != nil {
		d.endWebhooks() // a run under way ends by itself, nobody else is told its event
	}
	ctx, d.endWebhooks = context.WithCancel(ctx)
	d.webhooks = startWebhooks(ctx, hooks, d.db, d.Log)
	return nil
}

// judgeBy makes the analyzer, loaded before the first mail, or has the one that is there go
// on with other settings: what it knows of senders and campaigns stays.
func (d *Serve) judgeBy(ctx context.Context, ac analyzer.Config, memory analyzer.Memory) error {
	if core := d.core.Load(); core != nil {
		return core.Configure(ctx, ac, memory)
	}
	core := analyzer.New(ac, memory)
	if err := core.Load(ctx); err != nil {
		return err
	}
	d.core.Store(core)
	return nil
}

// recalibrate takes up thresholds that calibrate set since.
func (d *Serve) recalibrate(ctx context.Context) {
	cfg := *d.settings.Load()
	lines, err := wiring.Thresholds(ctx, cfg, d.db)
	if err == nil && lines != d.lines {
		if err = d.apply(ctx, cfg, d.places); err == nil {
			d.Log.Info("calibrated thresholds taken up", "hold", lines.Hold, "sum", lines.Sum,
				"delay", lines.Delay)
		}
	}
	d.report(ctx, "calibrated thresholds not taken up", err)
}

// reload reads the configuration again. On any error the old one stays.
func (d *Serve) reload(ctx context.Context) {
	notify(d.Log, daemon.SdNotifyReloading+"\n"+daemon.SdNotifyMonotonicUsec())
	defer notify(d.Log, daemon.SdNotifyReady)
	cfg, err := d.Load()
	if err == nil {
		err = d.use(ctx, cfg)
	}
	if err != nil {
		d.report(ctx, "configuration not reloaded, the old one stays", err)
		return
	}
	old := d.settings.Swap(&cfg)
	if cfg.Milter != old.Milter || cfg.Database != old.Database ||
		cfg.Log.Format != old.Log.Format || cfg.Metrics != old.Metrics {
		d.Log.Warn("changes of milter, database, metrics and log.format need a restart")
	}
	d.Log.Info("configuration reloaded", "mode", cfg.Mode)
}
