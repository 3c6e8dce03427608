package daemon

import (
	"context"
	"time"
)

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

// purgeLoop purges until ctx ends, on its own goroutine: a purge may take hours, and nothing
// waits for it.
func (d *Serve) purgeLoop(ctx context.Context) {
	tick := time.NewTicker(d.PurgeEvery)
	defer tick.Stop()
	d.purged = readClocks()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			d.purge(ctx)
		}
	}
}

// purge forgets what is older than the retention. Profiles are saved first, so that
// little is left for the store to fold in.
func (d *Serve) purge(ctx context.Context) {
	now := readClocks()
	by := d.purged.jump(now)
	d.purged = now
	if by.Abs() > maxJump {
		d.Log.Warn("the clock was set: old mail is purged in an hour", "by", by,
			"hint", "set the clock right before then")
		return
	}
	if err := d.core.Load().Save(ctx); err != nil {
		d.report(ctx, "profiles not saved", err)
		return
	}
	ended, err := d.db.EndPassed(ctx, d.Clock())
	d.report(ctx, "incidents of mode observe not ended", err) // and purge what can be purged
	if ended > 0 {
		d.Log.Info("incidents of mode observe ended", "incidents", ended)
	}
	keep := time.Duration(d.settings.Load().Privacy.Journal)
	p, err := d.db.Purge(ctx, d.Clock(), keep)
	d.report(ctx, "old mail not purged", err)
	if err == nil {
		d.report(ctx, "profiles not settled", d.core.Load().Settle(ctx, p.Oldest))
	}
	d.Log.Info("old mail purged", "mails", p.Mails, "excerpts", p.Excerpts,
		"took", time.Since(now.runs).Round(time.Millisecond))
}
