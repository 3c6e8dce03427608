package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"hisseki/internal/company"
	"hisseki/ledger"
	"hisseki/store"
)

// serve starts the milter and waits until it answers. stop ends it.
func (d *demo) serve(ctx context.Context) (stop func() error, err error) {
	socket := filepath.Join(d.dir, "milter.sock")
	cmd := d.hisseki(ctx, "serve", "--mode", "enforce", "--listen", "unix:"+socket,
		"--clock", fmt.Sprintf("%s@%d", d.start.Format(time.RFC3339), rate))
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
			d.began = time.Now()
			return stop, conn.Close()
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

// clock is the demo's time: it starts with the theft and runs fast, as that of serve.
func (d *demo) clock() time.Time { return d.start.Add(rate * time.Since(d.began)) }

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
	return db.Heartbeat(ctx, Host, "demo")
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
	mta := NewMTA("unix", filepath.Join(d.dir, "milter.sock"))
	for i := range d.sent {
		if err := d.wait(ctx, d.sent[i].mail.Time); err != nil {
			return err
		}
		s := &d.sent[i]
		s.id = fmt.Sprintf("4DEMO%05dz", i+1)
		var err error
		if s.kept, err = mta.Send(s.mail, s.id); err != nil {
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
			ended, err := d.store.EndDelay(ctx, holds[i].ID)
			if err != nil {
				return err
			}
			if err := d.store.Finish(ctx, ended...); err != nil {
				return err
			}
		}
		left := until.Sub(d.clock())
		if left <= 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(left/rate, 2*time.Second)):
		}
	}
}
