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
)

type flags struct {
	check    string
	markdown string
	commit   string
	only     string
}

func main() {
	var f flags
	flag.StringVar(&f.check, "check", "", "compare with score.py's figures in `FOLDER`, "+
		"NAME.score.json and NAME--no-client.score.json")
	flag.StringVar(&f.markdown, "markdown", "", "write the tables to `FILE` too, for docs")
	flag.StringVar(&f.commit, "commit", "unknown", "`COMMIT` that is measured, for the tables")
	flag.StringVar(&f.only, "only", "", "measure only these `TABLES`: thefts, leave-out, ablation, style, attacker")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: evaluate [flags] SCENARIO-FOLDER...")
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
	var scenarios []*scenario
	for _, dir := range dirs {
		s, err := load(dir)
		if err != nil {
			return err
		}
		scenarios = append(scenarios, s)
	}
	e := newEvaluation(scenarios)
	var done []section
	for _, t := range []struct {
		name    string
		measure func(context.Context) (section, error)
	}{
		{"thefts", e.scenariosSection}, {"leave-out", e.leaveOutSection},
		{"ablation", e.ablationSection}, {"style", e.styleSection}, {"attacker", e.attackerTable},
	} {
		if f.only != "" && !slices.Contains(strings.Split(f.only, ","), t.name) {
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
