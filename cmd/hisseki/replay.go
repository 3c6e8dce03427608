package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/daemon"
	"hisseki/internal/config"
	"hisseki/internal/history"
	"hisseki/internal/places"
	"hisseki/internal/table"
	"hisseki/internal/wiring"
	"hisseki/replay"
)

type replayFlags struct {
	history.Options
	json, wide   bool
	noClient     bool
	releaseAfter time.Duration
	off          []string
	verbose      bool
}

func newReplay() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay PATH... | --timeline FILE",
		Short: "Judge past mail on its own clock, or learn from it",
		Long: `Judge past mail on its own clock, by the very same analyzer as serve, and show what would
have been delayed or held, and why. PATHs are .eml files, mboxes, Maildirs and folders of
them, each file perhaps compressed (gzip, zstd, bzip2, xz). The client of such mail is what
its first Received field says the server saw, if any. A mail without a usable date is
judged at its file's time, one without a sender as the null sender's.

With --learn nothing is held: the mail is recorded in the store, and what looks ordinary
is learned, each mail once however often it is taught. A new installation starts so from
its Sent folders and, with --log, the old mail logs: docs/learning.md.`,
		RunE: func(cmd *cobra.Command, paths []string) error {
			if (f.Timeline == "") == (len(paths) == 0) {
				return usageError{errors.New("replay needs either paths or --timeline FILE")}
			}
			return runReplay(cmd, f, paths)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.Timeline, "timeline", "", "timeline.jsonl `FILE` of the mails, in time order")
	fl.StringVar(&f.Sender, "sender", "", "the `ACCOUNT` that sent all of PATH, whatever From says")
	addJSON(cmd, &f.json)
	fl.BoolVar(&f.wide, "wide", false, wideUsage)
	fl.BoolVar(&f.noClient, "no-client", false, "withhold client addresses, as behind webmail")
	fl.BoolVar(&f.Learn, "learn", false, "learn into the store instead of judging")
	fl.DurationVar(&f.releaseAfter, "release-after", replay.DefaultReleaseAfter,
		"release a hold as the owner's own mail when nobody confirmed it after this `SPAN`")
	fl.StringSliceVar(&f.Logs, "log", nil,
		"mail log `FILES` that say which account sent a mail of PATH, and from where")
	fl.StringVar(&f.Zone, "zone", "Local", "time `ZONE` of logs that name none")
	fl.BoolVar(&f.verbose, "verbose", false, "with --learn: list each mail that is too odd to learn")
	fl.StringSliceVar(&f.off, "without", nil, "switch `SIGNALS` off, by name")
	fl.StringVar(&f.Relay, "relay", "", "withhold logins: mail as handed over by the `RELAY` of the configuration,"+
		" --relay alone: by one of every domain whose MAIL FROM is believed")
	fl.Lookup("relay").NoOptDefVal = history.AnyRelay
	cmd.MarkFlagsMutuallyExclusive("relay", "sender")
	cmd.MarkFlagsMutuallyExclusive("relay", "log")
	cmd.MarkFlagsMutuallyExclusive("learn", "json")
	cmd.MarkFlagsMutuallyExclusive("learn", "no-client")
	cmd.MarkFlagsMutuallyExclusive("timeline", "sender")
	cmd.MarkFlagsMutuallyExclusive("timeline", "log")
	cmd.MarkFlagsMutuallyExclusive("no-client", "log")
	return cmd
}

// setting is where a replay happens: what the configuration says to its analyzer.
type replaySetting struct {
	cfg    config.Config
	places *places.Files
	judge  analyzer.Config
}

// openSetting reads the configuration as serve does, for a memory that starts empty.
func (f *replayFlags) openSetting(cmd *cobra.Command) (*replaySetting, error) {
	cfg, err := settings(cmd)
	if err != nil {
		return nil, err
	}
	files, err := places.Open(cfg.Places)
	if err != nil {
		return nil, err
	}
	judge, err := wiring.Replay(cmd.Context(), cfg, files)
	if err != nil {
		return nil, errors.Join(err, files.Close())
	}
	for _, name := range f.off {
		if !analyzer.IsSignal(analyzer.Signal(name)) {
			return nil, errors.Join(usageError{fmt.Errorf("--without %s: no such signal", name)},
				files.Close())
		}
		judge.Off[analyzer.Signal(name)] = true
	}
	return &replaySetting{cfg, files, judge}, nil
}

func runReplay(cmd *cobra.Command, f replayFlags, paths []string) (err error) {
	at, err := f.openSetting(cmd)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, at.places.Close()) }()
	f.Words = inWords(cmd)
	past, total, err := history.Open(cmd.Context(), at.cfg, f.Options, paths, cmd.ErrOrStderr())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, past.Close()) }()
	progress, end := progressBar(cmd.ErrOrStderr(), total)
	defer end()
	if f.Learn {
		return f.runLearn(cmd, at, past, progress, end)
	}
	out := bufio.NewWriterSize(cmd.OutOrStdout(), 1<<16)
	defer func() { err = errors.Join(err, out.Flush()) }()
	report := replay.JSONReport(out)
	var sum *replay.Summary
	if !f.json {
		sum = replay.NewSummary()
		report = sum.Add
	}
	_, err = replay.Run(cmd.Context(), replay.Options{
		Source: past, Config: at.judge, NoClient: f.noClient, ReleaseAfter: f.releaseAfter,
		Report: report, Progress: progress,
	})
	end()
	if err != nil || sum == nil {
		return err
	}
	screen := table.ScreenOf(cmd.OutOrStdout(), f.wide)
	screen.Writer = out
	return sum.Write(screen, inWords(cmd))
}

func (f *replayFlags) runLearn(cmd *cobra.Command, at *replaySetting, src replay.Source,
	progress func(int), end func()) (err error) {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	db, err := openStore(ctx, at.cfg, true)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	ac, err := wiring.Analyzer(ctx, at.cfg, db, at.places)
	if err != nil {
		return err
	}
	ac.Mode = nil // observe
	opt := replay.LearnOptions{Source: src, Taught: db, Progress: progress}
	if f.verbose {
		opt.Odd = func(name string, r *analyzer.Record) { fmt.Fprintln(out, replay.OddText(inWords(cmd), name, r)) }
	}
	// What is learned from needs no excerpts.
	n, err := replay.Learn(ctx, analyzer.New(ac, daemon.Sealing{To: db}), opt)
	end()
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, n.Text(inWords(cmd), at.cfg.Database, f.verbose))
	return err
}

// progressBar returns what shows progress on a terminal, and what ends it (more than
// once is fine). Elsewhere both do nothing.
func progressBar(w io.Writer, total int) (progress func(int), end func()) {
	if !table.IsTerminal(w) {
		return func(int) {}, func() {}
	}
	bar := progressbar.NewOptions(total, progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("mails"), progressbar.OptionShowCount(),
		progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish())
	// A bar that cannot be drawn does not stop the work.
	return func(n int) { _ = bar.Set(n) }, func() { _ = bar.Finish() }
}
