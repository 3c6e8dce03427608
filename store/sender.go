package store

import (
	"context"
	"fmt"
	"time"

	"hisseki/analyzer"
)

// Sender is what the journal knows of a sender.
type Sender struct {
	Name    string
	Class   analyzer.Class // of the newest mail
	Mails   int
	Learned int
	Kept    int // delayed or held, whatever became of them
	Odd     int // that mode enforce would delay or hold
	First   time.Time
	Last    time.Time
}

// SenderFilter chooses senders; zero fields choose all.
type SenderFilter struct {
	Name  string
	Class analyzer.Class
	Since time.Time // counts mail from then on only
	Limit int       // the senders with the most mail
}

// Senders returns the senders of the journal's mail, busiest first.
func (db *DB) Senders(ctx context.Context, f SenderFilter) ([]Sender, error) {
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
	var out []Sender
	for rows.Next() {
		var s Sender
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
