// Package report prints an incident's scope: who got what, how it was noticed, what to
// block, what to tell whom and what to do next. It only renders; what it renders is plain
// data of the store.
//
// All text that comes from mail and logs is hostile. It is cut and made safe for
// terminals in every format, escaped for HTML, kept from becoming a formula in a
// spreadsheet, and links are defanged (hxxp, [.]) wherever people read.
package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Report is a scope, counted and sorted.
type Report struct {
	At        time.Time
	Incidents []ledger.Incident // oldest first
	First     time.Time         // of the incidents' mail
	Last      time.Time
	// Noticed is the first mail that was held as judged, or that mode enforce would have
	// held; nil for none.
	Noticed   *ledger.Hold
	Companies []Company // those who got something first, then by name
	Total     Count     // of all recipients
	Mails     Count     // of mails, each by the worst fate of its recipients
	Reached   Audience
	Maybe     Audience
	Freed     []Freed // mail that a reviewer let go as innocent, counted nowhere else
	Suspects  []Suspect
	Logins    []analyzer.Login
	Notes     []Note
	Block     []Indicator
	Chart     Chart
	Relays    []string // that named the accounts, each once, rising
	Unread    ledger.Unread
}

// Company is one registrable domain of recipients.
type Company struct {
	Domain string
	Own    bool // the senders' own
	Count  Count
	People []Person
}

// Person is one recipient with the mails that were meant for him.
type Person struct {
	Address string // lower case
	Mails   []Delivery
}

// Delivery is one mail to one recipient.
type Delivery struct {
	Hold    string // its name
	Record  *analyzer.Record
	Address string // as in the envelope
	Fate    ledger.Fate
	Class   Class
	At      time.Time // of the fate, zero when it is not known
	Reply   string    // of the remote side
}

// Freed is a mail of the incidents that a reviewer let go as innocent.
type Freed struct {
	Hold *ledger.Hold
	To   []Delivery
}

// Suspect is a mail that looks like the incidents' but is none of their holds.
type Suspect struct {
	ledger.Suspect
	To []Delivery
}

// Note is what a hook said of an incident.
type Note struct {
	Incident string // its name
	ledger.Note
}

// Audience is how many got mail: people, and companies but for the senders' own.
type Audience struct {
	People     int `json:"people"`
	Companies  int `json:"companies"`
	Colleagues int `json:"colleagues"` // of the people, those of the senders' own domain
}

// New counts and sorts a scope.
func New(s *ledger.Scope) *Report {
	r := &Report{At: s.At, Incidents: s.Incidents, Logins: s.Logins, Unread: s.Unread}
	own := make(map[string]bool)
	for i := range s.Incidents {
		own[company(s.Incidents[i].Sender)] = true
		for _, n := range s.Notes[s.Incidents[i].ID] {
			r.Notes = append(r.Notes, Note{s.Incidents[i].Name(), n})
		}
	}
	var all []Delivery
	for i := range s.Holds {
		h := &s.Holds[i]
		list := deliveries(h.Name(), h.Record, s.Fates[h.Record.ID])
		if h.Freed() {
			r.Freed = append(r.Freed, Freed{h, list})
			continue
		}
		all = append(all, list...)
		r.Mails.add(worst(list))
		if r.Noticed == nil && h.Notices() {
			r.Noticed = h
		}
		if name := h.Record.Envelope.Relay; name != "" && !slices.Contains(r.Relays, name) {
			r.Relays = append(r.Relays, name)
		}
		t := h.Record.Envelope.Time
		if r.First.IsZero() || t.Before(r.First) {
			r.First = t
		}
		if t.After(r.Last) {
			r.Last = t
		}
	}
	for i := range s.Suspects {
		x := &s.Suspects[i]
		r.Suspects = append(r.Suspects, Suspect{*x, deliveries("", x.Record, s.Fates[x.Record.ID])})
	}
	slices.Sort(r.Relays)
	r.Companies = companies(all, own)
	for i := range r.Companies {
		r.Total.sum(r.Companies[i].Count)
	}
	r.Reached, r.Maybe = r.audience(Reached), r.audience(Open)
	r.Block = indicators(s)
	r.Chart = newChart(s, r.First, r.Last)
	return r
}

// deliveries joins a mail with what became of it. A recipient without a fate is one that
// nobody said anything about.
func deliveries(hold string, m *analyzer.Record, fates []ledger.RecipientFate) []Delivery {
	var out []Delivery
	for _, f := range fates {
		out = append(out, Delivery{Hold: hold, Record: m, Address: f.Recipient, Fate: f.Fate,
			Class: classOf(f.Fate), At: f.At, Reply: f.Delivery.Reply})
	}
	return out
}

func companies(all []Delivery, own map[string]bool) []Company {
	byDomain := make(map[string]*Company)
	people := make(map[string]map[string]*Person)
	for _, d := range all {
		domain, addr := company(d.Address), strings.ToLower(d.Address)
		c := byDomain[domain]
		if c == nil {
			c = &Company{Domain: domain, Own: own[domain]}
			byDomain[domain], people[domain] = c, make(map[string]*Person)
		}
		c.Count.add(d.Class)
		p := people[domain][addr]
		if p == nil {
			p = &Person{Address: addr}
			people[domain][addr] = p
		}
		p.Mails = append(p.Mails, d)
	}
	var out []Company
	for domain, c := range byDomain {
		for _, p := range people[domain] {
			c.People = append(c.People, *p)
		}
		slices.SortFunc(c.People, func(a, b Person) int { return cmp.Compare(a.Address, b.Address) })
		out = append(out, *c)
	}
	slices.SortFunc(out, func(a, b Company) int {
		return cmp.Or(b.Count.Reached-a.Count.Reached, b.Count.Open-a.Count.Open,
			cmp.Compare(a.Domain, b.Domain))
	})
	return out
}

// audience counts who has at least one delivery of a class.
func (r *Report) audience(class Class) (a Audience) {
	for i := range r.Companies {
		c := &r.Companies[i]
		n := 0
		for k := range c.People {
			if slices.ContainsFunc(c.People[k].Mails, func(d Delivery) bool { return d.Class == class }) {
				n++
			}
		}
		a.People += n
		switch {
		case c.Own:
			a.Colleagues += n
		case n > 0:
			a.Companies++
		}
	}
	return a
}

// company returns the registrable domain of an address, or what stands for it.
func company(addr string) string {
	d := strings.Trim(strings.ToLower(addr[strings.LastIndexByte(addr, '@')+1:]), ".")
	if r, err := publicsuffix.EffectiveTLDPlusOne(d); err == nil {
		return r
	}
	return d
}

// Senders returns the accounts of the report, each once.
func (r *Report) Senders() []string {
	var out []string
	for i := range r.Incidents {
		if s := r.Incidents[i].Sender; !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// Name is how the report is called: its incident, or its case when there are several.
func (r *Report) Name() string {
	if len(r.Incidents) == 1 {
		return r.Incidents[0].Name()
	}
	return r.Incidents[0].CaseName()
}

// Logged says whether the MTA's log told of any mail that had been let go.
func (r *Report) Logged() bool {
	for i := range r.Companies {
		for _, p := range r.Companies[i].People {
			for _, d := range p.Mails {
				if d.Fate == ledger.FateUnknown {
					return false
				}
			}
		}
	}
	return true
}
