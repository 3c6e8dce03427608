package replay

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"

	"hisseki/analyzer"
)

// Options of a run.
type Options struct {
	Source Source
	// New returns the judge that remembers by a memory. Nil makes an analyzer of Config.
	New          func(*Memory) Judge
	Config       analyzer.Config
	NoClient     bool          // withhold client addresses, as behind a webmail server
	ReleaseAfter time.Duration // an unconfirmed hold is released as the owner's own mail
	Report       func(*Event) error
	Progress     func(mails int)
}

// Judge is the analyzer as a run uses it.
type Judge interface {
	Judge(context.Context, *analyzer.Mail, analyzer.Conditions) (*analyzer.Record, error)
	// Apply folds in what the reviewer taught since.
	Apply(context.Context) error
}

// Reviewed is a judge with a memory of its own beside the run's, who is told what the reviewer does.
type Reviewed interface {
	// Released: a hold was let go as the owner's own mail, and the sender's incident is over.
	Released(ctx context.Context, record int64, at time.Time) error
	// DelayEnded: the time of a delayed mail is over.
	DelayEnded(ctx context.Context, record int64, at time.Time) error
	// Confirmed: it was a theft.
	Confirmed(ctx context.Context, sender string, at time.Time) error
}

// DefaultReleaseAfter is how long the simulated reviewer takes.
const DefaultReleaseAfter = 4 * time.Hour

// Handed is a source whose mails somebody else handed over: Hand changes each before it is
// judged.
type Handed struct {
	Source
	Hand func(*analyzer.Mail)
}

// Next implements Source.
func (h Handed) Next() (*Act, error) {
	act, err := h.Source.Next()
	if err == nil && act.Mail != nil {
		h.Hand(act.Mail)
	}
	return act, err
}

// Run replays a source from an empty memory and returns the memory as it ends.
//
// Its reviewer is simulated: a delayed mail leaves after its delay, a hold whose sender
// is not confirmed within ReleaseAfter is released as the owner's own mail, though it makes
// nothing known at once, a confirmation discards the sender's delayed and held mail, untaught,
// and unlearns what the incident taught. What is due between two mails happens between them, in
// time order; what still waits after the last mail leaves when it is due.
func Run(ctx context.Context, opt Options) (*Memory, error) {
	if opt.ReleaseAfter == 0 {
		opt.ReleaseAfter = DefaultReleaseAfter
	}
	r := &run{opt: opt, memory: NewMemory(), kept: make(map[int64]*keptMail)}
	if opt.New == nil {
		r.judge = analyzer.New(opt.Config, r.memory)
	} else {
		r.judge = opt.New(r.memory)
	}
	for n := 1; ; n++ {
		act, err := opt.Source.Next()
		if errors.Is(err, io.EOF) {
			return r.memory, r.end(ctx)
		}
		if err != nil {
			return r.memory, err
		}
		if err := ctx.Err(); err != nil {
			return r.memory, fmt.Errorf("replay: %w", err)
		}
		if err := r.act(ctx, act); err != nil {
			return r.memory, fmt.Errorf("replay %s: %w", act.Name, err)
		}
		if opt.Progress != nil {
			opt.Progress(n)
		}
	}
}

// endOfTime is later than any mail.
var endOfTime = time.Unix(1<<40, 0)

type run struct {
	opt    Options
	memory *Memory
	judge  Judge
	kept   map[int64]*keptMail // delayed and held mail by record id
	due    dueList
}

type keptMail struct {
	name   string
	record *analyzer.Record
	held   bool // false: delayed
}

// end lets go what still waits and saves the profiles.
func (r *run) end(ctx context.Context) error {
	if err := r.carryOut(ctx, endOfTime); err != nil {
		return err
	}
	if s, ok := r.judge.(interface{ Save(context.Context) error }); ok {
		return s.Save(ctx)
	}
	return nil
}

func (r *run) act(ctx context.Context, act *Act) error {
	if err := r.carryOut(ctx, act.Time); err != nil {
		return err
	}
	if act.Mail == nil {
		return r.confirm(ctx, act)
	}
	if r.opt.NoClient {
		act.Mail.Client, act.Mail.ClientName = netip.Addr{}, ""
	}
	rec, err := r.judge.Judge(ctx, act.Mail, analyzer.Conditions{CanDelay: true})
	if err != nil {
		return err
	}
	if err := r.report(act, rec); err != nil {
		return err
	}
	switch rec.Verdict.Action {
	case analyzer.Delay:
		r.keep(rec, act.Name, false, rec.Due)
	case analyzer.Hold:
		r.keep(rec, act.Name, true, act.Time.Add(r.opt.ReleaseAfter))
	}
	for _, id := range rec.Promoted {
		if k := r.kept[id]; k != nil && !k.held {
			r.keep(k.record, k.name, true, act.Time.Add(r.opt.ReleaseAfter))
			if err := r.tell("held", act.Time, k, "incident"); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *run) report(act *Act, rec *analyzer.Record) error {
	if r.opt.Report == nil {
		return nil
	}
	e := &Event{Schema: 1, Kind: "verdict", Time: act.Time, File: act.Name,
		Sender: rec.Envelope.Sender, Action: rec.Verdict.Action, Points: &rec.Verdict.Points,
		Evidence: rec.Verdict.Evidence, Record: rec}
	if name := r.memory.IncidentName(rec.Envelope.Sender); name != "" && rec.Verdict.Incident {
		e.Incident = &name
	}
	return r.opt.Report(e)
}

func (r *run) keep(rec *analyzer.Record, name string, held bool, due time.Time) {
	r.kept[rec.ID] = &keptMail{name: name, record: rec, held: held}
	heap.Push(&r.due, dueMail{due, rec.ID, held})
}

func (r *run) tell(kind string, at time.Time, k *keptMail, by string) error {
	if r.opt.Report == nil {
		return nil
	}
	return r.opt.Report(&Event{Schema: 1, Kind: kind, Time: at, File: k.name, By: by,
		Record: k.record})
}

// carryOut does what is due by a time: delays end, unconfirmed holds are released.
func (r *run) carryOut(ctx context.Context, now time.Time) error {
	taught := false
	for len(r.due) > 0 && !r.due[0].at.After(now) {
		d := heap.Pop(&r.due).(dueMail)
		k := r.kept[d.id]
		if k == nil || k.held != d.held {
			continue // discarded, or promoted since
		}
		delete(r.kept, d.id)
		if err := r.review(ctx, d); err != nil {
			return err
		}
		by := "timer"
		if k.held {
			by = "reviewer"
			// This reviewer is a clock and asked no owner: nobody vouches for what the mail shows.
			k.record.Observation.Held = false
			r.memory.records[d.id-1].Observation.Held = false
			r.memory.Teach(d.id, 1)
			r.memory.Dismiss(k.record.Envelope.Sender, d.at)
		} else {
			r.memory.EndDelay(d.id)
		}
		if err := r.tell("released", d.at, k, by); err != nil {
			return err
		}
		taught = true
	}
	if !taught {
		return nil
	}
	if err := r.judge.Apply(ctx); err != nil {
		return fmt.Errorf("learn what was released: %w", err)
	}
	return nil
}

// review tells a judge with a memory of its own what is due.
func (r *run) review(ctx context.Context, d dueMail) error {
	j, ok := r.judge.(Reviewed)
	switch {
	case !ok:
		return nil
	case d.held:
		return j.Released(ctx, d.id, d.at)
	}
	return j.DelayEnded(ctx, d.id, d.at)
}

// confirm ends the sender's incident as a compromise.
func (r *run) confirm(ctx context.Context, act *Act) error {
	r.memory.Confirm(act.Confirm, act.Time)
	for id, k := range r.kept {
		if k.record.Envelope.Sender == act.Confirm {
			delete(r.kept, id)
		}
	}
	if j, ok := r.judge.(Reviewed); ok {
		if err := j.Confirmed(ctx, act.Confirm, act.Time); err != nil {
			return err
		}
	}
	if err := r.judge.Apply(ctx); err != nil {
		return fmt.Errorf("unlearn what was confirmed: %w", err)
	}
	return nil
}
