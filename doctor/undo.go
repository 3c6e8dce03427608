package doctor

import (
	"context"
	"slices"
	"time"

	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
	"hisseki/postfix"
)

// Undo looks whether hisseki may be taken out: nobody asks it any more, and of what it holds
// everything is decided and carried out. Else the mail of an attacker is let go with the rest, or
// waits in Postfix's queue till it bounces.
func (d *Doctor) Undo(ctx context.Context) []Finding {
	d.ctx, d.list = ctx, nil
	short := d.detached()
	db, err := d.OpenStore(ctx)
	if err != nil {
		d.add("store", Bad, words.Fault(err), say("doctor-no-store"))
		return d.list
	}
	s, err := db.Status(ctx, time.Now())
	if err != nil {
		d.add("held mail", Bad, words.Fault(err), nothing)
	} else {
		d.decided(&s, short)
	}
	d.closeStore(db)
	return d.list
}

// detached looks for services that still ask hisseki: they may have more mail held. It says whether Postfix
// gives short queue ids again.
func (d *Doctor) detached() (short bool) {
	main, err := d.Postfix.Parameters(d.ctx, append([]string{"smtpd_milters", "non_smtpd_milters", "enable_long_queue_ids",
		"smtpd_sasl_auth_enable", "receive_override_options", "content_filter", "queue_directory"}, checks...)...)
	var services []postfix.Service
	if err == nil {
		services, err = d.Postfix.Services(d.ctx)
	}
	if err != nil {
		d.add("postfix", Warn, words.Fault(err), say("doctor-on-mta"))
		return false
	}
	short = main["enable_long_queue_ids"] == "no"
	var asks []string
	for i := range services {
		if services[i].Command == "smtpd" && d.entrance(main, &services[i]).us >= 0 {
			asks = append(asks, services[i].Name)
		}
	}
	if d.judgesLocal(main) {
		asks = append(asks, "non_smtpd_milters")
	}
	if len(asks) > 0 {
		d.add("postfix", Bad, say("doctor-still-asks", asks), say("doctor-put-back"))
		return short
	}
	d.add("postfix", OK, say("doctor-asks-no-more"), nothing)
	return short
}

// decided looks at what is held. With short queue ids the next reload of Postfix gives what is on hold other
// ids ("QUEUE FILE NAMES WERE CHANGED TO MATCH INODE NUMBERS"), under which the agent does not know it.
func (d *Doctor) decided(s *ledger.Status, short bool) {
	undecided, all := 0, 0
	for _, state := range ledger.InQueue {
		all += s.Holds[state]
		if slices.Contains(ledger.Waiting(), state) {
			undecided += s.Holds[state]
		}
	}
	if short && all > 0 {
		d.add("queue ids", Bad, say("doctor-undo-ids"), say("doctor-undo-ids-set"))
	}
	switch {
	case undecided > 0:
		found := say("doctor-undecided", words.Count(undecided, "mail"))
		if !s.Undecided.IsZero() {
			found = say("doctor-undecided-from", words.Count(undecided, "mail"), term.Stamp(s.Undecided))
		}
		d.add("held mail", Bad, found, say("doctor-decide"))
	case all > 0:
		d.add("held mail", Bad, say("doctor-not-done", words.Count(all, "mail")), say("doctor-wait-agent"))
	default:
		d.add("held mail", OK, say("doctor-none-left"), nothing)
	}
}
