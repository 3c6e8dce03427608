package replay

import (
	"context"
	"fmt"
	"sort"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// Memory is an analyzer's memory for the length of a replay. It follows the contract of
// analyzer.Memory exactly as the store does, without a disk, for one analyzer, one call
// at a time, and mails in time order.
type Memory struct {
	records   []*analyzer.Record
	senders   map[string][]*analyzer.Record
	profiles  map[string]*baseline.Profile
	lessons   []analyzer.Lesson
	incidents map[string]incident  // open ones
	ended     map[string]time.Time // when the last one of a sender ended
	opened    int
}

type incident struct {
	id    int
	since time.Time
}

// NewMemory returns an empty memory.
func NewMemory() *Memory {
	return &Memory{
		senders:   make(map[string][]*analyzer.Record),
		profiles:  make(map[string]*baseline.Profile),
		incidents: make(map[string]incident),
		ended:     make(map[string]time.Time),
	}
}

// Profile returns the sender's profile; the analyzer is its only writer.
func (m *Memory) Profile(_ context.Context, sender string) (*baseline.Profile, int64, error) {
	p := m.profiles[sender]
	if p == nil {
		p = &baseline.Profile{}
		for i := range m.lessons {
			if l := &m.lessons[i]; sender == "" || l.Sender == sender {
				teach(p, l)
			}
		}
		m.profiles[sender] = p
	}
	return p, int64(len(m.lessons)), nil
}

func teach(p *baseline.Profile, l *analyzer.Lesson) {
	if l.Sign > 0 {
		p.Learn(&l.Obs)
	} else {
		p.Unlearn(&l.Obs)
	}
}

// SaveProfile keeps nothing: Profile handed out the live one.
func (m *Memory) SaveProfile(context.Context, string, *baseline.Profile, int64) error {
	return nil
}

// Recent returns a sender's records since a time, oldest first; "" means every sender.
func (m *Memory) Recent(_ context.Context, sender string, since time.Time) ([]analyzer.Record, error) {
	list := m.senders[sender]
	if sender == "" {
		list = m.records
	}
	i := len(list)
	for i > 0 && !list[i-1].Envelope.Time.Before(since) {
		i--
	}
	out := make([]analyzer.Record, 0, len(list)-i)
	for _, r := range list[i:] {
		c := *r
		c.URLs, c.Verdict.Evidence = nil, nil
		out = append(out, c)
	}
	return out, nil
}

// Lessons returns the lessons after an id.
func (m *Memory) Lessons(_ context.Context, after int64, limit int) ([]analyzer.Lesson, error) {
	list := m.lessons[min(int(after), len(m.lessons)):]
	return list[:min(len(list), limit)], nil
}

// Record keeps one record; its id is its place, from 1.
func (m *Memory) Record(_ context.Context, r *analyzer.Record) (id, lesson int64, err error) {
	id = int64(len(m.records) + 1)
	c := *r
	r, c.ID = &c, id // the caller goes on with its own
	m.records = append(m.records, r)
	sender := r.Envelope.Sender
	m.senders[sender] = append(m.senders[sender], r)
	if _, open := m.incidents[sender]; r.Verdict.Action == analyzer.Hold && !open {
		m.opened++
		m.incidents[sender] = incident{m.opened, m.firstSuspicious(sender, r.Envelope.Time)}
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
	m.lessons = append(m.lessons, analyzer.Lesson{
		ID: int64(len(m.lessons) + 1), Record: record, Sender: r.Envelope.Sender, Sign: sign,
		Obs: r.Observation,
	})
	return int64(len(m.lessons))
}

// Incident says whether the sender has an open incident.
func (m *Memory) Incident(_ context.Context, sender string) (bool, time.Time, error) {
	i, open := m.incidents[sender]
	return open, i.since, nil
}

// IncidentName names the sender's open incident, or is "".
func (m *Memory) IncidentName(sender string) string {
	if i, open := m.incidents[sender]; open {
		return fmt.Sprintf("I-%d", i.id)
	}
	return ""
}

// incidentReach is how far before the first hold an incident begins at most.
const incidentReach = 24 * time.Hour

// firstSuspicious returns when the sender's incident began that was noticed at a time:
// with the first mail of the day before that was to wait, and after the last incident.
func (m *Memory) firstSuspicious(sender string, at time.Time) time.Time {
	since := at.Add(-incidentReach)
	if ended := m.ended[sender]; ended.After(since) {
		since = ended
	}
	list := m.senders[sender]
	i := sort.Search(len(list), func(i int) bool { return !list[i].Envelope.Time.Before(since) })
	for _, r := range list[i:] {
		if r.Verdict.Would != analyzer.Pass {
			return r.Envelope.Time
		}
	}
	return at
}

// Dismiss ends the sender's incident, if one is open: it was the owner.
func (m *Memory) Dismiss(sender string, at time.Time) {
	if _, open := m.incidents[sender]; open {
		delete(m.incidents, sender)
		m.ended[sender] = at
	}
}

// Confirm ends the sender's incident as a compromise and unlearns what was learned from
// the sender since it began. Without an open incident (a missed attack, or one whose
// holds were released before anybody knew) it began with the first mail of the last day
// that was to wait.
func (m *Memory) Confirm(sender string, at time.Time) {
	since := m.incidents[sender].since
	if _, open := m.incidents[sender]; !open {
		delete(m.ended, sender)
		since = m.firstSuspicious(sender, at)
	}
	list := m.senders[sender]
	for i := len(list) - 1; i >= 0 && !list[i].Envelope.Time.Before(since); i-- {
		if list[i].Learned {
			m.Teach(list[i].ID, -1)
		}
	}
	delete(m.incidents, sender)
	m.ended[sender] = at
}

// Override knows none.
func (m *Memory) Override(context.Context, string, analyzer.Class, time.Time) (
	analyzer.Override, bool, error) {
	return analyzer.Override{}, false, nil
}
