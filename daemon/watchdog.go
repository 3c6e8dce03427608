package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
)

// What systemd's watchdog is told, and so when it kills a serve that hangs. The process being
// there to tell is not enough; three signs must be, each of which stands still on its own
// when something waits for ever:
//
//   - upkeep has done its round: it reads the store, and takes the lock that judgements
//     share, so it stops when one of them never ends;
//   - the store's writer has answered, be it with an error: every record waits for it;
//   - judgements end, as long as there are any.
//
// A purge is not a sign: it may take hours, and mail does not wait for it. Nor is an error: a
// full disk or a foreign lock is not cured by a new process.

// askWithin is how long the store's writer may take for its answer. One that waits for
// another process's lock gives up after 5 s, and so does everything that queues behind it.
const askWithin = time.Minute

// stillAfter is how long judgements may be under way without any ending: each gives up
// after milter.budget, 5 s by default.
const stillAfter = time.Minute

// started is the zero of signs: time since then only runs, whatever the clock is set to.
var started = time.Now()

// signs are serve's signs of life, as times since started.
type signs struct {
	upkeep atomic.Int64 // by then upkeep must have done its next round
	writer atomic.Int64 // by then the store's writer must have answered again
}

// expect says that a sign of life comes within a time from now.
func expect(sign *atomic.Int64, within time.Duration) {
	sign.Store(int64(time.Since(started) + within))
}

// check says which sign of life is missing.
func (s *signs) check(now, standstill time.Duration) error {
	switch {
	case now > time.Duration(s.upkeep.Load()):
		return errors.New("upkeep has not done its round in time: the store or a judgement hangs")
	case now > time.Duration(s.writer.Load()):
		return errors.New("the store's writer does not answer")
	case standstill > stillAfter:
		return fmt.Errorf("no judgement has ended for %s, and some are under way",
			standstill.Round(time.Second))
	}
	return nil
}

// expect says that upkeep does its next round within a time from now.
func (w *watch) expect(within time.Duration) { expect(&w.signs.upkeep, within) }

// healthy says which of serve's signs of life is missing.
func (w *watch) healthy() error {
	return w.signs.check(time.Since(started), w.counted.Standstill())
}

// askEvery is how often the store's writer is asked.
const askEvery = 5 * time.Second

// askWriter asks the store's writer for signs of life until ctx ends.
func (d *Serve) askWriter(ctx context.Context) {
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		// An error is an answer: whoever writes gets it too, and goes on.
		if err := d.db.AskWriter(ctx); ctx.Err() == nil {
			expect(&d.watch.signs.writer, askWithin)
			if err != nil {
				d.Log.Debug("the store's writer answers with an error", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// watchdog informs systemd that serve is well, for as long as it is.
func (d *Serve) watchdog(ctx context.Context) {
	every, err := daemon.SdWatchdogEnabled(false)
	if err != nil || every == 0 {
		return
	}
	tick := time.NewTicker(every / 4)
	defer tick.Stop()
	tell := troubleLogger(d.Log)
	for {
		err := d.watch.healthy()
		if err == nil {
			notify(d.Log, daemon.SdNotifyWatchdog)
		}
		tell(err)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// troubleLogger returns what logs why systemd is no longer told, when that begins.
func troubleLogger(log *slog.Logger) func(error) {
	last := ""
	return func(err error) {
		text := ""
		if err != nil {
			text = err.Error()
		}
		if text != "" && last == "" {
			log.Error("serve hangs: systemd's watchdog is not notified any more", "error", err)
		}
		last = text
	}
}
