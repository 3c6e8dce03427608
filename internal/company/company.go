// Package company composes the outgoing mail of a small Japanese company and of an attacker
// in one of its accounts. The demo and the tests use it; every name is reserved or
// invented. The same seed and end give the same mail, byte for byte.
package company

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"time"
)

// Tokyo is the company's time.
var Tokyo = time.FixedZone("JST", 9*60*60)

// Mail is one outgoing mail as it reaches the MTA.
type Mail struct {
	Time       time.Time
	Login      string // also MAIL FROM
	Client     string // address
	Helo       string
	Recipients []string
	Message    []byte // header, empty line, body; CRLF
}

// Victim is the login of manager B.
const Victim = "bando@example.jp"

// Company writes mail.
type Company struct {
	rand     *rand.Rand
	people   []person
	partners []partner
	serial   int
	written  []int // partners the victim wrote to, in the order of the first mail
}

// New returns a company whose choices follow from a seed.
func New(seed uint64) *Company {
	c := &Company{rand: rand.New(rand.NewPCG(seed, 0x686973736b)), people: people()}
	for i, name := range partnerNames {
		c.partners = append(c.partners, partner{
			firm: name.firm,
			name: partnerPeople[i%len(partnerPeople)].name,
			address: fmt.Sprintf("%s@%s.test", partnerPeople[i%len(partnerPeople)].local,
				name.host),
		})
	}
	return c
}

// Weeks returns the ordinary mail of a number of weeks before end, in time order: work
// days, office hours, each person's own partners, words, mail program and places.
func (c *Company) Weeks(n int, end time.Time) []Mail {
	end = end.In(Tokyo)
	var all []Mail
	for d := n * 7; d >= 0; d-- {
		day := time.Date(end.Year(), end.Month(), end.Day()-d, 0, 0, 0, 0, Tokyo)
		if day.Weekday() == time.Saturday || day.Weekday() == time.Sunday {
			continue
		}
		for i := range c.people {
			p := &c.people[i]
			for range p.perDay - 2 + c.rand.IntN(5) {
				at := day.Add(p.starts + time.Duration(c.rand.Int64N(int64(p.works))))
				if m := c.ordinary(p, at); at.Before(end) {
					all = append(all, m)
					c.note(&m)
				}
			}
		}
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].Time.Before(all[j].Time) })
	return all
}

// note remembers whom the victim wrote to.
func (c *Company) note(m *Mail) {
	i := slices.IndexFunc(c.partners, func(p partner) bool { return p.address == m.Recipients[0] })
	if m.Login == Victim && !slices.Contains(c.written, i) {
		c.written = append(c.written, i)
	}
}

// Incident returns what an attacker sends from the victim's account: messages to n of the
// victim's own partners, evenly over the time span, and between them the ordinary
// mail of the victim (who notices nothing) and a coworker.
func (c *Company) Incident(start time.Time, span time.Duration, n int) (theft, ordinary []Mail) {
	victim := &c.people[0]
	known := c.written
	if len(known) == 0 { // a company without a past
		known = victim.partners
	}
	gap := span / time.Duration(n)
	for i := range n {
		at := start.Add(time.Duration(i) * gap).Add(time.Duration(c.rand.Int64N(int64(gap / 3))))
		theft = append(theft, c.stolen(victim, &c.partners[known[i%len(known)]], at))
	}
	for i, at := range []time.Duration{span / 5, span / 2, span * 4 / 5} {
		ordinary = append(ordinary, c.ordinary(&c.people[i%2], start.Add(at+gap/2)))
	}
	return theft, ordinary
}

type partner struct{ firm, name, address string }

// person is one account and its habits.
type person struct {
	login, name, part  string
	perDay             int
	starts, works      time.Duration // first hour of work, length of the day
	mailer             string
	charset            string
	office, home       string
	partners           []int // index, the most frequent first
	greet, open, close []string
	subjects           []string
	lines              []string
	sites              []string // hosts the person links to
	signature          string
}

// ordinary composes one honest mail.
func (c *Company) ordinary(p *person, at time.Time) Mail {
	// Two out of three mails go to the first third of the partners.
	k := c.rand.IntN(len(p.partners))
	if c.rand.IntN(3) > 0 {
		k = c.rand.IntN((len(p.partners) + 2) / 3)
	}
	to := &c.partners[p.partners[k]]
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s様\n\n%s\n%s\n\n", to.firm, to.name, c.pick(p.greet), c.pick(p.open))
	for range 1 + c.rand.IntN(3) {
		fmt.Fprintf(&b, "%s\n", c.pick(p.lines))
	}
	if len(p.sites) > 0 && c.rand.IntN(4) == 0 {
		fmt.Fprintf(&b, "\nhttps://%s/%d\n", c.pick(p.sites), 100+c.rand.IntN(900))
	}
	fmt.Fprintf(&b, "\n%s\n\n%s", c.pick(p.close), p.signature)
	rcpt := []string{to.address}
	if c.rand.IntN(8) == 0 {
		rcpt = append(rcpt, c.people[c.rand.IntN(len(c.people))].login)
	}
	client := p.office
	if p.home != "" && c.rand.IntN(10) == 0 {
		client = p.home
	}
	c.serial++
	return Mail{
		Time: at, Login: p.login, Client: client, Helo: "[" + client + "]", Recipients: rcpt,
		Message: compose(letter{
			from: p, to: to, cc: rcpt[1:], at: at, subject: c.pick(p.subjects), body: b.String(),
			mailer: p.mailer, charset: p.charset, serial: c.serial,
		}),
	}
}

// stolen composes one mail of the attacker: the victim's name and partner, in another style.
func (c *Company) stolen(p *person, to *partner, at time.Time) Mail {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s 様\n\n", to.firm, to.name)
	for _, line := range theftLines {
		b.WriteString(line + "\n")
	}
	c.serial++
	fmt.Fprintf(&b, "\nhttps://file-kakunin.test/view/%06x\n\n%s\n", c.rand.IntN(1<<24), p.name)
	return Mail{
		Time: at, Login: p.login, Client: "203.0.113.77", Helo: "DESKTOP-7Q2K1LM",
		Recipients: []string{to.address},
		Message: compose(letter{
			from: p, to: to, at: at, subject: "【重要】お支払い書類の確認のお願い", body: b.String(),
			charset: "utf-8", serial: c.serial,
		}),
	}
}

func (c *Company) pick(list []string) string { return list[c.rand.IntN(len(list))] }
