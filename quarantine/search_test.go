package quarantine

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/postfix"
)

// slowMTA takes as long to find nothing as postcat does: it answers only when searches
// lookups are under way.
type slowMTA struct {
	fakeMTA
	begun  atomic.Int32
	enough chan struct{}
}

func (s *slowMTA) Where(ctx context.Context, _ string) (string, error) {
	if s.begun.Add(1) == searches {
		close(s.enough)
	}
	select {
	case <-s.enough:
		return "", nil
	case <-time.After(time.Minute):
		return "", errors.New("searched one after the other")
	}
}

// TestManyAreGone has an agent that died after it had released many mails at once.
func TestManyAreGone(t *testing.T) {
	s := &fakeStore{}
	for i := range 3 * searches {
		s.tasks = append(s.tasks, Task{Hold: int64(i), QueueID: id, At: noon, Verb: Release,
			Tries: 1, Error: ErrAsked.Error()})
	}
	m := &slowMTA{enough: make(chan struct{})}
	// A second after the verdict: Postfix had the mail when it was asked.
	if err := agent(s, m, noon.Add(time.Second)).Once(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := len(s.finished); n != len(s.tasks) {
		t.Errorf("%d of %d mails are finished", n, len(s.tasks))
	}
}

// TestClockSetBack: mail that was judged in what is now the future is still looked after.
func TestClockSetBack(t *testing.T) {
	now := noon.Add(-24 * time.Hour)
	for verb, want := range map[Verb]string{Keep: "vanish", EndDelay: "vanish", Release: "vanish"} {
		s := &fakeStore{tasks: []Task{{Hold: 1, QueueID: id, At: noon, Verb: verb}}}
		a := agent(s, &fakeMTA{}, now)
		for range 2 {
			if err := a.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(strings.Join(s.told, " "), want) {
			t.Errorf("%s of a mail that is gone: told %q", verb, s.told)
		}
	}
}

// TestUnfinishedMail has the file of a mail that Postfix was killed over: it is listed
// nowhere, postcat finds it and never ends.
func TestUnfinishedMail(t *testing.T) {
	dir := t.TempDir()
	script := "#!/bin/sh\necho '*** ENVELOPE RECORDS incoming/" + id + " ***'\nexec sleep 600\n"
	if err := os.WriteFile(filepath.Join(dir, "postcat"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	// Who waited for its end would get the timeout's error.
	queue, err := (&Queue{Timeout: 5 * time.Minute}).Where(t.Context(), id)
	if err != nil || queue != postfix.Incoming {
		t.Errorf("found in %q: %v", queue, err)
	}
	for _, verb := range []Verb{EndDelay, Release, Discard} {
		s := &fakeStore{tasks: []Task{{Hold: 1, QueueID: id, At: noon, Verb: verb}}}
		m := in(postfix.Incoming, noon)
		m.unseen = true
		if err := agent(s, m, noon.Add(time.Hour)).Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(strings.Join(s.told, " "), "vanish") {
			t.Errorf("%s: told %q", verb, s.told)
		}
	}
}
