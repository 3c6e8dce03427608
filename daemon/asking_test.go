package daemon

import (
	"crypto/rand"
	"os"
	"os/user"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"net/netip"

	"hisseki/ask"
	"hisseki/hook"
	"hisseki/internal/config"
	"hisseki/internal/wiring"
	"hisseki/ledger"
)

// TestOwnersAreAsked: the configured hook brings an owner one link when his incident opens, nobody
// asks those who are left out or have no owner, and "it was not me" locks by the hook that wants it.
func TestOwnersAreAsked(t *testing.T) {
	dir := t.TempDir()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	lock := script(t, "lock", `cat >>"$0"`, filepath.Join(dir, "locked"))
	lock.On = []string{"confirmed", "denied"}
	cfg := config.Config{Web: config.Web{URL: "https://review.example.jp/"}, Hooks: config.Hooks{
		Command: []config.CommandHook{lock},
		Ask: []config.AskHook{{Name: "push", User: u.Username, Except: []string{"*@kiosk.example.org"},
			Run: []string{"/bin/sh", "-c", `sed 's/.*"ask_url":"\([^"]*\)".*/\1/' | tee -a "$0"`, filepath.Join(dir, "links")}}}}}
	s := newStage(t, cfg.Hooks)
	asks, err := wiring.AskHooks(cfg, s.db.Questions(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	d := &hook.Dispatcher{Store: eventsOf{s.db, nil}, Hooks: append(wiring.CommandHooks(cfg.Hooks), asks...), Log: s.log, Now: s.now}
	for _, sender := range []string{"bob@example.org", "desk@kiosk.example.org", "app:192.0.2.0/24|news@example.org", "bob@example.org"} {
		s.hold(sender)
	}
	for range 2 {
		if err := d.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "links"))
	links := strings.Fields(string(text))
	if err != nil || len(links) != 1 || !strings.HasPrefix(links[0], "https://review.example.jp/ask/") {
		t.Fatalf("links %q, %v", links, err)
	}
	for _, n := range s.notes(1) {
		if strings.Contains(n.Output+n.Error, path.Base(links[0])) {
			t.Errorf("the token is kept: %+v", n)
		}
	}
	desk := ask.Desk{Store: s.db.Questions(), Now: s.now}
	if err := desk.Answer(t.Context(), path.Base(links[0]), ledger.EventDenied, netip.MustParseAddr("192.0.2.7")); err != nil {
		t.Fatal(err)
	}
	if err := d.Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	locked, err := os.ReadFile(filepath.Join(dir, "locked"))
	if err != nil || strings.Count(string(locked), "\n") != 1 || !strings.Contains(string(locked), `"event":"denied"`) ||
		!strings.Contains(string(locked), `"by":"owner by push"`) || !strings.Contains(string(locked), `"answer":"denied"`) {
		t.Errorf("the lock heard %s, %v", locked, err)
	}
}
