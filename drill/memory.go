package drill

import (
	"context"
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
	records         []*analyzer.Record
	waiting         []*analyzer.Record // delayed ones that nothing has promoted
	lessons         []analyzer.Lesson
	open            time.Time // when the account's incident began, zero without one
}

// reset forgets the drill before. Its lessons are taken back from the organisation's
// profile, which then equals, byte for byte, the one that never saw them.
func (m *copied) reset() {
	for i := range m.lessons {
		m.org.Unlearn(&m.lessons[i].Obs)
	}
	m.records, m.waiting, m.lessons, m.open = nil, nil, nil, time.Time{}
}

// Past returns the past; the drill's mail is in the analyzer.
func (m *copied) Past(ctx context.Context, sender string, since time.Time, most int) (
	analyzer.Past, error) {
	past, err := m.Memory.Past(ctx, sender, since, most)
	past.Last = int64(len(m.lessons))
	return past, err
}

// Profile returns the organisation's profile, which is read once: the analyzer goes on with
// it, and reset takes its lessons back.
func (m *copied) Profile(ctx context.Context, sender string) (*baseline.Profile, int64, error) {
	last := int64(len(m.lessons))
	if sender != "" {
		p, _, err := m.Memory.Profile(ctx, sender)
		return p, last, err
	}
	if m.org == nil {
		org, _, err := m.Memory.Profile(ctx, "")
		if err != nil {
			return nil, 0, err
		}
		m.org = org
	}
	return m.org, last, nil
}

// Sightings returns the past's, and the drill's own after them.
func (m *copied) Sightings(ctx context.Context, marks []baseline.Key, most int) (
	[][]analyzer.Sighting, error) {
	out, err := m.Memory.Sightings(ctx, marks, most)
	if err != nil {
		return nil, err
	}
	for i, mark := range marks {
		for _, r := range m.records {
			if slices.Contains(r.Observation.Marks, mark) {
				out[i] = append(out[i], analyzer.Sighting{At: r.Envelope.Time, Sender: r.Envelope.Sender})
			}
		}
		out[i] = out[i][max(0, len(out[i])-most):]
	}
	return out, nil
}

// SaveProfiles keeps nothing: no profile outlives its drill.
func (m *copied) SaveProfiles(context.Context, ...analyzer.Saved) error { return nil }

// Lessons returns the drill's lessons after an id.
func (m *copied) Lessons(_ context.Context, after int64, limit int) ([]analyzer.Lesson, error) {
	rest := m.lessons[min(max(after, 0), int64(len(m.lessons))):]
	return rest[:min(limit, len(rest))], nil
}

// Begin keeps a judged mail for the length of the drill.
func (m *copied) Begin(_ context.Context, r *analyzer.Record) analyzer.Pending {
	m.records = append(m.records, r)
	kept := analyzer.Recorded{ID: int64(len(m.records))}
	switch r.Verdict.Action {
	case analyzer.Delay:
		m.waiting = append(m.waiting, r)
	case analyzer.Hold:
		for _, w := range m.waiting {
			if w.Due.After(r.Envelope.Time) {
				kept.Promoted = append(kept.Promoted, w.ID)
			}
		}
		m.waiting = nil
		if m.open.IsZero() {
			m.open = r.Envelope.Time
		}
	}
	if r.Learn {
		kept.Lesson = m.teach(kept.ID, r)
	}
	return func() (analyzer.Recorded, error) { return kept, nil }
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
