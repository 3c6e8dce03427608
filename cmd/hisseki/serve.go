package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/milter"
	"hisseki/store"
)

type serveFlags struct {
	listen string
	mode   string
	check  bool
	clock  string
}

func newServe() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Answer the MTA: judge every mail, record it, and hold in mode enforce",
		Long: `Answer the MTA as a milter. Without a configuration it runs on safe defaults in the
current user's state folder, in mode observe: nothing is held.

SIGHUP reads the configuration again; SIGTERM lets the mails in flight end first.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runServe(cmd, f) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.listen, "listen", "", "`ADDRESS`: inet:HOST:PORT, unix:PATH or systemd")
	fl.StringVar(&f.mode, "mode", "", "`MODE` for accounts: observe or enforce")
	fl.BoolVar(&f.check, "check-config", false, "check the configuration and end")
	fl.StringVar(&f.clock, "clock", "", "simulated time of mail, TIME@RATE")
	cobra.CheckErr(fl.MarkHidden("clock"))
	return cmd
}

// gcPercent makes garbage half of what is in use at most: hundred, Go's default, is 30 MiB
// more for a hundredth of the CPU. $GOGC overrides it.
const gcPercent = 50

// load reads the settings with serve's own flags on top.
func (f serveFlags) load(cmd *cobra.Command) (config.Config, error) {
	cfg, err := settings(cmd)
	if err != nil {
		return cfg, err
	}
	if f.listen != "" {
		if err := cfg.Milter.Listen.UnmarshalText([]byte(f.listen)); err != nil {
			return cfg, usageError{fmt.Errorf("--listen: %w", err)}
		}
	}
	if f.mode != "" {
		if f.mode != string(analyzer.Observe) && f.mode != string(analyzer.Enforce) {
			return cfg, usageError{fmt.Errorf("--mode: %q is not observe or enforce", f.mode)}
		}
		cfg.Mode = config.Mode(f.mode)
	}
	if _, err := sealRecipient(cfg.Privacy); err != nil {
		return cfg, err
	}
	return cfg, checkSignals(cfg.Verdict.Off)
}

func runServe(cmd *cobra.Command, f serveFlags) (err error) {
	cfg, err := f.load(cmd)
	if err != nil {
		return err
	}
	clock, err := parseClock(f.clock, time.Now)
	if err != nil {
		return usageError{err}
	}
	places, err := openPlaces(cfg.Places)
	if err != nil {
		return err
	}
	if f.check {
		fmt.Fprintln(cmd.OutOrStdout(), "configuration is fine")
		return places.Close()
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	d := &daemonState{flags: f, cmd: cmd, cfg: cfg, clock: clock, watch: newWatch()}
	setLevel(&d.level, cfg.Log.Level)
	d.log = newLogger(cmd.ErrOrStderr(), cfg.Log.Format, &d.level)
	if d.db, err = store.Open(cmd.Context(), cfg.Database, store.Options{Log: d.log,
		Version: version, Committed: d.watch.metrics.Commit}); err != nil {
		return errors.Join(err, places.Close())
	}
	d.watch.db = d.db
	defer func() { err = errors.Join(err, d.db.Close()) }()
	if err := d.use(cmd.Context(), cfg, places); err != nil {
		return err
	}
	defer func() { d.endWebhooks() }()
	ln, err := listen(cfg.Milter)
	if err != nil {
		return err
	}
	return d.run(cmd.Context(), ln)
}

func listen(m config.Milter) (net.Listener, error) {
	address := m.Listen.String()
	if m.Listen.Network == "systemd" {
		address = ""
	}
	ln, err := milter.Socket{Address: address, Mode: fs.FileMode(m.SocketMode),
		Group: m.SocketGroup}.Listen()
	if err != nil && address == "" {
		err = fmt.Errorf("%w: systemd handed over no socket, is hisseki.socket enabled?", err)
	}
	return ln, err
}

// run serves until the process is told to stop or has lost its store, then drains.
func (d *daemonState) run(ctx context.Context, ln net.Listener) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	m := d.cfg.Milter
	srv := milter.New(milter.Config{
		Judge: d, Identity: d.identity.Load, Log: d.log, Now: d.clock,
		HeaderBytes: int(m.MaxHeader), BodyBytes: int(m.MaxBody),
		InFlightBytes: int64(m.MaxInFlight), Connections: int(m.MaxConnections),
		Budget: time.Duration(m.Budget), OnFailure: analyzer.Action(m.Failure),
		Counters: d.watch.counted,
	})
	hide, err := d.show(d.cfg.Metrics.Listen)
	if err != nil {
		return err
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	d.watchAgent(ctx)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, ln) }()
	d.watch.serving.Store(true)
	d.log.Info("serving", "listen", ln.Addr().String(), "mode", d.cfg.Mode,
		"database", d.cfg.Database, "version", version)
	notify(d.log, daemon.SdNotifyReady)
	lost := d.upkeep(ctx, reload)
	cancel()
	notify(d.log, daemon.SdNotifyStopping)
	d.watch.serving.Store(false)
	// ctx has ended: what is left to do must not depend on it.
	err = d.end(context.WithoutCancel(ctx), func(drain context.Context) error {
		return errors.Join(<-served, srv.Shutdown(drain))
	}, hide)
	if lost != nil { // whoever starts us again finds everything there
		err = errors.Join(err, lost, d.db.Rescue(context.WithoutCancel(ctx)))
	}
	d.log.Info("stopped")
	return err
}

// end lets mails in flight and webhooks finish, then saves what was learned.
func (d *daemonState) end(ctx context.Context, finish, hide func(context.Context) error) error {
	drain, cancel := context.WithTimeout(ctx, time.Duration(d.cfg.Milter.Drain))
	defer cancel()
	err := finish(drain)
	select {
	case <-d.webhooks:
	case <-drain.Done(): // what is not noted as told is told again
	}
	return errors.Join(err, d.core.Load().Save(ctx), hide(drain))
}

// notify tells systemd. Without systemd it does nothing.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd could not be told", "state", state, "error", err)
	}
}

var _ analyzer.Memory = (*store.DB)(nil)
