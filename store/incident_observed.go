package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// EndPassed ends the incidents of which mode observe kept nothing, and that nobody decided in
// time. It returns how many those were.
func (db *DB) EndPassed(ctx context.Context, now time.Time) (int, error) {
	ids, err := db.observedOver(ctx, now)
	if err != nil {
		return 0, fmt.Errorf("look for incidents of mode observe: %w", err)
	}
	n := 0
	for _, id := range ids {
		_, done, err := db.EndIncident(ctx, id, ledger.Ending{To: ledger.IncidentEnded, By: "hisseki",
			Reason: "mode observe held nothing, and nobody decided in a week"})
		if err != nil {
			return n, err
		}
		if done {
			n++
		}
	}
	return n, nil
}

func (db *DB) observedOver(ctx context.Context, now time.Time) ([]int64, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			i.id,
			max(j.at),
			count(*) FILTER (WHERE h.state = ?1),
			count(*) FILTER (WHERE h.state != ?1)
		FROM incident i
		JOIN hold h ON h.incident = i.id
		JOIN journal j ON j.id = h.journal
		WHERE i.state = 'open'
		  AND NOT EXISTS (SELECT 1 FROM hold k WHERE k.incident = i.id AND k.state < ?1)
		  AND NOT EXISTS (SELECT 1 FROM hold k WHERE k.incident = i.id AND k.state > ?1)
		GROUP BY i.id`, ledger.Passed)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var ids []int64
	for rows.Next() {
		var id, last int64
		var passed, kept int
		if err := rows.Scan(&id, &last, &passed, &kept); err != nil {
			return nil, err
		}
		if ledger.ObservedOver(passed, kept, fromUnix(last), now) {
			ids = append(ids, id)
		}
	}
	return ids, rows.Err()
}

// eventID is a name that no other event has, as the triggers of incidents make it.
func eventID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails
	return hex.EncodeToString(id[:])
}

// noteKept says once more that an incident opened, when all its mail was passed and this
// is the first that is kept: commands were not told while hisseki only watched.
func noteKept(tx *sql.Tx, incident int64, r *analyzer.Record) error {
	// Three looks into the index, however many mails the incident has.
	_, err := tx.Exec(`INSERT INTO event (id, incident, kind, at, by, reason)
		SELECT ?5, ?1, ?2, ?3, '', ''
		WHERE EXISTS (SELECT 1 FROM hold WHERE incident = ?1 AND state = ?4)
		  AND NOT EXISTS (SELECT 1 FROM hold WHERE incident = ?1 AND state < ?4)
		  AND NOT EXISTS (SELECT 1 FROM hold WHERE incident = ?1 AND state > ?4)`,
		incident, ledger.EventOpened, r.Envelope.Time.Unix(), ledger.Passed, eventID())
	if err != nil {
		return fmt.Errorf("say that mail is kept now: %w", err)
	}
	return nil
}
