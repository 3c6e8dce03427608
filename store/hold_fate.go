package store

import (
	"context"
	"fmt"
	"strings"

	"hisseki/ledger"
)

// fated is a recipient with the hold of its mail, if there is one.
type fated struct {
	ledger.RecipientFate
	hold ledger.Keeping
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
		f.Delivery = ledger.Furthest(said[key{f.Journal, strings.ToLower(f.Recipient)}])
		f.Judge(f.hold)
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
			coalesce(h.recalled, 0) != 0,
			coalesce(h.decided, 0)
		FROM recipient r
		LEFT JOIN hold h ON h.journal = r.journal
		WHERE r.journal IN `+anyID+`
		ORDER BY r.journal, r.rowid`, listOf(journal))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []fated
	for rows.Next() {
		var f fated
		var decided int64
		if err := rows.Scan(&f.Journal, &f.Recipient, &f.Domain, &f.hold.State,
			&f.hold.Recalled, &decided); err != nil {
			return nil, err
		}
		f.hold.Decided = fromUnix(decided)
		out = append(out, f)
	}
	return out, rows.Err()
}
