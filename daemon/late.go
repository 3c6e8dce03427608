package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"hisseki/analyzer"
	"hisseki/daemon/spool"
	"hisseki/ledger"
)

// How mail that was not judged in time is judged later: beside mail that comes in, one after
// another, and half of the time at most, so that it does not keep other mail from being judged.
const (
	lateEvery = time.Second
	calm      = 10 * time.Second // without a mail that was not judged
	lateTime  = 30 * time.Second // for one judgement: nobody waits for it
	lateAge   = 24 * time.Hour   // then it is not judged any more
	lateTries = 3
	lateSweep = time.Minute // between two looks for mail whose record was purged or forgotten
	lateLost  = time.Hour   // between two looks for records of mail that is nowhere
)

// judgeLate judges what waits until ctx ends.
func (d *Serve) judgeLate(ctx context.Context) {
	tick := time.NewTicker(lateEvery)
	defer tick.Stop()
	var swept time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if time.Since(swept) >= lateSweep {
			d.sweepLate(ctx)
			d.sweepLost(ctx)
			swept = time.Now()
		}
		for _, w := range d.unjudged.spool.Mails() {
			if ctx.Err() != nil || !d.unjudged.well() {
				break
			}
			begun := time.Now()
			d.late(ctx, w)
			pause(ctx, time.Since(begun))
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// sweepLate removes what has no record any more, and gives up what waits for too long.
func (d *Serve) sweepLate(ctx context.Context) {
	for _, w := range d.unjudged.spool.Mails() {
		m, err := d.unjudged.spool.Head(w)
		var waits bool
		if err == nil {
			waits, err = d.db.Unjudged(ctx, ledger.Unjudged{Envelope: &m.Mail.Envelope}, "")
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && m != nil:
			d.report(ctx, "mail that waits to be judged not looked up", err)
			return // the store's trouble, which comes to an end
		case err != nil:
			d.unread(ctx, w, err)
		case !waits && d.unjudged.recorded():
			d.drop(ctx, w, nil)
		case time.Since(w.Since) > lateAge:
			d.giveUp(ctx, w, m, fmt.Errorf("it waited for more than %s", lateAge))
		}
	}
}

// contentLost is what a record says of mail whose file is damaged or gone: it waits no more.
const contentLost = "its content was lost"

// sweepLost notes of what is recorded as waiting, and too old for it, that its content was lost: a crash
// of the machine may leave the record of a mail and not its file, and no serve knows of it then.
func (d *Serve) sweepLost(ctx context.Context) {
	if time.Since(d.unjudged.looked) < lateLost || !d.unjudged.recorded() {
		return
	}
	d.unjudged.looked = time.Now()
	old := time.Now().Add(-lateAge - lateLost) // which every serve has given up
	lost, err := d.db.Unjudged(ctx, ledger.Unjudged{From: old.Add(-lateAge), To: old}, contentLost)
	if lost {
		d.Log.WarnContext(ctx, "mail that waited to be judged was lost: its records say so")
	}
	d.report(ctx, "mail that waits to be judged not looked up", err)
}

// lost notes that what was kept of a mail cannot be read and never will be, and removes it. Who sent it
// may stand in the damaged part, so that its record is found by the name of the file.
func (d *Serve) lost(ctx context.Context, w spool.Waiting, why error) {
	kept := time.Unix(0, w.Kept())
	if _, err := d.db.Unjudged(ctx, ledger.Unjudged{Kept: w.Kept(), From: kept.Add(-lateLost),
		To: kept.Add(lateLost)}, contentLost); err != nil {
		d.report(ctx, "not noted that a mail's content was lost", err)
		return // it is tried again
	}
	d.drop(ctx, w, why)
}

// late judges one mail that was not judged in time.
func (d *Serve) late(ctx context.Context, w spool.Waiting) {
	m, err := d.unjudged.spool.Try(w)
	if err != nil {
		d.unread(ctx, w, err)
		return
	}
	waits, err := d.db.Unjudged(ctx, ledger.Unjudged{Envelope: &m.Mail.Envelope}, "")
	if err != nil {
		d.report(ctx, "mail that waits to be judged not looked up", err)
		return
	}
	if !waits {
		d.drop(ctx, w, nil) // purged, forgotten, or judged before a crash
		return
	}
	r, err := d.judgeOne(ctx, m)
	switch {
	case err == nil:
		d.drop(ctx, w, nil)
		level := slog.LevelInfo
		if r.Verdict.Would != analyzer.Pass {
			level = slog.LevelWarn
		}
		d.Log.Log(ctx, level, "judged later", "queue_id", m.Mail.QueueID, "sender", m.Mail.Sender,
			"came", m.Mail.Time, "action", r.Verdict.Action, "would", r.Verdict.Would,
			"points", r.Verdict.Points, "asked_back", r.Late.Recall)
	case ctx.Err() != nil: // serve ends
	case w.Tries+1 >= lateTries:
		d.giveUp(ctx, w, m, err)
	default:
		d.report(ctx, "mail that was not judged in time cannot be judged yet", err)
	}
}

// unread removes a mail that cannot be read, unless that may be the trouble of a moment: too many open
// files, a disk that fails. Then it waits as long as other mail.
func (d *Serve) unread(ctx context.Context, w spool.Waiting, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.lost(ctx, w, nil) // somebody removed it
	case errors.Is(err, spool.ErrBroken), time.Since(w.Since) > lateAge:
		d.lost(ctx, w, fmt.Errorf("mail that waits to be judged cannot be read: %w", err))
	case time.Since(d.unjudged.unread) > lateSweep: // of thousands it is one line a minute
		d.unjudged.unread = time.Now()
		d.report(ctx, "mail that waits to be judged cannot be read now", err)
	}
}

// judgeOne judges a mail as it would have been judged when it came.
func (d *Serve) judgeOne(ctx context.Context, m *spool.Mail) (r *analyzer.Record, err error) {
	ctx, cancel := context.WithTimeout(ctx, lateTime)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			d.watch.counted.Bugs.Add(1)
			err = fmt.Errorf("internal error: %v", p)
		}
	}()
	late := analyzer.LateMail{Now: d.Clock(), Action: m.Action, Failure: m.Reason}
	if d.own(ctx, &m.Mail) || d.returned(ctx, &m.Mail) {
		r := &analyzer.Record{Envelope: m.Mail.Envelope, Bytes: m.Mail.BodySize,
			Verdict: analyzer.Verdict{Action: m.Action, Would: analyzer.Pass},
			Late:    analyzer.Late{Failure: m.Reason, Judged: late.Now}}
		r.Observation.At = m.Mail.Time
		_, err := d.db.Begin(ctx, r)()
		return r, err
	}
	return d.core.Load().Judge(ctx, &m.Mail, analyzer.Conditions{Late: late, Read: aside})
}

// giveUp notes that a mail will not be judged.
func (d *Serve) giveUp(ctx context.Context, w spool.Waiting, m *spool.Mail, why error) {
	if _, err := d.db.Unjudged(ctx, ledger.Unjudged{Envelope: &m.Mail.Envelope}, fmt.Sprintf("%.200s", why)); err != nil {
		d.report(ctx, "not noted that a mail will not be judged", err)
		return
	}
	d.drop(ctx, w, fmt.Errorf("mail of %q, queue id %q, will not be judged: %w", m.Mail.Sender,
		m.Mail.QueueID, why))
}

// drop removes a mail, and logs why where that is an error.
func (d *Serve) drop(ctx context.Context, w spool.Waiting, why error) {
	d.report(ctx, "mail removed", why)
	d.report(ctx, "mail that was judged not removed", d.unjudged.spool.Drop(w))
}
