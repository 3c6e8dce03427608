package doctor

import (
	"context"
	"slices"
	"strings"
	"time"

	"hisseki/internal/term"
	"hisseki/ledger"
	"hisseki/postfix"
)

// Undo looks whether hisseki may be taken out: nobody asks it any more, and of what it holds
// everything is decided and carried out. Else the mail of an attacker is let go with the rest, or
// waits in Postfix's queue till it bounces.
func (d *Doctor) Undo(ctx context.Context) []Finding {
	d.ctx, d.list = ctx, nil
	d.detached()
	db, err := d.OpenStore(ctx)
	if err != nil {
		d.add("store", Bad, err.Error(), "without it nobody knows what is held: restore a backup, or look at "+
			"each mail that postqueue -p shows with a !")
		return d.list
	}
	s, err := db.Status(ctx, time.Now())
	if err != nil {
		d.add("held mail", Bad, err.Error(), "")
	} else {
		d.decided(&s)
	}
	d.closeStore(db)
	return d.list
}

// detached looks for services that still ask hisseki: they may have more mail held.
func (d *Doctor) detached() {
	main, err := d.Postfix.Parameters(d.ctx, append([]string{"smtpd_milters", "non_smtpd_milters",
		"smtpd_sasl_auth_enable", "receive_override_options", "content_filter", "queue_directory"}, checks...)...)
	var services []postfix.Service
	if err == nil {
		services, err = d.Postfix.Services(d.ctx)
	}
	if err != nil {
		d.add("postfix", Warn, err.Error(), "run it on the MTA host")
		return
	}
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
		d.add("postfix", Bad, "still asks hisseki: "+strings.Join(asks, ", "),
			"put main.cf and master.cf back as they were, then postfix reload")
		return
	}
	d.add("postfix", OK, "asks hisseki no more", "")
}

// decided looks at what is held.
func (d *Doctor) decided(s *ledger.Status) {
	undecided, all, since := 0, 0, ""
	for _, state := range ledger.InQueue {
		all += s.Holds[state]
		if slices.Contains(ledger.Waiting(), state) {
			undecided += s.Holds[state]
		}
	}
	if !s.Undecided.IsZero() {
		since = ", the oldest of " + term.Stamp(s.Undecided)
	}
	switch {
	case undecided > 0:
		d.add("held mail", Bad, term.Count(undecided, "mail")+" undecided"+since, "hisseki quarantine list; "+
			"then incident confirm or dismiss, quarantine release or discard")
	case all > 0:
		d.add("held mail", Bad, term.Count(all, "mail")+" decided and not carried out yet",
			"wait for the agent, which must run: hisseki status")
	default:
		d.add("held mail", OK, "none is left", "")
	}
}
