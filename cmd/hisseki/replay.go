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
	"hisseki/identity"
	"hisseki/internal/config"
	"hisseki/internal/places"
	"hisseki/internal/table"
	"hisseki/internal/wiring"
	"hisseki/maillog"
	"hisseki/replay"
)

type replayFlags struct {
	timeline     string
	sender       string
	json         bool
	noClient     bool
	learn        bool
	releaseAfter time.Duration
	off          []string
	verbose      bool
	logs         []string
	zone         string
	relay        string
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
			if (f.timeline == "") == (len(paths) == 0) {
				return usageError{errors.New("replay needs either paths or --timeline FILE")}
			}
			return runReplay(cmd, f, paths)
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.timeline, "timeline", "", "timeline.jsonl `FILE` of the mails, in time order")
	fl.StringVar(&f.sender, "sender", "", "the `ACCOUNT` that sent all of PATH, whatever From says")
	addJSON(cmd, &f.json)
	fl.BoolVar(&f.noClient, "no-client", false, "withhold client addresses, as behind webmail")
	fl.BoolVar(&f.learn, "learn", false, "learn into the store instead of judging")
	fl.DurationVar(&f.releaseAfter, "release-after", replay.DefaultReleaseAfter,
		"release a hold as the owner's own mail when nobody confirmed it after this `SPAN`")
	fl.StringSliceVar(&f.logs, "log", nil,
		"mail log `FILES` that say which account sent a mail of PATH, and from where")
	fl.StringVar(&f.zone, "zone", "Local", "time `ZONE` of logs that name none")
	fl.BoolVar(&f.verbose, "verbose", false, "with --learn: list each mail that is too odd to learn")
	fl.StringSliceVar(&f.off, "without", nil, "switch `SIGNALS` off, by name")
	fl.StringVar(&f.relay, "relay", "", "withhold logins: mail as handed over by the `RELAY` of the configuration,"+
		" --relay alone: by one of every domain whose MAIL FROM is believed")
	fl.Lookup("relay").NoOptDefVal = anyRelay
	cmd.MarkFlagsMutuallyExclusive("relay", "sender")
	cmd.MarkFlagsMutuallyExclusive("relay", "log")
	cmd.MarkFlagsMutuallyExclusive("learn", "json")
	cmd.MarkFlagsMutuallyExclusive("learn", "no-client")
	cmd.MarkFlagsMutuallyExclusive("timeline", "sender")
	cmd.MarkFlagsMutuallyExclusive("timeline", "log")
	cmd.MarkFlagsMutuallyExclusive("no-client", "log")
	return cmd
}

// origins reads the logs, nil without any.
func (f *replayFlags) origins(cmd *cobra.Command, normal func(string) string) (*replay.Origins,
	error) {
	if len(f.logs) == 0 {
		return nil, nil
	}
	zone, err := time.LoadLocation(f.zone)
	if err != nil {
		return nil, usageError{fmt.Errorf("--zone: %w: write a name such as Asia/Tokyo", err)}
	}
	o := &replay.Origins{}
	p := &maillog.Parser{Zone: zone, Normal: normal}
	for _, path := range f.logs {
		err := maillog.Submissions(cmd.Context(), p, path, func(s maillog.Submission) error {
			return o.Add(s.MessageID, s.Sender, s.Client)
		})
		if err != nil {
			return nil, fmt.Errorf("read log: %w", err)
		}
	}
	fmt.Fprintf(cmd.ErrOrStderr(), "hisseki: the logs say where %s came from\n",
		counted(o.Count(), "mail"))
	return o, nil
}

// anyRelay is what --relay means without a name.
const anyRelay = "*"

// handedOver returns the history as a relay hands it over, with --relay.
func (f *replayFlags) handedOver(cfg config.Config, src replay.Source) (replay.Source, error) {
	if f.relay == "" {
		return src, nil
	}
	id := wiring.Identity(cfg)
	anywhere := identity.Anywhere()
	r, ok := &anywhere, true
	if f.relay != anyRelay {
		r, ok = id.Relay(f.relay)
	}
	if !ok {
		return nil, usageError{fmt.Errorf("--relay %s: there is no such [[identity.relay]] in the configuration",
			safe(f.relay, 60))}
	}
	return replay.Handed{Source: src, Hand: func(m *analyzer.Mail) { r.HandOver(id, m, f.timeline != "") }}, nil
}

// open opens the history and says how many mails it has, -1 for unknown.
func (f *replayFlags) open(cmd *cobra.Command, cfg config.Config, paths []string) (replay.ClosingSource,
	int, error) {
	normal := wiring.Identity(cfg).Normal
	if f.timeline == "" {
		origins, err := f.origins(cmd, normal)
		if err != nil {
			return nil, 0, err
		}
		// All for judging only: a wrong time must not be learned.
		a, err := replay.OpenPaths(cmd.Context(), paths,
			replay.ArchiveOptions{Sender: f.sender, Normal: normal, Origins: origins, All: !f.learn,
				MaxBody: int64(cfg.Milter.MaxBody)})
		if err != nil {
			return nil, 0, err
		}
		kept := &archive{Archive: a, to: cmd.ErrOrStderr()}
		kept.list()
		return kept, a.Count(), nil
	}
	t, err := replay.OpenTimelineFile(f.timeline, normal)
	return t, -1, err
}

// archive says on a terminal or in a log what it leaves out.
type archive struct {
	*replay.Archive
	to     io.Writer
	listed int
}

// maxListed bounds the lines about what is left out.
const maxListed = 20

func (a *archive) list() {
	list := a.Skipped()
	for ; a.listed < min(len(list), maxListed); a.listed++ {
		s := &list[a.listed]
		fmt.Fprintf(a.to, "hisseki: left out %s: %s\n", safe(s.Name, 200), safe(s.Why, 200))
	}
	if len(list) > a.listed {
		fmt.Fprintf(a.to, "hisseki: %d more left out\n", len(list)-a.listed)
		a.listed = len(list)
	}
}

// Close lists what was found unfit while it was read.
func (a *archive) Close() error {
	a.list()
	return a.Archive.Close()
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
	src, total, err := f.open(cmd, at.cfg, paths)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	past, err := f.handedOver(at.cfg, src)
	if err != nil {
		return err
	}
	progress, end := progressBar(cmd.ErrOrStderr(), total)
	defer end()
	if f.learn {
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
	return sum.Write(out)
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
		opt.Odd = func(name string, r *analyzer.Record) { fmt.Fprintln(out, replay.OddText(name, r)) }
	}
	// What is learned from needs no excerpts.
	n, err := replay.Learn(ctx, analyzer.New(ac, daemon.Sealing{To: db}), opt)
	end()
	if err != nil {
		return err
	}
	text := fmt.Sprintf("learned from %s into %s", counted(n.Mails, "mail"), at.cfg.Database)
	if n.Odd > 0 {
		text += fmt.Sprintf(", %d of them too odd to learn", n.Odd)
		if !f.verbose {
			text += " (--verbose lists them)"
		}
	}
	if n.Known > 0 {
		text += fmt.Sprintf("; %d more left out that were known already", n.Known)
	}
	_, err = fmt.Fprintln(out, text)
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
