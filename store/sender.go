package store

import (
	"context"
	"fmt"
	"time"

	"hisseki/ledger"
)

// Senders returns the senders of the journal's mail, busiest first.
func (db *DB) Senders(ctx context.Context, f ledger.SenderFilter) ([]ledger.Sender, error) {
	var w where
	w.add("j.at != 0") // else forgotten
	if f.Name != "" {
		w.add("j.sender = ?", f.Name)
	}
	if f.Class != "" {
		w.add("j.class = ?", f.Class)
	}
	if !f.Since.IsZero() {
		w.add("j.at >= ?", f.Since.Unix())
	}
	// With one max(), SQLite takes the bare column class from the newest row.
	rows, err := db.read.QueryContext(ctx, `SELECT
			s.sender,
			s.class,
			s.mails,
			s.learned,
			s.kept,
			s.odd,
			(SELECT min(at) FROM journal j WHERE j.sender = s.sender AND j.at >= ?),
			s.last
		FROM (SELECT
				j.sender,
				j.class,
				count(*) AS mails,
				sum(j.learned) AS learned,
				count(h.id) AS kept,
				sum(j.would != 'pass') AS odd,
				max(j.at) AS last
			FROM journal j
			LEFT JOIN hold h ON h.journal = j.id
			WHERE `+w.text()+`
			GROUP BY j.sender) s
		ORDER BY s.mails DESC, s.sender
		LIMIT ?`, append(append([]any{unix(f.Since)}, w.args...), anyLimit(f.Limit))...)
	if err != nil {
		return nil, fmt.Errorf("read senders: %w", err)
	}
	defer rows.Close()
	var out []ledger.Sender
	for rows.Next() {
		var s ledger.Sender
		var first, last int64
		if err := rows.Scan(&s.Name, &s.Class, &s.Mails, &s.Learned, &s.Kept, &s.Odd,
			&first, &last); err != nil {
			return nil, fmt.Errorf("read senders: %w", err)
		}
		s.First, s.Last = time.Unix(first, 0).UTC(), time.Unix(last, 0).UTC()
		out = append(out, s)
	}
	return out, rows.Err()
}
