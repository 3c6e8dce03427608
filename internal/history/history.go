// Package history opens past mail for replays, drills and learning, as the configuration and a
// command line ask for it.
package history

import (
	"context"
	"fmt"
	"io"
	"time"

	"hisseki/analyzer"
	"hisseki/identity"
	"hisseki/internal/config"
	"hisseki/internal/term"
	"hisseki/internal/wiring"
	"hisseki/internal/words"
	"hisseki/maillog"
	"hisseki/replay"
)

// Options say which past, and whose it is.
type Options struct {
	Timeline string       // a file in place of paths
	Sender   string       // the account that sent all of it, "" to go by From
	Learn    bool         // what is read is to be learned: mail without a usable time is left out
	Logs     []string     // mail logs that say who sent a mail, and from where
	Zone     string       // of times in the logs that have none
	Words    words.Reader // in which it says what it left out
	Relay    string       // as which relay hands mail over: a name of the configuration, or AnyRelay
}

// AnyRelay is a relay of every domain, whose MAIL FROM is believed.
const AnyRelay = "*"

// UsageError is a mistake in what was asked.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the mistake.
func (e UsageError) Unwrap() error { return e.Err }

// Open opens the past and says how many mails it has, -1 for unknown. What is left out it says
// on to.
func Open(ctx context.Context, cfg config.Config, o Options, paths []string, to io.Writer) (
	replay.ClosingSource, int, error) {
	src, total, err := o.open(ctx, cfg, paths, to)
	if err != nil || o.Relay == "" {
		return src, total, err
	}
	id := wiring.Identity(cfg)
	anywhere := identity.Anywhere()
	r, ok := &anywhere, true
	if o.Relay != AnyRelay {
		r, ok = id.Relay(o.Relay)
	}
	if !ok {
		src.Close()
		return nil, 0, UsageError{fmt.Errorf("--relay %s: there is no such [[identity.relay]] in the configuration",
			term.Safe(o.Relay, 60))}
	}
	hand := func(m *analyzer.Mail) { r.HandOver(id, m, o.Timeline != "") }
	return handed{replay.Handed{Source: src, Hand: hand}, src}, total, nil
}

// handed is a source that somebody else hands over.
type handed struct {
	replay.Handed
	io.Closer
}

func (o *Options) open(ctx context.Context, cfg config.Config, paths []string, to io.Writer) (
	replay.ClosingSource, int, error) {
	normal := wiring.Identity(cfg).Normal
	if o.Timeline != "" {
		t, err := replay.OpenTimelineFile(o.Timeline, normal)
		return t, -1, err
	}
	origins, err := o.origins(ctx, normal, to)
	if err != nil {
		return nil, 0, err
	}
	// All for judging only: a wrong time must not be learned.
	a, err := replay.OpenPaths(ctx, paths, replay.ArchiveOptions{Sender: o.Sender, Normal: normal,
		Origins: origins, All: !o.Learn, MaxBody: int64(cfg.Milter.MaxBody)})
	if err != nil {
		return nil, 0, err
	}
	kept := &archive{Archive: a, to: to, words: o.Words}
	kept.list()
	return kept, a.Count(), nil
}

// origins reads the logs, nil without any.
func (o *Options) origins(ctx context.Context, normal func(string) string, to io.Writer) (
	*replay.Origins, error) {
	if len(o.Logs) == 0 {
		return nil, nil
	}
	zone, err := time.LoadLocation(o.Zone)
	if err != nil {
		return nil, UsageError{fmt.Errorf("--zone: %w: write a name such as Asia/Tokyo", err)}
	}
	origins := &replay.Origins{}
	p := &maillog.Parser{Zone: zone, Normal: normal}
	for _, path := range o.Logs {
		err := maillog.Submissions(ctx, p, path, func(s maillog.Submission) error {
			return origins.Add(s.MessageID, s.Sender, s.Client)
		})
		if err != nil {
			return nil, fmt.Errorf("read log: %w", err)
		}
	}
	note(to, o.Words, fmt.Sprintf("the logs say where %s came from", term.Count(origins.Count(), "mail")))
	return origins, nil
}

// note says a line in the reader's words.
func note(to io.Writer, w words.Reader, text string) { fmt.Fprintln(to, "hisseki: "+w.Fault(text)) }

// archive says on a terminal or in a log what it leaves out.
type archive struct {
	*replay.Archive
	to     io.Writer
	words  words.Reader
	listed int
}

// maxListed bounds the lines about what is left out.
const maxListed = 20

func (a *archive) list() {
	list := a.Skipped()
	for ; a.listed < min(len(list), maxListed); a.listed++ {
		s := &list[a.listed]
		note(a.to, a.words, fmt.Sprintf("left out %s: %s", term.Safe(s.Name, 200), term.Safe(s.Why, 200)))
	}
	if len(list) > a.listed {
		note(a.to, a.words, fmt.Sprintf("%d more left out", len(list)-a.listed))
		a.listed = len(list)
	}
}

// Close lists what was found unfit while it was read.
func (a *archive) Close() error {
	a.list()
	return a.Archive.Close()
}
