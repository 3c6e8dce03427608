package config

import (
	"strings"
	"testing"
	"time"
)

func TestDefaultIsValid(t *testing.T) {
	cfg := Default("/var/lib/hisseki")
	if err := cfg.Check(); err != nil {
		t.Fatal(err)
	}
	got, err := Parse("empty", nil, cfg)
	if err != nil || got.Database != "/var/lib/hisseki/hisseki.db" || got.Mode != "observe" {
		t.Fatalf("an empty file changed the defaults: %+v, %v", got, err)
	}
}

// TestExample reads the shipped example, with every setting taken out of its comment
// so that a setting cannot be explained wrongly.
func TestExample(t *testing.T) {
	def := Default("/var/lib/hisseki")
	if _, err := Load("../../deploy/hisseki.toml", def); err != nil {
		t.Fatal(err)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ text, want string }{
		{"mode = 'strict'", `f:1: mode: "strict" is not one of ["observe" "enforce"]`},
		{"\nmodes = 'observe'", `f:2: unknown key "modes"`},
		{"[milter]\nlisten = 5", `f:2: `},
		{"[milter]\nlisten = 'tcp:1'", `f:2: milter.listen: "tcp:1" is not inet:HOST:PORT`},
		{"[milter]\nlisten = 'inet:127.0.0.1:99999'", `"99999" is not a port`},
		{"[milter]\nsocket_mode = '0999'", "octal"},
		{"[milter]\nbudget = '5'", `"5" is not a time span`},
		{"[milter]\nbudget = '-5s'", "is not a time span"},
		{"[milter]\nbudget = '0s'", "no mail could be judged"},
		{"[milter]\nfailure = 'reject'", `f:2: milter.failure: "reject" is not one of`},
		{"[milter]\nmax_body = '4TiB'", "is not a size"},
		{"[milter]\nmax_connections = -1", "f:2: "},
		{"[milter]\nmax_connections = 0", "f:2: milter.max_connections: 0 is not from 1"},
		{"[identity]\naliases = 3", "f:2: identity.aliases: "},
		{"[identity.webmail]\nhosts = ['10.0.0.300']\nheader='X'", "is not an address"},
		{"[identity.webmail]\nheader='X'", "f:1: identity.webmail: needs both"},
		{"[verdict]\nhold = -1", "f:2: "},
		{"[verdict]\nhold = 2.0\ndelay = 3.0", "nothing would be delayed"},
		{"[budget]\nfalse_holds = '1/0'", "is not a share"},
		{"[budget]\nfalse_holds = '2/3'", "is not a share"},
		{"[budget]\ndelays = 'few'", "is not a share"},
		{"[privacy]\njournal = '1h'", "under a day"},
		{"[privacy]\nno_text = 'yes'", "f:2: privacy.no_text: "},
		{"[log]\nlevel = 'loud'", "is not one of"},
		{"[agent]\ninterval = '1m'", "must be from 1s to 10s"},
		{"mode = 'observe'\nmode = 'enforce'", "f:2: "},
		{"mode = ", "f:1: "},
	}
	for _, tt := range tests {
		_, err := Parse("f", []byte(tt.text), Default("/s"))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q: error %v, want %q in it", tt.text, err, tt.want)
		}
	}
}

func TestTaken(t *testing.T) {
	cfg, err := Parse("f", []byte(`
mode = "enforce"
[milter]
listen = "inet:[::1]:8891"
max_body = "64KiB"
[budget]
false_holds = "1/5000"
[privacy]
journal = "90d"
[identity.aliases]
bob = "robert@example.jp"
[identity.webmail]
hosts = ["192.0.2.7", "2001:db8::/32"]
header = "X-Originating-IP"
`), Default("/s"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Milter.Listen.String() != "inet:[::1]:8891" || cfg.Milter.MaxBody != 65536 {
		t.Errorf("milter: %+v", cfg.Milter)
	}
	if cfg.Budget.FalseHolds != 0.0002 || cfg.Budget.Delays != 0.005 {
		t.Errorf("budget: %+v", cfg.Budget)
	}
	if time.Duration(cfg.Privacy.Journal) != 90*24*time.Hour {
		t.Errorf("journal: %v", cfg.Privacy.Journal)
	}
	if len(cfg.Identity.Webmail.Hosts) != 2 {
		t.Errorf("webmail: %+v", cfg.Identity.Webmail)
	}
}
