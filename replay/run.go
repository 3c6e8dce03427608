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

// Event is one line of a replay's result, schema 1: a verdict per mail, and later what
// became of a delayed or held one.
type Event struct {
	Schema   int                 `json:"schema"`
	Kind     string              `json:"kind"` // "verdict", "held", "released", "discarded"
	Time     time.Time           `json:"time"`
	File     string              `json:"file"`
	Sender   string              `json:"sender,omitempty"`
	Action   analyzer.Action     `json:"action,omitempty"`
	Points   *float64            `json:"points,omitempty"`
	Incident *string             `json:"incident,omitempty"`
	Evidence []analyzer.Evidence `json:"evidence,omitempty"`
	By       string              `json:"by,omitempty"` // "incident", "timer", "reviewer"

	Record *analyzer.Record `json:"-"` // of a verdict
}

// Options of a run.
type Options struct {
	Source       Source
	Config       analyzer.Config
	NoClient     bool          // withhold client addresses, as behind a webmail server
	ReleaseAfter time.Duration // an unconfirmed hold is released as the owner's own mail
	Report       func(*Event) error
	Progress     func(mails int)
}

// DefaultReleaseAfter is how long the simulated reviewer takes.
const DefaultReleaseAfter = 4 * time.Hour

// Run replays a source from an empty memory and returns the memory as it ends.
//
// Its reviewer is simulated: a delayed mail leaves after its delay, a hold whose sender
// is not confirmed within ReleaseAfter is released as the owner's own mail, a
// confirmation discards the sender's holds and unlearns what the incident taught.
func Run(ctx context.Context, opt Options) (*Memory, error) {
	if opt.ReleaseAfter == 0 {
		opt.ReleaseAfter = DefaultReleaseAfter
	}
	r := &run{opt: opt, memory: NewMemory(), kept: make(map[int64]*keptMail)}
	r.analyzer = analyzer.New(opt.Config, r.memory)
	for n := 1; ; n++ {
		act, err := opt.Source.Next()
		if errors.Is(err, io.EOF) {
			return r.memory, nil
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

type run struct {
	opt      Options
	memory   *Memory
	analyzer *analyzer.Analyzer
	kept     map[int64]*keptMail // delayed and held mail by record id
	due      dueList
}

type keptMail struct {
	name   string
	record *analyzer.Record
	held   bool // false: delayed
}

func (r *run) act(ctx context.Context, act *Act) error {
	if err := r.carryOut(ctx, act.Time); err != nil {
		return err
	}
	if act.Mail == nil {
		return r.confirm(ctx, act)
	}
	if r.opt.NoClient {
		act.Mail.Client = netip.Addr{}
	}
	rec, err := r.analyzer.Judge(ctx, act.Mail, analyzer.Conditions{CanDelay: true})
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
	for _, id := range rec.Promote {
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
	return r.opt.Report(&Event{Schema: 1, Kind: kind, Time: at, File: k.name, By: by})
}

// carryOut does what is due by a time: delays end, unconfirmed holds are released.
func (r *run) carryOut(ctx context.Context, now time.Time) error {
	for len(r.due) > 0 && !r.due[0].at.After(now) {
		d := heap.Pop(&r.due).(dueMail)
		k := r.kept[d.id]
		if k == nil || k.held != d.held {
			continue // discarded, or promoted since
		}
		delete(r.kept, d.id)
		r.memory.Teach(d.id, 1)
		by := "timer"
		if k.held {
			by = "reviewer"
			r.memory.Close(k.record.Envelope.Sender)
		}
		if err := r.tell("released", d.at, k, by); err != nil {
			return err
		}
		if err := r.analyzer.Apply(ctx); err != nil {
			return err
		}
	}
	return nil
}

// confirm ends the sender's incident as a compromise.
func (r *run) confirm(ctx context.Context, act *Act) error {
	for _, id := range r.memory.Close(act.Confirm) {
		r.memory.Teach(id, -1)
	}
	for _, rec := range r.memory.senders[act.Confirm] {
		k := r.kept[rec.ID]
		if k == nil {
			continue
		}
		delete(r.kept, rec.ID)
		if err := r.tell("discarded", act.Time, k, "reviewer"); err != nil {
			return err
		}
	}
	return r.analyzer.Apply(ctx)
}

// dueList is a heap of deadlines, ties broken by record so that runs repeat exactly.
type dueList []dueMail

type dueMail struct {
	at   time.Time
	id   int64
	held bool
}

func (d dueList) Len() int { return len(d) }
func (d dueList) Less(i, j int) bool {
	if !d[i].at.Equal(d[j].at) {
		return d[i].at.Before(d[j].at)
	}
	return d[i].id < d[j].id
}
func (d dueList) Swap(i, j int) { d[i], d[j] = d[j], d[i] }
func (d *dueList) Push(x any)   { *d = append(*d, x.(dueMail)) }
func (d *dueList) Pop() any {
	old := *d
	x := old[len(old)-1]
	*d = old[:len(old)-1]
	return x
}
