package config

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
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
	const path = "../../deploy/hisseki.toml"
	if _, err := Load(path, def); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	setting := regexp.MustCompile(`(?m)^# (\[|"?[a-z_@.]+"? = )`)
	cfg, err := Parse("uncommented", setting.ReplaceAll(text, []byte("$1")), def)
	if err != nil || len(cfg.Hooks.Command) != 2 || len(cfg.Hooks.Webhook) != 1 {
		t.Errorf("the example's settings: %v, hooks %+v", err, cfg.Hooks)
	}
}

// TestGuide makes the changes that docs/howto.md asks for in the shipped file, and reads it.
func TestGuide(t *testing.T) {
	guide, err := os.ReadFile("../../docs/howto.md")
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := os.ReadFile("../../deploy/hisseki.toml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "hisseki.toml")
	if err := os.WriteFile(path, shipped, 0o600); err != nil {
		t.Fatal(err)
	}
	steps := regexp.MustCompile(`(?m)^    sudo (sed -i .*) /etc/hisseki.toml( +#.*)?$`).FindAllSubmatch(guide, -1)
	for _, step := range steps {
		if out, err := exec.Command("sh", "-c", string(step[1])+" "+path).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", step[1], err, out)
		}
	}
	cfg, err := Load(path, Default("/var/lib/hisseki"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Mode != "enforce" || cfg.Milter.Listen.String() != "unix:/var/spool/postfix/hisseki/milter.sock" ||
		cfg.Identity.DefaultRealm != "example.jp" ||
		!slices.Equal(cfg.Maillog.Files, []string{"/var/log/mail.log"}) {
		t.Errorf("after %q the file says %s, %+v, %+v, %+v", steps, cfg.Mode, cfg.Milter, cfg.Identity, cfg.Maillog)
	}
}

func TestRefused(t *testing.T) {
	tests := []struct{ text, want string }{
		{"mode = 'strict'", `f:1: mode: "strict" is not one of ["observe" "enforce"]`},
		{"\nmodes = 'observe'", `f:2: unknown key "modes"`},
		{"[milter]\nlisten = 5", `f:2: `},
		{"[milter] # ours\n[log]\n[milter]\nbudget = '5s'", `f:3: [milter] stands at line 1 already: `},
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
		{"[web]\nlisten = 'inet:0.0.0.0:80'", "f:2: web.listen: is not on the machine's own loop"},
		{"[web]\nlisten = 'inet:0.0.0.0:80'\nremote = true", "f:2: web.listen: is reached from the network without TLS"},
		{"[web]\ncert = '/etc/web.pem'", "f:2: web.cert: and web.key belong together"},
		{"[web]\nurl = 'http://review.example.org'", "f:2: web.url: is not https://HOST"},
		{"[web]\nuser_header = 'X-Remote-User'", "f:2: web.user_header: needs web.proxies"},
		{"[web]\nidle = '2d'", "f:2: web.idle: is not from 1m to web.absolute"},
		{"[web]\nzone = 'Mars'", "is not a time zone"},
		{"[privacy]\nno_text = 'yes'", "f:2: privacy.no_text: "},
		{"[log]\nlevel = 'loud'", "is not one of"},
		{"[metrics]\nlisten = 'inet:0.0.0.0:9099'", "f:2: metrics.listen: is not on the machine's own"},
		{"[metrics]\nlisten = 'inet:mail.example.jp:9099'", "metrics.remote"},
		{"[metrics]\nlisten = 'inet::9099'", "metrics.remote"},
		{"[metrics]\nlisten = 'unix:/run/x'", "must be inet"},
		{"[agent]\ninterval = '1m'", "must be from 1s to 10s"},
		{"[maillog]\nfiles = ['mail.log']", `f:2: maillog.files: "mail.log" is not an absolute path`},
		{"[maillog]\nfiles = ['/a', '/a']", "f:2: maillog.files: names /a twice"},
		{"[maillog]\nfiles = ['/a']\njournald = true", "f:3: maillog.journald: excludes"},
		{"[signin]\nfiles = ['a.json']", `f:2: signin.files: "a.json" is not an absolute path`},
		{"[signin]\nfiles = ['/a', '/a']", "f:2: signin.files: names /a twice"},
		{"[maillog]\nfiles = ['/a']\n[signin]\nfiles = ['/a']", "f:4: signin.files: /a is read as a mail log"},
		{"[signin.generic]\ntime = 'x'", "f:1: signin.generic: needs time, account and result"},
		{"[[habits]]\nname = 'a'", `f:2: habits[0].name: "a" declares nothing`},
		{"[[habits]]\nnetworks = ['192.0.2.0/24']", "f:1: habits[0].name: is empty"},
		{"[[habits]]\nname='a'\nnetworks=['192.0.2.1']\n[[habits]]\nname='a'\nnetworks=['192.0.2.1']",
			`f:5: habits[1].name: "a" names two habits`},
		{"[[habits]]\nname='a'\ncountries=['JP']", "f:3: habits[0].countries: needs a country database"},
		{"[[habits]]\nname='a'\ndevices=['PC-7']", "f:3: habits[0].devices: needs sign-in logs"},
		{"[[habits]]\nname='a'\nprograms=['[']", `"[" is not a name or a pattern`},
		{"[[habits]]\nname='a'\nprograms=[' ']", "is not a name or a pattern"},
		{"[[habits]]\nname='a'\ncountries=['Japan']", `"Japan" is not a country code such as "JP"`},
		{"[[habits]]\nname='a'\ncountries=['UK']", `"UK" is not the code that databases use, write "GB"`},
		{"[[habits]]\nname='a'\nhours=['9-17']\nzone='UTC'", "is not a span of hours"},
		{"[[habits]]\nname='a'\nhours=['09:00-17:00']", "f:1: habits[0].zone: belongs to hours"},
		{"[[habits]]\nname='a'\nhours=['09:00-17:00']\nzone='Tokyo'",
			`f:4: habits[0].zone: "Tokyo" is not a time zone such as "Asia/Tokyo"`},
		{"[[habits]]\nname='a'\nnetworks=['192.0.2.1']\noutside='reject'", "neither \"hold\" nor points"},
		{"[[habits]]\nname='a'\nnetworks=['192.0.2.1']\noutside='-1'", "neither \"hold\" nor points"},
		{"[[habits]]\nname='a'\nnetworks=['192.0.2.1']\nuntil='Friday'", "neither a date"},
		{"[[habits]]\nname='a'\nnetworks=['192.0.2.1']\nfor=['group:ops']",
			`f:4: habits[0].for: there is no group "ops"`},
		{"[[habits]]\nname='a'\nnetworks=['192.0.2.1']\nfor=['[']", "is not a sender, domain or pattern"},
		{"[[habits]]\nname='a'\nnetworks=['192.0.2.1']\noutsde='hold'", `f:4: unknown key "habits.outsde"`},
		{"[web]\nurl='https://r.example.jp'\n[web.openid]\nissuer='http://sso.example.jp'\nclient_id='h'\nsecret_file='/s'\nroles={a='admin'}",
			"web.openid.issuer: http:// is for this machine only"},
		{"[web]\nurl='https://r.example.jp'\n[web.openid]\nissuer='https://sso.example.jp'\nclient_id='h'\nsecret_file='/s'\nroles={a='root'}",
			"web.openid.roles.a"},
		{"[web.openid]\nissuer='https://sso.example.jp'\nclient_id='h'\nsecret_file='/s'\nroles={a='admin'}", "web.url: is missing"},
		{"[[hooks.ask]]\nname='a'\nrun=['/bin/true']\nuser='nobody'", "web.url: is missing"},
		{"[web]\nurl='https://r.example.jp'\n[[hooks.ask]]\nname='a'\nrun=['/bin/true']\nuser='nobody'\nexcept=['group:x']",
			"hooks.ask[0].except"},
		{"[groups]\nops = ['group:all']\nall = ['example.jp']", "f:2: groups.ops: names a group"},
		{"[hooks.mail]\nto = ['Post Master <p@a.test>']", `f:2: hooks.mail.to: "Post Master`},
		{"[hooks.mail]\nto = ['-p@a.test']", "is not an address"},
		{"[hooks.mail]\nlanguage = 'fr'", `f:2: hooks.mail.language: "fr" is not one of`},
		{"[hooks.mail]\nevery = '5s'", "is under a minute"},
		{"[hooks.mail]\nsendmail = 'sendmail'", "must be an absolute path"},
		{"[[hooks.command]]\nname='a'\nrun=['/bin/a']\nuser='nobody'\n" +
			"[[hooks.command]]\nname='b'\nrun=['b']\nuser='nobody'", "f:7: hooks.command[1].run: must be a"},
		{"mode='observe'\n[[hooks.command]]\nname='a'\nrun=['/bin/a']",
			"f:2: hooks.command[0].user: is missing"},
		{"[[hooks.command]]\nname='A b'\nrun=['/bin/a']\nuser='nobody'", "f:2: hooks.command[0].name"},
		{"[[hooks.command]]\nname='mail'\nrun=['/bin/a']\nuser='nobody'", `"mail" is taken`},
		{"[[hooks.command]]\nname='a'\nrun=['/bin/a']\nuser='nobody'\non=['open']",
			`f:5: hooks.command[0].on`},
		{"[[hooks.command]]\nname='a'\nrun=['/bin/a']\nuser='nobody'\ntimeout='1h'", "from 1s to 10m"},
		{"[[hooks.command]]\nshell='a'", `f:2: unknown key "hooks.command.shell"`},
		{"[[hooks.webhook]]\nname='a'\nurl='http://soc.test/'\nsecret_file='/s'", "use https://"},
		{"[[hooks.webhook]]\nname='a'\nurl='https://u:p@soc.test/'\nsecret_file='/s'",
			"without a password"},
		{"[[hooks.webhook]]\nname='a'\nurl='https://soc.test/'", "name the secret either"},
		{"[[hooks.webhook]]\nname='a'\nurl='https://soc.test/'\nsecret_credential='../x'", "not a path"},
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
[[hooks.command]]
name = "lock"
run = ["/usr/lib/hisseki/hooks/lock", "--now"]
user = "nobody"
on = ["confirmed"]
[[hooks.webhook]]
name = "soc"
url = "http://[::1]:8080/hisseki"
secret_credential = "soc"
[hooks.mail]
to = ["postmaster@example.jp"]
language = "ja"
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
	h := cfg.Hooks
	if len(h.Command) != 1 || h.Command[0].Run[1] != "--now" || len(h.Webhook) != 1 ||
		h.Mail.Language != "ja" || time.Duration(h.Mail.Every) != time.Hour {
		t.Errorf("hooks: %+v", h)
	}
	if len(cfg.Identity.Webmail.Hosts) != 2 {
		t.Errorf("webmail: %+v", cfg.Identity.Webmail)
	}
}

func TestHabits(t *testing.T) {
	cfg, err := Parse("f", []byte(`
[places]
country = "countries.mmdb"
[groups]
Sales = ["B@example.jp", "*-sales@example.jp"]
[[habits]]
name = "Japan and our VPN"
countries = ["jp"]
networks = ["198.51.100.7"]
outside = "hold"
[[habits]]
name = "never at night"
for = ["group:Sales", "Example.org"]
hours = ["mon-fri 06:00-22:00", "sat 09:00-12:00"]
zone = "Asia/Tokyo"
outside = "2.5"
until = "2027-01-31T18:00:00+09:00"
reason = "works council"
[signin]
files = ["/var/log/signin/*.jsonl"]
[[habits]]
name = "company devices"
programs = ["Microsoft Outlook*", "none"]
devices = ["CORP-*"]
`), Default("/s"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := cfg.Declared()
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if d := got[2].Declares(); d != "program Microsoft Outlook*, none; device CORP-*" {
		t.Errorf("the third declares %s", d)
	}
	a, b := got[0], got[1]
	if !a.Hold || a.Points != 0 || !a.Until.IsZero() || a.Declares() != "JP, 198.51.100.7/32" ||
		len(a.Senders) != 0 {
		t.Errorf("the first: %+v", a)
	}
	if b.Hold || b.Points != 2.5 || b.Reason != "works council" ||
		b.Declares() != "mon-fri 06:00-22:00, sat 09:00-12:00 Asia/Tokyo" ||
		!b.Until.Equal(time.Date(2027, 1, 31, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("the second: %+v", b)
	}
	if want := []string{"b@example.jp", "*-sales@example.jp", "example.org"}; !slices.Equal(b.Senders, want) {
		t.Errorf("the second is for %v, want %v", b.Senders, want)
	}
}

func TestMetricsListen(t *testing.T) {
	for _, text := range []string{"", "[metrics]\nlisten = 'inet:127.0.0.1:9099'",
		"[metrics]\nlisten = 'inet:[::1]:9099'", "[metrics]\nlisten = 'inet:localhost:0'",
		"[metrics]\nlisten = 'inet:0.0.0.0:9099'\nremote = true"} {
		if _, err := Parse("f", []byte(text), Default("/x")); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}
