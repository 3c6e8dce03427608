package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"hisseki/analyzer"
	"hisseki/calibration"
	"hisseki/replay"
)

// stream is an organisation's mail without thefts: everything that is held there is held by
// mistake. It may be large, so each run reads it again.
type stream struct {
	name, dir string
	labels    *scenario
}

// ages are what accounts are told apart by: mails that they sent before.
var ages = []struct {
	name string
	less int
}{{"0 to 5", 6}, {"6 to 20", 21}, {"21 to 50", 51}, {"over 50", 1 << 62}}

// disturbed counts good mail that was held or delayed.
type disturbed struct {
	Scored, Held, Delays int
	// Episodes are the holds of one sender without a gap of a day, which a reviewer decides
	// together.
	Episodes int
}

func (d *disturbed) add(o disturbed) {
	d.Scored, d.Held = d.Scored+o.Scored, d.Held+o.Held
	d.Delays, d.Episodes = d.Delays+o.Delays, d.Episodes+o.Episodes
}

// streamResult is how one stream was treated, in all and by the age of the accounts.
type streamResult struct {
	all   disturbed
	byAge [4]disturbed
}

// runStream replays a stream and counts what was disturbed after its warm-up.
func runStream(ctx context.Context, s *stream, set setting) (r streamResult, err error) {
	scored := make(map[string]bool)
	for i := range s.labels.labels {
		if l := &s.labels.labels[i]; l.Label == "benign" && l.Phase == "eval" {
			scored[l.File] = true
		}
	}
	name := filepath.Join(s.dir, "timeline.jsonl")
	file, err := os.Open(name)
	if err != nil {
		return r, fmt.Errorf("open timeline: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	src, err := replay.OpenTimeline(s.dir, name, file)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	t := newTally(scored)
	if _, err = replay.Run(ctx, replay.Options{Source: src, Config: set.config(), NoClient: set.noClient,
		Report: t.add}); err != nil {
		return r, fmt.Errorf("replay %s: %w", s.name, err)
	}
	return t.result(), nil
}

// tally counts good mail as a replay tells of it.
type tally struct {
	scored map[string]bool
	mails  map[string]int // judged so far, by sender
	age    map[string]int // index of ages, by file
	sender map[string]string
	delays map[string]bool
	held   map[string]time.Time
}

func newTally(scored map[string]bool) *tally {
	return &tally{scored, make(map[string]int), make(map[string]int), make(map[string]string),
		make(map[string]bool), make(map[string]time.Time)}
}

func (t *tally) add(e *replay.Event) error {
	if e.Kind == "verdict" {
		t.sender[e.File] = e.Sender
		n := t.mails[e.Sender]
		t.mails[e.Sender]++
		t.age[e.File] = slices.IndexFunc(ages, func(a struct {
			name string
			less int
		}) bool {
			return n < a.less
		})
	}
	if !t.scored[e.File] {
		return nil
	}
	switch _, was := t.held[e.File]; {
	case was:
	case e.Kind == "held" || e.Action == analyzer.Hold:
		t.held[e.File] = e.Time
		delete(t.delays, e.File)
	case e.Action == analyzer.Delay:
		t.delays[e.File] = true
	}
	return nil
}

func (t *tally) result() (r streamResult) {
	for f := range t.scored {
		r.byAge[t.age[f]].Scored++
	}
	for f := range t.delays {
		r.byAge[t.age[f]].Delays++
	}
	files := make([]string, 0, len(t.held))
	for f := range t.held {
		files = append(files, f)
		r.byAge[t.age[f]].Held++
	}
	slices.SortFunc(files, func(a, b string) int { return t.held[a].Compare(t.held[b]) })
	last := make(map[string]time.Time)
	for _, f := range files {
		if s := t.sender[f]; t.held[f].Sub(last[s]) > 24*time.Hour {
			r.byAge[t.age[f]].Episodes++
		}
		last[t.sender[f]] = t.held[f]
	}
	for _, a := range r.byAge {
		r.all.add(a)
	}
	return r
}

// goodRuns are the results of streams under settings.
type goodRuns map[setting][]streamResult

// good replays all streams under each setting, a few at once.
func (e *evaluation) good(ctx context.Context, settings ...setting) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for _, set := range settings {
		if e.goodRuns[set] != nil {
			continue
		}
		results := make([]streamResult, len(e.streams))
		e.goodRuns[set] = results
		for i := range e.streams {
			wait.Go(func() {
				free <- struct{}{}
				defer func() { <-free }()
				var err error
				if results[i], err = runStream(ctx, e.streams[i], set); err != nil {
					cancel(err)
				}
			})
		}
	}
	wait.Wait()
	return context.Cause(ctx)
}

// goodTable has every stream, all pooled, and all by the age of the accounts.
func (e *evaluation) goodTable(ctx context.Context) (section, error) {
	sec := newTable("Good mail only", table.Row{"stream", "scored", "held", "per 10,000 (95 %)",
		"episodes per 10,000", "delays per 10,000"})
	if err := e.good(ctx, asShipped, noClient); err != nil {
		return sec, err
	}
	row := func(name string, d disturbed) {
		sec.rows.AppendRow(table.Row{name, d.Scored, d.Held,
			fmt.Sprintf("%.2f (%.1f)", 1e4*part(d.Held, d.Scored), 1e4*calibration.Upper(d.Held, d.Scored)),
			fmt.Sprintf("%d = %.2f", d.Episodes, 1e4*part(d.Episodes, d.Scored)),
			fmt.Sprintf("%.1f", 1e4*part(d.Delays, d.Scored))})
	}
	for _, set := range []setting{asShipped, noClient} {
		suffix := ""
		if set.noClient {
			suffix = ", no client addresses"
		}
		var all streamResult
		for i, s := range e.streams {
			r := &e.goodRuns[set][i]
			if !set.noClient {
				row(s.name, r.all)
			}
			all.all.add(r.all)
			for k := range ages {
				all.byAge[k].add(r.byAge[k])
			}
		}
		row("pooled"+suffix, all.all)
		for k, a := range ages {
			row("accounts of "+a.name+" mails"+suffix, all.byAge[k])
		}
	}
	return sec, nil
}
