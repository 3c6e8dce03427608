package doctor

import (
	"fmt"
	"time"

	"hisseki/internal/term"
	"hisseki/ledger"
)

// retired is how long an MTA host that sends no mail any more still needs its agent.
const retired = 7 * 24 * time.Hour

// mtas looks at what the store knows of each MTA host: whether its agent lives, and when it
// last had a mail judged.
func (d *Doctor) mtas(db Store) {
	list, err := db.MTAs(d.ctx)
	if err != nil {
		d.add("agent", Bad, err.Error(), "")
		return
	}
	seen := false
	for i := range list {
		m := &list[i]
		if m.Waiting == 0 && time.Since(m.Last) > retired && time.Since(m.Beat) > retired {
			continue
		}
		seen = true
		d.agent(m)
	}
	if !seen {
		d.add("agent", Bad, "never seen: nothing is delayed, released or discarded", startAgent)
	}
	d.mail(list)
}

const startAgent = "start hisseki agent as root on the MTA host: systemctl enable --now hisseki-agent;" +
	" a second Postfix instance needs an agent of its own (hisseki-agent@.service)"

// agent looks whether the agent of an MTA host lives. Another host's agent does not do its
// work.
func (d *Doctor) agent(m *ledger.MTA) {
	host := term.Safe(m.Host, 60) + ": "
	age := time.Since(m.Beat).Round(time.Second)
	waiting := ""
	if m.Waiting > 0 {
		waiting = ", and " + term.Count(m.Waiting, "mail") + " of it wait"
	}
	switch {
	case m.Beat.IsZero():
		d.add("agent", Bad, host+"never seen: nothing is delayed, released or discarded there"+waiting,
			startAgent)
	case age.Abs() > d.StaleAfter:
		d.add("agent", Bad, fmt.Sprintf("%slast seen %s ago%s", host, age, waiting), startAgent)
	default:
		d.add("agent", OK, fmt.Sprintf("%sseen %s ago", host, age), "")
	}
}

// quietFor is how long it is usual that no mail comes: a long week end.
const quietFor = 4 * 24 * time.Hour

// mail looks at what was judged: the proof that mail of accounts comes this way.
func (d *Doctor) mail(list []ledger.MTA) {
	var mails int
	var last, account time.Time
	for _, m := range list {
		mails += m.Mails
		last, account = later(last, m.Last), later(account, m.Account)
	}
	const do = "send a mail with SMTP AUTH, then look at hisseki status"
	switch {
	case mails == 0:
		d.add("mail", Warn, "no mail was judged yet", do)
	case time.Since(last) > quietFor:
		d.add("mail", Warn, "the last mail was judged at "+term.Stamp(last), do)
	case d.logins && account.IsZero():
		d.add("mail", Bad, "none of the last "+term.Count(mails, "mail")+" was of an account that had"+
			" logged in", do+"; see smtpd_milters of the service that accounts use")
	case d.logins:
		d.add("mail", OK, "the last one of an account was judged at "+term.Stamp(account), "")
	default:
		d.add("mail", OK, "the last one was judged at "+term.Stamp(last), "")
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
