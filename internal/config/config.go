// Package config reads hisseki's configuration: defaults, then one TOML file, then
// flags. It is strict: a key it does not know, a value of the wrong type and a value
// out of range are refused with file, line and reason.
package config

import (
	"strings"

	"hisseki/analyzer"
)

// Config is every setting. deploy/hisseki.toml explains each one.
type Config struct {
	Mode     Mode     `toml:"mode"` // of accounts
	Database string   `toml:"database"`
	Milter   Milter   `toml:"milter"`
	Classes  Classes  `toml:"classes"`
	Identity Identity `toml:"identity"`
	Places   Places   `toml:"places"`
	Verdict  Verdict  `toml:"verdict"`
	Budget   Budget   `toml:"budget"`
	Limits   Limits   `toml:"limits"`
	Privacy  Privacy  `toml:"privacy"`
	Log      Log      `toml:"log"`
	Metrics  Metrics  `toml:"metrics"`
	Agent    Agent    `toml:"agent"`
	Review   Review   `toml:"review"`
	Web      Web      `toml:"web"`
	Maillog  Maillog  `toml:"maillog"`
	Signin   Signin   `toml:"signin"`
	Hooks    Hooks    `toml:"hooks"`

	Groups map[string][]string `toml:"groups"` // of senders, for habits
	Habits []Habit             `toml:"habits"`
}

// Milter says where the MTA finds us and what we do in trouble.
type Milter struct {
	Listen         Address  `toml:"listen"`
	SocketMode     FileMode `toml:"socket_mode"`
	SocketGroup    string   `toml:"socket_group"`
	TrustPeers     bool     `toml:"trust_peers"` // whoever can connect; for doctor only
	MaxConnections Count    `toml:"max_connections"`
	MaxHeader      Size     `toml:"max_header"`
	MaxBody        Size     `toml:"max_body"`
	MaxInFlight    Size     `toml:"max_in_flight"`
	Budget         Duration `toml:"budget"`
	Failure        Failure  `toml:"failure"`
	KeepUnjudged   Size     `toml:"keep_unjudged"` // for mail that is judged later, 0 for none
	Drain          Duration `toml:"drain"`
}

// SpoolFolder is where mail is that waits to be judged: beside the database, or, where that is a
// server's, in the state folder of the unit.
func (c *Config) SpoolFolder() string {
	if strings.Contains(c.Database, "://") {
		return "/var/lib/hisseki/unjudged"
	}
	return c.Database + ".unjudged"
}

// Classes are the modes of senders without a login.
type Classes struct {
	Application Mode `toml:"application"`
	Null        Mode `toml:"null"`
}

// Identity says how a login becomes a sender and whose word counts for a client.
type Identity struct {
	DefaultRealm string            `toml:"default_realm"`
	Realms       []string          `toml:"realms"` // that logins may have; none takes each as it is
	Aliases      map[string]string `toml:"aliases"`
	Webmail      Webmail           `toml:"webmail"`
	Relay        []Relay           `toml:"relay"`
}

// Webmail is a set of hosts whose header names the real client.
type Webmail struct {
	Hosts  []Network `toml:"hosts"`
	Header string    `toml:"header"`
}

// Places are MaxMind DB files, "" for none.
type Places struct {
	Country  string `toml:"country"`
	Provider string `toml:"provider"`
}

// Verdict are the thresholds, 0 for those that follow the budget.
type Verdict struct {
	Delay    Points   `toml:"delay"`
	Hold     Points   `toml:"hold"`
	Sum      Points   `toml:"sum"`
	DelayFor Duration `toml:"delay_for"`
	Off      []string `toml:"off"`
}

// Budget is the share of ordinary mail that may be disturbed.
type Budget struct {
	FalseHolds Share `toml:"false_holds"`
	Delays     Share `toml:"delays"`
}

// Limits bound the parsing of one mail, 0 for the built-in limit.
type Limits struct {
	Depth     Count    `toml:"depth"`
	Parts     Count    `toml:"parts"`
	PartBytes Size     `toml:"part_bytes"`
	TextBytes Size     `toml:"text_bytes"`
	URLs      Count    `toml:"urls"`
	Time      Duration `toml:"time"`
	Reach     []Reach  `toml:"reach"`
}

// Privacy says what is kept and for how long.
type Privacy struct {
	Journal Duration `toml:"journal"`
	Excerpt Count    `toml:"excerpt"` // characters
	NoText  bool     `toml:"no_text"`
	// Excerpts are kept sealed, or not at all.
	ExcerptRecipient string `toml:"excerpt_recipient"` // public key, "" keeps no excerpts
	ExcerptIdentity  string `toml:"excerpt_identity"`  // file of the private key, for reviewers
}

// Log says how serve and agent log.
type Log struct {
	Format Format `toml:"format"`
	Level  Level  `toml:"level"`
}

// Metrics says where Prometheus finds the metrics.
type Metrics struct {
	Listen Address `toml:"listen"` // no network: off
	Remote bool    `toml:"remote"` // also on other addresses than the machine's own loop
}

// Agent is the part that works on Postfix's queue.
type Agent struct {
	Interval      Duration `toml:"interval"`
	PostfixConfig string   `toml:"postfix_config"` // "" for Postfix's own default
	Folder        string   `toml:"folder"`         // of the key and the agent's record; "" see signing.Folder
}

// Review is how reviewers' decisions are carried out.
type Review struct {
	Grace Duration `toml:"grace"` // between a confirmation and the deleting of its mail
	// TwoPerson has a second reviewer agree before more than one mail is released at once.
	TwoPerson bool `toml:"two_person"`
}

// Maillog is where Postfix and Dovecot log.
type Maillog struct {
	Files    []string `toml:"files"` // absolute paths
	Journald bool     `toml:"journald"`
}

// Signin says where sign-in logs of providers are.
type Signin struct {
	Files   []string `toml:"files"` // absolute paths or patterns
	Generic *Generic `toml:"generic"`
}

// Generic says what JSON lines of an unknown program call things: fields, as paths with dots.
type Generic struct {
	ID          string   `toml:"id"`
	Time        string   `toml:"time"`
	Account     string   `toml:"account"`
	Result      string   `toml:"result"`
	Success     []string `toml:"success"` // values of result; none: success, ok, true, 0
	Lockout     []string `toml:"lockout"`
	Interrupted []string `toml:"interrupted"` // by a second factor
	Client      string   `toml:"client"`
	Country     string   `toml:"country"`
	Device      string   `toml:"device"`
	Program     string   `toml:"program"`
	Service     string   `toml:"service"`
}

// Default returns the settings of an installation without a file. state is the folder
// for the database and the socket.
func Default(state string) Config {
	return Config{
		Mode:     Mode(analyzer.Observe),
		Database: state + "/hisseki.db",
		Milter: Milter{
			Listen:         Address{Network: "unix", Name: state + "/milter.sock"},
			SocketMode:     0o660,
			MaxConnections: 1000, // ten times Postfix's default_process_limit
			MaxHeader:      256 << 10,
			MaxBody:        10 << 20, // above Postfix's message_size_limit, 10240000
			MaxInFlight:    256 << 20,
			Budget:         Duration(5 * second),
			Failure:        "pass",
			KeepUnjudged:   256 << 20,
			Drain:          Duration(10 * second),
		},
		Classes: Classes{Application: Mode(analyzer.Observe), Null: Mode(analyzer.Observe)},
		Verdict: Verdict{DelayFor: Duration(10 * minute)},
		Budget: Budget{
			FalseHolds: Share(analyzer.DefaultBudget.Holds),
			Delays:     Share(analyzer.DefaultBudget.Delays),
		},
		Privacy: Privacy{Journal: Duration(21 * day), Excerpt: 200},
		Log:     Log{Format: "text", Level: "info"},
		Agent:   Agent{Interval: Duration(2 * second)},
		Review:  Review{Grace: Duration(60 * minute)},
		Web: Web{Listen: Address{Network: "tcp", Name: "127.0.0.1:8843"}, Idle: Duration(60 * minute),
			Absolute: Duration(12 * 60 * minute), OpenID: OpenID{Label: "OpenID Connect", Scopes: []string{"profile", "groups"},
				NameClaim: "preferred_username", GroupsClaim: "groups"}},
		Hooks: Hooks{Mail: MailHook{Language: "en", Every: Duration(60 * minute),
			Sendmail: "/usr/sbin/sendmail"}},
	}
}
