package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hisseki/ledger"
)

// fated is a recipient with the hold of its mail, if there is one.
type fated struct {
	ledger.RecipientFate
	state    ledger.State // of the hold, "" without one
	recalled bool         // the hold came after the mail had been let go
	decided  time.Time
}

// Fates returns what happened to every recipient of records, by record and in the
// envelope's order.
func (db *DB) Fates(ctx context.Context, journal ...int64) ([]ledger.RecipientFate, error) {
	deliveries, err := db.Deliveries(ctx, journal...)
	if err != nil {
		return nil, err
	}
	type key struct {
		journal   int64
		recipient string
	}
	said := make(map[key][]ledger.Delivery)
	for _, d := range deliveries {
		k := key{d.Journal, strings.ToLower(d.Original)}
		said[k] = append(said[k], d)
	}
	var out []ledger.RecipientFate
	all, err := db.fated(ctx, journal)
	if err != nil {
		return nil, fmt.Errorf("read recipients: %w", err)
	}
	for i := range all {
		f := &all[i]
		f.Delivery = furthest(said[key{f.Journal, strings.ToLower(f.Recipient)}])
		f.judge()
		out = append(out, f.RecipientFate)
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
		WHERE r.journal IN `+anyOf+`
		ORDER BY r.journal, r.rowid`, listOf(journal))
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
func furthest(list []ledger.Delivery) (best ledger.Delivery) {
	rank := map[ledger.Outcome]int{
		ledger.OutcomeDelivered: 3, ledger.OutcomePassed: 3,
		ledger.OutcomeDeferred: 2, ledger.OutcomeHeld: 2, ledger.OutcomeQueued: 2,
		ledger.OutcomeBounced: 1, ledger.OutcomeExpired: 1, ledger.OutcomeDiscarded: 1,
		ledger.OutcomeRejected: 1}
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
	case ledger.OutcomeDelivered, ledger.OutcomeBounced, ledger.OutcomeExpired, ledger.OutcomeDiscarded,
		ledger.OutcomeRejected:
		f.Fate = ledger.Fate(d.Outcome)
		return
	}
	switch f.state {
	case ledger.Delayed:
		f.Fate = ledger.FateDelayed
		return
	case ledger.Held, ledger.Releasing, ledger.Discarding:
		f.Fate = ledger.FateHeld
		if f.recalled {
			f.Fate = ledger.FateRecalled
		}
		return
	case ledger.Discarded:
		f.Fate, f.At = ledger.FateDiscarded, f.decided
		return
	case ledger.Released:
		if d.At.Before(f.decided) { // the log's last word is older
			f.Fate, f.At = ledger.FateReleased, f.decided
			return
		}
	}
	switch d.Outcome {
	case ledger.OutcomeDeferred:
		f.Fate = ledger.FateDeferred
	case ledger.OutcomeHeld:
		f.Fate = ledger.FateHeldByPostfix
	case ledger.OutcomePassed:
		f.Fate = ledger.FateDelivered // a filter that says no more was the last hop
	case ledger.OutcomeQueued:
		f.Fate = ledger.FateReleased
	default:
		f.Fate = ledger.FateUnknown
	}
}
