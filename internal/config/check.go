package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// KeyError is a setting that is well formed and still cannot work.
type KeyError struct {
	Key    string // dotted, such as "milter.listen"
	Reason string
}

// Error names the key and the reason.
func (e *KeyError) Error() string { return e.Key + ": " + e.Reason }

// Check refuses settings that cannot work, alone or together, with a KeyError.
func (c *Config) Check() error {
	return errors.Join(c.checkWords(), c.checkNumbers(), c.checkWebmail(), c.checkRelays(), c.checkHabits(), c.checkReach(),
		c.checkHooks(),
		c.checkMetrics(), c.checkWeb())
}

// checkWords checks what only takes certain words. The TOML decoder puts any string
// into a named string type, so this cannot be left to it.
func (c *Config) checkWords() error {
	return errors.Join(
		oneOf("mode", c.Mode, "observe", "enforce"),
		oneOf("classes.application", c.Classes.Application, "observe", "enforce"),
		oneOf("classes.null", c.Classes.Null, "observe", "enforce"),
		oneOf("milter.failure", c.Milter.Failure, "pass", "hold", "tempfail"),
		oneOf("log.format", c.Log.Format, "text", "json"),
		oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error"),
		must(c.Database != "", "database", "is empty, name a file or a PostgreSQL URL"),
		must(!namesPassword(c.Database), "database", "names a password, which others could read: write it to a "+
			"file (?passwordfile=PATH), a systemd credential or .pgpass"),
		must(c.Milter.Listen.Network != "", "milter.listen", "is empty"),
	)
}

// namesPassword says whether a database's URL has a password, as postgres://user:password@host/name
// or ?password=.
func namesPassword(database string) bool {
	u, err := url.Parse(database)
	if err != nil || u.Scheme == "" {
		return false
	}
	_, has := u.User.Password()
	return has || u.Query().Has("password")
}

func (c *Config) checkNumbers() error {
	m, v, l := &c.Milter, &c.Verdict, &c.Limits
	return errors.Join(
		within("milter.max_connections", m.MaxConnections, 1, 100_000),
		must(m.MaxHeader > 0, "milter.max_header", "is 0, nothing could be read"),
		must(m.MaxBody > 0, "milter.max_body", "is 0, nothing could be read"),
		must(m.MaxInFlight >= m.MaxBody, "milter.max_in_flight", "is below milter.max_body"),
		must(m.Budget > 0, "milter.budget", "is 0, no mail could be judged"),
		within("verdict.delay", v.Delay, 0, 100),
		within("verdict.hold", v.Hold, 0, 100),
		within("verdict.sum", v.Sum, 0, 100),
		must(v.Hold == 0 || v.Delay <= v.Hold, "verdict.delay",
			"is above verdict.hold, nothing would be delayed"),
		must(v.DelayFor > 0, "verdict.delay_for", "is 0, no mail could be delayed"),
		within("limits.depth", l.Depth, 0, 100),
		within("limits.parts", l.Parts, 0, 10_000),
		within("limits.urls", l.URLs, 0, 10_000),
		within("privacy.excerpt", c.Privacy.Excerpt, 0, 2000),
		must(c.Privacy.Journal >= Duration(day), "privacy.journal",
			"is under a day, no incident could be answered"),
		must(c.Agent.Interval >= Duration(second) && c.Agent.Interval <= Duration(10*second),
			"agent.interval", "must be from 1s to 10s, serve believes in a heartbeat for 30s"),
		c.checkMaillog(), c.checkSignin(),
	)
}

func (c *Config) checkMaillog() error {
	m := &c.Maillog
	errs := []error{must(len(m.Files) == 0 || !m.Journald, "maillog.journald",
		"excludes maillog.files, every login would count twice")}
	for i, path := range m.Files {
		errs = append(errs,
			must(filepath.IsAbs(path), "maillog.files", fmt.Sprintf("%q is not an absolute path", path)),
			must(!slices.Contains(m.Files[:i], path), "maillog.files", "names "+path+" twice"))
	}
	return errors.Join(errs...)
}

func (c *Config) checkSignin() error {
	var errs []error
	for i, path := range c.Signin.Files {
		_, err := filepath.Match(path, "")
		errs = append(errs,
			must(filepath.IsAbs(path) && err == nil, "signin.files", fmt.Sprintf("%q is not an absolute path", path)),
			must(!slices.Contains(c.Signin.Files[:i], path), "signin.files", "names "+path+" twice"),
			must(!slices.Contains(c.Maillog.Files, path), "signin.files", path+" is read as a mail log already"))
	}
	if g := c.Signin.Generic; g != nil {
		errs = append(errs, must(g.Time != "" && g.Account != "" && g.Result != "", "signin.generic",
			"needs time, account and result: the names of these fields"))
	}
	return errors.Join(errs...)
}

func (c *Config) checkWebmail() error {
	w := &c.Identity.Webmail
	errs := []error{must(len(w.Hosts) == 0 == (w.Header == ""), "identity.webmail", "needs both hosts and header")}
	for _, n := range w.Hosts {
		// It may run here, or anywhere in a net of containers: whoever is there logs in all the same.
		if a := netip.Prefix(n).Addr(); !a.IsLoopback() && !a.IsPrivate() {
			errs = append(errs, narrow("identity.webmail.hosts", netip.Prefix(n)))
		}
	}
	return errors.Join(errs...)
}

// checkMetrics keeps figures about the company's mail from being shown to the network by
// mistake.
func (c *Config) checkMetrics() error {
	a := c.Metrics.Listen
	if a.Network != "tcp" {
		return must(a.Network == "", "metrics.listen", "must be inet:HOST:PORT")
	}
	host, _, err := net.SplitHostPort(a.Name)
	if err != nil {
		return &KeyError{"metrics.listen", fmt.Sprintf("%q is not HOST:PORT", a.Name)}
	}
	addr, err := netip.ParseAddr(host)
	local := host == "localhost" || err == nil && addr.IsLoopback()
	return must(local || c.Metrics.Remote, "metrics.listen",
		"is not on the machine's own loop (127.0.0.1): set metrics.remote = true if that is meant")
}

func must(ok bool, key, reason string) error {
	if ok {
		return nil
	}
	return &KeyError{key, reason}
}

func within[T ~int | ~float64](key string, v, low, high T) error {
	return must(v >= low && v <= high, key, fmt.Sprintf("%v is not from %v to %v", v, low, high))
}

func oneOf[T ~string](key string, v T, allowed ...T) error {
	for _, a := range allowed {
		if v == a {
			return nil
		}
	}
	return &KeyError{key, fmt.Sprintf("%q is not one of %q", v, allowed)}
}

// place puts file and line in front of every KeyError in err.
func place(path string, text []byte, err error) error {
	joined, ok := err.(interface{ Unwrap() []error })
	if ok {
		var list []error
		for _, e := range joined.Unwrap() {
			list = append(list, place(path, text, e))
		}
		return errors.Join(list...)
	}
	var key *KeyError
	if errors.As(err, &key) {
		if row := line(text, key.Key); row > 0 {
			return fmt.Errorf("%s:%d: %w", path, row, err)
		}
	}
	return fmt.Errorf("%s: %w", path, err)
}

// line returns the line of a key or of its first table in a valid document, 0 for none. A
// key of a list of tables is written "habits[1].name"; where it is missing, the line is
// that of its table.
func line(text []byte, want string) int {
	p := unstable.Parser{}
	p.Reset(text)
	table := ""
	seen := map[string]int{}
	rowOfTable := 0
	for p.NextExpression() {
		e := p.Expression()
		key, row := "", 0
		for it := e.Key(); it.Next(); {
			if row == 0 {
				row = p.Shape(it.Node().Raw).Start.Line
			}
			key += "." + string(it.Node().Data)
		}
		switch e.Kind {
		case unstable.Table:
			table = key
		case unstable.ArrayTable:
			table = fmt.Sprintf("%s[%d]", key, seen[key])
			seen[key]++
			if strings.HasPrefix("."+want, table+".") {
				rowOfTable = row
			}
		case unstable.KeyValue:
			key = table + key
		}
		if key == "."+want {
			return row
		}
	}
	return rowOfTable
}
