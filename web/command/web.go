// Package command is "hisseki web" and "hisseki reviewer". What they share with the other
// subcommands comes in.
package command

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"time"

	"github.com/coreos/go-systemd/v22/activation"
	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"hisseki/access"
	"hisseki/access/passkey"
	"hisseki/ask"
	"hisseki/internal/config"
	"hisseki/internal/words"
	"hisseki/review"
	"hisseki/store"
	"hisseki/store/postgres"
	"hisseki/web"
)

// Shared is what the commands share with the program's others.
type Shared struct {
	// With runs something on the settings and the open store.
	With func(cmd *cobra.Command, do func(config.Config, *store.DB) error) error
	// Review returns what a reviewer sees and does.
	Review func(config.Config, *store.DB) (*review.Service, error)
	// Actor is who runs the program.
	Actor func() review.Actor
	// Milter says what is wrong with the milter.
	Milter  func(config.Address) error
	Log     func(cmd *cobra.Command, cfg config.Config) *slog.Logger
	Usage   func(error) error // makes an error one of usage
	Version string
	// Words are in the language that a command speaks.
	Words func(cmd *cobra.Command) words.Reader
}

// Bounds of a connection: whoever is slow must not hold one open.
const (
	headerTime = 10 * time.Second
	readTime   = 30 * time.Second
	writeTime  = 60 * time.Second
	idleTime   = 2 * time.Minute
	maxHeader  = 32 << 10
	drain      = 5 * time.Second
	// lookFor is how long the same look of the same session is one line of the audit log.
	lookFor = time.Minute
	// remember is less than who loads a page again notices: an agent's heartbeat is older.
	remember = time.Second
)

// Web is the command "web".
func (s Shared) Web() *cobra.Command {
	var listen string
	cmd := &cobra.Command{
		Use:   "web",
		Short: "Show the review page: see, decide, in a browser",
		Long: `Answers browsers: what is kept, why, and what to do about it. Reviewers are those of "hisseki
reviewer". It listens on this machine only, unless the configuration says otherwise: docs/review.md.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lower()
			return s.With(cmd, func(cfg config.Config, db *store.DB) error {
				if listen != "" {
					if err := cfg.Web.Listen.UnmarshalText([]byte(listen)); err != nil {
						return s.Usage(fmt.Errorf("--listen: %w", err))
					}
					if err := cfg.Check(); err != nil {
						return s.Usage(err)
					}
				}
				return s.serve(cmd, cfg, db)
			})
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "`ADDRESS`: inet:HOST:PORT, unix:PATH or systemd")
	return cmd
}

func (s Shared) serve(cmd *cobra.Command, cfg config.Config, db *store.DB) error {
	// It holds the key for decisions: whoever has the same user's rights must not read its
	// memory (ptrace(2)).
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("close this process's memory: %w", err)
	}
	page, err := s.page(cmd, cfg, db)
	if err != nil {
		return err
	}
	listener, err := open(cfg.Web.Listen)
	if err != nil {
		return err
	}
	scheme := "http"
	srv := &http.Server{Handler: page, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(page.Log.Handler(), slog.LevelDebug)}
	if cfg.Web.Cert != "" {
		get := certificate(cfg.Web)
		if _, err := get(nil); err != nil { // said now, not to each browser
			return errors.Join(fmt.Errorf("read web.cert and web.key: %w", err), listener.Close())
		}
		srv.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: get}
		listener, scheme = tls.NewListener(listener, srv.TLSConfig), "https"
	}
	if err := s.warn(cmd.Context(), page, db); err != nil {
		return errors.Join(err, listener.Close())
	}
	page.Log.Info("the review page answers", "address", scheme+"://"+listener.Addr().String(), "version", s.Version)
	_, _ = daemon.SdNotify(false, daemon.SdNotifyReady) // nobody listens outside systemd
	ended := make(chan error, 1)
	go func() { ended <- srv.Serve(listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("answer browsers: %w", err)
	case <-cmd.Context().Done():
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(cmd.Context()), drain)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("end the review page: %w", err)
	}
	return nil
}

// page is the page as the settings want it.
func (s Shared) page(cmd *cobra.Command, cfg config.Config, db *store.DB) (*web.Server, error) {
	service, err := s.Review(cfg, db)
	if err != nil {
		return nil, err
	}
	service.ReadMail = nil // the page shows no bodies
	service.Looks.For = lookFor
	zone, err := cfg.Web.Location()
	if err != nil {
		return nil, err
	}
	w := &cfg.Web
	proxies := make([]netip.Prefix, len(w.Proxies))
	for i, p := range w.Proxies {
		proxies[i] = netip.Prefix(p)
	}
	provider, err := provider(w.OpenID, Address(*w))
	if err != nil {
		return nil, err
	}
	passkeys, err := passkey.New(Address(*w), db.Reviewers(), time.Now, rand.Reader)
	if err != nil { // of an address, which is no name
		s.Log(cmd, cfg).Warn("there are no passkeys here", "error", err)
	}
	return web.New(web.Options{Passkeys: passkeys, OpenID: provider, OpenIDLabel: w.OpenID.Label, Review: service, Guard: guard(cfg, db), Desk: desk(cfg, db), Log: s.Log(cmd, cfg), Zone: zone,
		TLS: w.Cert != "" || strings.HasPrefix(w.URL, "https:"), Proxies: proxies, UserHeader: w.UserHeader,
		Remember: remember, Away: postgres.Away, Milter: func() error { return s.Milter(cfg.Milter.Listen) }, Version: s.Version}), nil
}

// desk takes the answers of owners, where the settings have them asked.
func desk(cfg config.Config, db *store.DB) *ask.Desk {
	if len(cfg.Hooks.Ask) == 0 {
		return nil
	}
	return &ask.Desk{Store: db.Questions(), Now: time.Now}
}

func guard(cfg config.Config, db *store.DB) *access.Guard {
	return access.NewGuard(db.Reviewers(), access.Settings{Idle: time.Duration(cfg.Web.Idle),
		Absolute: time.Duration(cfg.Web.Absolute), PasswordOnly: cfg.Web.PasswordOnly}, time.Now, rand.Reader)
}

// warn says what keeps people from deciding.
func (s Shared) warn(ctx context.Context, page *web.Server, db *store.DB) error {
	if page.Review.Ready != nil {
		if err := page.Review.Ready(); err != nil {
			page.Log.Warn("nobody can decide here", "error", err)
		}
	}
	list, err := db.Reviewers().Accounts(ctx)
	if err == nil && len(list) == 0 {
		page.Log.Warn("there is no reviewer: run hisseki reviewer add NAME --role admin")
	}
	return err
}

// open listens. A socket file that nobody answers on is left of an earlier run.
func open(a config.Address) (net.Listener, error) {
	switch a.Network {
	case "systemd":
		list, err := activation.Listeners()
		if err == nil && (len(list) == 0 || list[0] == nil) {
			err = errors.New("systemd handed over no socket, is hisseki-web.socket enabled?")
		}
		if err != nil {
			return nil, err
		}
		return list[0], nil
	case "unix":
		if conn, err := net.Dial("unix", a.Name); err == nil {
			return nil, errors.Join(fmt.Errorf("somebody answers on %s already", a.Name), conn.Close())
		}
		if f, err := os.Lstat(a.Name); err == nil && f.Mode()&fs.ModeSocket != 0 {
			if err := os.Remove(a.Name); err != nil {
				return nil, err
			}
		}
	}
	l, err := net.Listen(a.Network, a.Name)
	if err != nil {
		return nil, fmt.Errorf("listen for browsers, see web.listen: %w", err)
	}
	return l, nil
}

// certificate reads the certificate when its file is another one than the last time: renewed
// ones count without a restart.
func certificate(w config.Web) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	last := make(chan struct{}, 1)
	var at time.Time
	var have *tls.Certificate
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		last <- struct{}{}
		defer func() { <-last }()
		f, err := os.Stat(w.Cert)
		if err == nil && have != nil && f.ModTime().Equal(at) {
			return have, nil
		}
		c, errLoad := tls.LoadX509KeyPair(w.Cert, w.Key)
		if err = errors.Join(err, errLoad); err == nil {
			at, have = f.ModTime(), &c
		}
		if have != nil { // a renewal under way leaves the old one
			return have, nil
		}
		return nil, err
	}
}
