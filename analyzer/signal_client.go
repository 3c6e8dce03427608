package analyzer

import (
	"fmt"

	"hisseki/baseline"
)

// shape is the common form of the signals about the mail program: levels 1 new to the
// sender, 2 new to the organisation too.
func shape(v *view, f baseline.Family, what, observed string) reading {
	keys := v.o.Keys[f]
	if len(keys) == 0 || !v.ready() {
		return reading{}
	}
	if v.declared.program && ofProgram(f) {
		return reading{ok: true}
	}
	r := reading{ok: true, observed: observed,
		usual: fmt.Sprintf("%d known", v.sender.Count(f))}
	for _, k := range keys {
		switch {
		case v.sender.Accepts(f, k, v.today):
		case v.usedHere(f, k):
			r.level = max(r.level, 1)
		default:
			r.level = 2
		}
	}
	switch r.level {
	case 1:
		r.text = what + " that this account never used, though colleagues do"
	case 2:
		r.text = what + " that nobody in the organisation used before"
	}
	return r
}

// ofProgram says whether a family is what a mail program shows by itself, whoever writes with it.
func ofProgram(f baseline.Family) bool {
	switch f {
	case baseline.Mailer, baseline.IDShape, baseline.HeaderShape, baseline.Encoding:
		return true
	}
	return false
}

// usedHere says whether a habit is known in the organisation, or was begun there lately, in so
// many mails that it is more than one account's.
func (v *view) usedHere(f baseline.Family, k baseline.Key) bool {
	_, mails, _ := v.org.Usual(f, k)
	return v.org.Known(f, k, v.today) || mails >= manyMails
}

// manyMails in one day are a new office or program, not somebody's.
const manyMails = 8

func newMailer(v *view) reading {
	return shape(v, baseline.Mailer, "a mail program", clip(mailerName(v.c), 60))
}

func newIDShape(v *view) reading {
	return shape(v, baseline.IDShape, "a form of Message-ID", clip(idShape(v.c.MessageID), 60))
}

// oneTrait is the most points of a trait that one and the same program shows in several ways,
// with a template, an attachment or a list: another program shows more than one.
const oneTrait = 2

func newHeaderShape(v *view) reading {
	r := shape(v, baseline.HeaderShape, "an order of header fields",
		fmt.Sprintf("%d fields", len(v.c.Names)))
	r.most = oneTrait
	return r
}

func newEncoding(v *view) reading {
	r := shape(v, baseline.Encoding, "a text encoding", encodingShape(v.c))
	r.most = oneTrait
	return r
}

// newZone: the zone of Date. An hour beside a known zone is nothing new, or every account
// would be strange on the two days a year when the clocks change.
func newZone(v *view) reading {
	r := shape(v, baseline.Zone, "a time zone", v.c.Zone)
	for _, hours := range []int{-1, 1} {
		beside := v.hasher.key(baseline.Zone, shiftZone(v.c.Zone, hours))
		if r.level > 0 && v.sender.Accepts(baseline.Zone, beside, v.today) {
			return reading{ok: true}
		}
	}
	return r
}

func newFrom(v *view) reading {
	return shape(v, baseline.From, "a From address with this MAIL FROM", clip(firstAddr(v.c.From), 80))
}

// ownShare is the share of an account's mails from which on a network or program is its own.
const ownShare = 0.2

// ownComputer says whether the mail program, and the network where it is known, are those that
// the account mostly uses: a computer that was added lately, if only for two harmless weeks, is
// not.
func (v *view) ownComputer() bool {
	if !v.ready() {
		return false
	}
	for _, f := range []baseline.Family{baseline.Network, baseline.Mailer, baseline.IDShape, baseline.HeaderShape} {
		for _, k := range v.o.Keys[f] {
			_, mails, _ := v.sender.Usual(f, k)
			if float64(mails) < ownShare*float64(v.sender.Mails()) || !v.sender.Accepts(f, k, v.today) {
				return false
			}
		}
	}
	return true
}

// own says whether an address is in the domain that the sender's login proves: who takes
// an account over wants the answers elsewhere.
func (v *view) own(addr string) bool {
	d := addressDomain(v.mail.Sender)
	return d != "" && v.mail.Class == Account && addressDomain(addr) == d
}

func newReplyTo(v *view) reading {
	if len(v.o.Keys[baseline.ReplyTo]) == 0 || v.own(firstAddr(v.c.ReplyTo)) {
		return reading{ok: true}
	}
	return shape(v, baseline.ReplyTo, "a Reply-To domain",
		clip(addressDomain(firstAddr(v.c.ReplyTo)), 80))
}

// newAddress is an address to write to that is new to the account and the organisation.
func (v *view) newAddress(addr string) (k baseline.Key, isNew bool) {
	k = v.hasher.key(baseline.Recipient, addr)
	return k, addr != firstAddr(v.c.From) && !v.own(addr) &&
		!v.sender.Accepts(baseline.Recipient, k, v.today) && !v.org.Known(baseline.Recipient, k, v.today)
}

func newAddresses(v *view) (marks []baseline.Key) {
	for _, addr := range v.c.MailLinks {
		if k, isNew := v.newAddress(addr); isNew {
			marks = append(marks, k)
		}
	}
	return marks
}

// newMailLink: a link that writes to an address this account never wrote to, a lure
// that needs no URL. Levels: 1 new to the sender, 2 its domain is new to the sender too.
// The sender's own addresses, as in a signature, are not a lure.
func newMailLink(v *view) reading {
	r := reading{ok: true, usual: "links to known addresses"}
	for _, addr := range v.c.MailLinks {
		if _, isNew := v.newAddress(addr); !isNew {
			continue
		}
		d := v.hasher.key(baseline.RecipientDomain, addressDomain(addr))
		level := 2
		if v.sender.Accepts(baseline.RecipientDomain, d, v.today) ||
			addressDomain(addr) == addressDomain(v.mail.MailFrom) {
			level = 1
		}
		if level > r.level {
			r.level, r.observed = level, clip(addr, 80)
			r.text = "a link that writes to an address new to this account and the organisation"
		}
	}
	return r
}
