package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// passedSpan is how long after its last mail an incident stays open of which nothing is
// kept: mode observe let all of it go. Without an end it would keep its sender's mail from
// being purged.
const passedSpan = 7 * 24 * time.Hour

// EndPassed ends the incidents that mode observe opened and that nobody decided in
// passedSpan. It returns how many those were.
func (db *DB) EndPassed(ctx context.Context, now time.Time) (int, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT i.id
		FROM incident i
		JOIN hold h ON h.incident = i.id
		JOIN journal j ON j.id = h.journal
		WHERE i.state = 'open'
		GROUP BY i.id
		HAVING min(h.state = 'passed') = 1
		   AND max(j.at) < ?`, now.Add(-passedSpan).Unix())
	if err != nil {
		return 0, fmt.Errorf("look for incidents of mode observe: %w", err)
	}
	ids, err := ints(rows)
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

// seriousNow says once more that an incident opened, when all its mail was passed and this
// is the first that is kept: commands were not told while hisseki only watched.
func seriousNow(tx *sql.Tx, incident int64, r *analyzer.Record) error {
	// Three looks into the index, however many mails the incident has.
	_, err := tx.Exec(`INSERT INTO event (id, incident, kind, at, by, reason)
		SELECT lower(hex(randomblob(16))), ?1, ?2, ?3, '', ''
		WHERE EXISTS (SELECT 1 FROM hold WHERE incident = ?1 AND state = 'passed')
		  AND NOT EXISTS (SELECT 1 FROM hold WHERE incident = ?1 AND state < 'passed')
		  AND NOT EXISTS (SELECT 1 FROM hold WHERE incident = ?1 AND state > 'passed')`,
		incident, ledger.EventOpened, r.Envelope.Time.Unix())
	if err != nil {
		return fmt.Errorf("say that mail is kept now: %w", err)
	}
	return nil
}
