package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/quarantine"
	"hisseki/store"
)

func newAgent() *cobra.Command {
	var host string
	var once bool
	cmd := &cobra.Command{
		Use:   "agent",
		Short: "Carry out decisions in Postfix's queue (as root, on each MTA host)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := settings(cmd)
			if err != nil {
				return err
			}
			err = runAgent(cmd, cfg, host, once)
			if errors.Is(err, context.Canceled) && cmd.Context().Err() != nil {
				return nil // told to stop
			}
			return err
		},
	}
	cmd.Flags().StringVar(&host, "host", "", "`NAME` of this MTA, by default Postfix's myhostname")
	cmd.Flags().BoolVar(&once, "once", false, "one round, then end")
	return cmd
}

func runAgent(cmd *cobra.Command, cfg config.Config, host string, once bool) (err error) {
	if os.Geteuid() != 0 {
		return errors.New("the agent must be root: Postfix's postsuper serves nobody else")
	}
	if host == "" {
		if host, err = postfixHost(cmd.Context(), cfg.Agent.PostfixConfig); err != nil {
			return err
		}
	}
	db, err := openStore(cmd.Context(), cfg, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var level slog.LevelVar
	setLevel(&level, cfg.Log.Level)
	log := newLogger(cmd.ErrOrStderr(), cfg.Log.Format, &level)
	agent := quarantine.Agent{
		Host: host, Store: tasks{db}, Log: log, Now: time.Now,
		MTA: &quarantine.Queue{ConfigDir: cfg.Agent.PostfixConfig},
	}
	hooks, err := newAgentHooks(cmd.Context(), cfg, db, log)
	if err != nil {
		return err
	}
	if once {
		return errors.Join(agent.Once(cmd.Context()), hooks.once(cmd.Context()))
	}
	ctx, stop := context.WithCancelCause(cmd.Context())
	defer stop(nil)
	go watchStore(ctx, db, stop)
	read := make(chan struct{}) // beside the queue's work, like the hooks
	go func() {
		defer close(read)
		follower(cfg, db, host, log).Run(ctx)
	}()
	told := make(chan struct{}) // beside the queue's work: a hook that hangs delays no mail
	go func() {
		defer close(told)
		hooks.run(ctx)
	}()
	log.Info("agent at work", "host", host, "interval", time.Duration(cfg.Agent.Interval))
	notify(log, daemon.SdNotifyReady)
	err = agent.Run(ctx, time.Duration(cfg.Agent.Interval))
	notify(log, daemon.SdNotifyStopping)
	<-read
	<-told // a run that has begun is finished, or killed by its timeout
	if lost := context.Cause(ctx); errors.Is(lost, store.ErrLost) {
		return lost // serve writes it back; whoever starts us again finds it
	}
	return err
}

// watchStore stops us when the store's file is deleted or replaced: what we would write
// is lost.
func watchStore(ctx context.Context, db *store.DB, stop context.CancelCauseFunc) {
	tick := time.NewTicker(applyEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := db.Lost(); err != nil {
			stop(err)
			return
		}
	}
}

// postfixHost is how the MTA names itself, in the {j} macro too.
func postfixHost(ctx context.Context, configDir string) (string, error) {
	out, err := postconf(ctx, configDir, "-xh", "myhostname")
	if err != nil {
		return "", fmt.Errorf("%w: give --host", err)
	}
	return strings.TrimSpace(out), nil
}

// postconf asks Postfix for its configuration.
func postconf(ctx context.Context, configDir string, args ...string) (string, error) {
	if configDir != "" {
		args = append([]string{"-c", configDir}, args...)
	}
	path, err := exec.LookPath("postconf")
	if err != nil {
		path = "/usr/sbin/postconf" // not in everybody's PATH
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, path, args...).Output()
	if err != nil {
		err = errors.Join(ctx.Err(), err)
		return "", fmt.Errorf("asking postconf %s: %w", strings.Join(args, " "), err)
	}
	return string(out), nil
}

// tasks is the store in the agent's words.
type tasks struct{ *store.DB }

// Tasks implements quarantine.Store. First it asks back what of open incidents' campaigns
// may still wait in the queue.
func (t tasks) Tasks(ctx context.Context, host string, now time.Time) ([]quarantine.Task, error) {
	if _, err := t.Recall(ctx, now); err != nil {
		return nil, err
	}
	holds, err := t.Holds(ctx, ledger.HoldFilter{MTA: host, States: openStates})
	if err != nil {
		return nil, err
	}
	list := make([]quarantine.Task, 0, len(holds))
	for i := range holds {
		list = append(list, taskOf(&holds[i], now))
	}
	return list, nil
}

// taskOf says what a hold wants done now.
func taskOf(h *ledger.Hold, now time.Time) quarantine.Task {
	e := &h.Record.Envelope
	t := quarantine.Task{Hold: h.ID, QueueID: e.QueueID, At: e.Time, Sender: e.MailFrom,
		Tries: h.Attempts, Error: h.Error, Verb: quarantine.Wait}
	// Judged in the future: the clock was set back, and a delay must not last until then.
	due := !h.Due.After(now) || e.Time.After(now.Add(clockSkew))
	switch {
	case h.State == ledger.Held, h.State == ledger.Delayed && !due:
		t.Verb = quarantine.Keep
	case !due: // its next try is later
	case h.State == ledger.Delayed:
		t.Verb = quarantine.EndDelay
	case h.State == ledger.Releasing:
		t.Verb = quarantine.Release
	case h.State == ledger.Discarding:
		t.Verb = quarantine.Discard
	case h.State == ledger.Recalling:
		t.Verb = quarantine.Recall
	}
	return t
}

// clockSkew is what the clocks of serve and the agent may differ by.
const clockSkew = time.Minute

// Past implements quarantine.Past.
func (t tasks) Past(ctx context.Context, host, queueID string) ([]quarantine.Task, error) {
	verbs := map[ledger.State]quarantine.Verb{ledger.Released: quarantine.Release,
		ledger.Discarded: quarantine.Discard, ledger.Vanished: quarantine.Keep,
		ledger.Gone: quarantine.Keep}
	holds, err := t.Holds(ctx, ledger.HoldFilter{MTA: host, QueueID: queueID,
		States: slices.Collect(maps.Keys(verbs))})
	if err != nil {
		return nil, err
	}
	list := make([]quarantine.Task, 0, len(holds))
	for i := range holds {
		task := taskOf(&holds[i], time.Time{})
		task.Verb = verbs[holds[i].State]
		list = append(list, task)
	}
	return list, nil
}

var (
	_ quarantine.Store = tasks{}
	_ quarantine.Past  = tasks{}
)
