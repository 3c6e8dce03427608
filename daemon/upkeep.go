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
)

// stepWithin is how long a step of upkeep may take: saving ten thousand profiles on a slow
// disk takes some seconds.
const stepWithin = time.Minute

// upkeep does the regular work until ctx ends. An error says that the store is lost.
func (d *Serve) upkeep(ctx context.Context, reload <-chan os.Signal) error {
	apply, save := time.NewTicker(applyEvery), time.NewTicker(saveEvery)
	defer apply.Stop()
	defer save.Stop()
	status := statusNotifier(d.Log)
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
			d.watchAgents(ctx)
			d.recalibrate(ctx)
			d.report(ctx, "mail that was not judged is not recorded", d.unjudged.retry(ctx))
			err := d.core.Load().Apply(ctx)
			d.report(ctx, "others' lessons not applied", err)
			if err == nil {
				d.watch.expect(stepWithin)
				status(d.statusLine())
			}
		case <-save.C:
			d.report(ctx, "profiles not saved", d.core.Load().Save(ctx))
		}
	}
}
