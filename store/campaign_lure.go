package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// Bounds of what is looked at for lures: more mail of one attack shows the same.
const (
	maxLureMails = 500
	maxLures     = 50
)

// Lures returns what of incidents' links may be blocked, the most telling first: none
// that the organisation has known for a day, and those last that others sent before the
// attack.
func (db *DB) Lures(ctx context.Context, incidents ...int64) ([]ledger.Lure, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			`+recordColumns+`
		FROM hold s
		JOIN journal j ON j.id = s.journal
		WHERE s.incident IN `+anyID+`
		  AND s.defines_campaign = 1
		  AND s.state IN `+anyOf+`
		ORDER BY s.id
		LIMIT ?`, listOf(incidents), listOf(ledger.CampaignStates()), maxLureMails)
	if err != nil {
		return nil, fmt.Errorf("read lures: %w", err)
	}
	defer rows.Close()
	var attack []*analyzer.Record
	for rows.Next() {
		r, err := db.scanRecord(rows)
		if err != nil {
			return nil, fmt.Errorf("read lures: %w", err)
		}
		attack = append(attack, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read lures: %w", err)
	}
	list, _, err := db.rankLures(ctx, attack, wholeReach.sent)
	return list, wrapped("read lures", err)
}

// lureSeen is a lure with its mark.
type lureSeen struct {
	ledger.Lure
	key baseline.Key
}

// rankLures sums up the lures of an attack's mail. Whether somebody sent them before is asked of so many mails
// in all; cut says that there are more.
func (db *DB) rankLures(ctx context.Context, attack []*analyzer.Record, sent int) (out []ledger.Lure, cut bool, err error) {
	if len(attack) == 0 {
		return nil, false, nil
	}
	salt, err := db.Salt(ctx)
	if err != nil {
		return nil, false, err
	}
	list := collectLures(salt, attack)
	err = db.usual.with(ctx, db, func(org *baseline.Profile) {
		list = slices.DeleteFunc(list, func(l *lureSeen) bool { return analyzer.SiteKnown(org, l.key, db.now()) })
	})
	if err != nil {
		return nil, false, err
	}
	slices.SortStableFunc(list, func(a, b *lureSeen) int { return cmp.Compare(b.Mails, a.Mails) })
	list = list[:min(len(list), maxLures)]
	first, senders := attack[0].ID, map[string]bool{}
	for _, r := range attack {
		first = min(first, r.ID)
		senders[r.Envelope.Sender] = true
	}
	for _, l := range list {
		before, more, err := db.sentBefore(ctx, l.key, first, senders, sent/len(list))
		if err != nil {
			return nil, false, err
		}
		// What is not known is an innocent's, as far as a decision goes.
		l.Elsewhere, cut = before || more && sent == wholeReach.sent, cut || more
	}
	slices.SortStableFunc(list, func(a, b *lureSeen) int {
		return cmp.Or(order(a.Elsewhere, b.Elsewhere), cmp.Compare(b.Mails, a.Mails),
			cmp.Compare(b.Points, a.Points), cmp.Compare(a.Pattern, b.Pattern))
	})
	for _, l := range list {
		out = append(out, l.Lure)
	}
	return out, cut, nil
}

// order puts false before true.
func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

func collectLures(salt []byte, attack []*analyzer.Record) []*lureSeen {
	byPattern := make(map[string]*lureSeen)
	var list []*lureSeen
	for _, r := range attack {
		at := r.Envelope.Time
		for _, s := range analyzer.LureSites(salt, r) {
			l := byPattern[s.Pattern]
			if l == nil {
				l = &lureSeen{ledger.Lure{Pattern: s.Pattern, First: at, Last: at}, s.Key}
				byPattern[s.Pattern] = l
				list = append(list, l)
			}
			l.Mails++
			l.Points = max(l.Points, s.Points)
			seen := []time.Time{l.First, l.Last, at}
			l.First = slices.MinFunc(seen, time.Time.Compare)
			l.Last = slices.MaxFunc(seen, time.Time.Compare)
		}
	}
	return list
}

// sentBefore says whether anybody but some senders sent a mark before a record, in mail that
// belongs to no attack: in the latest so many with that mark. more says that nobody did in these, and
// that there are others.
func (db *DB) sentBefore(ctx context.Context, key baseline.Key, before int64,
	senders map[string]bool, most int) (sent, more bool, err error) {
	var names []string
	for name := range senders {
		names = append(names, name)
	}
	var one int
	err = db.read.QueryRowContext(ctx, `SELECT 1
		FROM (SELECT journal
			FROM mark
			WHERE key = ?
			  AND journal < ?
			ORDER BY journal DESC
			LIMIT ?) m
		JOIN journal j ON j.id = m.journal
		WHERE j.sender NOT IN `+anyOf+`
		  AND NOT EXISTS (SELECT 1
			FROM hold h
			WHERE h.journal = j.id
			  AND h.incident IS NOT NULL
			  AND h.defines_campaign = 1)
		LIMIT 1`, int64(key), before, most, listOf(names)).Scan(&one)
	if !errors.Is(err, sql.ErrNoRows) {
		return err == nil, false, err
	}
	err = db.read.QueryRowContext(ctx, `SELECT 1
		FROM mark
		WHERE key = ?
		  AND journal < ?
		ORDER BY journal DESC
		LIMIT 1 OFFSET ?`, int64(key), before, most).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	return false, err == nil, err
}
