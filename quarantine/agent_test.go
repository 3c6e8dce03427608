package quarantine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hisseki/postfix"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

const (
	id  = "4CtzQW1rYJzXk"
	hex = "3F2A9C0D11"
)

// fakeMTA is a queue whose commands can fail in ways that Postfix seldom shows.
type fakeMTA struct {
	queue  map[string]Queued
	acts   []string
	lies   bool  // says yes and does nothing
	mute   bool  // does it and says nothing
	fails  error // of postsuper
	unseen bool  // the listing overlooks mail
}

func (f *fakeMTA) List(_ context.Context, keep func(Queued) bool) (map[string]Queued, error) {
	out := make(map[string]Queued)
	for id, m := range f.queue {
		if !f.unseen && keep(m) {
			out[id] = m
		}
	}
	return out, nil
}

func (f *fakeMTA) Where(_ context.Context, id string) (string, error) {
	return f.queue[id].Queue, nil
}

func (f *fakeMTA) Probe(context.Context) error { return f.fails }

func (f *fakeMTA) Send(_ context.Context, ids ...string) error {
	f.acts = append(f.acts, fmt.Sprint("send ", len(ids)))
	return nil
}

func (f *fakeMTA) act(verb, to string, ids []string) ([]string, error) {
	f.acts = append(f.acts, fmt.Sprint(verb, " ", len(ids)))
	if f.fails != nil {
		return nil, f.fails
	}
	for _, id := range ids {
		if m := f.queue[id]; !f.lies {
			m.Queue = to
			f.queue[id] = m
			if to == "" {
				delete(f.queue, id)
			}
		}
	}
	if f.mute {
		return nil, nil
	}
	return ids, nil
}

func (f *fakeMTA) Release(_ context.Context, ids ...string) ([]string, error) {
	return f.act("release", "deferred", ids)
}

func (f *fakeMTA) Discard(_ context.Context, ids ...string) ([]string, error) {
	return f.act("discard", "", ids)
}

func (f *fakeMTA) Hold(_ context.Context, ids ...string) ([]string, error) {
	return f.act("hold", "hold", ids)
}

// fakeStore notes what it is told.
type fakeStore struct {
	tasks    []Task
	told     []string
	finished []int64
	next     time.Time
	held     bool // a delayed mail became a hold meanwhile
	fixed    bool // the hold's state does not let it vanish

	withdrawn bool // the decision was taken back
}

func (f *fakeStore) Tasks(context.Context, string, time.Time) ([]Task, error) {
	return f.tasks, nil
}

func (f *fakeStore) EndDelay(_ context.Context, holds ...int64) ([]int64, error) {
	return unless(f.held, holds), nil
}

func unless(not bool, holds []int64) []int64 {
	if not {
		return nil
	}
	return holds
}

func (f *fakeStore) Finish(_ context.Context, holds ...int64) error {
	f.told, f.finished = append(f.told, "finish"), append(f.finished, holds...)
	return nil
}

func (f *fakeStore) Retry(_ context.Context, cause error, next time.Time, holds ...int64) (
	[]int64, error) {
	text := cause.Error()
	if errors.Is(cause, ErrAsked) {
		text = "asked"
	}
	f.told, f.next = append(f.told, text), next
	return unless(f.withdrawn, holds), nil
}

func (f *fakeStore) Vanish(_ context.Context, holds ...int64) ([]int64, error) {
	f.told = append(f.told, "vanish")
	return unless(f.fixed, holds), nil
}

func (f *fakeStore) Refuse(_ context.Context, why string, holds ...int64) ([]int64, error) {
	f.told = append(f.told, "refuse "+why)
	return holds, nil
}

func (f *fakeStore) Heartbeat(context.Context, string, string) error {
	f.told = append(f.told, "heartbeat")
	return nil
}

// agent reconciles in every round: its clock never stands still.
func agent(s Store, m MTA, now time.Time) *Agent {
	tick := func() time.Time {
		now = now.Add(time.Nanosecond)
		return now
	}
	return &Agent{Host: "mx", Store: s, MTA: m, Log: slog.New(slog.DiscardHandler),
		Now: tick, Every: time.Nanosecond}
}

func in(queue string, at time.Time) *fakeMTA {
	return &fakeMTA{queue: map[string]Queued{id: {Queue: queue, ID: id, Arrived: at.Unix()}}}
}

// TestRound has the case, what Postfix is made to do, and what the store is told.
func TestRound(t *testing.T) {
	task := func(v Verb) Task { return Task{Hold: 1, QueueID: id, At: noon, Verb: v} }
	tried := func(v Verb, cause string) Task {
		return Task{Hold: 1, QueueID: id, At: noon, Verb: v, Tries: 1, Error: cause}
	}
	early := noon.Add(-10 * time.Minute) // a slow client: the mail arrived long before noon
	nothing := func() *fakeMTA { return &fakeMTA{queue: map[string]Queued{}} }
	lost, asked := errLost.Error(), ErrAsked.Error()
	for name, c := range map[string]struct {
		task Task
		mta  *fakeMTA
		acts string
		told string
	}{
		"release": {task(Release), in("hold", noon), "release 1, send 1", "asked, finish, heartbeat"},
		"slow client": {task(Release), in("hold", early), "release 1, send 1",
			"asked, finish, heartbeat"},
		"discard": {task(Discard), in("hold", noon), "discard 1", "asked, finish, heartbeat"},
		"delay over": {task(EndDelay), in("hold", noon), "release 1, send 1",
			"asked, finish, heartbeat"},
		"recall":        {task(Recall), in("deferred", noon), "hold 1", "asked, finish, heartbeat"},
		"recalled":      {task(Recall), in("hold", noon), "", "finish, heartbeat"},
		"kept":          {task(Keep), in("hold", noon), "", "heartbeat"},
		"not due":       {task(Wait), in("hold", noon), "", "heartbeat"},
		"sent by hand":  {task(Release), in("active", noon), "send 1", "finish, heartbeat"},
		"died between":  {tried(Release, asked), in("active", noon), "send 1", "finish, heartbeat"},
		"died, sent":    {tried(Release, asked), nothing(), "", "finish, heartbeat"},
		"died, removed": {tried(Discard, asked), nothing(), "", "finish, heartbeat"},
		"in delivery":   {task(Discard), in("active", noon), "", errOff.Error() + ", heartbeat"},

		// Not our doing: no success is claimed.
		"removed by hand":  {task(Release), nothing(), "", "vanish, heartbeat"},
		"delay, gone":      {task(EndDelay), nothing(), "", "vanish, heartbeat"},
		"failed, gone":     {tried(Discard, "boom"), nothing(), "", "vanish, heartbeat"},
		"recall, too late": {tried(Recall, asked), nothing(), "", "vanish, heartbeat"},
		"postsuper says more": {task(Discard), in("hold", noon), "discard 1",
			"asked, the mail is still in the hold queue, heartbeat"},
		"postsuper is silent": {task(Discard), in("hold", noon), "discard 1",
			"asked, " + lost + ", heartbeat"},
		"not seen": {task(Release), in("hold", noon), "", "heartbeat"},
	} {
		c.mta.lies = name == "postsuper says more"
		c.mta.mute = name == "postsuper is silent"
		c.mta.unseen = name == "not seen"
		s := &fakeStore{tasks: []Task{c.task}}
		if err := agent(s, c.mta, noon.Add(10*time.Minute)).Once(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(c.mta.acts, ", "); got != c.acts {
			t.Errorf("%s: did %q, want %q", name, got, c.acts)
		}
		if got := strings.Join(s.told, ", "); got != c.told {
			t.Errorf("%s: told the store %q, want %q", name, got, c.told)
		}
	}
}

// A Postfix that is down is said once, and that it works again; another cause is said too.
func TestTroubleIsSaidOnce(t *testing.T) {
	var log strings.Builder
	m := in("hold", noon)
	a := agent(&fakeStore{}, m, noon)
	a.Log = slog.New(slog.NewTextHandler(&log, nil))
	ctx, stop := context.WithCancel(t.Context())
	causes := []error{errors.New("down"), errors.New("down"), errors.New("broken"), nil, nil,
		errors.New("down")}
	a.MTA = &probed{fakeMTA: m, round: func() error {
		if len(causes) == 0 {
			stop()
			return nil
		}
		cause := causes[0]
		causes = causes[1:]
		return cause
	}}
	if err := a.Run(ctx, time.Microsecond); err != nil {
		t.Fatal(err)
	}
	var got []string
	for line := range strings.Lines(log.String()) {
		if _, what, ok := strings.Cut(line, `msg="agent `); ok {
			f := strings.Fields(what)
			got = append(got, strings.Trim(f[len(f)-1], `"`))
		}
	}
	if want := "down broken again down"; strings.Join(got, " ") != want {
		t.Errorf("it says %q, want %q\n%s", got, want, log.String())
	}
}

// probed is a queue that is asked at the begin of every round.
type probed struct {
	*fakeMTA
	round func() error
}

func (p *probed) List(ctx context.Context, keep func(Queued) bool) (map[string]Queued, error) {
	if err := p.round(); err != nil {
		return nil, err
	}
	return p.fakeMTA.List(ctx, keep)
}

func TestNotQueuedYet(t *testing.T) {
	for _, v := range []Verb{Keep, EndDelay, Release, Discard, Recall} {
		s := &fakeStore{tasks: []Task{{Hold: 1, QueueID: id, At: noon, Verb: v}}}
		a := agent(s, &fakeMTA{}, noon.Add(time.Second))
		for range 3 {
			if err := a.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := strings.Join(s.told, ", "); got != "heartbeat, heartbeat, heartbeat" {
			t.Errorf("%s of a mail that Postfix is still taking in: told %q", v, got)
		}
	}
}

func TestDelayThatBecameAHold(t *testing.T) {
	s := &fakeStore{tasks: []Task{{Hold: 1, QueueID: id, At: noon, Verb: EndDelay}}, held: true}
	m := in("hold", noon)
	if err := agent(s, m, noon.Add(time.Hour)).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(m.acts) != 0 {
		t.Errorf("a hold was released: %q", m.acts)
	}
}

// What a person took back before Postfix was asked is not done.
func TestWithdrawnDecision(t *testing.T) {
	for v, queue := range map[Verb]string{Release: "hold", Discard: "hold", Recall: "deferred"} {
		s := &fakeStore{tasks: []Task{{Hold: 1, QueueID: id, At: noon, Verb: v}}, withdrawn: true}
		m := in(queue, noon)
		if err := agent(s, m, noon.Add(time.Hour)).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.told, ", "); len(m.acts) != 0 || got != "asked, heartbeat" {
			t.Errorf("%s: did %q, told %q", v, m.acts, got)
		}
	}
}

func TestVanishedNeedsTwoLooks(t *testing.T) {
	s := &fakeStore{tasks: []Task{{Hold: 1, QueueID: id, At: noon, Verb: Keep}}}
	m := in("hold", noon)
	a := agent(s, m, noon.Add(time.Hour))
	look := func(want string) {
		t.Helper()
		s.told = nil
		if err := a.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.told, ", "); got != want {
			t.Errorf("told %q, want %q", got, want)
		}
	}
	m.unseen = true
	look("heartbeat")
	look("heartbeat") // its file is there
	delete(m.queue, id)
	m.unseen = false
	look("vanish, heartbeat")

	a = agent(s, m, noon.Add(time.Hour))
	look("heartbeat")
	look("vanish, heartbeat")
}

func TestUnableAgentHasNoHeartbeat(t *testing.T) {
	s := &fakeStore{tasks: []Task{{Hold: 1, QueueID: id, At: noon, Verb: Release, Tries: 2}}}
	m := in("hold", noon)
	a := agent(s, m, noon.Add(time.Hour))
	a.works = true
	m.fails = errors.New("boom")
	for range 2 {
		if err := a.Once(t.Context()); err == nil || !strings.Contains(err.Error(), "boom") {
			t.Errorf("error %v", err)
		}
	}
	if got := strings.Join(s.told, "; "); got != "asked; the mail is still in the hold queue\nboom" {
		t.Errorf("told %q", got)
	}
	if want := noon.Add(time.Hour + 10*time.Second); !s.next.Truncate(time.Second).Equal(want) {
		t.Errorf("next try at %v, want %v", s.next, want)
	}
	m.fails, s.told = nil, nil
	if err := a.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.told, ", "); got != "asked, finish, heartbeat" {
		t.Errorf("told %q", got)
	}
}

func TestOwns(t *testing.T) {
	for name, c := range map[string]struct {
		id     string
		after  time.Duration
		sender string
		want   bool
	}{
		"same second":             {hex, 0, "b@example.jp", true},
		"slow client":             {hex, -3 * time.Hour, "b@example.jp", true},
		"rewritten sender":        {hex, 0, "b@mail.example.jp", true},
		"clock set back":          {hex, time.Second, "B@example.jp", true},
		"other's, a second later": {hex, time.Second, "c@example.jp", false},
		"reused":                  {hex, 10 * time.Second, "b@example.jp", false},
		"long ids never are":      {id, 10 * time.Second, "c@example.jp", true},
	} {
		task := Task{QueueID: c.id, At: noon, Sender: "b@example.jp"}
		m := Queued{ID: c.id, Arrived: noon.Add(c.after).Unix(), Sender: c.sender}
		if task.owns(m) != c.want {
			t.Errorf("%s: %v", name, !c.want)
		}
	}
}

// TestReusedID: our mail is gone, another one with its short id is on hold.
func TestReusedID(t *testing.T) {
	later := noon.Add(time.Hour)
	s := &fakeStore{tasks: []Task{{Hold: 1, QueueID: hex, At: noon, Verb: Discard}}, fixed: true}
	m := &fakeMTA{queue: map[string]Queued{hex: {Queue: "hold", ID: hex, Arrived: later.Unix()}}}
	if err := agent(s, m, later.Add(time.Hour)).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if len(m.acts) != 0 {
		t.Errorf("another's mail was touched: %q", m.acts)
	}
	if want := "vanish, " + errLost.Error() + ", heartbeat"; strings.Join(s.told, ", ") != want {
		t.Errorf("told %q", s.told)
	}
}

func TestUnknownMailIsReportedOnce(t *testing.T) {
	var log strings.Builder
	a := agent(&fakeStore{}, in("hold", noon), noon)
	a.Log = slog.New(slog.NewTextHandler(&log, nil))
	for range 3 {
		if err := a.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "no record of"); n != 1 || a.counts.Unknown != 1 {
		t.Errorf("a held mail without a record was reported %d times", n)
	}
}

// pastStore also knows what is over.
type pastStore struct {
	fakeStore
	past []Task
}

func (p *pastStore) Past(context.Context, string, string) ([]Task, error) { return p.past, nil }

func (p *pastStore) Reopen(_ context.Context, hold int64) error {
	p.told = append(p.told, fmt.Sprint("reopen ", hold))
	return nil
}

func TestReleasedButStillOnHold(t *testing.T) {
	s := &pastStore{past: []Task{
		{Hold: 7, QueueID: hex, At: noon.Add(-time.Hour), Verb: Discard}, // another mail's
		{Hold: 8, QueueID: hex, At: noon, Verb: Release},
	}}
	m := &fakeMTA{queue: map[string]Queued{hex: {Queue: "hold", ID: hex, Arrived: noon.Unix()}}}
	a := agent(s, m, noon.Add(time.Hour))
	if err := a.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(s.told, ", "); got != "reopen 8, heartbeat" || a.counts.Reopened != 1 {
		t.Errorf("told %q", got)
	}
}

func TestBackoff(t *testing.T) {
	for tries, want := range map[int]time.Duration{
		0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 6: 40 * time.Second,
		1000: 10 * time.Minute,
	} {
		if got := backoff(tries); got != want {
			t.Errorf("backoff(%d) = %v, want %v", tries, got, want)
		}
	}
}

func TestRunWakes(t *testing.T) {
	wake, rounds := make(chan struct{}), make(chan Counts)
	ctx, cancel := context.WithCancel(t.Context())
	a := agent(&fakeStore{}, &fakeMTA{}, noon)
	a.Wake, a.Seen = wake, func(c Counts) { rounds <- c }
	ended := make(chan error)
	go func() { ended <- a.Run(ctx, time.Hour) }()
	<-rounds
	wake <- struct{}{}
	<-rounds
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// TestBulkIsOneRequest: many mails are one postsuper and one request to send them, up to a
// round's size, and one note before and one after for all.
func TestBulkIsOneRequest(t *testing.T) {
	s, m := &fakeStore{}, &fakeMTA{queue: map[string]Queued{}}
	const mails = batch + batch/2
	for i := range mails {
		id := fmt.Sprintf("4CtzQW1r%05dz", i)
		s.tasks = append(s.tasks, Task{Hold: int64(i), QueueID: id, At: noon, Verb: Release})
		m.queue[id] = Queued{ID: id, Queue: postfix.Hold, Arrived: noon.Unix()}
	}
	if err := agent(s, m, noon).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("release %d, send %[1]d, release %d, send %[2]d", batch, batch/2)
	if got := strings.Join(m.acts, ", "); got != want {
		t.Errorf("Postfix was asked: %s, want %s", got, want)
	}
	if got := strings.Join(s.told, ", "); got != "asked, finish, asked, finish, heartbeat" ||
		len(s.finished) != mails {
		t.Errorf("the store was told: %s, %d finished", got, len(s.finished))
	}
}
