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
	"hisseki/internal/words"
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
		d.add("sent", Bad, say("doctor-no-address", term.Safe(t.To, 80)), say("doctor-name-address"))
		return d.list
	}
	db, err := d.OpenStore(ctx)
	if err != nil {
		d.add("store", Bad, words.Fault(err), say("doctor-start-serve"))
		return d.list
	}
	defer d.closeStore(db)
	if t.Server == "" {
		if t.Server, err = d.entry(t.User != ""); err != nil {
			d.add("sent", Bad, words.Fault(err), say("doctor-name-server"))
			return d.list
		}
	}
	begun := t.Now().Add(-time.Second)
	id := messageID(t.To)
	reply, err := t.send(ctx, id)
	if err != nil {
		d.add("sent", Bad, words.Fault(err).Of(t.Server), refusedBy(err))
		return d.list
	}
	d.add("sent", OK, words.Plain(term.Safe(reply, 100)).Of(t.Server), nothing)
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
		d.add("judged", Bad, say("doctor-not-taken", t.Patience), say("doctor-see-milter"))
		return nil
	}
	if err != nil {
		d.add("judged", Bad, words.Fault(err), nothing)
		return nil
	}
	e, v := &seen.Envelope, &seen.Verdict
	found := say("doctor-judged", e.QueueID, term.Safe(e.Host, 60), words.Name{Kind: "class-", Name: string(e.Class)},
		term.Safe(e.Sender, 80), words.Name{Kind: "verdict-", Name: string(v.Action)}, fmt.Sprintf("%.1f", v.Points))
	switch {
	case v.Would == analyzer.Unjudged:
		d.add("judged", Bad, say("doctor-failed", term.Safe(v.Cause, 120)), say("doctor-journal"))
	case t.User != "" && e.Class != analyzer.Account:
		d.add("judged", Bad, found, say("doctor-not-heard"))
	default:
		d.add("judged", OK, found, nothing)
	}
	return seen
}

// passed says whether all that is known of a mail is that a content filter took it and gave it back.
func passed(f ledger.RecipientFate) bool { return f.Delivery.Outcome == ledger.OutcomePassed }

// end follows the mail to where the log or its hold says that it is.
func (d *Doctor) end(db Store, t *Trial, seen *ledger.Seen) {
	if seen.Hold != 0 && seen.Verdict.Action != analyzer.Pass {
		hold := fmt.Sprintf("H%d", seen.Hold)
		d.add("delivered", Warn, say("doctor-kept", hold, words.Name{Kind: "verdict-", Name: string(seen.Verdict.Action)}),
			say("doctor-kept-why", hold))
		return
	}
	var last ledger.RecipientFate
	err := t.await(d.ctx, func() (bool, error) {
		fates, err := db.Fates(d.ctx, seen.Journal)
		if err != nil || len(fates) == 0 {
			return false, err
		}
		last = fates[0]
		return last.Fate != ledger.FateUnknown && last.Fate != ledger.FateReleased && !passed(last), nil
	})
	if passed(last) { // nobody told what became of what the filter gave back
		err = nil
	}
	reply := term.Safe(last.Delivery.Relay+" "+last.Delivery.Reply, 120)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		d.add("delivered", Bad, say("doctor-no-fate", seen.Envelope.QueueID, t.Patience), say("doctor-see-log"))
	case err != nil:
		d.add("delivered", Bad, words.Fault(err), nothing)
	case last.Fate == ledger.FateDelivered:
		d.add("delivered", OK, words.Plain(reply), nothing)
	default:
		d.add("delivered", Warn, say("doctor-fate", words.Name{Kind: "fate-", Name: string(last.Fate)}, reply), say("doctor-not-ours"))
	}
}
