package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// maxSuspects bounds how many mails of an incident are listed. They are found where the
// attack was, so more of them means that a trait is nobody's.
const maxSuspects = 2000

// Suspects looks at the past again, from suspectSpan before an incident on, with what its
// mail showed: the sender's own mail with the same link, text or new network, and anybody's
// with the same link or from the very same address. They come oldest first.
func (db *DB) Suspects(ctx context.Context, i *ledger.Incident) ([]ledger.Suspect, error) {
	holds, err := db.Holds(ctx, ledger.HoldFilter{Incident: i.ID})
	if err != nil {
		return nil, err
	}
	var attack []*analyzer.Record
	clients := make(map[string]bool)
	for k := range holds {
		h := &holds[k]
		if !h.Tells || h.State == ledger.Releasing || h.State == ledger.Released {
			continue // found by its likeness, or the owner's after all
		}
		attack = append(attack, h.Record)
		if isNewNetwork(h.Record) {
			clients[h.Record.Envelope.Client.String()] = true
		}
	}
	if len(attack) == 0 {
		return nil, nil
	}
	trail := analyzer.NewTrail(attack)
	var out []ledger.Suspect
	err = db.candidates(ctx, i, holds, clients, func(r *analyzer.Record) bool {
		if traits := trail.Traits(&r.Observation); len(traits) > 0 {
			out = append(out, ledger.Suspect{Record: r, Traits: traits,
				Points: analyzer.Rescore(r, traits)})
		}
		return len(out) < maxSuspects
	})
	if err != nil {
		return nil, fmt.Errorf("look for earlier mail of incident %s: %w", i.Name(), err)
	}
	return out, nil
}

// isNewNetwork says whether a mail came from a network that was new to its sender.
func isNewNetwork(r *analyzer.Record) bool {
	return r.Verdict.Shows(analyzer.NetworkNew)
}

// candidates reads mail that no incident keeps, as long as take wants more: the sender's
// own, and others' that shares a mark or a client address with the incident.
func (db *DB) candidates(ctx context.Context, i *ledger.Incident, holds []ledger.Hold,
	clients map[string]bool, take func(*analyzer.Record) bool) error {
	first, _ := span(i, holds)
	rows, err := db.read.QueryContext(ctx, `SELECT
			`+recordColumns+`,
			(SELECT coalesce(group_concat(address, char(10)), '')
				FROM recipient WHERE journal = j.id)
		FROM journal j
		WHERE j.at >= ?
		  AND (j.sender = ?
			OR j.client IN `+anyOf+`
			OR j.id IN (SELECT m.journal
				FROM hold s
				JOIN mark a ON a.journal = s.journal
				JOIN mark m ON m.key = a.key
				WHERE `+attackMail+`))
		  AND NOT EXISTS (SELECT 1
			FROM hold h
			WHERE h.journal = j.id
			  AND h.incident IS NOT NULL)
		ORDER BY j.at, j.id`,
		first.Add(-suspectSpan).Unix(), i.Sender, listOf(slices.Collect(maps.Keys(clients))), i.ID)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var rcpts string
		r, err := db.scanRecord(rows, &rcpts)
		if err != nil {
			return err
		}
		if rcpts != "" {
			r.Envelope.Recipients = strings.Split(rcpts, "\n")
		}
		if !take(r) {
			return nil
		}
	}
	return rows.Err()
}
