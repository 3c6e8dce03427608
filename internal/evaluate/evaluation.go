package main

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"hisseki/analyzer"
	"hisseki/drill"
	"hisseki/replay"
)

// setting is what one run differs in.
type setting struct {
	noClient bool
	nodes    int    // that judge in turn, 0 for one
	off      string // signal group switched off, "" for none
	shipped  analyzer.Thresholds
}

// asShipped is hisseki as it is installed, noClient the same behind a webmail server.
var (
	asShipped = setting{shipped: analyzer.DefaultShipped}
	noClient  = setting{shipped: analyzer.DefaultShipped, noClient: true}
)

// run is one replay.
type run struct {
	scenario int
	setting  setting
}

// evaluation replays scenarios and remembers how each run did.
type evaluation struct {
	scenarios []*scenario
	scores    map[run]score
	recipes   []drill.Recipe // of the attacker
	streams   []*stream      // of good mail
	goodRuns  goodRuns
}

func newEvaluation(scenarios []*scenario) *evaluation {
	return &evaluation{scenarios: scenarios, scores: make(map[run]score), goodRuns: make(goodRuns)}
}

// atOnce is how many replays run in parallel: a replay is one thread and up to 300 MB.
const atOnce = 2

// measure replays scenarios, by index, under each setting, unless that was done before.
func (e *evaluation) measure(ctx context.Context, runs ...run) error {
	var todo []run
	for _, r := range runs {
		if _, done := e.scores[r]; !done && !slices.Contains(todo, r) {
			todo = append(todo, r)
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	results := make([]score, len(todo))
	free := make(chan struct{}, atOnce)
	for i, r := range todo {
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			var err error
			if results[i], err = replayScenario(ctx, e.scenarios[r.scenario], r.setting); err != nil {
				cancel(err)
			}
		})
	}
	wait.Wait()
	if err := context.Cause(ctx); err != nil {
		return err
	}
	for i, r := range todo {
		e.scores[r] = results[i]
	}
	return nil
}

// replayScenario replays one scenario from an empty memory.
func replayScenario(ctx context.Context, s *scenario, set setting) (score, error) {
	o := newOutcome()
	_, err := replay.Run(ctx, replay.Options{
		Source: &source{rest: s.acts}, Config: set.config(), NoClient: set.noClient, Report: o.add,
		New: set.judge(),
	})
	if err != nil {
		return score{}, fmt.Errorf("replay scenario %s: %w", s.name, err)
	}
	return s.score(o)
}

// config is the analyzer's: in enforce mode, as hisseki replay has it.
func (set setting) config() analyzer.Config {
	off := make(map[analyzer.Signal]bool)
	for _, g := range analyzer.SignalGroups() {
		if g.Name == set.off {
			for _, name := range g.Signals {
				off[name] = true
			}
		}
	}
	return analyzer.Config{
		Salt:    []byte("replay"), // its hashes are never kept
		Mode:    map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce},
		Off:     off,
		Shipped: set.shipped,
	}
}

// all returns every scenario's index.
func (e *evaluation) all() []int {
	list := make([]int, len(e.scenarios))
	for i := range list {
		list[i] = i
	}
	return list
}

// runs returns scenarios, by index, under each of the settings.
func runs(scenarios []int, settings ...setting) []run {
	var list []run
	for _, set := range settings {
		for _, i := range scenarios {
			list = append(list, run{i, set})
		}
	}
	return list
}

// pooled returns the figures of measured scenarios, by index, together.
func (e *evaluation) pooled(scenarios []int, set setting) score {
	var list []score
	for _, i := range scenarios {
		list = append(list, e.scores[run{i, set}])
	}
	return pool(list...)
}
