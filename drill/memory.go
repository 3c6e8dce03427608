package drill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// copied is a memory over a past, the store's or a replay's, that keeps what one drill
// does to itself. What it leaves to the past only reads. It is for one analyzer and one
// call at a time.
type copied struct {
	analyzer.Memory           // the past
	now             time.Time // at which overrides count
	org             *baseline.Profile
	crowd           []analyzer.Record // the organisation's mail since a time
	since           time.Time         // of crowd
	records         []*analyzer.Record
	lessons         []analyzer.Lesson
	open            time.Time // when the account's incident began, zero without one
}

// reset forgets the drill before. Its lessons are taken back from the organisation's
// profile, which then equals, byte for byte, the one that never saw them.
func (m *copied) reset() {
	for i := range m.lessons {
		m.org.Unlearn(&m.lessons[i].Obs)
	}
	m.records, m.lessons, m.open = nil, nil, time.Time{}
}

// Past returns the past with a copy of the profile; the drill's mail is in the analyzer.
func (m *copied) Past(ctx context.Context, sender string, since time.Time) (analyzer.Past, error) {
	if sender == "" {
		return m.everybody(ctx, since)
	}
	past, err := m.Memory.Past(ctx, sender, since)
	if err != nil {
		return past, err
	}
	past.Last = int64(len(m.lessons))
	if past.Profile, err = clone(past.Profile); err != nil {
		return past, fmt.Errorf("copy profile of %q: %w", sender, err)
	}
	return past, nil
}

// everybody reads the organisation's past once, and again only for an earlier time.
func (m *copied) everybody(ctx context.Context, since time.Time) (analyzer.Past, error) {
	if m.org == nil || since.Before(m.since) {
		past, err := m.Memory.Past(ctx, "", since)
		if err != nil {
			return past, err
		}
		m.crowd, m.since = past.Recent, since
		if m.org == nil {
			if m.org, err = clone(past.Profile); err != nil {
				return past, fmt.Errorf("copy the organisation's profile: %w", err)
			}
		}
	}
	past := analyzer.Past{Profile: m.org, Last: int64(len(m.lessons))}
	i := slices.IndexFunc(m.crowd, func(r analyzer.Record) bool {
		return !r.Envelope.Time.Before(since)
	})
	if i >= 0 {
		past.Recent = m.crowd[i:]
	}
	return past, nil
}

func clone(p *baseline.Profile) (*baseline.Profile, error) {
	data, err := p.MarshalBinary()
	if err != nil {
		return nil, err
	}
	own := &baseline.Profile{}
	return own, own.UnmarshalBinary(data)
}

// SaveProfiles keeps nothing: no profile outlives its drill.
func (m *copied) SaveProfiles(context.Context, ...analyzer.Saved) error { return nil }

// Lessons returns the drill's lessons after an id.
func (m *copied) Lessons(_ context.Context, after int64, limit int) ([]analyzer.Lesson, error) {
	rest := m.lessons[min(max(after, 0), int64(len(m.lessons))):]
	return rest[:min(limit, len(rest))], nil
}

// Record keeps a judged mail for the length of the drill.
func (m *copied) Record(_ context.Context, r *analyzer.Record) (id, lesson int64, err error) {
	m.records = append(m.records, r)
	id = int64(len(m.records))
	if r.Verdict.Action == analyzer.Hold && m.open.IsZero() {
		m.open = r.Envelope.Time
	}
	if r.Learn {
		lesson = m.teach(id, r)
	}
	return id, lesson, nil
}

func (m *copied) teach(id int64, r *analyzer.Record) int64 {
	lesson := int64(len(m.lessons) + 1)
	m.lessons = append(m.lessons, analyzer.Lesson{ID: lesson, Record: id,
		Sender: r.Envelope.Sender, Sign: 1, Obs: r.Observation})
	return lesson
}

// Incident says whether the drill opened one; a real one does not help the thief.
func (m *copied) Incident(context.Context, string) (bool, time.Time, error) {
	return !m.open.IsZero(), m.open, nil
}

// Override returns the rule that is valid today, whenever the drill plays. Its mode does
// not count: a drill shows what mode enforce would do.
func (m *copied) Override(ctx context.Context, sender string, class analyzer.Class, _ time.Time) (
	analyzer.Override, bool, error) {
	o, ok, err := m.Memory.Override(ctx, sender, class, m.now)
	o.Mode = ""
	return o, ok, err
}
