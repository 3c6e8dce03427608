package analyzer

import (
	"fmt"
	"slices"
	"strings"

	"hisseki/baseline"
)

// An organisation that gets another network, mail program and signature on one day writes for a
// time as a thief with many of its accounts would. What tells them apart is what is left: a place
// that all moved away from falls silent, while the owners of stolen accounts go on writing from
// it. The rest is how the mail is sent: each account to its own people, in its own hours, at its
// own pace, with nothing new to act on but a link in the signature.
//
//	34 accounts wrote from 192.0.2.0/24 until Friday. On Monday nobody does, and 12 of them write
//	from 198.51.100.0/24, to whom they always wrote: the thirteenth is no news.

// move is an account's change from one network, or program, to another. The zero value is none that
// others could share.
type move struct {
	key      baseline.Key // of baseline.Move
	accounts int          // other accounts that moved so before, none of whose mail was held for it
	mails    int          // that this account sent from the new place in the last days
}

const (
	moveShare   = 1.0 / 3 // of the account's mails came from the old place
	moveSharers = 3       // times as many of the organisation's, so that it is not the account's own
	moveSilence = 10      // accounts that moved for each mail that still comes from the old place
	moveMails   = 2       // that each account may send for each that moved before, beside its first
	moveCircle  = 8       // recipients of a mail, see recipientFactor
	moveDay     = 4       // people within a day, beside the largest mail: below the least that reach counts
	moveHour    = 2       // and within an hour
	moveNew     = 2       // of them may be new
	moveLinks   = 16      // that nobody here used before, all of one site: each costs a look at the text
	movePlaces  = 1000    // networks or programs of an account: who has more has none that is his place
	moveStyle   = 1.5     // points of the wording: one author in thirty
)

// The old place was in use until the move: a network that was given up last year is silent too.
const (
	moveOrgLast    = 7 * 3  // slots, a week
	moveSenderLast = 30 * 3 // slots, a month: somebody was on holiday
)

// findMove says whether a mail is as a move of the organisation would make it, and how many moved
// before. What the profiles hold of it is mail that passed or was released.
func (v *view) findMove(found *measured) (m move) {
	f, moved := v.movedBy()
	if !moved || v.state.open || v.mail.Class != Account || v.sender.Count(f) > movePlaces || !v.keepsWays(found) {
		return m
	}
	old, mails, ok := v.sender.Most(f)
	_, all, _ := v.org.Usual(f, old)
	if !ok || float64(mails) < moveShare*float64(v.sender.Mails()) || all < moveSharers*mails {
		return m
	}
	m.key = v.hasher.key(baseline.Move, fmt.Sprint(f, old, v.o.Keys[f][0]))
	_, all, _ = v.org.Usual(baseline.Move, m.key)
	_, own, _ := v.sender.Usual(baseline.Move, m.key)
	m.accounts, m.mails = all-own, max(own, v.state.sentFrom(f, v.o.Keys[f][0]))
	if !v.fellSilent(f, old, m) || !m.isCommon() && found.style > moveStyle {
		return move{}
	}
	return m
}

// movedBy returns what of a mail's origin is new to its account: the network, else the form of
// Message-ID, which every program has one of its own.
func (v *view) movedBy() (f baseline.Family, moved bool) {
	for _, f := range []baseline.Family{baseline.Network, baseline.IDShape} {
		if unknown, _ := unknownKeys(v, f); unknown > 0 && v.ready() {
			return f, true
		}
	}
	return 0, false
}

// fellSilent says whether a place was in use until the move began, and is not since. A move that
// begins with this mail begins with its third of a day.
func (v *view) fellSilent(f baseline.Family, old baseline.Key, m move) bool {
	start, known := v.org.First(baseline.Move, m.key)
	if !known {
		start = v.today
	}
	_, _, last := v.org.Usual(f, old)
	_, _, lastOwn := v.sender.Usual(f, old)
	return last >= start-moveOrgLast && lastOwn >= start-moveSenderLast &&
		moveSilence*v.org.CountFrom(f, old, start) <= m.accounts
}

// keepsWays says whether all but the place and the signature is the owner's: his hours, his pace,
// no guessed password, and nothing to open, call or answer that is new.
func (v *view) keepsWays(found *measured) bool {
	if hours, _ := unknownKeys(v, baseline.Hour); hours > 0 || !v.keepsPace() {
		return false
	}
	content := 0.0
	for i := range found.evidence {
		e := &found.evidence[i]
		switch d := byName[e.Signal]; {
		case d.group == groupSignin || d.name == LoginAfterFailures || d.name == FromNew || d.name == MailBroken:
			return false
		case d.group == groupContent:
			content += e.Points
		}
	}
	return content <= weakLure && v.linksInSignature()
}

// keepsPace says whether a mail and those of the day before reach no more people than the account
// does on most days. What it reached once, in a run or by a newsletter, is no measure: one such mail
// is all that a thief wants.
func (v *view) keepsPace() bool {
	mean := v.sender.Mails() / max(v.daysWithMail(), 1)
	strangers, _ := unknownKeys(v, baseline.Recipient)
	return len(v.mail.Recipients) <= moveCircle &&
		v.reach[dayPeople] <= max(moveDay, 2*mean) && v.reach[hourPeople] <= max(moveHour, mean) &&
		max(strangers, v.reach[dayNew]) <= moveNew
}

// linksInSignature says whether the links that nobody here used before are one site, in the
// signature only, and not more than a signature has.
func (v *view) linksInSignature() bool {
	signature, own := strings.ToLower(v.c.Signature), strings.ToLower(v.c.Own)
	site, n := baseline.Key(0), 0
	for i := range v.links {
		l := &v.links[i]
		if l.level < urlPage {
			continue
		}
		if n++; n == 1 {
			site = l.key
		}
		if n > moveLinks || l.key != site || !l.standsIn(signature) || strings.Contains(own, l.url.Host) {
			return false
		}
	}
	return true
}

// standsIn says whether a link may be one of a signature, in lower case.
func (l *linkFound) standsIn(signature string) bool {
	return !l.url.InFile && !l.url.Quoted && strings.Contains(signature, l.url.Host)
}

// onlySignature says whether a mail asks for nothing but to open links of its signature.
func (v *view) onlySignature() bool {
	if len(v.links) > moveLinks || v.asksBesideLinks() {
		return false
	}
	signature := strings.ToLower(v.c.Signature)
	return !slices.ContainsFunc(v.links, func(l linkFound) bool { return !l.standsIn(signature) })
}

// unknownSite is the first site that nobody here used before, 0 for none.
func (v *view) unknownSite() baseline.Key {
	for i := range v.links {
		if v.links[i].level >= urlPage {
			return v.links[i].key
		}
	}
	return 0
}

// sentFrom counts the mails of the last days from a network or program.
func (s *state) sentFrom(f baseline.Family, k baseline.Key) (n int) {
	for i := range s.recent {
		t := &s.recent[i]
		if f == baseline.Network && slices.Contains(t.networks, k) ||
			f == baseline.IDShape && slices.Contains(t.programs, k) {
			n++
		}
	}
	return n
}

// isCommon says whether so many moved that it is the organisation's doing.
func (m *move) isCommon() bool { return m.key != 0 && m.accounts >= manyAccounts }

// waits says whether a mail that would be held only waits: an account's first from the new place,
// and a few more for each other account that moved.
func (m *move) waits() bool { return m.key != 0 && m.mails <= moveMails*m.accounts }

// begun is what the account's first mail from the new place teaches.
func (m *move) begun() []baseline.Key {
	if m.key == 0 || m.mails > 0 {
		return nil
	}
	return []baseline.Key{m.key}
}

// isNewSignature says whether a link that other accounts began to send is that of their signature:
// they moved too, and of four that sent it at most one was held.
func (v *view) isNewSignature(mark baseline.Key) bool {
	c := v.carried[mark]
	return v.move.isCommon() && mark == v.unknownSite() && c.senders >= manyAccounts && 4*c.heldSenders <= c.senders
}

// movedTail is added to what explains itself by the move.
const movedTail = ", as do others who wrote from the same place until it fell silent"

// explain lets what moved with all say little: the network, and a program that colleagues use.
func (m *move) explain(d *definition, r *reading) {
	if !m.isCommon() {
		return
	}
	switch d.name {
	case NetworkNew:
		r.text += movedTail
		r.usual = count(m.accounts, "other account moved so", "other accounts moved so")
	case MailerNew, MessageIDNew, HeaderNew, EncodingNew:
		if r.level > 1 {
			return
		}
	default:
		return
	}
	r.most = weakLure
}
