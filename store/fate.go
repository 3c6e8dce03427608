package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Fate is what happened to one recipient of a mail, by the MTA's log and by what was
// decided here.
type Fate string

// Fates.
const (
	FateDelivered Fate = "delivered"
	FateDeferred  Fate = "deferred" // the MTA goes on trying
	FateBounced   Fate = "bounced"
	FateExpired   Fate = "expired"
	FateDelayed   Fate = "delayed"  // waits, and leaves by itself
	FateHeld      Fate = "held"     // kept, also while a decision is being carried out
	FateRecalled  Fate = "recalled" // kept after it had been let go
	FateReleased  Fate = "released" // let go again, the log says nothing since
	FateDiscarded Fate = "discarded"
	FateUnknown   Fate = "unknown" // let go, the log says nothing
)

// RecipientFate is one recipient of one recorded mail.
type RecipientFate struct {
	Journal   int64
	Recipient string // as in the envelope
	Domain    string // lower case
	Fate      Fate
	At        time.Time // of what decided the fate, zero when nothing did
	// Delivery is what the log said last; with an alias, of the mailbox that it reached
	// first. Its Outcome is "" when the log said nothing.
	Delivery Delivery
}

// Got says whether the mail reached the recipient's side.
func (f *RecipientFate) Got() bool { return f.Fate == FateDelivered }

// fated is a recipient with the hold of its mail, if there is one.
type fated struct {
	RecipientFate
	state    State // of the hold, "" without one
	recalled bool  // the hold came after the mail had been let go
	decided  time.Time
}

// Fates returns what happened to every recipient of records, by record and in the
// envelope's order.
func (db *DB) Fates(ctx context.Context, journal ...int64) ([]RecipientFate, error) {
	deliveries, err := db.Deliveries(ctx, journal...)
	if err != nil {
		return nil, err
	}
	type key struct {
		journal   int64
		recipient string
	}
	said := make(map[key][]Delivery)
	for _, d := range deliveries {
		k := key{d.Journal, strings.ToLower(d.Original)}
		said[k] = append(said[k], d)
	}
	var out []RecipientFate
	for len(journal) > 0 {
		n := min(len(journal), 500)
		list, err := db.fated(ctx, journal[:n])
		if err != nil {
			return nil, fmt.Errorf("read recipients: %w", err)
		}
		for i := range list {
			f := &list[i]
			f.Delivery = furthest(said[key{f.Journal, strings.ToLower(f.Recipient)}])
			f.judge()
			out = append(out, f.RecipientFate)
		}
		journal = journal[n:]
	}
	return out, nil
}

func (db *DB) fated(ctx context.Context, journal []int64) ([]fated, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			r.journal,
			r.address,
			r.domain,
			coalesce(h.state, ''),
			coalesce(h.recalled != 0, 0),
			coalesce(h.decided, 0)
		FROM recipient r
		LEFT JOIN hold h ON h.journal = r.journal
		WHERE r.journal IN (`+marks(len(journal))+`)
		ORDER BY r.journal, r.rowid`, anys(journal)...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []fated
	for rows.Next() {
		var f fated
		var decided int64
		if err := rows.Scan(&f.Journal, &f.Recipient, &f.Domain, &f.state,
			&f.recalled, &decided); err != nil {
			return nil, err
		}
		f.decided = fromUnix(decided)
		out = append(out, f)
	}
	return out, rows.Err()
}

// furthest returns what counts of an alias's mailboxes: one that got the mail, else one
// that still may, else one that did not.
func furthest(list []Delivery) (best Delivery) {
	rank := map[Outcome]int{OutcomeDelivered: 3, OutcomeDeferred: 2, OutcomeHeld: 2,
		OutcomeQueued: 2, OutcomeBounced: 1, OutcomeExpired: 1, OutcomeDiscarded: 1}
	for _, d := range list {
		if rank[d.Outcome] > rank[best.Outcome] {
			best = d
		}
	}
	return best
}

// judge sets the fate. What the log says for good stands; then comes the hold, for a kept
// mail is in the MTA's queue whatever was tried before.
func (f *fated) judge() {
	d := &f.Delivery
	f.At = d.At
	switch d.Outcome {
	case OutcomeDelivered, OutcomeBounced, OutcomeExpired, OutcomeDiscarded:
		f.Fate = Fate(d.Outcome)
		return
	}
	switch f.state {
	case Delayed:
		f.Fate = FateDelayed
		return
	case Held, Releasing, Discarding:
		f.Fate = FateHeld
		if f.recalled {
			f.Fate = FateRecalled
		}
		return
	case Discarded:
		f.Fate, f.At = FateDiscarded, f.decided
		return
	case Released:
		if d.At.Before(f.decided) { // the log's last word is older
			f.Fate, f.At = FateReleased, f.decided
			return
		}
	}
	switch d.Outcome {
	case OutcomeDeferred, OutcomeHeld:
		f.Fate = Fate(d.Outcome)
	case OutcomeQueued:
		f.Fate = FateReleased
	default:
		f.Fate = FateUnknown
	}
}
