package postfix

import (
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestQueueIDs(t *testing.T) {
	for id, want := range map[string]struct{ valid, long bool }{
		"4CtzQW1rYJzXk":                  {true, true},
		"4jYzHd0TGHz1SCXh":               {true, true},
		"3F2A9C0D11":                     {true, false},
		"C71221E1E6C":                    {true, false},
		"ALL":                            {},
		"NOQUEUE":                        {},
		"":                               {},
		"-d":                             {},
		"-":                              {},
		"4CtzQW1rYJz;rm":                 {},
		"../../x":                        {},
		"4CtzQW1rYJzXk\n":                {},
		"4CtzQW1rYJz\x00":                {},
		"4CtzQW1rYJz":                    {}, // no inode
		"4CtzQW1rYJXkX":                  {}, // nothing between time and inode
		"4CtzQW1rYJ4CtzQW1rYJ4CtzQW1rYJ": {},
		"4atzQW1rYJzXk":                  {},
		"3f2a9c0d1":                      {},
		"3F2A":                           {},
	} {
		if ValidID(id) != want.valid || LongID(id) != want.long {
			t.Errorf("%q: valid %v, long %v, want %v", id, ValidID(id), LongID(id), want)
		}
	}
}

func TestMilters(t *testing.T) {
	for value, want := range map[string][]Milter{
		"":                          nil,
		" , ":                       nil,
		"inet:h:1":                  {{"inet:h:1", Parameters{}}},
		"inet:h:1,unix:/a\tunix:b ": {{"inet:h:1", Parameters{}}, {"unix:/a", Parameters{}}, {"unix:b", Parameters{}}},
		"{inet:h:1, connect_timeout=2s default_action=accept}, unix:a": {
			{"inet:h:1", Parameters{"connect_timeout": "2s", "default_action": "accept"}},
			{"unix:a", Parameters{}}},
		"{ unix:a, { default_action = quarantine } }": {
			{"unix:a", Parameters{"default_action": "quarantine"}}},
		"{ unix:a": {{"{ unix:a", Parameters{}}}, // Postfix refuses to start with it
		"{}":       nil,
	} {
		if got := Milters(value); !reflect.DeepEqual(got, want) {
			t.Errorf("%q is %+v, want %+v", value, got, want)
		}
	}
	for address, want := range map[string]string{"unix:/a/b": "/a/b", "unix:a/b": "/var/spool/postfix/a/b",
		"inet:h:1": ""} {
		m := Milter{Address: address}
		if got := m.Path("/var/spool/postfix"); got != want {
			t.Errorf("the path of %s is %q, want %q", address, got, want)
		}
	}
}

func TestServices(t *testing.T) {
	list, err := parseServices("smtp inet n - y - - smtpd\n"+
		"127.0.0.1:10025 inet n - n - - smtpd -o smtpd_milters= -o {a=b, c} -v\n\n",
		"127.0.0.1:10025/inet/smtpd_milters = \n127.0.0.1:10025/inet/a = b, c\n")
	want := []Service{
		{Name: "smtp", Type: "inet", Chroot: true, Command: "smtpd", Args: []string{}, Options: Parameters{}},
		{Name: "127.0.0.1:10025", Type: "inet", Command: "smtpd",
			Args:    []string{"-o", "smtpd_milters=", "-o", "{a=b, c}", "-v"},
			Options: Parameters{"smtpd_milters": "", "a": "b, c"}},
	}
	if err != nil || !reflect.DeepEqual(list, want) {
		t.Errorf("%+v, %v", list, err)
	}
	if got := list[1].Value("smtpd_milters", Parameters{"smtpd_milters": "inet:h:1"}); got != "" {
		t.Errorf("an option that empties main.cf's value: %q", got)
	}
	if _, err := parseServices("smtp inet n - y\n", ""); err == nil || !strings.Contains(err.Error(), "5 columns") {
		t.Errorf("half a line: %v", err)
	}
}

// The real postconf says what its files mean: continued lines, "$name", options in braces.
func TestInstance(t *testing.T) {
	if _, err := exec.LookPath("postconf"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("postconf is not installed")
	}
	i := Instance{ConfigDir: t.TempDir()}
	for name, text := range map[string]string{
		"main.cf": "compatibility_level = 3.6\nmyhostname = mx.example.org\nour_milter = unix:a/b\n" +
			"smtpd_milters = { inet:127.0.0.1:1, timeout=2s,\n  default_action=accept },\n  $our_milter\n",
		"master.cf": "smtp inet n - y - - smtpd\nsubmission inet n - n - - smtpd\n" +
			"  -o syslog_name=postfix/$service_name\n# a comment\n  -o smtpd_milters=$our_milter\n" +
			"  -o { smtpd_recipient_restrictions = permit_sasl_authenticated, reject }\n",
	} {
		if err := os.WriteFile(filepath.Join(i.ConfigDir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	host, err := i.Hostname(t.Context())
	if err != nil || host != "mx.example.org" {
		t.Errorf("host %q, %v", host, err)
	}
	main, err := i.Parameters(t.Context(), "smtpd_milters", "enable_long_queue_ids", "no_such_parameter")
	if err != nil || len(main) != 2 || main["enable_long_queue_ids"] != "no" {
		t.Errorf("parameters %v, %v", main, err)
	}
	milters := Milters(main["smtpd_milters"])
	if len(milters) != 2 || milters[0].Options["default_action"] != "accept" ||
		milters[1].Address != "unix:a/b" {
		t.Errorf("milters %+v", milters)
	}
	services, err := i.Services(t.Context())
	if err != nil || len(services) != 2 || !services[0].Chroot || services[1].Chroot ||
		services[0].Value("smtpd_milters", main) != main["smtpd_milters"] ||
		services[1].Value("smtpd_milters", main) != "unix:a/b" ||
		services[1].Value("smtpd_recipient_restrictions", main) != "permit_sasl_authenticated, reject" {
		t.Errorf("services %+v, %v", services, err)
	}
	if _, err := (Instance{ConfigDir: t.TempDir()}).Hostname(t.Context()); err == nil ||
		!strings.Contains(err.Error(), "main.cf") {
		t.Errorf("without a main.cf: %v", err)
	}
}
