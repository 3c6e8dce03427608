package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"hisseki/analyzer"
)

// section is one table of the report.
type section struct {
	title string
	rows  table.Writer
}

// columns are the figures that every table ends with, as figures returns them.
var columns = table.Row{"contained", "escaped, median / p90 / most", "recipients reached",
	"false holds", "per 10,000 (95 %)", "delays per 10,000", "BEC"}

func figures(s score) table.Row {
	return table.Row{
		fmt.Sprintf("%d of %d", s.Contained, len(s.Escaped)),
		fmt.Sprintf("%d / %d / %d", s.escaped(0.5), s.escaped(0.9), s.escaped(1)),
		fmt.Sprintf("%.2f %%", 100*s.reachedShare()),
		fmt.Sprintf("%d of %d", s.FalseHolds, s.Benign),
		fmt.Sprintf("%.2f (%.1f)", 1e4*s.holdShare(), 1e4*s.holdBound()),
		fmt.Sprintf("%.1f", 1e4*s.delayShare()),
		fmt.Sprintf("%d of %d", s.BECContained, s.BEC),
	}
}

func newSection(title string, first ...any) section {
	return newTable(title, append(table.Row(first), columns...))
}

func newTable(title string, header table.Row) section {
	w := table.NewWriter()
	w.AppendHeader(header)
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = 0 // as written
	w.SetStyle(style)
	return section{title, w}
}

// add appends a row: what it is about, then its figures.
func (s *section) add(sc score, first ...any) {
	s.rows.AppendRow(append(table.Row(first), figures(sc)...))
}

// print writes a section as text.
func (s *section) print(w io.Writer) error {
	if _, err := fmt.Fprintf(w, "\n%s\n\n%s\n", s.title, s.rows.Render()); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	return nil
}

// scenariosSection has each scenario and all of them pooled, with client addresses and
// without.
func (e *evaluation) scenariosSection(ctx context.Context) (section, error) {
	s := newSection("As shipped", "organisation")
	if err := e.measure(ctx, runs(e.all(), asShipped, noClient)...); err != nil {
		return s, err
	}
	for _, set := range []setting{asShipped, noClient} {
		suffix := ""
		if set.noClient {
			suffix = ", no client addresses"
		}
		for i, sc := range e.scenarios {
			s.add(e.scores[run{i, set}], sc.name+suffix)
		}
		s.add(e.pooled(e.all(), set), "pooled"+suffix)
	}
	return s, nil
}

// leaveOutSection has each scenario with the lines that the others chose.
func (e *evaluation) leaveOutSection(ctx context.Context) (section, error) {
	s := newSection("Leave one out: lines calibrated on the others", "organisation",
		"hold / sum / delay", "false holds, delays per 10,000 on the others")
	folds, err := e.leaveOneOut(ctx)
	if err != nil {
		return s, err
	}
	var all []score
	for _, f := range folds {
		sc := e.scores[run{f.out, f.setting()}]
		others := e.pooled(f.train, f.setting())
		s.add(sc, e.scenarios[f.out].name,
			fmt.Sprintf("%.1f / %.1f / %.1f", f.lines.Hold, f.lines.Sum, f.lines.Delay),
			fmt.Sprintf("%.1f, %.1f", 1e4*others.holdShare(), 1e4*others.delayShare()))
		all = append(all, sc)
	}
	s.add(pool(all...), "pooled", "", "")
	return s, nil
}

// ablationSection has all scenarios pooled with each signal group switched off.
func (e *evaluation) ablationSection(ctx context.Context) (section, error) {
	s := newSection("Ablation: one signal group switched off, pooled", "without")
	settings := []setting{asShipped}
	for _, g := range analyzer.SignalGroups() {
		set := asShipped
		set.off = g.Name
		settings = append(settings, set)
	}
	if err := e.measure(ctx, runs(e.all(), settings...)...); err != nil {
		return s, err
	}
	for _, set := range settings {
		name := set.off
		if name == "" {
			name = "nothing"
		}
		s.add(e.pooled(e.all(), set), name)
	}
	return s, nil
}

// writeMarkdown writes the sections as docs/evaluation.md has them.
func writeMarkdown(w io.Writer, list []section, commit string, now time.Time) error {
	_, err := fmt.Fprintf(w, "Measured %s at commit %s by `make eval`.\n",
		now.Format(time.DateOnly), commit)
	for _, s := range list {
		if err == nil {
			_, err = fmt.Fprintf(w, "\n## %s\n\n%s\n", s.title, s.rows.RenderMarkdown())
		}
	}
	if err != nil {
		return fmt.Errorf("write tables: %w", err)
	}
	return nil
}
