package analyzer

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"hisseki/baseline"
)

// index is a memory that knows marks only, and counts how often it is asked for them.
type index struct {
	Memory
	lists map[baseline.Key][]Sighting
	asked int
	err   error
}

func (m *index) Sightings(_ context.Context, marks []baseline.Key, most int) ([][]Sighting, error) {
	m.asked += len(marks)
	var out [][]Sighting
	for _, k := range marks {
		list := m.lists[k]
		out = append(out, list[max(0, len(list)-most):])
	}
	return out, m.err
}

var autumn = time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)

func TestCampaignsAreReadOnceAndThenKept(t *testing.T) {
	m := &index{lists: map[baseline.Key][]Sighting{1: {
		{autumn.Add(-73 * time.Hour), "b", Pass}, {autumn.Add(-71 * time.Hour), "b", Pass},
		{autumn.Add(-time.Hour), "a", Pass}}}}
	c := newCampaigns()
	look := func(marks []baseline.Key, want map[baseline.Key]carried) {
		t.Helper()
		got, err := c.look(t.Context(), m, marks, "a", autumn)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("carried %v, want %v, %v", got, want, err)
		}
	}
	both := []baseline.Key{1, 2}
	look(both, map[baseline.Key]carried{1: {accounts: 1, senders: 1}, 2: {}})
	c.add("c", Hold, &baseline.Observation{At: autumn, Marks: []baseline.Key{2, 3}}) // 3 nobody asked for
	look(both, map[baseline.Key]carried{1: {accounts: 1, senders: 1}, 2: {odd: 1, senders: 1, heldSenders: 1}})
	if m.asked != 2 {
		t.Errorf("the memory was asked for %d marks, want each once", m.asked)
	}
	c.forget([]baseline.Key{2})
	look(both, map[baseline.Key]carried{1: {accounts: 1, senders: 1}, 2: {}})
	m.err = errors.New("locked")
	if _, err := c.look(t.Context(), m, []baseline.Key{9}, "a", autumn); !errors.Is(err, m.err) {
		t.Errorf("a memory that fails: %v", err)
	}
}

// A mark that everybody sends, and marks without end, take bounded room.
func TestCampaignsAreBounded(t *testing.T) {
	m := &index{}
	c := newCampaigns()
	hot := []baseline.Key{1}
	for i := range maxHeld * 2 {
		o := baseline.Observation{At: autumn, Marks: []baseline.Key{baseline.Key(i + 2)}}
		if i%100 == 0 {
			o.Marks = append(o.Marks, 1)
		}
		if _, err := c.look(t.Context(), m, o.Marks, "a", autumn); err != nil {
			t.Fatal(err)
		}
		c.add("b", Hold, &o)
	}
	got, err := c.look(t.Context(), m, hot, "a", autumn)
	if err != nil || got[1].odd != maxSightings {
		t.Errorf("of the mark in use %+v are known, want %d, %v", got[1], maxSightings, err)
	}
	if c.held > maxHeld || c.marks.len() > maxHeld || c.held < maxHeld*9/10 {
		t.Errorf("%d sightings held of %d marks, at most %d should be", c.held, c.marks.len(), maxHeld)
	}
	n := 0
	c.marks.oldest(func(_ baseline.Key, list []Sighting) bool { n += weight(list); return true })
	if n != c.held {
		t.Errorf("%d sightings counted, %d are there", c.held, n)
	}
}
