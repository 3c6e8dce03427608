package store

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"hisseki/ledger"
)

// Timeline returns a sender's logins and mails in [since, until) as one list in order of
// time; a zero until means without end. What began before since and still went on is in it.
func (db *DB) Timeline(ctx context.Context, sender string, since, until time.Time) (
	[]ledger.Moment, error) {
	logins, err := db.logins(ctx, sender, since, until, loginsShown)
	if err != nil {
		return nil, err
	}
	var out []ledger.Moment
	for _, l := range logins {
		out = append(out, ledger.Moment{At: l.At, Until: l.Last, Kind: ledger.MomentKind(l.Result),
			Client: l.Client, Count: l.Count, Service: l.Service, Country: l.Country, Device: l.Device,
			Program: l.Program, Note: l.Note, Legacy: l.Legacy})
	}
	mails, err := db.mailMoments(ctx, sender, since, until)
	if err != nil {
		return nil, fmt.Errorf("read timeline of %s: %w", sender, err)
	}
	out = append(out, mails...)
	slices.SortStableFunc(out, func(a, b ledger.Moment) int { // logins before mails of the same second
		return cmp.Or(a.At.Compare(b.At), a.Until.Compare(b.Until))
	})
	return out, nil
}

func (db *DB) mailMoments(ctx context.Context, sender string, since, until time.Time) (
	[]ledger.Moment, error) {
	end := until.Unix()
	if until.IsZero() {
		end = 1 << 62
	}
	rows, err := db.read.QueryContext(ctx, `SELECT
			j.id,
			j.at,
			j.client,
			j.action,
			j.would,
			j.points,
			j.subject,
			(SELECT count(*) FROM recipient r WHERE r.journal = j.id)
		FROM journal j
		WHERE j.sender = ?
		  AND j.at >= ?
		  AND j.at < ?
		ORDER BY j.at, j.id`, sender, unix(since), end)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []ledger.Moment
	for rows.Next() {
		m := ledger.Moment{Kind: ledger.MomentMail, Count: 1}
		var at int64
		var client string
		if err := rows.Scan(&m.Journal, &at, &client, &m.Action, &m.Would, &m.Points, &m.Subject,
			&m.Recipients); err != nil {
			return nil, err
		}
		m.At = fromUnix(at)
		m.Until = m.At
		if client != "" {
			m.Client, _ = netip.ParseAddr(client)
		}
		out = append(out, m)
	}
	return out, rows.Err()
}
