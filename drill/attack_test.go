package drill

import (
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer/content"
)

// Every attack of every attacker gives the same mail for the same seed, from where he
// says and with its looks.
func TestAttacks(t *testing.T) {
	own := content.Parse(account().sample, content.Limits{})
	for _, r := range attacks {
		for _, attacker := range Attackers {
			opt := &Options{Newest: monday, Seed: 3, Attacker: attacker}
			mails := newThief(account(), opt, r.Name).mails(r)
			if again := newThief(account(), opt, r.Name).mails(r); !reflect.DeepEqual(mails, again) {
				t.Errorf("%s, %s: the same seed gives other mail", r.Name, attacker)
			}
			m := mails[len(mails)-1]
			client := DefaultClient
			if attacker == Own {
				client = netip.MustParseAddr("192.0.2.10")
			}
			if m.Client != client || len(m.Recipients) == 0 {
				t.Errorf("%s, %s: from %v to %v", r.Name, attacker, m.Client, m.Recipients)
			}
			c := content.Parse(m.Source, content.Limits{})
			if c.Mailer == own.Mailer != attacker.ownWords() && r.Name != "many-fields" {
				t.Errorf("%s, %s: the mail program is %q", r.Name, attacker, c.Mailer)
			}
		}
	}
}

// What a thief asks for stands where the recipe says.
func TestAsks(t *testing.T) {
	one := func(name string, attacker Attacker) *content.Content {
		r, _ := Find(name)
		return content.Parse(newThief(account(), &Options{Newest: monday, Attacker: attacker}, name).mails(r)[0].Source,
			content.Limits{})
	}
	for _, attacker := range Attackers {
		for name, want := range map[string]func(*content.Content) bool{
			"phone":   func(c *content.Content) bool { return strings.Contains(c.Own, "555-01") },
			"bank":    func(c *content.Content) bool { return strings.Contains(c.Own, "IBAN: DE") },
			"subject": func(c *content.Content) bool { return strings.Contains(c.Subject, "https://kakunin-") },
			"reply-to": func(c *content.Content) bool {
				return len(c.ReplyTo) == 1 && strings.HasSuffix(c.ReplyTo[0].Addr, "@example.jp")
			},
			"quote": func(c *content.Content) bool {
				return len(c.URLs) == 1 && c.URLs[0].Quoted && len(c.InReplyTo) == 1
			},
			"docx": func(c *content.Content) bool { return len(c.Attachments) == 1 && len(c.Own) > 0 },
			"pdf":  func(c *content.Content) bool { return len(c.Attachments) == 1 },
		} {
			if attacker == Foreign && name == "bank" || attacker == Foreign && name == "phone" {
				continue // in Japanese there
			}
			if c := one(name, attacker); !want(c) {
				t.Errorf("%s, %s: %+v", name, attacker, c)
			}
		}
	}
}

// Whoever writes to himself first, and from a new computer for weeks, prepares the theft:
// that mail reaches nobody who could be hurt.
func TestPreparations(t *testing.T) {
	for name, want := range map[string]int{"own-box": 1, "patient": 28, "self-warm": 8, "box-warm": 8, "greeted": 1, "link": 0} {
		lures := 24
		if strings.HasSuffix(name, "-warm") {
			lures = 21
		}
		r, _ := Find(name)
		th := newThief(account(), &Options{Newest: monday}, name)
		th.mails(r)
		n := 0
		for _, l := range th.letters {
			if l.prepares {
				n++
			}
		}
		if n != want || len(th.letters) != n+lures {
			t.Errorf("%s: %d of %d mails prepare", name, n, len(th.letters))
		}
	}
	gap := func(l []letter, i int) time.Duration { return l[i].at.Sub(l[i-1].at) }
	r, _ := Find("own-box")
	th := newThief(account(), &Options{Newest: monday}, "own-box")
	th.mails(r)
	if g := gap(th.letters, 1); g < 31*time.Hour || g > 33*time.Hour {
		t.Errorf("the theft begins %v after its preparation", g)
	}
}

func TestNewcomer(t *testing.T) {
	a := account()
	r, _ := Find("newcomer")
	for _, m := range newThief(a, &Options{Newest: monday, Attacker: Own}, r.Name).mails(r) {
		if m.Sender == a.Sender || !strings.HasSuffix(m.Sender, "@example.jp") ||
			slices.ContainsFunc(a.Partners, func(p string) bool { return slices.Contains(m.Recipients, p) }) {
			t.Errorf("%s to %v", m.Sender, m.Recipients)
		}
	}
	if a.Sender != "b@example.jp" || strings.Contains(field(a.sample, "From"), "new-") {
		t.Error("the account itself was changed")
	}
}
