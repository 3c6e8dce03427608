// Evaluate replays scenarios, organisations' mail with thefts in it, and prints how hisseki
// does: as shipped, with lines calibrated on other organisations, and without each group of
// signals. Labels are for scoring only. See docs/detection.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/drill"
)

type flags struct {
	check    string
	markdown string
	commit   string
	only     string
	lines    string
	recipes  string
}

func main() {
	var f flags
	flag.StringVar(&f.check, "check", "", "compare with score.py's figures in `FOLDER`, "+
		"NAME.score.json and NAME--no-client.score.json")
	flag.StringVar(&f.markdown, "markdown", "", "write the tables to `FILE` too, for docs")
	flag.StringVar(&f.commit, "commit", "unknown", "`COMMIT` that is measured, for the tables")
	flag.StringVar(&f.only, "only", "", "measure only these `TABLES`: thefts, nodes, nodes-server, leave-out, ablation, changes, many-thefts, style, good, leave-out-good, attacker")
	flag.StringVar(&f.recipes, "recipes", "", "of the attacker: only these `NAMES`")
	flag.StringVar(&f.lines, "lines", "", "try other shipped lines: `DELAY,HOLD,SUM,DRIFT`")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: evaluate [flags] FOLDER...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := evaluate(ctx, f, flag.Args(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "evaluate:", err)
		os.Exit(1)
	}
}

// evaluate prints each table as soon as it is measured.
func evaluate(ctx context.Context, f flags, dirs []string, out io.Writer) (err error) {
	if f.lines != "" {
		t := &analyzer.DefaultShipped
		if _, err := fmt.Sscanf(f.lines, "%g,%g,%g,%g", &t.Delay, &t.Hold, &t.Sum, &t.Drift); err != nil {
			return fmt.Errorf("read lines %q: %w", f.lines, err)
		}
		asShipped.shipped, noClient.shipped = *t, *t
	}
	e := newEvaluation(nil)
	for _, dir := range dirs {
		s, err := loadTruth(dir)
		if err != nil {
			return err
		}
		if len(s.kinds) == 0 { // good mail only
			e.streams = append(e.streams, &stream{name: s.name, dir: dir, labels: s})
			continue
		}
		if err := s.readTimeline(dir); err != nil {
			return err
		}
		e.scenarios = append(e.scenarios, s)
	}
	e.recipes = drill.Recipes
	if f.recipes != "" {
		e.recipes = slices.DeleteFunc(slices.Clone(drill.Recipes), func(r drill.Recipe) bool {
			return !slices.Contains(strings.Split(f.recipes, ","), r.Name)
		})
	}
	var done []section
	for _, t := range []struct {
		name    string
		measure func(context.Context) (section, error)
	}{
		{"thefts", e.scenariosSection}, {"nodes", e.nodesSection}, {"nodes-server", e.serverSection}, {"leave-out", e.leaveOutSection},
		{"ablation", e.ablationSection}, {"changes", e.changesTable}, {"many-thefts", e.manyTheftsTable}, {"style", e.styleSection},
		{"good", e.goodTable}, {"leave-out-good", e.goodLeaveOutSection}, {"attacker", e.attackerTable},
	} {
		if f.only != "" && !slices.Contains(strings.Split(f.only, ","), t.name) {
			continue
		}
		if strings.HasSuffix(t.name, "good") && len(e.streams) == 0 {
			continue
		}
		s, err := t.measure(ctx)
		if err != nil {
			return err
		}
		if err := s.print(out); err != nil {
			return err
		}
		if len(done) == 0 && f.check != "" {
			if err := e.check(f.check); err != nil {
				return err
			}
		}
		done = append(done, s)
	}
	if f.markdown == "" {
		return nil
	}
	file, err := os.Create(f.markdown)
	if err != nil {
		return fmt.Errorf("write tables: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return writeMarkdown(file, done, f.commit, time.Now())
}
