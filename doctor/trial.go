package doctor

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/term"
	"hisseki/ledger"
)

// Trial is a harmless mail of the admin's to himself that is sent the way users' mail goes, and
// followed to its end.
type Trial struct {
	To       string // his own address, also the sender unless User is an address
	User     string // for SMTP AUTH, "" for none
	Password string
	Server   string        // "HOST:PORT"; "" is a service of this Postfix that asks hisseki
	Patience time.Duration // for each step; 0 means 30 s
	Now      func() time.Time
}

// tick is how often a step is looked at.
const tick = 200 * time.Millisecond

// Try sends the mail and says how far it came: taken by Postfix, judged as whose, delivered by
// the log. What is missing is a finding that says where to look.
func (d *Doctor) Try(ctx context.Context, t Trial) []Finding {
	d.ctx, d.list = ctx, nil
	t.Patience = cmp.Or(t.Patience, 30*time.Second)
	if !strings.Contains(t.To, "@") {
		d.add("sent", Bad, term.Safe(t.To, 80)+" is not an address", "name one of yours, such as you@example.jp")
		return d.list
	}
	db, err := d.OpenStore(ctx)
	if err != nil {
		d.add("store", Bad, err.Error(), "start hisseki serve, or see the message")
		return d.list
	}
	defer d.closeStore(db)
	if t.Server == "" {
		if t.Server, err = d.entry(t.User != ""); err != nil {
			d.add("sent", Bad, err.Error(), "name it with --server HOST:PORT")
			return d.list
		}
	}
	begun := t.Now().Add(-time.Second)
	id := messageID(t.To)
	reply, err := t.send(ctx, id)
	if err != nil {
		d.add("sent", Bad, t.Server+": "+err.Error(), refusedBy(err))
		return d.list
	}
	d.add("sent", OK, t.Server+": "+term.Safe(reply, 100), "")
	if seen := d.judgedAs(db, &t, id, begun); seen != nil {
		d.end(db, &t, seen)
	}
	return d.list
}

// messageID is one that nobody guesses, so that the mail is known among others.
func messageID(to string) string {
	var b [12]byte
	rand.Read(b[:]) //nolint:errcheck // it never fails, or ends the program (crypto/rand)
	return "hisseki-trial." + hex.EncodeToString(b[:]) + to[strings.LastIndexByte(to, '@'):]
}

// await looks until there is something, or patience is over.
func (t *Trial) await(ctx context.Context, look func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, t.Patience)
	defer cancel()
	for {
		if found, err := look(); found || err != nil {
			return err
		}
		select {
		case <-time.After(tick):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// judgedAs looks for the mail's record, and says whose mail it was taken for.
func (d *Doctor) judgedAs(db Store, t *Trial, id string, since time.Time) (seen *ledger.Seen) {
	err := t.await(d.ctx, func() (bool, error) {
		var err error
		seen, err = db.Seen(d.ctx, id, since)
		return seen != nil, err
	})
	if errors.Is(err, context.DeadlineExceeded) {
		d.add("judged", Bad, fmt.Sprintf("Postfix took the mail, and hisseki did not see it within %s", t.Patience),
			"see smtpd_milters of that service (hisseki doctor), and the log of Postfix for a milter error: "+
				"journalctl -u 'postfix*' -u hisseki")
		return nil
	}
	if err != nil {
		d.add("judged", Bad, err.Error(), "")
		return nil
	}
	e, v := &seen.Envelope, &seen.Verdict
	found := fmt.Sprintf("%s on %s, as the %s %s: %s, %.1f points", e.QueueID, term.Safe(e.Host, 60), e.Class,
		term.Safe(e.Sender, 80), v.Action, v.Points)
	switch {
	case v.Would == analyzer.Unjudged:
		d.add("judged", Bad, "it got the failure action: "+term.Safe(v.Cause, 120), "journalctl -u hisseki")
	case t.User != "" && e.Class != analyzer.Account:
		d.add("judged", Bad, found, "hisseki did not hear who had logged in: see milter_mail_macros and "+
			"milter_protocol (hisseki doctor)")
	default:
		d.add("judged", OK, found, "")
	}
	return seen
}

// end follows the mail to where the log or its hold says that it is.
func (d *Doctor) end(db Store, t *Trial, seen *ledger.Seen) {
	if seen.Hold != 0 && seen.Verdict.Action != analyzer.Pass {
		d.add("delivered", Warn, fmt.Sprintf("it is kept as H%d: %s", seen.Hold, seen.Verdict.Action),
			fmt.Sprintf("hisseki quarantine show H%d says why", seen.Hold))
		return
	}
	var last ledger.RecipientFate
	err := t.await(d.ctx, func() (bool, error) {
		fates, err := db.Fates(d.ctx, seen.Journal)
		if err != nil || len(fates) == 0 {
			return false, err
		}
		last = fates[0]
		return last.Fate != ledger.FateUnknown && last.Fate != ledger.FateReleased, nil
	})
	reply := term.Safe(last.Delivery.Relay+" "+last.Delivery.Reply, 120)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		d.add("delivered", Bad, fmt.Sprintf("the mail log said nothing of %s within %s", seen.Envelope.QueueID,
			t.Patience), "name the log in [maillog], and see that the agent runs and reads it: hisseki doctor")
	case err != nil:
		d.add("delivered", Bad, err.Error(), "")
	case last.Fate == ledger.FateDelivered:
		d.add("delivered", OK, reply, "")
	default:
		d.add("delivered", Warn, fmt.Sprintf("%s: %s", last.Fate, reply), "hisseki saw and followed it; the reason "+
			"is Postfix's or the receiver's")
	}
}
