package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"hisseki/internal/company"
	"hisseki/ledger"
	"hisseki/store"
)

// The incident: 40 mails in 20 minutes, played 60 times as fast.
const (
	demoMails = 40
	demoSpan  = 20 * time.Minute
	demoRate  = 60
	demoSeed  = 11
)

func newDemo() *cobra.Command {
	return &cobra.Command{
		Use:    "demo",
		Short:  "Play a compromised account against a real serve in a temporary folder",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			dir, err := os.MkdirTemp("", "hisseki-demo-")
			if err != nil {
				return fmt.Errorf("making the demo's folder: %w", err)
			}
			d := &demo{out: cmd.OutOrStdout(), dir: dir, db: filepath.Join(dir, "hisseki.db"),
				start: lastTuesday(time.Now())}
			return d.run(cmd.Context())
		},
	}
}

// lastTuesday is the most recent Tuesday, 10:12 in Tokyo: a working hour, after weeks
// that are over, whatever day it is now.
func lastTuesday(now time.Time) time.Time {
	now = now.In(company.Tokyo)
	day := time.Date(now.Year(), now.Month(), now.Day(), 10, 12, 0, 0, company.Tokyo)
	for day.Weekday() != time.Tuesday || day.Add(time.Hour).After(now) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

// demo is one run.
type demo struct {
	out   io.Writer
	dir   string
	db    string
	start time.Time // of the incident
	store *store.DB
	clock func() time.Time
	sent  []sentMail
}

// sentMail is one mail of the incident's 20 minutes.
type sentMail struct {
	mail  *company.Mail
	theft bool
	id    string
	kept  bool
}

func (d *demo) run(ctx context.Context) (err error) {
	began := time.Now()
	firm := company.New(demoSeed)
	past := firm.Weeks(3, d.start)
	theft, ordinary := firm.Incident(d.start, demoSpan, demoMails)
	d.say("1. A company of four writes for three weeks (%d mails); hisseki learns.\n", len(past))
	if err := d.teach(ctx, past); err != nil {
		return err
	}
	d.say("\n2. Tuesday 10:12: manager B's password was guessed. %d mails go to his own partners in"+
		"\n   20 minutes (played in %.0f s) through the milter.\n\n", demoMails,
		demoSpan.Seconds()/demoRate)
	stop, err := d.serve(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if d.store, err = store.Open(ctx, d.db, store.Options{}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.store.Close()) }()
	if err := d.play(ctx, theft, ordinary); err != nil {
		return err
	}
	if err := d.report(ctx); err != nil {
		return err
	}
	d.say("\n(%.0f s in all)\n", time.Since(began).Seconds())
	return nil
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

// self is this very program with arguments.
func (d *demo) self(ctx context.Context, args ...string) (*exec.Cmd, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("finding the program: %w", err)
	}
	cmd := exec.CommandContext(ctx, exe, append(args, "--db", d.db)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	// The demo's settings are its own.
	cmd.Env = append(os.Environ(), "HISSEKI_CONFIG=", "NOTIFY_SOCKET=")
	return cmd, nil
}

func (d *demo) teach(ctx context.Context, mails []company.Mail) error {
	timeline, err := company.WriteTimeline(filepath.Join(d.dir, "past"), mails)
	if err != nil {
		return err
	}
	cmd, err := d.self(ctx, "replay", "--learn", "--timeline", timeline)
	if err != nil {
		return err
	}
	out, err := cmd.CombinedOutput()
	d.say("   %s", out)
	if err != nil {
		return fmt.Errorf("teaching the past: %w", err)
	}
	return nil
}

// serve starts the milter and waits until it answers. stop ends it.
func (d *demo) serve(ctx context.Context) (stop func() error, err error) {
	socket := filepath.Join(d.dir, "milter.sock")
	clock := fmt.Sprintf("%s@%d", d.start.Format(time.RFC3339), demoRate)
	cmd, err := d.self(ctx, "serve", "--mode", "enforce", "--listen", "unix:"+socket,
		"--clock", clock)
	if err != nil {
		return nil, err
	}
	log, err := os.Create(filepath.Join(d.dir, "serve.log"))
	if err != nil {
		return nil, fmt.Errorf("making serve's log: %w", err)
	}
	defer log.Close()
	cmd.Stderr = log
	if err := d.beat(ctx); err != nil { // before the first look of serve at the agent
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting serve: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	stop = func() error {
		if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fmt.Errorf("stopping serve: %w", err)
		}
		return <-ended
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("unix", socket)
		if err == nil {
			d.clock, err = parseClock(clock, time.Now)
			return stop, errors.Join(err, conn.Close())
		}
		select {
		case err := <-ended:
			return nil, fmt.Errorf("serve ended at once (%v): see %s", err, log.Name())
		default:
		}
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("serve does not answer: see %s", log.Name()), stop())
		}
	}
}

// beat is the demo's agent saying that it is alive: there is no Postfix here.
func (d *demo) beat(ctx context.Context) error {
	db := d.store
	if db == nil {
		var err error
		if db, err = store.Open(ctx, d.db, store.Options{}); err != nil {
			return err
		}
		defer db.Close()
	}
	return db.Heartbeat(ctx, demoHost, "demo")
}

// play sends the mail when its time comes, and does the agent's work meanwhile.
func (d *demo) play(ctx context.Context, theft, ordinary []company.Mail) error {
	for i := range theft {
		d.sent = append(d.sent, sentMail{mail: &theft[i], theft: true})
	}
	for i := range ordinary {
		d.sent = append(d.sent, sentMail{mail: &ordinary[i]})
	}
	slices.SortFunc(d.sent, func(a, b sentMail) int { return a.mail.Time.Compare(b.mail.Time) })
	mta := newDemoMTA("unix", filepath.Join(d.dir, "milter.sock"))
	for i := range d.sent {
		if err := d.wait(ctx, d.sent[i].mail.Time); err != nil {
			return err
		}
		s := &d.sent[i]
		s.id = fmt.Sprintf("4DEMO%05dz", i+1)
		var err error
		if s.kept, err = mta.send(s.mail, s.id); err != nil {
			return fmt.Errorf("sending mail %d: %w", i+1, err)
		}
	}
	return nil
}

// wait lets the clock reach a time and does the agent's work: a heartbeat, and ending
// delays.
func (d *demo) wait(ctx context.Context, until time.Time) error {
	for {
		if err := d.beat(ctx); err != nil {
			return err
		}
		holds, err := d.store.Holds(ctx, ledger.HoldFilter{States: []ledger.State{ledger.Delayed},
			DueBy: d.clock()})
		if err != nil {
			return err
		}
		for i := range holds {
			if ok, err := d.store.EndDelay(ctx, holds[i].ID); err != nil {
				return err
			} else if ok {
				if err := d.store.Finish(ctx, holds[i].ID); err != nil {
					return err
				}
			}
		}
		left := until.Sub(d.clock())
		if left <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(left/demoRate, 2*time.Second)):
		}
	}
}
