package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/config"
	"hisseki/internal/demo"
	"hisseki/internal/freeport"
	"hisseki/internal/mta"
	"hisseki/internal/wiring"
	"hisseki/ledger"
	"hisseki/signing"
	"hisseki/store"
)

// site is a private Postfix and Dovecot with hisseki's two daemons, wired as
// docs/howto.md says: serve as a user without rights, the agent as root.
type site struct {
	*mta.Instance
	t        *testing.T
	dir      string // of the store and the logs, serve's own
	config   string
	db       string
	listen   string // of serve, as net.Dial wants it
	clock    string // of serve
	uid, gid int
	serve    *process
	agent    *process
}

// siteConfig is the daemons' configuration. The thresholds are the test's own: it shows
// what happens to mail, not how well it is judged.
const siteConfig = `mode = "enforce"
database = %q
[milter]
listen = %q
socket_group = "postfix"
[verdict]
delay = %v
hold = %v
sum = %v
delay_for = %q
[agent]
interval = "1s"
postfix_config = %q
folder = %q
[maillog]
files = [%q]
`

// siteOptions of a site.
type siteOptions struct {
	unix        bool    // a unix socket and a chrooted Postfix; else TCP
	delay, hold float64 // thresholds, in points
	sum         float64 // 0 for one that nothing reaches
	delayFor    time.Duration
	clock       string      // of serve, "" for the real one
	filter      *mta.Filter // a content filter, whose mail comes back through hisseki
	host        string      // Postfix's name, "" for the demo's
	database    string      // a URL, "" for a file of its own

	// "$DIR" is the instance's folder in Postfix's lines and files, and hisseki's in its settings.
	settings string            // more of hisseki.toml
	listen   string            // TCP address of serve, "" for any
	postfix  []string          // lines of main.cf
	files    map[string]string // beside them
}

// newSite sets a site up without starting the daemons.
func newSite(t *testing.T, o siteOptions) *site {
	t.Helper()
	mta.Require(t)
	s := &site{t: t}
	s.uid, s.gid = unprivileged(t, "postfix")
	milter := "unix:hisseki/milter.sock" // as howto.md says
	if !o.unix {
		s.listen = cmp.Or(o.listen, freeport.Address(t))
		milter = "inet:" + s.listen
	}
	var users []string
	for _, m := range company.New(demo.Seed).Weeks(1, time.Now()) {
		if !slices.Contains(users, m.Login) {
			users = append(users, m.Login)
		}
	}
	options := mta.Options{Milters: []string{milter}, Users: users, Host: cmp.Or(o.host, demo.Host), Chroot: o.unix, Main: o.postfix, Files: o.files}
	if o.filter != nil {
		options.Master = o.filter.Master("")
		options.Main = append(options.Main, "content_filter = "+o.filter.Transport())
	}
	s.Instance = mta.Start(t, options)
	address := "inet:" + s.listen
	if o.unix {
		s.listen = filepath.Join(s.Queue, "hisseki", "milter.sock")
		address = "unix:" + s.listen
		s.folder(filepath.Dir(s.listen), 0o2750)
	}
	s.dir = filepath.Join(s.Dir, "hisseki")
	s.folder(s.dir, 0o750)
	t.Cleanup(s.tell)
	s.db = cmp.Or(o.database, filepath.Join(s.dir, "hisseki.db"))
	s.config = filepath.Join(s.dir, "hisseki.toml")
	if o.sum == 0 {
		o.sum = 90
	}
	s.clock = o.clock
	text := fmt.Sprintf(siteConfig, s.db, address, o.delay, o.hold, o.sum, o.delayFor, s.Config,
		s.Dir+"/hisseki-agent", s.Dir+"/mail.log") + strings.ReplaceAll(o.settings, "$DIR", s.dir)
	if err := os.WriteFile(s.config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return s
}

// tell shows the daemons' logs of a test that failed.
func (s *site) tell() {
	if s.t.Failed() && s.serve != nil && s.agent != nil {
		s.t.Logf("serve's log:\n%s\nagent's log:\n%s", s.serve.said(), s.agent.said())
	}
}

// folder makes a folder of serve's user.
func (s *site) folder(path string, mode os.FileMode) {
	s.t.Helper()
	if err := os.Mkdir(path, 0o750); err != nil {
		s.t.Fatal(err)
	}
	if err := os.Chown(path, s.uid, s.gid); err != nil {
		s.t.Fatal(err)
	}
	if mode&0o2000 != 0 {
		mode = mode.Perm() | os.ModeSetgid
	}
	if err := os.Chmod(path, mode); err != nil {
		s.t.Fatal(err)
	}
}

// give makes a folder and all in it serve's user's.
func (s *site) give(dir string) {
	s.t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(path, s.uid, s.gid)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// startServe starts serve and waits until it answers.
func (s *site) startServe() {
	s.t.Helper()
	s.serve = spawn(s.t, filepath.Join(s.dir, "serve.log"), s.uid, s.gid, "serve", "--config",
		s.config, "--clock", s.clock)
	network := "unix"
	if !strings.HasPrefix(s.listen, "/") {
		network = "tcp"
	}
	wait(s.t, "an answer of serve", func() bool {
		conn, err := net.Dial(network, s.listen)
		if err == nil {
			conn.Close()
			return true
		}
		if s.serve.ended() {
			s.t.Fatalf("serve ended: %s", s.serve.said())
		}
		return false
	})
}

// startAgent starts the agent; it need not have done anything yet.
func (s *site) startAgent() {
	s.t.Helper()
	s.agent = spawn(s.t, filepath.Join(s.dir, "agent.log"), 0, 0, "agent", "--config", s.config)
}

// agentWorks waits until the agent has opened the store. One that cannot ends, and is started again by
// systemd, which is not here.
func (s *site) agentWorks() {
	s.t.Helper()
	s.agent.says(s.agent.from, "agent at work")
}

// hisseki runs a subcommand to its end and returns its output.
func (s *site) hisseki(args ...string) string {
	s.t.Helper()
	return s.run(exec.Command(program(s.t), append(args, "--config", s.config)...))
}

func (s *site) run(cmd *exec.Cmd) string {
	s.t.Helper()
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &errs, "/"
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
	if err := cmd.Run(); err != nil {
		s.t.Fatalf("%v: %v\n%s%s", cmd.Args, err, &out, &errs)
	}
	return out.String()
}

// learn teaches the store a past, as serve's user.
func (s *site) learn(past []company.Mail, options ...string) {
	s.t.Helper()
	timeline, err := company.WriteTimeline(filepath.Join(s.dir, "past"), past)
	if err != nil {
		s.t.Fatal(err)
	}
	s.give(filepath.Dir(timeline))
	p := spawn(s.t, filepath.Join(s.dir, "learn.log"), s.uid, s.gid, append([]string{"replay", "--learn",
		"--timeline", timeline, "--config", s.config}, options...)...)
	<-p.gone
	if !strings.Contains(p.said(), "learned from") {
		s.t.Fatalf("learn: %s", p.said())
	}
}

// queue is Postfix's queue as postqueue -j lists it.
func (s *site) queue() string {
	s.t.Helper()
	return s.run(exec.Command("postqueue", "-c", s.Config, "-j"))
}

// store opens the store beside the daemons, until the test ends. What is decided with it is
// signed, as root's commands sign.
func (s *site) store() *store.DB {
	s.t.Helper()
	db, err := store.Open(s.t.Context(), s.db, store.Options{Signs: s.key()})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { db.Close() })
	return db
}

// key is the site's key for decisions.
func (s *site) key() *signing.Lazy {
	cfg, err := config.Load(s.config, config.Default(s.dir))
	if err != nil {
		s.t.Fatal(err)
	}
	return wiring.Signs(cfg)
}

// holds returns the holds that a filter chooses.
func (s *site) holds(db *store.DB, f ledger.HoldFilter) []ledger.Hold {
	s.t.Helper()
	holds, err := db.Holds(s.t.Context(), f)
	if err != nil {
		s.t.Fatal(err)
	}
	return holds
}

// send submits a company's mail by SMTP AUTH from its client's address, and returns the
// queue id.
func (s *site) send(m *company.Mail) string {
	s.t.Helper()
	return s.MustSubmit(s.t, submission(m))
}

func submission(m *company.Mail) mta.Submission {
	return mta.Submission{User: m.Login, Client: netip.MustParseAddr(m.Client), Helo: m.Helo,
		From: m.Login, To: m.Recipients, Data: m.Message}
}

// arrives waits until a mail is in the sink, whole, and returns how long that took from
// its sending.
func (s *site) arrives(m *company.Mail, sent time.Time) time.Duration {
	s.t.Helper()
	var at time.Time
	s.Sink.Wait(s.t, time.Minute, "delivery of a mail of "+m.Login, func(all []mta.Mail) bool {
		i := slices.IndexFunc(all, func(got mta.Mail) bool { return same(&got, m) })
		if i < 0 {
			return false
		}
		at = all[i].At
		return true
	})
	return at.Sub(sent)
}

// same says whether what arrived is the mail, byte for byte below Postfix's Received.
func same(got *mta.Mail, m *company.Mail) bool {
	head, ok := bytes.CutSuffix(got.Data, m.Message)
	return ok && bytes.HasPrefix(head, []byte("Received: ")) &&
		bytes.Count(head, []byte("\r\n")) == bytes.Count(head, []byte("\r\n\t"))+1
}

// plot is a company's mail around now: three weeks of the past, the next hours' ordinary
// mail, and a thief's.
func plot() (past, ordinary, theft []company.Mail) {
	now := time.Now()
	firm, at := company.New(demo.Seed), demo.LastTuesday(now)
	all := firm.Weeks(3, at.Add(4*time.Hour))
	i := slices.IndexFunc(all, func(m company.Mail) bool { return !m.Time.Before(at) })
	past, ordinary = all[:i], all[i:]
	theft, _ = firm.Incident(at, demo.Span, demo.Mails)
	// That Tuesday is now, so that the test does not depend on when it is run.
	for i := range past {
		past[i].Time = past[i].Time.Add(now.Sub(at))
	}
	return past, ordinary, theft
}
