package hook

import (
	"context"
	"encoding/json"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func me(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

func opened() *Event {
	return &Event{Schema: 1, Kind: "incident", ID: "0123", Event: "opened", Time: noon, Run: 1,
		Brief: *theft()}
}

func TestCommandGetsTheEventWithoutAShell(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	c := Command{User: me(t), Args: []string{"/bin/sh", "-c", `cat >"$1"; printf '%s|' "$@"; env >&2`,
		"sh", out, "$(id)", "; touch x"}}
	t.Setenv("SECRET_OF_THE_AGENT", "x")
	e := opened()
	e.Sender = "'; touch owned; '\n@example.jp"
	said, err := c.Tell(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(said, out+"|$(id)|; touch x|") || strings.Contains(said, "SECRET") ||
		!strings.Contains(said, "PATH=/usr/local/sbin") {
		t.Errorf("it said %q", said)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil || strings.Count(string(text), "\n") != 1 {
		t.Fatalf("it read %q: %v", text, err)
	}
	for key, want := range map[string]any{"schema": 1.0, "kind": "incident", "id": "0123",
		"event": "opened", "incident": "I3", "sender": e.Sender, "state": "open", "run": 1.0,
		"holds": 5.0} {
		if got[key] != want {
			t.Errorf("%s is %v, want %v", key, got[key], want)
		}
	}
}

func TestCommandFailsWithItsOutput(t *testing.T) {
	c := Command{User: me(t), Args: []string{"/bin/sh", "-c", "yes no | head -c 100000; exit 3"}}
	said, err := c.Tell(t.Context(), opened())
	if err == nil || !strings.Contains(err.Error(), "exit status 3") || len(said) != maxOutput {
		t.Errorf("said %d bytes, %v", len(said), err)
	}
	for _, c := range []Command{{Args: []string{"/nonexistent"}, User: me(t)},
		{Args: []string{"/bin/true"}, User: "no-such-user"}} {
		if _, err := c.Tell(t.Context(), opened()); err == nil {
			t.Errorf("%+v ran", c)
		}
	}
}

// A command that is out of time ends with its children, also those that keep its output
// open.
func TestCommandThatHangsIsEnded(t *testing.T) {
	pid := filepath.Join(t.TempDir(), "pid")
	c := Command{User: me(t), Args: []string{"/bin/sh", "-c",
		`sleep 600 & echo $! >"$1.new" && mv "$1.new" "$1"; wait`, "sh", pid}}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for {
			if _, err := os.Stat(pid); err == nil || t.Context().Err() != nil {
				cancel() // as the timeout does
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if _, err := c.Tell(ctx, opened()); err == nil {
		t.Error("it ended well")
	}
	text, err := os.ReadFile(pid)
	if err != nil {
		t.Fatal(err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); alive(child); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the child %d lives on", child)
		}
	}
}

// alive says whether a process runs; one that nobody has waited for does not.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return syscall.Kill(pid, 0) == nil && !os.IsNotExist(err)
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func TestCommandRunsAsItsUser(t *testing.T) {
	if os.Geteuid() != 0 {
		c := Command{Args: []string{"/bin/true"}, User: "root"}
		if _, err := c.Tell(t.Context(), opened()); err == nil {
			t.Error("we became root")
		}
		return
	}
	c := Command{Args: []string{"/usr/bin/id"}, User: "nobody"}
	said, err := c.Tell(t.Context(), opened())
	if err != nil || !strings.Contains(said, "(nobody)") || strings.Contains(said, "root") {
		t.Errorf("id says %q, %v", said, err)
	}
}
