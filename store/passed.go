package store

import (
	"context"
	"fmt"
	"time"
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
		_, done, err := db.EndIncident(ctx, id, Ending{To: IncidentEnded, By: "hisseki",
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
