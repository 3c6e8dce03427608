package doctor

import (
	"fmt"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/ledger"
)

// Mail of people that has no account is shown with its share, and the table that is printed
// is one that the configuration takes.
func TestRelaysWithoutAccounts(t *testing.T) {
	store := fakeStore{senders: []ledger.Sender{
		{Name: "alice@example.jp", Class: analyzer.Account, Mails: 50},
		{Name: "app:192.0.2.0/24|printer@example.jp", Class: analyzer.Application, Mails: 30},
		{Name: "null:198.51.100.0/24", Class: analyzer.Null, Mails: 3},
		{Name: "app:smtpd|x@example.jp", Class: analyzer.Application, Mails: 2},
		{Name: "app:127.0.0.0/24|x@partner.test", Class: analyzer.Application, Mails: 1},
	}}
	for i := range 5 {
		store.senders = append(store.senders, ledger.Sender{Name: fmt.Sprintf("app:198.51.100.0/24|p%d@example.jp", i),
			Class: analyzer.Application, Mails: 4})
	}
	d := &Doctor{Config: config.Default("/s"), ctx: t.Context()}
	d.relays(store)
	if len(d.list) != 1 || d.list[0].State != Warn ||
		!strings.HasPrefix(d.list[0].Found, "198.51.100.0/24: 20 mails of 5 senders of example.jp within 7 days, 19 % of all") {
		t.Fatalf("%+v", d.list)
	}
	_, table, _ := strings.Cut(d.list[0].Do, "\n")
	cfg, err := config.Parse("f", []byte(table), config.Default("/s"))
	if err != nil || len(cfg.Identity.Relay) != 1 || cfg.Identity.Relay[0].Domains[0] != "example.jp" {
		t.Errorf("%s\n%v", table, err)
	}
}

// A cloud's hosts are those of all its customers.
func TestRelaysThatAreShared(t *testing.T) {
	for settings, want := range map[string]string{
		"certificate = 'mail.protection.outlook.com'":                                        "warn m365: these hosts hand over mail of all customers",
		"hosts = ['40.92.0.0/16']":                                                           "warn m365: these hosts",
		"hosts = ['40.92.0.0/16']\nproof = ['X-OriginatorOrg: example.jp']":                  "warn m365: nothing says from where",
		"hosts = ['192.0.2.1']\nclient = ['received']":                                       "ok m365: believed for example.jp, from 1 network; it must refuse a MAIL FROM",
		"hosts = ['192.0.2.1']\nclient = ['received']\naccount = ['header:X-Login']":         "ok m365: believed for example.jp, from 1 network",
		"hosts = ['192.0.2.1']\nclient = ['received']\naccount = ['from']":                   "warn m365: From alone names the account",
		"hosts = ['192.0.2.1']\nclient = ['received']\naccount = ['mail_from', 'from']":      "ok m365: believed",
		"certificate = 'a.example'\nproof = ['X-Org: a']\nclient = ['header:X-Real-Client']": "ok m365: believed for example.jp, from a.example",
	} {
		cfg, err := config.Parse("f", []byte("[[identity.relay]]\nname = 'm365'\ndomains = ['example.jp']\n"+settings),
			config.Default("/s"))
		if err != nil {
			t.Fatal(err)
		}
		d := &Doctor{Config: cfg, ctx: t.Context()}
		d.relays(fakeStore{})
		if len(d.list) != 1 || !strings.HasPrefix(d.list[0].State+" "+d.list[0].Found, want) {
			t.Errorf("%s: %+v", settings, d.list)
		}
	}
}
