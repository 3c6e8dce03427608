package drill

import (
	"cmp"
	"slices"
	"time"

	"hisseki/analyzer"
)

// Accounts collects what a thief finds, as an organisation's past goes by.
type Accounts struct {
	Newest time.Time // of all mail

	list  []*Account
	of    map[string]*Account
	mails map[*Account]int
}

// Note takes over a mail that was learned: what a real thief sent must not be noted. m may
// be nil where only the record is known.
func (s *Accounts) Note(r *analyzer.Record, m *analyzer.Mail) {
	if s.of == nil {
		s.of, s.mails = make(map[string]*Account), make(map[*Account]int)
	}
	a := s.of[r.Envelope.Sender]
	if a == nil {
		a = &Account{}
		s.of[r.Envelope.Sender] = a
		s.list = append(s.list, a)
	}
	a.Note(r)
	if m != nil {
		a.Keep(m)
	}
	s.mails[a]++
}

// See notes that time has come so far.
func (s *Accounts) See(at time.Time) {
	if at.After(s.Newest) {
		s.Newest = at
	}
}

// Busiest returns the accounts, those with most mail first.
func (s *Accounts) Busiest() []*Account {
	return slices.SortedFunc(slices.Values(s.list), func(a, b *Account) int {
		return cmp.Or(cmp.Compare(s.mails[b], s.mails[a]), cmp.Compare(a.Sender, b.Sender))
	})
}

// Mails is how many of an account's mails were noted.
func (s *Accounts) Mails(a *Account) int { return s.mails[a] }
