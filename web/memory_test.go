package web

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Many who ask at once are answered by one look, which a mistake or a decision makes old; what is
// remembered has an end.
func TestMemory(t *testing.T) {
	t.Parallel()
	m := &memory{For: time.Hour}
	var looks atomic.Int64
	ready := make(chan struct{})
	look := func(context.Context) (int64, error) {
		<-ready
		return looks.Add(1), nil
	}
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if n, err := remember(t.Context(), m, "now", look); n != 1 || err != nil {
				t.Error(n, err)
			}
		})
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if _, err := remember(gone, m, "now", look); !errors.Is(err, context.Canceled) {
		t.Error("who has gone away waits for the others:", err)
	}
	close(ready)
	all.Wait()
	m.forget()
	if n, _ := remember(t.Context(), m, "now", look); n != 2 {
		t.Error("a decision changes nothing of what is shown")
	}
	broken := errors.New("broken")
	if _, err := remember(t.Context(), m, "bad", func(context.Context) (int, error) { return 0, broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if n, err := remember(t.Context(), m, "bad", func(context.Context) (int, error) { return 7, nil }); n != 7 || err != nil {
		t.Error("a mistake is remembered:", n, err)
	}
	if _, err := remember(t.Context(), m, "bug", func(context.Context) (int, error) { panic("a bug") }); err == nil {
		t.Error("a bug is no error")
	}
	for i := range 10 * maxParts {
		if n, err := remember(t.Context(), m, fmt.Sprint("key", i), func(context.Context) (int, error) { return i, nil }); n != i || err != nil {
			t.Error(n, err)
		}
	}
	if len(m.parts) > maxParts {
		t.Error(len(m.parts), "parts are remembered")
	}
}

// What began before a decision is not shown after it.
func TestMemoryForgetsLooksUnderWay(t *testing.T) {
	t.Parallel()
	m := &memory{For: time.Hour}
	begun, end, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		_, _ = remember(t.Context(), m, "now", func(context.Context) (string, error) {
			close(begun)
			<-end
			return "old", nil
		})
	}()
	<-begun
	m.forget()
	close(end)
	<-over
	if s, _ := remember(t.Context(), m, "now", func(context.Context) (string, error) { return "new", nil }); s != "new" {
		t.Error("shown is", s)
	}
}
