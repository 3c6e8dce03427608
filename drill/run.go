package drill

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// Options of a drill.
type Options struct {
	Past       analyzer.Memory // is read only
	Config     analyzer.Config // as of serve, with the past's Salt; its Mode is not used
	Newest     time.Time       // last mail of the past
	Now        time.Time       // at which overrides count
	Seed       uint64
	Start      time.Time     // of every theft; zero means each account's usual hour
	Client     netip.Addr    // the thief's; the zero Addr means DefaultClient
	OwnNetwork bool          // the thief sends from where the account does
	NoClient   bool          // no client address is told, as behind webmail
	Attacker   Attacker      // how much of the owner the theft shows; "" is Foreign
	Closed     time.Duration // after the first hold: then nobody can send any more, and nothing leaves; 0 is never
}

// Drill runs simulated compromises. It is for one call at a time.
type Drill struct {
	opt    Options
	memory *copied
}

// New returns a Drill. Every account is judged in mode enforce, with delays.
func New(opt Options) *Drill {
	opt.Config.Mode = map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}
	return &Drill{opt: opt, memory: &copied{Memory: opt.Past, now: opt.Now}}
}

// Run plays one recipe in one account and says what became of it. Nothing of it is left
// for the next.
func (d *Drill) Run(ctx context.Context, a *Account, r Recipe) (*Result, error) {
	if err := d.possible(a, r); err != nil {
		return nil, err
	}
	t := newThief(a, &d.opt, r.Name)
	p := &play{judge: analyzer.New(d.opt.Config, d.memory), memory: d.memory,
		fates: make(map[int64]*fate), closed: d.opt.Closed}
	defer d.memory.reset()
	for i, m := range t.mails(r) {
		if err := p.send(ctx, i+1, m, t.letters[i].prepares); err != nil {
			return nil, fmt.Errorf("drill %s: %w", a.Sender, err)
		}
	}
	if err := p.carryOut(ctx, endOfTime); err != nil {
		return nil, fmt.Errorf("drill %s: %w", a.Sender, err)
	}
	a = t.account // a recipe may make a newcomer of it
	profile, _, err := d.opt.Past.Profile(ctx, a.Sender)
	if err != nil {
		return nil, fmt.Errorf("drill %s: %w", a.Sender, err)
	}
	res := p.result(r.Name)
	res.Sender, res.History = a.Sender, profile.Mails()
	res.Partners = min(t.used, len(a.Partners))
	res.NotReady = notReady(profile)
	rule, _, err := d.memory.Override(ctx, a.Sender, analyzer.Account, d.opt.Now)
	if err != nil {
		return nil, fmt.Errorf("drill %s: %w", a.Sender, err)
	}
	res.explain(rule)
	return res, nil
}

// ErrNoNetwork says that no mail of an account told where it came from.
var ErrNoNetwork = errors.New("no client address of the account is known, so no theft can come " +
	"from its own network")

func notReady(p *baseline.Profile) []analyzer.Readiness {
	var out []analyzer.Readiness
	for _, r := range analyzer.Coverage(p) {
		if !r.Ready {
			out = append(out, r)
		}
	}
	return out
}

// endOfTime is later than any delay.
var endOfTime = time.Unix(1<<40, 0)

// play is one recipe under way.
type play struct {
	judge  *analyzer.Analyzer
	memory *copied
	fates  map[int64]*fate // by record
	order  []*fate
	closed time.Duration // after the first hold nobody sends any more, 0 for never
	hold   time.Time     // of the first hold, zero before
}

// over says whether the account is closed by a time.
func (p *play) over(at time.Time) bool {
	return p.closed > 0 && !p.hold.IsZero() && at.After(p.hold.Add(p.closed))
}

// fate is what became of one mail of the thief.
type fate struct {
	number int // from 1
	record *analyzer.Record
	waits  bool // delayed, and still here
	waited bool // was delayed
	held   bool
	// prepares says that the mail hurts nobody who gets it.
	prepares bool
}

// send judges one mail after ending the delays that are over by then.
func (p *play) send(ctx context.Context, number int, m *analyzer.Mail,
	prepares bool) error {
	if p.over(m.Time) {
		return nil
	}
	if err := p.carryOut(ctx, m.Time); err != nil {
		return err
	}
	r, err := p.judge.Judge(ctx, m, analyzer.Conditions{CanDelay: true})
	if err != nil {
		return err
	}
	f := &fate{number: number, record: r, prepares: prepares}
	p.fates[r.ID] = f
	p.order = append(p.order, f)
	switch r.Verdict.Action {
	case analyzer.Delay:
		f.waits, f.waited = true, true
	case analyzer.Hold:
		f.held = true
		if p.hold.IsZero() {
			p.hold = m.Time
		}
	}
	for _, id := range r.Promoted {
		if w := p.fates[id]; w != nil && w.waits {
			w.waits, w.held = false, true
		}
	}
	return nil
}

// carryOut lets delayed mail go whose time has come; it is learned, as in life.
func (p *play) carryOut(ctx context.Context, now time.Time) error {
	left := false
	for _, f := range p.order {
		if !f.waits || f.record.Due.After(now) {
			continue
		}
		if f.waits = false; p.over(f.record.Due) {
			f.held = true // discarded with the others
			continue
		}
		left = p.memory.endDelay(f.record.ID) || left
	}
	if !left {
		return nil
	}
	if err := p.judge.Apply(ctx); err != nil {
		return fmt.Errorf("learn what was released: %w", err)
	}
	return nil
}
