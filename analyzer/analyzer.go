package analyzer

import (
	"context"
	"fmt"
	"maps"
	"slices"
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
	Alarm      bool            // open incidents of accounts in mode observe too
}

// Conditions say what may be done with a mail right now.
type Conditions struct {
	CanDelay bool // somebody ends delays; false makes a delay a pass
}

// Analyzer judges mail. It is safe for concurrent use; mails of one sender are judged
// one after another.
type Analyzer struct {
	cfg    Config
	hash   hasher
	memory Memory

	mu      sync.Mutex // guards senders
	senders map[string]*entry

	// shared is what all senders have in common. Judging reads it, learning writes.
	shared struct {
		sync.RWMutex
		loaded     bool
		org        *baseline.Profile
		campaigns  campaigns
		background background
		lines      lines
	}
	urlRules atomic.Pointer[urlRules]
	habits   atomic.Pointer[[]Habit]
	// lessons keeps judging, which records and learns, apart from folding others' lessons
	// in and from saving. It is locked before any sender.
	lessons struct {
		sync.RWMutex
		mark    int64          // all lessons up to here are in
		mu      sync.Mutex     // of mark and applied, for those who hold the lessons for reading
		applied map[int64]bool // own lessons beyond mark
	}
}

// entry is one sender in the cache.
type entry struct {
	mu      sync.Mutex
	name    string
	profile *baseline.Profile
	loaded  int64 // last lesson that was in the profile when it was loaded
	state   state
	dirty   bool

	used time.Time // guarded by Analyzer.mu
	busy int       // judgements that use or await it, guarded by Analyzer.mu
}

// maxSenders bounds the cache; a sender costs about 20 KiB here, and the whole daemon is
// to stay below 100 MiB. Who is not here is read from the memory in a fraction of the time
// that his mail takes.
const maxSenders = 1000

// New returns an Analyzer that remembers by memory.
func New(cfg Config, memory Memory) *Analyzer {
	if cfg.DelayFor == 0 {
		cfg.DelayFor = 10 * time.Minute
	}
	if cfg.Budget == (Budget{}) {
		cfg.Budget = DefaultBudget
	}
	cfg.Shipped = cfg.Shipped.or(DefaultShipped)
	a := &Analyzer{cfg: cfg, hash: hasher{cfg.Salt}, memory: memory,
		senders: make(map[string]*entry)}
	a.shared.campaigns.marks = make(map[baseline.Key][]sighting)
	a.lessons.applied = make(map[int64]bool)
	return a
}

// Judge parses, judges, records and learns one mail. When it returns without error the
// record is durable.
func (a *Analyzer) Judge(ctx context.Context, m *Mail, cond Conditions) (*Record, error) {
	c := content.Parse(m.Source, a.cfg.Limits)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("judge mail: %w", err)
	}
	a.lessons.RLock() // before the sender's lock, as Apply and Save do
	defer a.lessons.RUnlock()
	if err := a.load(ctx, m.Time); err != nil {
		return nil, err
	}
	if a.habits.Load() == nil {
		if err := a.loadRules(ctx); err != nil {
			return nil, err
		}
	}
	e, err := a.entry(ctx, m.Sender, m.Time)
	if err != nil {
		return nil, err
	}
	defer a.leave(e)
	if err := a.refresh(ctx, e, m.Time); err != nil {
		return nil, err
	}
	if e.state.logins, err = a.logins(ctx, e, m); err != nil {
		return nil, err
	}
	rule, _, err := a.memory.Override(ctx, m.Sender, m.Class, m.Time)
	if err != nil {
		return nil, fmt.Errorf("read override of %s: %w", m.Sender, err)
	}
	r, fresh, sum := a.judge(e, m, c, rule, cond)
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("judge mail: %w", err)
	}
	return r, a.record(ctx, e, r, fresh, sum)
}

// judge decides; it changes nothing that outlives it but the state's pruning.
func (a *Analyzer) judge(e *entry, m *Mail, c *content.Content, rule Override,
	cond Conditions) (*Record, int, float64) {
	e.state.prune(m.Time)
	o, place := a.observe(m, c)
	a.shared.RLock()
	v := &view{
		mail: m, c: c, o: &o, sender: e.profile, org: a.shared.org, state: &e.state,
		campaigns: &a.shared.campaigns, background: &a.shared.background, place: place, hasher: a.hash,
		today: baseline.SlotOf(m.Time), now: o.At, rules: *a.urlRules.Load(),
	}
	v.blocked, _ = v.rules.blocked(c, m.Time)
	v.declared = declare(*a.habits.Load(), m, place)
	found := a.measure(v)
	evidence, points := v.declared.join(found.evidence, found.points)
	o.Points = points
	late := points >= a.shared.lines.drift && e.state.unusual(o.At, a.shared.lines.drift) >= episode
	if late {
		o.Seen = 0
	}
	o.Settled = e.profile.Mails() >= littleHistory && a.shared.org.Mails() >= lineWeight &&
		!late
	d := a.decide(v, &found, points, rule, cond)
	if d.sum > v.state.decayed(v.now) {
		o.Sum = d.sum
	}
	lines := a.shared.lines
	a.shared.RUnlock()
	urls, hosts := noted(found.urls)
	r := &Record{
		Envelope: m.Envelope, Observation: o, Subject: clip(c.Subject, 200),
		MessageID: clip(c.MessageID, 200), HeaderFrom: firstAddr(c.From),
		URLs: urls, Hosts: hosts, Files: fileNames(c), Bytes: m.BodySize,
		Promote: d.promote, Spared: d.spared,
		Learn: (d.action == Pass && d.would == Pass || d.observed) && v.blocked.Signal == "",
		Verdict: Verdict{Action: d.action, Would: d.would, Points: round(points),
			Sum: round(d.sum), Lure: round(found.lure), Cause: d.cause,
			Evidence: v.ruled(rule, evidence), PassIf: passIf(d, evidence, lines),
			Incident: d.incident, LittleHist: e.profile.Mails() < littleHistory},
	}
	if d.action == Delay {
		r.Due = m.Time.Add(a.cfg.DelayFor)
	}
	if d.would != Pass {
		r.Verdict.Evidence = append(r.Verdict.Evidence, found.notes...)
		r.Excerpt = clip(c.Own, a.cfg.Excerpt)
	}
	if a.cfg.NoText {
		r.Subject, r.URLs, r.Excerpt = "", nil, ""
	}
	return r, v.fresh, d.sum
}

// record makes the judgement durable, then teaches what may be taught. The lessons are
// locked for reading.
func (a *Analyzer) record(ctx context.Context, e *entry, r *Record, fresh int, sum float64) error {
	id, lesson, err := a.memory.Record(ctx, r)
	if err != nil {
		return fmt.Errorf("record verdict: %w", err)
	}
	r.ID = id
	e.state.add(r, fresh, sum)
	for _, k := range r.Observation.Keys[baseline.Recipient] {
		if _, seen := e.state.firsts[k]; !seen {
			e.state.firsts[k] = r.Observation.At
		}
	}
	if (r.Verdict.Action == Hold || r.Spared) && !e.state.open {
		e.state.open, e.state.opened = true, r.Observation.At
	}
	a.shared.Lock()
	defer a.shared.Unlock()
	a.shared.campaigns.add(r.Envelope.Sender, &r.Observation)
	if lesson != 0 {
		a.lessons.mu.Lock()
		a.lessons.applied[lesson] = true
		a.lessons.mu.Unlock()
		e.profile.Learn(&r.Observation)
		a.shared.org.Learn(&r.Observation)
		a.shared.background.stale++
		e.dirty = true
	}
	return nil
}

// loadRules reads what admins declared since: rules for links, exceptions from habits.
func (a *Analyzer) loadRules(ctx context.Context) error {
	if err := a.loadURLRules(ctx); err != nil {
		return err
	}
	return a.loadHabits(ctx)
}

// load reads the organisation and the running campaigns once.
func (a *Analyzer) load(ctx context.Context, now time.Time) error {
	a.shared.RLock()
	done := a.shared.loaded
	a.shared.RUnlock()
	if done {
		return nil
	}
	a.shared.Lock()
	defer a.shared.Unlock()
	if a.shared.loaded {
		return nil
	}
	past, err := a.memory.Past(ctx, "", now.Add(-memorySpan))
	if err != nil {
		return fmt.Errorf("load the organisation's past: %w", err)
	}
	for i := range past.Recent {
		r := &past.Recent[i]
		a.shared.campaigns.add(r.Envelope.Sender, &r.Observation)
	}
	a.shared.org, a.shared.loaded, a.lessons.mark = past.Profile, true, past.Last
	a.shared.background.stale = 1
	return nil
}

// entry returns the sender's cache entry, locked; leave gives it back.
func (a *Analyzer) entry(ctx context.Context, sender string, now time.Time) (*entry, error) {
	a.mu.Lock()
	e := a.senders[sender]
	if e == nil {
		a.evict()
		e = &entry{name: sender}
		a.senders[sender] = e
	}
	e.used = now
	e.busy++
	a.mu.Unlock()
	e.mu.Lock()
	if e.profile != nil {
		return e, nil
	}
	if err := a.fill(ctx, e, now); err != nil {
		a.leave(e)
		return nil, err
	}
	return e, nil
}

func (a *Analyzer) leave(e *entry) {
	e.mu.Unlock()
	a.mu.Lock()
	e.busy--
	a.mu.Unlock()
}

func (a *Analyzer) fill(ctx context.Context, e *entry, now time.Time) error {
	past, err := a.memory.Past(ctx, e.name, now.Add(-memorySpan))
	if err != nil {
		return fmt.Errorf("load the past of %s: %w", e.name, err)
	}
	e.state = state{firsts: make(map[baseline.Key]time.Time)}
	for i := range past.Recent {
		r := &past.Recent[i]
		fresh := 0
		for _, k := range r.Observation.Keys[baseline.Recipient] {
			if _, seen := e.state.firsts[k]; seen {
				continue
			}
			e.state.firsts[k] = r.Observation.At
			if !past.Profile.Known(baseline.Recipient, k, baseline.SlotOf(r.Observation.At)) {
				fresh++
			}
		}
		e.state.add(r, fresh, r.Verdict.Sum)
	}
	e.profile, e.loaded = past.Profile, past.Last
	return nil
}

// refresh reads what a reviewer may have changed: the sender's incident.
func (a *Analyzer) refresh(ctx context.Context, e *entry, now time.Time) error {
	open, since, err := a.memory.Incident(ctx, e.name)
	if err != nil {
		return fmt.Errorf("read incident of %s: %w", e.name, err)
	}
	if e.state.open && !open { // ended: the owner starts afresh
		e.state.sum = 0
	}
	e.state.open, e.state.opened = open, since
	a.shared.RLock()
	stale := a.shared.background.stale >= refreshEvery || a.shared.background.model == nil
	a.shared.RUnlock()
	if stale {
		a.shared.Lock()
		a.shared.background.refresh(a.shared.org)
		a.shared.lines = a.lines(a.shared.org)
		a.shared.campaigns.prune(now)
		a.shared.Unlock()
	}
	return nil
}

// evict drops a sixteenth of the cache when it is full; a.mu is held. Nothing is lost:
// profiles are a fold of lessons that the memory keeps. What is in use stays, for a
// sender must not have two entries.
func (a *Analyzer) evict() {
	if len(a.senders) < maxSenders {
		return
	}
	all := slices.SortedFunc(maps.Values(a.senders), func(x, y *entry) int {
		return x.used.Compare(y.used)
	})
	// Those that were saved since go first; of the others too few would be left to drop
	// only where thousands of senders mail within a minute.
	dropped := 0
	for _, dirty := range []bool{false, true} {
		for _, e := range all[:len(all)/2] {
			if dropped < len(all)/16 && e.busy == 0 && e.dirty == dirty {
				delete(a.senders, e.name)
				dropped++
			}
		}
	}
}

func fileNames(c *content.Content) []string {
	var out []string
	for _, f := range c.Attachments[:min(len(c.Attachments), 10)] {
		out = append(out, fmt.Sprintf("%s %x %s", clip(f.Name, 100), f.SHA256, f.Kind))
	}
	return out
}
