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
	org             []byte    // the organisation's profile of the past, encoded; read once
	records         []*analyzer.Record
	waiting         []int64 // delayed ones that nothing has promoted, and that have not left
	lessons         []analyzer.Lesson
	open            map[string]time.Time // when a sender's incident began
}

// reset forgets the drill before.
func (m *copied) reset() {
	m.records, m.waiting, m.lessons, m.open = nil, nil, nil, nil
}

// Past returns the past with what the drill added to it.
func (m *copied) Past(ctx context.Context, sender string, since time.Time, most int) (
	analyzer.Past, error) {
	past, err := m.Memory.Past(ctx, sender, since, most)
	if err != nil {
		return past, err
	}
	past.Last = m.fold(past.Profile, sender)
	for _, r := range m.records {
		if r.Envelope.Sender == sender && !r.Envelope.Time.Before(since) {
			past.Recent = append(past.Recent, analyzer.Recent{ID: r.ID, Action: r.Verdict.Action,
				Would: r.Verdict.Would, Points: r.Verdict.Points, Sum: r.Verdict.Sum,
				Observation: r.Observation})
		}
	}
	past.Recent = past.Recent[max(0, len(past.Recent)-most):]
	return past, nil
}

// fold adds the drill's lessons to a profile of the past and returns the last one's id.
func (m *copied) fold(p *baseline.Profile, sender string) int64 {
	for i := range m.lessons {
		if l := &m.lessons[i]; sender == "" || l.Sender == sender {
			p.Learn(&l.Obs)
		}
	}
	return int64(len(m.lessons))
}

// Profile returns the past's with what the drill taught. The organisation's is read once,
// for every drill begins with it.
func (m *copied) Profile(ctx context.Context, sender string) (*baseline.Profile, int64, error) {
	p := &baseline.Profile{}
	var err error
	switch {
	case sender != "":
		p, _, err = m.Memory.Profile(ctx, sender)
	case m.org == nil:
		if p, _, err = m.Memory.Profile(ctx, ""); err == nil {
			m.org, err = p.MarshalBinary()
		}
	default:
		err = p.UnmarshalBinary(m.org)
	}
	if err != nil {
		return nil, 0, err
	}
	return p, m.fold(p, sender), nil
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
				out[i] = append(out[i], analyzer.Sighting{At: r.Envelope.Time, Sender: r.Envelope.Sender,
					Would: r.Verdict.Would})
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
func (m *copied) Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending {
	if err := ctx.Err(); err != nil {
		return func() (analyzer.Recorded, error) { return analyzer.Recorded{}, err }
	}
	own := *r
	own.ID = int64(len(m.records) + 1)
	m.records = append(m.records, &own)
	kept := analyzer.Recorded{ID: own.ID}
	switch {
	case r.Verdict.Action == analyzer.Delay:
		m.waiting = append(m.waiting, own.ID)
	case r.Verdict.Action == analyzer.Hold:
		kept.Promoted = m.promote(r)
		fallthrough
	case r.ObservedHold:
		if _, open := m.open[r.Envelope.Sender]; !open {
			if m.open == nil {
				m.open = make(map[string]time.Time)
			}
			m.open[r.Envelope.Sender] = r.Envelope.Time
		}
	}
	if r.Learn {
		kept.Lesson = m.teach(own.ID)
	}
	return func() (analyzer.Recorded, error) { return kept, nil }
}

// promote returns what the sender of a held mail has still waiting, which waits no more.
func (m *copied) promote(by *analyzer.Record) (list []int64) {
	m.waiting = slices.DeleteFunc(m.waiting, func(id int64) bool {
		r := m.records[id-1]
		if r.Envelope.Sender != by.Envelope.Sender || !r.Due.After(by.Envelope.Time) {
			return false
		}
		list = append(list, id)
		return true
	})
	return list
}

// endDelay lets a delayed mail go; it is learned, as in life. It returns false when the
// mail does not wait any more.
func (m *copied) endDelay(id int64) bool {
	i := slices.Index(m.waiting, id)
	if i < 0 {
		return false
	}
	m.waiting = slices.Delete(m.waiting, i, i+1)
	m.teach(id)
	return true
}

func (m *copied) teach(id int64) int64 {
	r := m.records[id-1]
	lesson := int64(len(m.lessons) + 1)
	m.lessons = append(m.lessons, analyzer.Lesson{ID: lesson, Record: id,
		Sender: r.Envelope.Sender, Sign: 1, Obs: r.Observation})
	return lesson
}

// Incident says whether the drill opened one; a real one does not help the thief.
func (m *copied) Incident(_ context.Context, sender string) (bool, time.Time, error) {
	at, open := m.open[sender]
	return open, at, nil
}

// Override returns the rule that is valid today, whenever the drill plays. Its mode does
// not count: a drill shows what mode enforce would do.
func (m *copied) Override(ctx context.Context, sender string, class analyzer.Class, _ time.Time) (
	analyzer.Override, bool, error) {
	o, ok, err := m.Memory.Override(ctx, sender, class, m.now)
	o.Mode = ""
	return o, ok, err
}
