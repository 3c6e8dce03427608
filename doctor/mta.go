package doctor

import (
	"time"

	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
)

// retired is how long an MTA host that sends no mail any more still needs its agent.
const retired = 7 * 24 * time.Hour

// mtas looks at what the store knows of each MTA host: whether its agent lives, and when it
// last had a mail judged.
func (d *Doctor) mtas(db Store) {
	list, err := db.MTAs(d.ctx)
	if err != nil {
		d.add("agent", Bad, words.Fault(err), nothing)
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
		d.add("agent", Bad, say("doctor-agent-never"), say("doctor-agent-start"))
	}
	d.mail(list)
}

// agent looks whether the agent of an MTA host lives. Another host's agent does not do its
// work.
func (d *Doctor) agent(m *ledger.MTA) {
	host, age := term.Safe(m.Host, 60), time.Since(m.Beat).Round(time.Second)
	waiting := words.Count(m.Waiting, "mail")
	never, silent := say("doctor-agent-there"), say("doctor-agent-silent", age)
	if m.Waiting > 0 {
		never, silent = say("doctor-agent-there-wait", waiting), say("doctor-agent-waiting", age, waiting)
	}
	switch {
	case m.Beat.IsZero():
		d.add("agent", Bad, never.Of(host), say("doctor-agent-start"))
	case age.Abs() > d.StaleAfter:
		d.add("agent", Bad, silent.Of(host), say("doctor-agent-start"))
	default:
		d.add("agent", OK, say("doctor-agent-good", age).Of(host), nothing)
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
	do := say("doctor-mail-send")
	switch {
	case mails == 0:
		d.add("mail", Warn, say("doctor-mail-none"), do)
	case time.Since(last) > quietFor:
		d.add("mail", Warn, say("doctor-mail-old", term.Stamp(last)), do)
	case d.logins && account.IsZero():
		d.add("mail", Bad, say("doctor-mail-blind", words.Count(mails, "mail")), say("doctor-mail-macros"))
	case d.logins:
		d.add("mail", OK, say("doctor-mail-account", term.Stamp(account)), nothing)
	default:
		d.add("mail", OK, say("doctor-mail-good", term.Stamp(last)), nothing)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
