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
	lessons   []lesson // by id-1
	incidents int      // opened until now
}

// remembered is what is known of one sender, or of the organisation ("").
type remembered struct {
	records  []*analyzer.Record // oldest first; kept in Memory.records for the organisation
	lessons  []int64            // ids, rising; not kept for the organisation
	profile  *baseline.Profile
	last     int64     // lesson up to which profile holds all of them
	incident int       // number of the open one, 0 for none
	since    time.Time // when it began
	ended    time.Time // when the last one ended
}

// lesson is an analyzer.Lesson without its own copy of the observation.
type lesson struct {
	record int64
	sign   int
}

// NewMemory returns an empty memory.
func NewMemory() *Memory {
	return &Memory{senders: make(map[string]*remembered)}
}

func (m *Memory) of(sender string) *remembered {
	s := m.senders[sender]
	if s == nil {
		s = &remembered{profile: &baseline.Profile{}}
		m.senders[sender] = s
	}
	return s
}

// Profile returns the sender's profile. It is no copy: the analyzer goes on with it, and
// says by SaveProfiles which lessons are in it by then.
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
	return s.profile, s.last, nil
}

func (m *Memory) fold(p *baseline.Profile, id int64) {
	l := m.lessons[id-1]
	if o := &m.records[l.record-1].Observation; l.sign > 0 {
		p.Learn(o)
	} else {
		p.Unlearn(o)
	}
}

// Past returns what was heard of a sender, with the records since a time.
func (m *Memory) Past(ctx context.Context, sender string, since time.Time) (
	past analyzer.Past, err error) {
	if past.Profile, past.Last, err = m.Profile(ctx, sender); err == nil {
		past.Recent, err = m.Recent(ctx, sender, since)
	}
	return past, err
}

// SaveProfiles keeps profiles with the last lessons that they hold.
func (m *Memory) SaveProfiles(_ context.Context, list ...analyzer.Saved) error {
	for _, p := range list {
		s := m.of(p.Sender)
		s.profile, s.last = p.Profile, p.Last
	}
	return nil
}

// Recent returns a sender's records since a time, oldest first; "" means every sender.
func (m *Memory) Recent(_ context.Context, sender string, since time.Time) (
	[]analyzer.Record, error) {
	list := m.of(sender).records
	if sender == "" {
		list = m.records
	}
	i := from(list, since)
	out := make([]analyzer.Record, 0, len(list)-i)
	for _, r := range list[i:] {
		out = append(out, *r)
	}
	return out, nil
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

// Record keeps what the analyzer may want back; the id is the record's place, from 1.
func (m *Memory) Record(_ context.Context, r *analyzer.Record) (id, lesson int64, err error) {
	id = int64(len(m.records) + 1)
	k := &analyzer.Record{ID: id, Verdict: r.Verdict, Observation: r.Observation, Due: r.Due,
		Promote: r.Promote, Learn: r.Learn}
	k.Envelope.Time, k.Envelope.Sender = r.Envelope.Time, r.Envelope.Sender
	k.Envelope.Class = r.Envelope.Class
	k.Verdict.Evidence, k.Verdict.PassIf = nil, ""
	m.records = append(m.records, k)
	s := m.of(r.Envelope.Sender)
	s.records = append(s.records, k)
	if s.incident == 0 && r.Verdict.Action == analyzer.Hold {
		m.incidents++
		s.incident, s.since = m.incidents, firstSuspicious(s, r.Envelope.Time)
	}
	if r.Learn {
		lesson = m.Teach(id, 1)
	}
	return id, lesson, nil
}

// Teach adds a lesson about a recorded mail and returns the lesson's id.
func (m *Memory) Teach(record int64, sign int) int64 {
	r := m.records[record-1]
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
	return true, s.since, nil
}

// IncidentName names the sender's open incident, or is "".
func (m *Memory) IncidentName(sender string) string {
	if s := m.of(sender); s.incident != 0 {
		return fmt.Sprintf("I-%d", s.incident)
	}
	return ""
}

// incidentReach is how far before the first hold an incident begins at most.
const incidentReach = 24 * time.Hour

// firstSuspicious returns when the sender's incident began that was noticed at a time:
// with the first mail of the day before that was to wait, and after the last incident.
func firstSuspicious(s *remembered, at time.Time) time.Time {
	since := at.Add(-incidentReach)
	if s.ended.After(since) {
		since = s.ended
	}
	for _, r := range s.records[from(s.records, since):] {
		if r.Verdict.Would != analyzer.Pass {
			return r.Envelope.Time
		}
	}
	return at
}

// Dismiss ends the sender's incident, if one is open: it was the owner.
func (m *Memory) Dismiss(sender string, at time.Time) {
	if s := m.of(sender); s.incident != 0 {
		s.incident, s.ended = 0, at
	}
}

// Confirm ends the sender's incident as a compromise and unlearns what was learned from
// the sender since it began. Without an open incident (a missed attack, or one whose
// holds were released before anybody knew) it began with the first mail of the last day
// that was to wait.
func (m *Memory) Confirm(sender string, at time.Time) {
	s := m.of(sender)
	since := s.since
	if s.incident == 0 {
		s.ended = time.Time{}
		since = firstSuspicious(s, at)
	}
	list := s.records[from(s.records, since):]
	for _, r := range slices.Backward(list) {
		if r.Learned {
			m.Teach(r.ID, -1)
		}
	}
	s.incident, s.ended = 0, at
}

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
