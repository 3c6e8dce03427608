package analyzer

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// Config holds what an Analyzer is told by its owner.
type Config struct {
	Salt       []byte          // secret of the store: profiles hold keyed hashes only
	Mode       map[Class]Mode  // Observe where a class is missing
	Thresholds Thresholds      // zero fields follow the organisation's history
	Shipped    Thresholds      // before there is history, zero fields mean DefaultShipped
	Budget     Budget          // zero means DefaultBudget
	Limits     content.Limits  // of parsing
	Locate     Locator         // nil: no country or provider is known
	Off        map[Signal]bool // signals switched off
	Excerpt    int             // characters of own text kept with a delayed or held mail
	DelayFor   time.Duration   // how long a delayed mail waits; 0 means 10 minutes
	NoText     bool            // keep no subject, URL path or excerpt
	Habits     []Habit         // declared; more may come from the Memory
	Ceilings   []Ceiling       // of people reached; the first for a sender counts
	Alarm      bool            // open incidents of accounts in mode observe too
}

// Conditions say what may be done with a mail right now.
type Conditions struct {
	CanDelay bool // somebody ends delays; false makes a delay a pass
	// Decided is called when all is done but to wait for the record; nil for nobody.
	Decided func()
	// Read does the reading of the mail, which may take long; nil does it at once.
	Read func(reading func())
	// Late is of a mail that went its way by the failure action, and is judged now.
	Late LateMail
}

// LateMail is what was done with a mail that is judged late.
type LateMail struct {
	Now     time.Time // zero for mail that waits for the verdict
	Action  Action    // the failure action
	Failure string    // why it was not judged in time
}

// withDefaults fills in what is left zero.
func (c Config) withDefaults() Config {
	if c.DelayFor == 0 {
		c.DelayFor = 10 * time.Minute
	}
	if c.Budget == (Budget{}) {
		c.Budget = DefaultBudget
	}
	c.Shipped = c.Shipped.or(DefaultShipped)
	return c
}

// Analyzer judges mail. It is safe for concurrent use; mails of one sender are judged
// one after another.
type Analyzer struct {
	cfg    Config // guarded by lessons
	memory Memory // guarded by lessons
	hash   hasher

	reachKeys *reachKeys

	mu      sync.Mutex // guards senders and traces
	senders *recency[string, *entry]
	traces  int // recent mails of all senders

	campaigns *campaigns
	styles    styles // of the last mails

	saving  sync.Mutex   // one Save or Settle at a time
	horizon atomic.Int32 // baseline.Slot up to which profiles are settled
	loading sync.Mutex
	loaded  atomic.Bool

	// shared is what all senders have in common. Judging reads it, learning writes.
	shared struct {
		sync.RWMutex
		org        learner
		background background
		lines      lines
	}
	urlRules atomic.Pointer[urlRules]
	habits   atomic.Pointer[[]Habit]
	// lessons keeps judging, which records and learns, apart from folding others' lessons
	// in. It is locked before any sender.
	lessons struct {
		sync.RWMutex
		mu      sync.Mutex     // of the following, for those who hold the lessons for reading
		mark    int64          // all lessons up to here are in
		applied map[int64]bool // own lessons beyond mark
		soon    []Saved        // profiles to be saved before long
	}
}

// New returns an Analyzer that remembers by memory.
func New(cfg Config, memory Memory) *Analyzer {
	a := &Analyzer{cfg: cfg.withDefaults(), hash: hasher{cfg.Salt}, memory: memory,
		reachKeys: newReachKeys(hasher{cfg.Salt}),
		senders:   newRecency[string, *entry](), campaigns: newCampaigns()}
	a.lessons.applied = make(map[int64]bool)
	return a
}

// Load reads what all mails are judged with: the organisation's profile and the rules. It
// may take seconds, so a daemon calls it before its first mail, which would do it else.
// Senders and campaigns are read with their first mails.
func (a *Analyzer) Load(ctx context.Context) error {
	a.lessons.RLock()
	defer a.lessons.RUnlock()
	return a.load(ctx)
}

func (a *Analyzer) load(ctx context.Context) error {
	if a.loaded.Load() {
		return nil
	}
	a.loading.Lock()
	defer a.loading.Unlock()
	if a.loaded.Load() {
		return nil
	}
	if err := a.loadRules(ctx); err != nil {
		return err
	}
	org, last, err := a.memory.Profile(ctx, "")
	if err != nil {
		return fmt.Errorf("load the organisation's profile: %w", err)
	}
	a.shared.Lock()
	a.shared.org.Profile = org
	a.sumUp()
	a.shared.Unlock()
	a.lessons.mu.Lock()
	a.lessons.mark = last
	a.lessons.mu.Unlock()
	a.loaded.Store(true)
	return nil
}

// Configure goes on with other settings, and with another way to the same memory, from the
// next mail on. Nothing that is in memory is read again. On an error the old settings stay.
func (a *Analyzer) Configure(ctx context.Context, cfg Config, memory Memory) error {
	cfg = cfg.withDefaults()
	habits, err := declaredHabits(ctx, &cfg, memory)
	if err != nil {
		return err
	}
	a.lessons.Lock()
	defer a.lessons.Unlock()
	a.cfg, a.memory = cfg, memory
	a.habits.Store(habits)
	if a.loaded.Load() {
		a.shared.Lock()
		a.sumUp()
		a.shared.Unlock()
	}
	return nil
}

// sumUp takes from the organisation's profile what mails are compared with. What is shared
// is locked.
func (a *Analyzer) sumUp() {
	a.shared.background.refresh(a.shared.org.Profile)
	a.shared.lines = a.lines(a.shared.org.Profile)
}

// keepUp sums up again when enough was learned since.
func (a *Analyzer) keepUp() {
	a.shared.RLock()
	stale := a.shared.background.stale >= refreshEvery
	a.shared.RUnlock()
	if stale {
		a.shared.Lock()
		a.sumUp()
		a.shared.Unlock()
	}
}

// loadRules reads what admins declared since: rules for links, exceptions from habits.
func (a *Analyzer) loadRules(ctx context.Context) error {
	if err := a.loadURLRules(ctx); err != nil {
		return err
	}
	return a.loadHabits(ctx)
}

// Judge parses, judges, records and learns one mail. When it returns without error the
// record is durable. Mails of one sender are judged one after another, but wait together
// for their records: each is judged with all before it, durable or not.
func (a *Analyzer) Judge(ctx context.Context, m *Mail, cond Conditions) (*Record, error) {
	if err := a.Load(ctx); err != nil { // the rules are asked while the mail is parsed
		return nil, err
	}
	rules := *a.urlRules.Load()
	var c *content.Content
	var blocked Evidence
	reading := func() { c, blocked = rules.read(m.Source, a.limits(), m.Time) }
	if cond.Read == nil {
		reading()
	} else {
		cond.Read(reading)
	}
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("judge mail: %w", err)
	}
	a.lessons.RLock() // before the sender's lock, as Apply does
	defer a.lessons.RUnlock()
	v := a.view(m, c)
	v.rules, v.blocked, v.undecided = rules, blocked, rules.undecided(c, m.Time)
	e := a.take(m.Sender)
	defer a.leave(e)
	r, pending, err := a.begin(ctx, e, v, cond)
	if err != nil {
		return nil, err
	}
	if cond.Decided != nil {
		cond.Decided()
	}
	return a.end(e, r, pending)
}

func (a *Analyzer) limits() content.Limits {
	a.lessons.RLock()
	defer a.lessons.RUnlock()
	return a.cfg.Limits
}

// begin judges a mail in its sender's turn and begins its record.
func (a *Analyzer) begin(ctx context.Context, e *entry, v *view, cond Conditions) (
	*Record, Pending, error) {
	m := v.mail
	if err := e.lock(ctx); err != nil {
		return nil, nil, err
	}
	defer e.mu.Unlock()
	if err := a.fill(ctx, e, m.Time); err != nil {
		return nil, nil, err
	}
	if err := a.refresh(ctx, e); err != nil {
		return nil, nil, err
	}
	a.keepUp()
	var err error
	if e.state.logins, err = a.logins(ctx, e, m); err != nil {
		return nil, nil, err
	}
	if err := a.compare(ctx, v, e.state.logins); err != nil {
		return nil, nil, err
	}
	rule, _, err := a.memory.Override(ctx, m.Sender, m.Class, m.Time)
	if err != nil {
		return nil, nil, fmt.Errorf("read override of %s: %w", m.Sender, err)
	}
	v.sender, v.state = e.profile.Profile, &e.state
	j, err := a.judge(ctx, v, rule, cond)
	if err != nil {
		return nil, nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, fmt.Errorf("judge mail: %w", err)
	}
	pending := a.memory.Begin(ctx, j.record)
	e.begun(j)
	a.campaigns.add(m.Sender, j.record.Verdict.Would, &j.record.Observation)
	return j.record, pending, nil
}

// end waits until the record is durable, then teaches what may be taught.
func (a *Analyzer) end(e *entry, r *Record, pending Pending) (*Record, error) {
	kept, err := pending()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.ended(r, err == nil)
	if err != nil {
		a.campaigns.forget(r.Observation.Marks)
		return nil, fmt.Errorf("record verdict: %w", err)
	}
	r.ID, r.Promoted = kept.ID, kept.Promoted
	if kept.Lesson != 0 {
		a.learn(e, &r.Observation, kept.Lesson)
	}
	return r, nil
}

// learn teaches a mail of this analyzer's own. The sender is locked, the lessons are locked
// for reading. A profile that is to be read again will have the lesson in it.
func (a *Analyzer) learn(e *entry, o *baseline.Observation, lesson int64) {
	a.shared.Lock()
	defer a.shared.Unlock()
	a.own(lesson)
	a.shared.org.teach(o, 1)
	a.shared.background.stale++
	if e.profile != nil {
		e.profile.teach(o, 1)
		e.dirty.Store(true)
	}
}
