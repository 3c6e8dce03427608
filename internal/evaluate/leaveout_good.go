package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"hisseki/analyzer"
)

// goodFactors are what is tried on the shipped hold and sum lines with good mail alone, from the
// lowest: with nobody to catch, the lowest line within the budget is the strictest that good
// mail allows.
var goodFactors = []float64{0.7, 0.8, 0.9, 1, 1.2, 1.4}

// goodBudget is what may be held of good mail, and in how many episodes.
var goodBudget = struct{ held, episodes float64 }{2e-4, 1e-4}

// within says whether good mail is disturbed no more than the budget allows.
func (d *disturbed) within() bool {
	return part(d.Held, d.Scored) <= goodBudget.held && part(d.Episodes, d.Scored) <= goodBudget.episodes
}

// strictest returns the index of the lowest line that keeps the budget on all streams but one; the
// highest line when none does. Results are by line, then by stream.
func strictest(results [][]streamResult, out int) (line int, others disturbed) {
	for line = range results {
		if others = without(results[line], out); others.within() {
			break
		}
	}
	return line, others
}

// without pools all streams but one.
func without(results []streamResult, out int) (others disturbed) {
	for k := range results {
		if k != out {
			others.add(results[k].all)
		}
	}
	return others
}

// allWithin says whether a line is within the budget on all streams but any one.
func allWithin(results []streamResult) bool {
	for out := range results {
		if others := without(results, out); !others.within() {
			return false
		}
	}
	return true
}

// goodLeaveOutSection has each stream of good mail under the strictest line that the others
// allow.
func (e *evaluation) goodLeaveOutSection(ctx context.Context) (section, error) {
	sec := newTable("Leave one out: good mail", table.Row{"stream", "hold line", "held, episodes per 10,000 on the others",
		"held", "per 10,000", "episodes", "per 10,000", "delays per 10,000"})
	if len(e.streams) < 2 {
		return sec, errors.New("leave-one-out takes two streams of good mail at least: name more folders")
	}
	settings := make([]setting, len(goodFactors))
	for i, f := range goodFactors {
		steps[0].move(&settings[i].shipped, f)
		settings[i].shipped.Delay, settings[i].shipped.Drift = analyzer.DefaultShipped.Delay, analyzer.DefaultShipped.Drift
	}
	results := make([][]streamResult, 0, len(settings))
	for i := range settings { // up to the first line that is within the budget whichever stream is left out
		if err := e.good(ctx, settings[i]); err != nil {
			return sec, err
		}
		results = append(results, e.goodRuns[settings[i]])
		if allWithin(results[i]) {
			break
		}
	}
	var all disturbed
	row := func(name, line, others string, d *disturbed) {
		sec.rows.AppendRow(table.Row{name, line, others, d.Held, fmt.Sprintf("%.2f", 1e4*part(d.Held, d.Scored)),
			d.Episodes, fmt.Sprintf("%.2f", 1e4*part(d.Episodes, d.Scored)), fmt.Sprintf("%.1f", 1e4*part(d.Delays, d.Scored))})
	}
	for out, s := range e.streams {
		line, others := strictest(results, out)
		d := results[line][out].all
		all.add(d)
		row(s.name, fmt.Sprintf("%.1f", settings[line].shipped.Hold), fmt.Sprintf("%.2f, %.2f",
			1e4*part(others.Held, others.Scored), 1e4*part(others.Episodes, others.Scored)), &d)
	}
	row("pooled", "", "", &all)
	return sec, nil
}
