package daemon

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/hook"
	"hisseki/internal/config"
	"hisseki/internal/wiring"
	"hisseki/ledger"
	"hisseki/store"
)

// receiver is a webhook's server that keeps what it was told.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	events []hook.Event
	answer func(*hook.Event) int // status; nil is 200
}

func newReceiver(t *testing.T) *receiver {
	r := &receiver{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var e hook.Event
		if err := json.NewDecoder(req.Body).Decode(&e); err != nil {
			t.Errorf("the webhook got no JSON: %v", err)
		}
		status := http.StatusOK
		if r.answer != nil {
			status = r.answer(&e)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.events = append(r.events, e)
		w.WriteHeader(status)
	}))
	t.Cleanup(r.Close)
	return r
}

// heard returns "I1 opened" and so on, in order.
func (r *receiver) heard() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []string
	for i := range r.events {
		out = append(out, r.events[i].Incident+" "+r.events[i].Event)
	}
	return strings.Join(out, ", ")
}

// stage is a store with a clock, and hooks.
type stage struct {
	t     *testing.T
	path  string
	db    *store.DB
	ahead atomic.Int64
	cfg   config.Hooks
	log   *slog.Logger
}

func newStage(t *testing.T, cfg config.Hooks) *stage {
	s := &stage{t: t, path: filepath.Join(t.TempDir(), "h.db"), cfg: cfg,
		log: slog.New(slog.NewTextHandler(t.Output(), nil))}
	s.reopen()
	t.Cleanup(func() { s.db.Close() })
	if err := s.db.SetHooks(t.Context(), wiring.HookNames(cfg)); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) now() time.Time { return time.Now().Add(time.Duration(s.ahead.Load())) }

func (s *stage) reopen() {
	s.t.Helper()
	var err error
	if s.db, err = store.Open(s.t.Context(), s.path, store.Options{Now: s.now}); err != nil {
		s.t.Fatal(err)
	}
}

// dispatcher has all hooks of the settings, those of serve and of the agent.
func (s *stage) dispatcher() *hook.Dispatcher {
	s.t.Helper()
	posts, err := wiring.Webhooks(s.cfg)
	if err != nil {
		s.t.Fatal(err)
	}
	return &hook.Dispatcher{Store: eventsOf{s.db, nil}, Hooks: append(wiring.CommandHooks(s.cfg), posts...),
		Log: s.log, Now: s.now, Every: 10 * time.Millisecond}
}

func (s *stage) once() {
	s.t.Helper()
	if err := s.dispatcher().Once(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) hold(sender string) {
	s.t.Helper()
	_, err := s.db.Begin(s.t.Context(), &analyzer.Record{
		Envelope: analyzer.Envelope{Time: s.now(), Host: "mx.example.org", QueueID: "4Cabc123XYz",
			Sender: sender, Class: analyzer.Account, Recipients: []string{"x@partner.test"}},
		Verdict: analyzer.Verdict{Action: analyzer.Hold, Would: analyzer.Hold, Points: 9}})()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) dismiss(incident int64) {
	s.t.Helper()
	_, _, err := s.db.EndIncident(s.t.Context(), incident, ledger.Ending{
		To: ledger.IncidentDismissed, By: "alice", Reason: "phoned", Keep: true})
	if err != nil {
		s.t.Fatal(err)
	}
}

func soc(t *testing.T, url string) config.WebhookHook {
	t.Helper()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("a secret of 24 characters"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.WebhookHook{Name: "soc", URL: url, SecretFile: secret}
}

func script(t *testing.T, name string, args ...string) config.CommandHook {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return config.CommandHook{Name: name, User: u.Username,
		Run: append([]string{"/bin/sh", "-c"}, args...)}
}

func TestOpenedIsHeardOnce(t *testing.T) {
	r := newReceiver(t)
	out := filepath.Join(t.TempDir(), "out")
	s := newStage(t, config.Hooks{Webhook: []config.WebhookHook{soc(t, r.URL)},
		Command: []config.CommandHook{script(t, "keep", `cat >>"$0"; echo kept`, out)}})
	s.hold("b@example.org")
	s.once()
	for range 4 {
		s.hold("b@example.org")
		s.ahead.Add(int64(time.Hour))
		s.once()
	}
	s.dismiss(1)
	s.once()
	if got := r.heard(); got != "I1 opened, I1 dismissed" {
		t.Errorf("the webhook heard %s", got)
	}
	text, err := os.ReadFile(out)
	if err != nil || strings.Count(string(text), "\n") != 2 ||
		strings.Count(string(text), `"event":"opened"`) != 1 {
		t.Errorf("the command heard %s, %v", text, err)
	}
	if e := r.events[1]; e.By != "alice" || e.Reason != "phoned" || e.Holds != 5 ||
		e.State != "dismissed" ||
		e.ID == r.events[0].ID {
		t.Errorf("the second event is %+v", e)
	}
	notes, err := s.db.Notes(t.Context(), 1)
	if err != nil || len(notes) != 4 || notes[0].Output != "kept\n" || notes[0].Error != "" {
		t.Errorf("notes %+v, %v", notes, err)
	}
}

func TestServerThatIsDownLosesNothing(t *testing.T) {
	var up atomic.Bool
	r := newReceiver(t)
	var good []string
	r.answer = func(e *hook.Event) int {
		if !up.Load() {
			return http.StatusServiceUnavailable
		}
		good = append(good, e.Incident+" "+e.Event)
		return http.StatusOK
	}
	s := newStage(t, config.Hooks{Webhook: []config.WebhookHook{soc(t, r.URL)}})
	s.hold("b@example.org")
	s.dismiss(1)
	s.hold("c@example.org")
	for range 40 { // six hours
		s.once()
		s.ahead.Add(int64(10 * time.Minute))
	}
	s.db.Close() // a restart in between
	s.reopen()
	if n := len(r.events); n < 40 || n > 100 {
		t.Errorf("%d tries within hours", n)
	}
	up.Store(true)
	s.once()
	if got := strings.Join(good, ", "); got != "I1 opened, I1 dismissed, I2 opened" {
		t.Errorf("it heard in the end: %s", got)
	}
	s.ahead.Add(int64(time.Hour))
	s.once()
	if len(good) != 3 {
		t.Errorf("it heard again: %v", good)
	}
}

func TestServerThatIsGoneIsGivenUp(t *testing.T) {
	r := newReceiver(t)
	r.answer = func(*hook.Event) int { return http.StatusNotFound }
	s := newStage(t, config.Hooks{Webhook: []config.WebhookHook{soc(t, r.URL)}})
	s.hold("b@example.org")
	s.once()
	s.ahead.Add(int64(wiring.WebhookWithin + time.Second))
	s.once()
	notes, err := s.db.Notes(t.Context(), 1)
	if err != nil || len(notes) != 1 || notes[0].State != ledger.HookFailed ||
		!strings.Contains(notes[0].Error, "404") {
		t.Errorf("notes %+v, %v", notes, err)
	}
}

// Killed between the answer and its note, the event is told again: same id, run 2.
func TestCrashTellsAgainWithTheSameID(t *testing.T) {
	r := newReceiver(t)
	s := newStage(t, config.Hooks{Webhook: []config.WebhookHook{soc(t, r.URL)}})
	s.hold("b@example.org")
	r.answer = func(*hook.Event) int {
		s.db.Close() // nothing can be noted any more
		return http.StatusOK
	}
	if err := s.dispatcher().Once(t.Context()); err == nil {
		t.Fatal("the run was noted in a closed store")
	}
	r.answer = nil
	s.reopen()
	s.once()
	if got := r.heard(); got != "I1 opened" {
		t.Errorf("while the dead one may still be at it: %s", got)
	}
	s.ahead.Add(int64(2 * time.Minute))
	s.once()
	s.once()
	if got := r.heard(); got != "I1 opened, I1 opened" || r.events[0].ID != r.events[1].ID ||
		r.events[1].Run != 2 {
		t.Errorf("after a crash %s: %+v", got, r.events)
	}
}

// A command and a server that hang hold up nobody else, and no mail.
func TestHangingHooksDelayNobody(t *testing.T) {
	dir, hang := t.TempDir(), make(chan struct{})
	slow, good := newReceiver(t), newReceiver(t)
	slow.answer = func(*hook.Event) int { <-hang; return http.StatusOK }
	second := soc(t, good.URL)
	second.Name = "second"
	hanging := script(t, "hanging", `touch "$0/started"; until [ -e "$0/go" ]; do sleep 0.05; done`, dir)
	hanging.Timeout = config.Duration(10 * time.Minute)
	s := newStage(t, config.Hooks{Command: []config.CommandHook{hanging},
		Webhook: []config.WebhookHook{soc(t, slow.URL), second}})
	d := s.dispatcher()
	for i := range d.Hooks {
		d.Hooks[i].Timeout = 10 * time.Minute
	}
	end := s.run(d)
	s.hold("b@example.org")
	await(t, "the hanging command to start", func() bool { return exists(dir + "/started") })
	for range 50 {
		s.hold("c@example.org")
	}
	await(t, "the other hook", func() bool { return good.heard() == "I1 opened, I2 opened" })
	if hung := s.ended(1, "hanging", "soc"); hung != 0 {
		t.Errorf("%d hooks that were to hang have ended, so nothing was shown", hung)
	}
	close(hang)
	if err := os.WriteFile(dir+"/go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	await(t, "the hooks to end", func() bool { return s.ended(1, "hanging", "soc") == 2 })
	end()
}

// TestHangingHooksAreKilled by their timeouts.
func TestHangingHooksAreKilled(t *testing.T) {
	hang := make(chan struct{})
	slow := newReceiver(t)
	slow.answer = func(*hook.Event) int { <-hang; return http.StatusOK }
	defer close(hang)
	post, hanging := soc(t, slow.URL), script(t, "hanging", `exec sleep 600`)
	post.Timeout, hanging.Timeout = config.Duration(time.Second), config.Duration(time.Second)
	s := newStage(t, config.Hooks{Command: []config.CommandHook{hanging},
		Webhook: []config.WebhookHook{post}})
	end := s.run(s.dispatcher())
	s.hold("b@example.org")
	await(t, "both to be killed", func() bool {
		killed := 0
		for _, n := range s.notes(1) {
			if strings.Contains(n.Error, "not done within 1s") {
				killed++
			}
		}
		return killed == 2
	})
	end()
}

// run has a dispatcher work until end is called.
func (s *stage) run(d *hook.Dispatcher) (end func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() { defer close(done); d.Run(ctx) }()
	return func() { cancel(); <-done }
}

func (s *stage) notes(incident int64) []ledger.Note {
	s.t.Helper()
	notes, err := s.db.Notes(s.t.Context(), incident)
	if err != nil {
		s.t.Fatal(err)
	}
	return notes
}

// ended counts the runs of some hooks that have ended.
func (s *stage) ended(incident int64, names ...string) (n int) {
	s.t.Helper()
	for _, note := range s.notes(incident) {
		if slices.Contains(names, note.Hook) {
			n++
		}
	}
	return n
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
