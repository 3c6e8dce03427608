package daemon

import (
	"context"
	"os"
	"time"
)

// How often serve looks after itself.
const (
	applyEvery = time.Second
	saveEvery  = time.Minute
	purgeEvery = time.Hour
)

// upkeep does the regular work until ctx ends. An error says that the store is lost.
func (d *Serve) upkeep(ctx context.Context, reload <-chan os.Signal) error {
	apply, save := time.NewTicker(applyEvery), time.NewTicker(saveEvery)
	purge := time.NewTicker(purgeEvery)
	defer apply.Stop()
	defer save.Stop()
	defer purge.Stop()
	alive, status := watchdog(d.Log), statusNotifier(d.Log)
	d.purged = readClocks()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-reload:
			d.reload(ctx)
		case <-apply.C:
			if err := d.db.Lost(); err != nil {
				d.Log.Error("the database is lost, stopping", "error", err)
				return err
			}
			d.watchAgent(ctx)
			d.recalibrate(ctx)
			err := d.core.Load().Apply(ctx)
			d.report(ctx, "others' lessons not applied", err)
			if err == nil {
				d.watch.worked.Store(time.Now().Unix())
				alive()
				status(d.statusLine())
			}
		case <-save.C:
			d.report(ctx, "profiles not saved", d.core.Load().Save(ctx))
		case <-purge.C:
			d.purge(ctx)
		}
	}
}

// watchAgent looks at the agent's heartbeat and logs a change once.
func (d *Serve) watchAgent(ctx context.Context) {
	seen, err := d.db.AgentSeen(ctx)
	d.report(ctx, "agent's heartbeat not read", err)
	// A heartbeat from the future is none: the clock was set back since.
	ok := err == nil && time.Since(seen).Abs() <= StaleAfter
	if d.agent.Swap(ok) == ok && d.told {
		return
	}
	d.told = true
	if ok {
		d.Log.Info("the agent is alive: mail may be delayed")
		return
	}
	d.Log.Warn("no sign of the agent: nothing is delayed, holds are still made",
		"seen", seen, "hint", "start hisseki agent as root")
}
