package quarantine

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// fakeMTA is a hold queue.
type fakeMTA struct {
	queue map[string]Queued
	acts  []string
	lies  bool // says yes and does nothing
	fails error
}

func (f *fakeMTA) List(context.Context) (map[string]Queued, error) { return f.queue, nil }

func (f *fakeMTA) Release(_ context.Context, ids ...string) error {
	f.acts = append(f.acts, "release "+ids[0])
	if f.fails == nil && !f.lies {
		delete(f.queue, ids[0])
	}
	return f.fails
}

func (f *fakeMTA) Discard(_ context.Context, ids ...string) error {
	f.acts = append(f.acts, "discard "+ids[0])
	if f.fails == nil && !f.lies {
		delete(f.queue, ids[0])
	}
	return f.fails
}

// fakeStore notes what it is told.
type fakeStore struct {
	tasks []Task
	told  []string
	next  time.Time
	held  bool // a delayed mail became a hold meanwhile
}

func (f *fakeStore) Tasks(context.Context, string, time.Time) ([]Task, error) { return f.tasks, nil }
func (f *fakeStore) EndDelay(context.Context, int64) (bool, error)            { return !f.held, nil }
func (f *fakeStore) Finish(context.Context, int64) error {
	f.told = append(f.told, "finish")
	return nil
}
func (f *fakeStore) Retry(_ context.Context, _ int64, cause error, next time.Time) error {
	f.told, f.next = append(f.told, "retry: "+cause.Error()), next
	return nil
}
func (f *fakeStore) Vanish(context.Context, int64) (bool, error) {
	f.told = append(f.told, "vanish")
	return true, nil
}
func (f *fakeStore) Heartbeat(context.Context, string, string) error {
	f.told = append(f.told, "heartbeat")
	return nil
}

const id = "4CtzQW1rYJzXk"

func TestRound(t *testing.T) {
	inQueue := func(queue string, at time.Time) map[string]Queued {
		return map[string]Queued{id: {Queue: queue, ID: id, Arrived: at.Unix()}}
	}
	task := func(v Verb) Task { return Task{Hold: 1, QueueID: id, At: noon, Verb: v} }
	later := noon.Add(10 * time.Minute)
	for name, c := range map[string]struct {
		task  Task
		queue map[string]Queued
		now   time.Time
		lies  bool
		fails error
		held  bool
		acts  string
		told  string
	}{
		"release":               {task(Release), inQueue("hold", noon), later, false, nil, false, "release " + id, "finish heartbeat"},
		"discard":               {task(Discard), inQueue("hold", noon), later, false, nil, false, "discard " + id, "finish heartbeat"},
		"delay over":            {task(EndDelay), inQueue("hold", noon), later, false, nil, false, "release " + id, "finish heartbeat"},
		"delay became a hold":   {task(EndDelay), inQueue("hold", noon), later, false, nil, true, "", "heartbeat"},
		"kept":                  {task(Keep), inQueue("hold", noon), later, false, nil, false, "", "heartbeat"},
		"vanished":              {task(Keep), nil, later, false, nil, false, "", "vanish heartbeat"},
		"not queued yet":        {task(Keep), nil, noon.Add(time.Second), false, nil, false, "", "heartbeat"},
		"release before queued": {task(Release), nil, noon.Add(time.Second), false, nil, false, "", "heartbeat"},
		"released before":       {task(Release), nil, later, false, nil, false, "", "finish heartbeat"},
		"released by hand":      {task(Release), inQueue("deferred", noon), later, false, nil, false, "", "finish heartbeat"},
		"queue id reused":       {task(Discard), inQueue("hold", noon.Add(time.Hour)), noon.Add(2 * time.Hour), false, nil, false, "", "finish heartbeat"},
		"postsuper fails":       {task(Release), inQueue("hold", noon), later, false, errors.New("boom"), false, "release " + id, "retry: boom heartbeat"},
		"postsuper lies":        {task(Discard), inQueue("hold", noon), later, true, nil, false, "discard " + id, "retry: the mail is still in the hold queue heartbeat"},
	} {
		mta := &fakeMTA{queue: c.queue, lies: c.lies, fails: c.fails}
		st := &fakeStore{tasks: []Task{c.task}, held: c.held}
		a := &Agent{Host: "mx", Store: st, MTA: mta, Log: slog.New(slog.DiscardHandler),
			Now: func() time.Time { return c.now }}
		if err := a.Once(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(mta.acts, ", "); got != c.acts {
			t.Errorf("%s: did %q, want %q", name, got, c.acts)
		}
		if got := strings.Join(st.told, " "); got != c.told {
			t.Errorf("%s: told the store %q, want %q", name, got, c.told)
		}
	}
}

func TestStrangersAreReportedOnce(t *testing.T) {
	var log strings.Builder
	a := &Agent{Store: &fakeStore{}, Now: func() time.Time { return noon },
		MTA: &fakeMTA{queue: map[string]Queued{id: {Queue: "hold", ID: id}}},
		Log: slog.New(slog.NewTextHandler(&log, nil))}
	for range 3 {
		if err := a.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "no record of"); n != 1 {
		t.Errorf("a held mail without a record was reported %d times", n)
	}
}

func TestQueueIDs(t *testing.T) {
	for in, want := range map[string]bool{
		"4CtzQW1rYJzXk": true, "3F2A9C0D11": true, "ALL": false, "": false, "-d": false,
		"4CtzQW1rYJz;rm": false, "../../x": false, "4CtzQW1rYJzXk\n": false,
		"4CtzQW1rYJ4CtzQW1rYJ4CtzQW1rYJ": false,
	} {
		if ValidID(in) != want {
			t.Errorf("ValidID(%q) = %v", in, !want)
		}
	}
	q := &Queue{}
	if err := q.Discard(t.Context(), "ALL"); err == nil {
		t.Error("postsuper -d ALL was let through")
	}
}

func FuzzParseList(f *testing.F) {
	f.Add(`{"queue_name": "hold", "queue_id": "4CtzQW1rYJzXk", "arrival_time": 1, "message_size": 3, "sender": "b@example.jp", "recipients": []}`)
	f.Fuzz(func(t *testing.T, in string) {
		list, err := parseList(strings.NewReader(in))
		if err != nil {
			return
		}
		for id := range list {
			if !ValidID(id) {
				t.Errorf("accepted queue id %q", id)
			}
		}
	})
}
