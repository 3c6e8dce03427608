package analyzer_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// crowded is a memory with a hundred thousand lessons of others. With the first of them
// another mail comes.
type crowded struct {
	analyzer.Memory
	mail     func()
	answered atomic.Bool
	reads    int
	left     int // reads of lessons after that mail was judged
}

func (c *crowded) Lessons(_ context.Context, after int64, limit int) (list []analyzer.Lesson, _ error) {
	if limit == 1 {
		return make([]analyzer.Lesson, 1), nil
	}
	if c.reads++; c.reads == 1 {
		go c.mail()
	}
	time.Sleep(10 * time.Millisecond) // as reading them takes
	if c.answered.Load() {
		c.left++
	}
	for id := after + 1; id <= after+int64(limit) && id <= 100_000; id++ {
		list = append(list, analyzer.Lesson{ID: id, Sender: "gone@example.jp"})
	}
	return list, nil
}

// Whoever forgets a newsletter's sender leaves many lessons at once: mail must not wait until
// all of them are folded in, or it would pass unjudged.
func TestMailPassesBetweenManyLessons(t *testing.T) {
	for name, fold := range map[string]func(*analyzer.Analyzer) error{
		"apply": func(a *analyzer.Analyzer) error { return a.Apply(t.Context()) },
		"save":  func(a *analyzer.Analyzer) error { return a.Save(t.Context()) },
	} {
		memory := &crowded{Memory: replay.NewMemory()}
		a := analyzer.New(analyzer.Config{Salt: []byte("test")}, memory)
		if err := a.Load(t.Context()); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		memory.mail = func() {
			_, err := a.Judge(t.Context(), letter("a@example.jp", monday, "192.0.2.1",
				"p@partner.example.org", honest), analyzer.Conditions{})
			memory.answered.Store(true)
			ended <- err
		}
		if err := fold(a); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
		if memory.left < 100 {
			t.Errorf("%s: a mail waited for %d of %d reads of lessons", name,
				memory.reads-memory.left, memory.reads)
		}
	}
}
