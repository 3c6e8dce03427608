// Package demo plays a theft: a small company's mail is learned, then an attacker writes from
// one of its accounts, through the milter of a real serve. It shows what becomes of every
// mail.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"hisseki/internal/company"
	"hisseki/store"
)

// The theft: 40 mails in 20 minutes, played 60 times as fast.
const (
	Mails = 40
	Span  = 20 * time.Minute
	Seed  = 11 // of the company
	rate  = 60
)

// Run plays the demo in a new temporary folder, which it leaves there, with a program that
// is hisseki. It takes half a minute.
func Run(ctx context.Context, out io.Writer, program string) error {
	dir, err := os.MkdirTemp("", "hisseki-demo-")
	if err != nil {
		return fmt.Errorf("making the demo's folder: %w", err)
	}
	d := &demo{out: out, program: program, dir: dir, db: filepath.Join(dir, "hisseki.db"),
		start: LastTuesday(time.Now())}
	return d.run(ctx)
}

// LastTuesday is the most recent Tuesday, 10:12 in Tokyo: a working hour, after weeks
// that are over, whatever day it is now.
func LastTuesday(now time.Time) time.Time {
	now = now.In(company.Tokyo)
	day := time.Date(now.Year(), now.Month(), now.Day(), 10, 12, 0, 0, company.Tokyo)
	for day.Weekday() != time.Tuesday || day.Add(time.Hour).After(now) {
		day = day.AddDate(0, 0, -1)
	}
	return day
}

// demo is one run.
type demo struct {
	out     io.Writer
	program string // hisseki
	dir     string
	db      string
	start   time.Time // of the theft
	store   *store.DB
	began   time.Time // of serve's clock, by the machine's
	sent    []sentMail
}

// sentMail is one mail of the 20 minutes.
type sentMail struct {
	mail  *company.Mail
	theft bool
	id    string
	kept  bool
}

func (d *demo) run(ctx context.Context) (err error) {
	began := time.Now()
	firm := company.New(Seed)
	past := firm.Weeks(3, d.start)
	theft, ordinary := firm.Incident(d.start, Span, Mails)
	d.say("1. A company of four writes for three weeks (%d mails); hisseki learns.\n", len(past))
	if err := d.teach(ctx, past); err != nil {
		return err
	}
	d.say("\n2. Tuesday 10:12 in Tokyo: manager B's password was guessed. %d mails go to his own"+
		"\n   partners in 20 minutes (played in %.0f s) through the milter.\n\n", Mails,
		Span.Seconds()/rate)
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

// hisseki is a command of the program, on the demo's store.
func (d *demo) hisseki(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, d.program, append(args, "--db", d.db)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	// The demo's settings are its own, and its times are the company's.
	cmd.Env = append(os.Environ(), "HISSEKI_CONFIG=", "NOTIFY_SOCKET=", "TZ=Asia/Tokyo")
	return cmd
}

func (d *demo) teach(ctx context.Context, mails []company.Mail) error {
	timeline, err := company.WriteTimeline(filepath.Join(d.dir, "past"), mails)
	if err != nil {
		return err
	}
	out, err := d.hisseki(ctx, "replay", "--learn", "--timeline", timeline).CombinedOutput()
	d.say("   %s", out)
	if err != nil {
		return fmt.Errorf("teaching the past: %w", err)
	}
	return nil
}
