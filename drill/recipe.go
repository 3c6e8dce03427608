package drill

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
)

// Recipe is one way to abuse an account. The numbers are those of incidents in reports:
// bursts of dozens within the hour, slow ones of one mail in 10 to 40 minutes.
type Recipe struct {
	Name   string
	Short  string // for people
	cook   func(*thief) []letter
	Hidden bool // by a thief who knows how verdicts come about: not all of these are caught
}

// Recipes are all of them; the first is the case that hisseki exists for.
var Recipes = slices.Concat(thefts, attacks)

// thefts are those that reports of real incidents tell of.
var thefts = []Recipe{
	{Name: "incident", Short: "40 mails to own partners in 20 minutes, an unknown link",
		cook: func(t *thief) []letter {
			return t.burst(40, 20*time.Minute, t.partner, nil)
		}},
	{Name: "contacts", Short: "15 mails to three own partners each in 2 hours, an unknown link",
		cook: func(t *thief) []letter {
			return t.burst(15, 2*time.Hour, t.partner, func(l *letter) {
				l.to = append(l.to, t.partner(), t.partner())
			})
		}},
	{Name: "spray", Short: "60 mails to unknown people in 30 minutes, an unknown link",
		cook: func(t *thief) []letter {
			return t.burst(60, 30*time.Minute, t.unknownAddress, nil)
		}},
	{Name: "blast", Short: "3 mails in 15 minutes, each with 80 Bcc, half of them own partners, an unknown link",
		cook: func(t *thief) []letter {
			return t.burst(3, 15*time.Minute, t.partner, func(l *letter) { t.fill(l, 80, true) })
		}},
	{Name: "slow", Short: "12 mails to own partners, one in 10 to 40 minutes, an unknown link",
		cook: func(t *thief) []letter {
			at := t.start
			return t.burst(12, 0, t.partner, func(l *letter) {
				l.at = at
				at = at.Add(10*time.Minute + time.Duration(t.rand.Int64N(int64(30*time.Minute))))
			})
		}},
	{Name: "reply", Short: "20 answers into own threads in 30 minutes, an unknown link",
		cook: func(t *thief) []letter {
			return t.burst(20, 30*time.Minute, t.partner, t.answering)
		}},
	{Name: "trusted", Short: "40 mails to own partners in 20 minutes, a link to a file-share host",
		cook: func(t *thief) []letter {
			return t.burst(40, 20*time.Minute, t.partner, func(l *letter) { l.ask = asks["page"](t) })
		}},
	{Name: "attachment", Short: "20 mails to own partners in 20 minutes, an HTML file and no link",
		cook: func(t *thief) []letter {
			return t.burst(20, 20*time.Minute, t.partner, func(l *letter) { l.ask = asks["html-file"](t) })
		}},
	{Name: mimic, Short: "20 mails to own partners in 30 minutes, own words and mail program, an unknown link " +
		"(archives only)", cook: func(t *thief) []letter {
		return t.burst(20, 30*time.Minute, t.partner, func(l *letter) { l.own = true })
	}},
}

// answering makes a mail an answer in one of the account's threads.
func (t *thief) answering(l *letter) {
	l.answers = strings.Trim(t.account.MessageID, "<>")
	l.subject = "Re: " + cmp.Or(t.account.Subject, t.lure.subject)
}

// fill adds blind copies up to n recipients, where wanted half of them own partners.
func (t *thief) fill(l *letter, n int, partners bool) {
	l.bcc = true
	for partners && len(l.to) < min(n/2, len(t.account.Partners)) {
		l.to = append(l.to, t.partner())
	}
	for len(l.to) < n {
		l.to = append(l.to, t.unknownAddress())
	}
}

// Find returns the recipe of a name.
func Find(name string) (Recipe, bool) {
	for _, r := range Recipes {
		if r.Name == name {
			return r, true
		}
	}
	return Recipe{}, false
}

// shareHost is a host where anyone can publish, and so says nothing; the page's name is
// random and exists nowhere.
const shareHost = "https://drive.google.com/file/d/"

// thiefMachine is what the thief's computer calls itself.
const thiefMachine = "DESKTOP-7Q2K1LM"

// DefaultClient is where the thief sends from: an address of a network for documentation
// (RFC 5737), which no account sends from.
var DefaultClient = netip.MustParseAddr("203.0.113.77")

// thief is one compromise being composed.
type thief struct {
	account  *Account
	rand     *rand.Rand
	start    time.Time
	client   netip.Addr
	helo     string
	attacker Attacker
	lure     *lure
	token    string   // names this theft's page or host
	used     int      // partners written to
	strange  int      // unknown addresses written to
	letters  []letter // as composed
}

// newThief breaks into an account.
func newThief(a *Account, opt *Options, recipe string) *thief {
	t := &thief{account: a, rand: a.random(opt.Seed, recipe), client: opt.Client, helo: thiefMachine,
		attacker: opt.Attacker}
	if !t.client.IsValid() {
		t.client = DefaultClient
	}
	if opt.OwnNetwork || opt.Attacker == Own {
		t.client, t.helo = a.Client, a.Helo
	}
	if opt.NoClient {
		t.client = netip.Addr{}
	}
	texts := lures[a.japanese()]
	t.lure = &texts[t.rand.IntN(len(texts))]
	t.token = fmt.Sprintf("%012x", t.rand.Uint64N(1<<48))
	t.start = opt.Start
	if t.start.IsZero() {
		t.start = a.start(opt.Newest)
	}
	return t
}

// burst spreads n mails over a span; change may alter each.
func (t *thief) burst(n int, span time.Duration, to func() string, change func(*letter)) []letter {
	gap := span / time.Duration(n)
	list := make([]letter, n)
	for i := range list {
		l := &list[i]
		l.serial, l.to, l.at = i+1, []string{to()}, t.start.Add(time.Duration(i)*gap)
		if gap > 0 {
			l.at = l.at.Add(time.Duration(t.rand.Int64N(int64(gap / 2)))).Truncate(time.Second)
		}
		l.ask, l.own = ask{text: t.link()}, t.attacker.ownWords()
		if change != nil {
			change(l)
		}
	}
	return list
}

// partner returns the account's next partner, the latest first and around the list; an
// unknown address when there is none.
func (t *thief) partner() string {
	if len(t.account.Partners) == 0 {
		return t.unknownAddress()
	}
	t.used++
	return t.account.Partners[(t.used-1)%len(t.account.Partners)]
}

// unknownAddress returns an address that nobody ever wrote to.
func (t *thief) unknownAddress() string {
	t.strange++
	return fmt.Sprintf("info%d@stranger-%04x.test", t.strange, t.rand.IntN(1<<16))
}

// mails composes all of a recipe.
func (t *thief) mails(r Recipe) []*analyzer.Mail {
	t.letters = r.cook(t)
	list := make([]*analyzer.Mail, len(t.letters))
	for i, l := range t.letters {
		slices.Sort(l.to)
		l.to = slices.Compact(l.to) // an account with few partners
		list[i] = t.compose(l)
	}
	return list
}
