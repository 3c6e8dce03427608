package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/replay"
)

type replayFlags struct {
	timeline     string
	json         bool
	noClient     bool
	releaseAfter time.Duration
	off          []string
}

func newReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay --timeline FILE",
		Short: "Judge past mail on its own clock, without touching the store",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runReplay(cmd, f)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.timeline, "timeline", "", "timeline.jsonl of the mails, in time order")
	fl.BoolVar(&f.json, "json", false, "print one JSON object a line instead of a table")
	fl.BoolVar(&f.noClient, "no-client", false, "withhold client addresses, as behind webmail")
	fl.DurationVar(&f.releaseAfter, "release-after", replay.DefaultReleaseAfter,
		"release a hold as the owner's own mail when nobody confirmed it by then")
	fl.StringSliceVar(&f.off, "without", nil, "switch signals off, by name")
	return cmd
}

func runReplay(cmd *cobra.Command, f replayFlags) (err error) {
	if f.timeline == "" {
		return usageError{errors.New("replay needs --timeline FILE")}
	}
	file, err := os.Open(f.timeline)
	if err != nil {
		return fmt.Errorf("open timeline: %w", err)
	}
	defer file.Close()
	src, err := replay.OpenTimeline(filepath.Dir(f.timeline), f.timeline, file)
	if err != nil {
		return err
	}
	defer src.Close()
	cfg := analyzer.Config{
		// A replay's hashes are never kept, so they need no secret.
		Salt: []byte("replay"),
		Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce},
		Off:  map[string]bool{},
	}
	for _, name := range f.off {
		if !analyzer.IsSignal(name) {
			return usageError{fmt.Errorf("--without %s: no such signal", name)}
		}
		cfg.Off[name] = true
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16)
	defer func() { err = errors.Join(err, out.Flush()) }()
	report := jsonReport(out)
	var sum *replay.Summary
	if !f.json {
		sum = replay.NewSummary()
		report = sum.Add
	}
	_, err = replay.Run(cmd.Context(), replay.Options{
		Source: src, Config: cfg, NoClient: f.noClient, ReleaseAfter: f.releaseAfter,
		Report: report,
	})
	if err != nil {
		return err
	}
	if sum != nil {
		return sum.Write(out)
	}
	return nil
}

func jsonReport(w io.Writer) func(*replay.Event) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return func(e *replay.Event) error {
		if err := enc.Encode(e); err != nil {
			return fmt.Errorf("write result: %w", err)
		}
		return nil
	}
}
