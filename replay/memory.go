package replay

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// Memory is an analyzer's memory for the length of a replay. It follows the contract of
// analyzer.Memory exactly as the store does, without a disk, for one analyzer, one call
// at a time, and mails in time order.
type Memory struct {
	records   []*analyzer.Record // by id-1
	senders   map[string]*remembered
	marks     map[baseline.Key][]int64 // ids of the records that carry it, rising
	lessons   []lesson                 // by id-1
	incidents int                      // opened until now
}

// remembered is what is known of one sender, or of the organisation (""). Of the latter only
// the profile is kept here.
type remembered struct {
	records  []*analyzer.Record // oldest first
	lessons  []int64            // ids, rising
	waiting  []*analyzer.Record // delayed ones that nothing has promoted
	profile  *baseline.Profile
	last     int64     // lesson up to which profile holds all of them
	incident int       // number of the open one, 0 for none
	opened   time.Time // when its first mail was held
	since    time.Time // when the first mail came that belongs to it
	ended    time.Time // when the last one ended
}

// lesson is an analyzer.Lesson without its own copy of the observation.
type lesson struct {
	record int64
	sign   int
}

// NewMemory returns an empty memory.
func NewMemory() *Memory {
	return &Memory{senders: make(map[string]*remembered), marks: make(map[baseline.Key][]int64)}
}

func (m *Memory) of(sender string) *remembered {
	s := m.senders[sender]
	if s == nil {
		s = &remembered{profile: &baseline.Profile{}}
		m.senders[sender] = s
	}
	return s
}

// Profile returns a copy of the sender's profile, with all lessons in it.
func (m *Memory) Profile(_ context.Context, sender string) (*baseline.Profile, int64, error) {
	s := m.of(sender)
	if sender == "" {
		for id := s.last + 1; id <= int64(len(m.lessons)); id++ {
			m.fold(s.profile, id)
		}
	} else {
		i, _ := slices.BinarySearch(s.lessons, s.last+1)
		for _, id := range s.lessons[i:] {
			m.fold(s.profile, id)
		}
	}
	s.last = int64(len(m.lessons))
	p, err := decode(analyzer.NewSaved(sender, s.profile, s.last))
	return p, s.last, err
}

func decode(s analyzer.Saved) (*baseline.Profile, error) {
	p := &baseline.Profile{}
	if err := p.UnmarshalBinary(s.Data); err != nil {
		return nil, fmt.Errorf("profile of %q: %w", s.Sender, err)
	}
	return p, nil
}

func (m *Memory) fold(p *baseline.Profile, id int64) {
	l := m.lessons[id-1]
	if o := &m.records[l.record-1].Observation; l.sign > 0 {
		p.Learn(o)
	} else {
		p.Unlearn(o)
	}
}

// Past returns what was heard of a sender, with the newest records since a time.
func (m *Memory) Past(ctx context.Context, sender string, since time.Time, most int) (
	past analyzer.Past, err error) {
	if past.Profile, past.Last, err = m.Profile(ctx, sender); err != nil {
		return past, err
	}
	s := m.of(sender)
	list := s.records[from(s.records, since):]
	for _, r := range list[max(0, len(list)-most):] {
		sum := r.Verdict.Sum
		if !r.Envelope.Time.After(s.ended) {
			sum = 0
		}
		past.Recent = append(past.Recent, analyzer.Recent{ID: r.ID, Action: r.Verdict.Action,
			Would: r.Verdict.Would, Points: r.Verdict.Points, Sum: sum,
			Observation: r.Observation})
	}
	return past, nil
}

// Sightings returns for each mark the last records that carry it.
func (m *Memory) Sightings(_ context.Context, marks []baseline.Key, most int) (
	[][]analyzer.Sighting, error) {
	out := make([][]analyzer.Sighting, len(marks))
	for i, mark := range marks {
		ids := m.marks[mark]
		for _, id := range ids[max(0, len(ids)-most):] {
			e := &m.records[id-1].Envelope
			out[i] = append(out[i], analyzer.Sighting{At: e.Time, Sender: e.Sender,
				Would: m.records[id-1].Verdict.Would})
		}
	}
	return out, nil
}

// SaveProfiles keeps profiles with the last lessons that they hold.
func (m *Memory) SaveProfiles(_ context.Context, list ...analyzer.Saved) error {
	profiles := make([]*baseline.Profile, len(list))
	for i, p := range list {
		var err error
		if profiles[i], err = decode(p); err != nil {
			return err
		}
	}
	for i, p := range list {
		if s := m.of(p.Sender); p.Last >= s.last {
			s.profile, s.last = profiles[i], p.Last
		}
	}
	return nil
}

// from returns the index of the first record at a time or after.
func from(list []*analyzer.Record, since time.Time) int {
	return sort.Search(len(list), func(i int) bool {
		return !list[i].Envelope.Time.Before(since)
	})
}

// Lessons returns the lessons after an id.
func (m *Memory) Lessons(_ context.Context, after int64, limit int) ([]analyzer.Lesson, error) {
	var out []analyzer.Lesson
	for id := after + 1; id <= int64(len(m.lessons)) && len(out) < limit; id++ {
		l := m.lessons[id-1]
		r := m.records[l.record-1]
		out = append(out, analyzer.Lesson{ID: id, Record: l.record,
			Sender: r.Envelope.Sender, Sign: l.sign, Obs: r.Observation})
	}
	return out, nil
}

// Begin keeps what the analyzer may want back; the id is the record's place, from 1.
func (m *Memory) Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending {
	if err := ctx.Err(); err != nil {
		return func() (analyzer.Recorded, error) {
			return analyzer.Recorded{}, fmt.Errorf("keep record: %w", err)
		}
	}
	kept := m.record(r)
	return func() (analyzer.Recorded, error) { return kept, nil }
}

func (m *Memory) record(r *analyzer.Record) (kept analyzer.Recorded) {
	kept.ID = int64(len(m.records) + 1)
	k := &analyzer.Record{ID: kept.ID, Verdict: r.Verdict, Observation: r.Observation, Due: r.Due,
		Learn: r.Learn}
	k.Envelope.Time, k.Envelope.Sender = r.Envelope.Time, r.Envelope.Sender
	k.Envelope.Class = r.Envelope.Class
	k.Verdict.Evidence, k.Verdict.PassIf = nil, ""
	m.records = append(m.records, k)
	for _, mark := range r.Observation.Marks {
		m.marks[mark] = append(m.marks[mark], k.ID)
	}
	s := m.of(r.Envelope.Sender)
	s.records = append(s.records, k)
	switch {
	case r.Verdict.Action == analyzer.Delay:
		s.waiting = append(s.waiting, k)
	case r.Verdict.Action == analyzer.Hold:
		kept.Promoted = s.promote(r.Envelope.Time)
		fallthrough
	case r.ObservedHold:
		m.open(s, k, kept.Promoted)
	}
	if r.Learn {
		kept.Lesson = m.Teach(kept.ID, 1)
	}
	return kept
}

// open opens the sender's incident unless one is open. As in the store, it begins with the
// first mail that was kept because of it: held, or delayed until then.
func (m *Memory) open(s *remembered, held *analyzer.Record, promoted []int64) {
	if s.incident != 0 {
		return
	}
	m.incidents++
	s.incident, s.opened, s.since = m.incidents, held.Envelope.Time, held.Envelope.Time
	if len(promoted) > 0 {
		s.since = m.records[promoted[0]-1].Envelope.Time
	}
}

// promote returns the records that were delayed and are not due at a time. They wait for
// their delay no more.
func (s *remembered) promote(at time.Time) (list []int64) {
	var rest []*analyzer.Record
	for _, r := range s.waiting {
		if r.Due.After(at) {
			list = append(list, r.ID)
		} else {
			rest = append(rest, r)
		}
	}
	s.waiting = rest
	return list
}

// EndDelay lets a delayed mail go, which teaches it. It returns false when the mail does not
// wait any more.
func (m *Memory) EndDelay(id int64) bool {
	r := m.records[id-1]
	s := m.of(r.Envelope.Sender)
	i := slices.Index(s.waiting, r)
	if i < 0 {
		return false
	}
	s.waiting = slices.Delete(s.waiting, i, i+1)
	m.Teach(id, 1)
	return true
}

// Teach adds a lesson about a recorded mail and returns the lesson's id, 0 where the mail
// is learned, or unlearned, already.
func (m *Memory) Teach(record int64, sign int) int64 {
	r := m.records[record-1]
	if r.Learned == (sign > 0) {
		return 0
	}
	r.Learned = sign > 0
	m.lessons = append(m.lessons, lesson{record, sign})
	id := int64(len(m.lessons))
	s := m.of(r.Envelope.Sender)
	s.lessons = append(s.lessons, id)
	return id
}

// Incident says whether the sender has an open incident.
func (m *Memory) Incident(_ context.Context, sender string) (bool, time.Time, error) {
	s := m.of(sender)
	if s.incident == 0 {
		return false, time.Time{}, nil
	}
	return true, s.opened, nil
}

// IncidentName names the sender's open incident, or is "".
func (m *Memory) IncidentName(sender string) string {
	if s := m.of(sender); s.incident != 0 {
		return fmt.Sprintf("I-%d", s.incident)
	}
	return ""
}

// reviewReach is how far a reviewer looks back who hears of a theft that was not noticed.
const reviewReach = 24 * time.Hour

// firstSuspicious returns where such a reviewer says that the theft began: with the first
// mail of the day before that was to wait.
func firstSuspicious(s *remembered, at time.Time) time.Time {
	for _, r := range s.records[from(s.records, at.Add(-reviewReach)):] {
		if r.Verdict.Would != analyzer.Pass {
			return r.Envelope.Time
		}
	}
	return at
}

// Dismiss ends the sender's incident, if one is open: it was the owner.
func (m *Memory) Dismiss(sender string, at time.Time) {
	if s := m.of(sender); s.incident != 0 {
		s.end(at)
	}
}

// Confirm ends the sender's incident as a compromise and unlearns what was learned from
// the sender since it began. Without an open one (a missed attack, or one whose holds were
// released before anybody knew) the reviewer says since when, as with
// "incident confirm --since".
func (m *Memory) Confirm(sender string, at time.Time) {
	s := m.of(sender)
	since := s.since
	if s.incident == 0 {
		since = firstSuspicious(s, at)
	}
	list := s.records[from(s.records, since):]
	for _, r := range slices.Backward(list) {
		if r.Learned {
			m.Teach(r.ID, -1)
		}
	}
	s.end(at)
}

// end ends the incident, and with it what the sender's mail had added up to.
func (s *remembered) end(at time.Time) { s.incident, s.ended = 0, at }

// URLRules knows none.
func (m *Memory) URLRules(context.Context) ([]analyzer.URLRule, error) { return nil, nil }

// Habits knows none.
func (m *Memory) Habits(context.Context) ([]analyzer.Habit, error) { return nil, nil }

// Logins knows none: replayed mail comes without the logs of its time.
func (m *Memory) Logins(context.Context, string, time.Time, time.Time) ([]analyzer.Login, error) {
	return nil, nil
}

// Override knows none.
func (m *Memory) Override(context.Context, string, analyzer.Class, time.Time) (
	analyzer.Override, bool, error) {
	return analyzer.Override{}, false, nil
}
