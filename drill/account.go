// Package drill simulates compromised accounts: it composes a thief's mail in memory and
// has the very same analyzer judge it against a copy of the memory, so that everybody
// can see which accounts are watched and which are still blind. It changes nothing, reads
// no clock and does the same for the same seed.
package drill

import (
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"
	"unicode"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// Account is what a thief finds in an account: the latest of what it sent, and to whom.
type Account struct {
	Sender    string
	MailFrom  string
	From      string     // address of the From field
	Client    netip.Addr // of the last mail that told one; invalid when none did
	Helo      string
	Subject   string // of the last mail, "" when no text is kept
	MessageID string
	Last      time.Time // last mail
	Partners  []string  // whom it wrote to, the latest first

	sample content.Source // of one of its mails, see Keep
}

// MaxPartners is how many partners of an account are of use: no recipe writes to
// more.
const MaxPartners = 200

// Note takes over what a newer mail of the account shows. Mail that was not learned, such
// as a real thief's, must not be noted.
func (a *Account) Note(r *analyzer.Record) {
	e := &r.Envelope
	a.Sender, a.MailFrom, a.Last = e.Sender, e.MailFrom, e.Time
	a.From, a.Subject, a.MessageID = r.HeaderFrom, r.Subject, r.MessageID
	if e.Client.IsValid() {
		a.Client, a.Helo = e.Client, e.Helo
	}
	for _, addr := range e.Recipients {
		addr = strings.ToLower(addr)
		if i := slices.Index(a.Partners, addr); i >= 0 {
			a.Partners = slices.Delete(a.Partners, i, i+1)
		}
		a.Partners = slices.Insert(a.Partners, 0, addr)
	}
	if len(a.Partners) > MaxPartners {
		a.Partners = a.Partners[:MaxPartners]
	}
}

// japanese says whether the thief writes Japanese to this account's partners.
func (a *Account) japanese() bool {
	return strings.HasSuffix(a.Sender, ".jp") || strings.ContainsFunc(a.Subject, func(r rune) bool {
		return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
	})
}

// random returns the choices for one account and recipe: they do not depend on which
// other accounts are drilled.
func (a *Account) random(seed uint64, recipe string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(a.Sender + "\x00" + recipe)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// start is when the theft begins: most thieves strike in the victim's usual hours (four of
// five: Ho et al., USENIX Security 2019), so it is the weekday and hour of the account's
// last mail, at least a day after everything that was learned, when all of it is usual.
func (a *Account) start(newest time.Time) time.Time {
	const week = 7 * 24 * time.Hour
	at := a.Last.UTC().Truncate(time.Second)
	if after := newest.Add(24 * time.Hour); at.Before(after) {
		weeks := (after.Sub(at) + week - 1) / week
		at = at.Add(weeks * week)
	}
	return at
}
