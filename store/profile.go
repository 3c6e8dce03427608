package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// Profile returns a sender's profile ("" is the organisation's) with every lesson of
// the store in it, and the id of the store's last lesson.
func (db *DB) Profile(ctx context.Context, sender string) (*baseline.Profile, int64, error) {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, 0, fmt.Errorf("read profile: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	var saved, last int64
	var data []byte
	err = tx.QueryRowContext(ctx, `SELECT lesson, data FROM profile WHERE sender = ?`, sender).
		Scan(&saved, &data)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, 0, fmt.Errorf("read profile of %q: %w", sender, err)
	}
	p, err := readProfile(sender, data)
	if err != nil {
		return nil, 0, err
	}
	cond, args := "l.id > ?", []any{saved}
	if sender != "" {
		cond, args = "l.sender = ? AND l.id > ?", []any{sender, saved}
	}
	rows, err := tx.QueryContext(ctx, `SELECT
			l.sign,
			j.observation
		FROM lesson l
		JOIN journal j ON j.id = l.journal
		WHERE `+cond+`
		ORDER BY l.id`, args...)
	if err != nil {
		return nil, 0, fmt.Errorf("read lessons of %q: %w", sender, err)
	}
	defer rows.Close()
	for rows.Next() {
		var sign int
		var obs []byte
		if err := rows.Scan(&sign, &obs); err != nil {
			return nil, 0, fmt.Errorf("read lessons of %q: %w", sender, err)
		}
		var o baseline.Observation
		if err := o.UnmarshalBinary(obs); err != nil {
			return nil, 0, err
		}
		switch {
		case sign > 0:
			p.Learn(&o)
		case sign < 0:
			p.Unlearn(&o)
		case sender != "": // forgotten up to here
			*p = baseline.Profile{}
		}
	}
	if err := rows.Err(); err != nil {
		return nil, 0, fmt.Errorf("read lessons of %q: %w", sender, err)
	}
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM lesson`).Scan(&last)
	if err != nil {
		return nil, 0, fmt.Errorf("read last lesson: %w", err)
	}
	return p, max(last, saved), nil
}

// Past returns what is known of a sender, with the records since a time.
func (db *DB) Past(ctx context.Context, sender string, since time.Time) (
	past analyzer.Past, err error) {
	recent := true
	if sender != "" {
		past, recent, err = db.settled(ctx, sender, since)
	}
	if err == nil && past.Profile == nil {
		past.Profile, past.Last, err = db.Profile(ctx, sender)
	}
	if err == nil && recent {
		past.Recent, err = db.Recent(ctx, sender, since)
	}
	return past, err
}

// settled returns the profile of a sender of whom nothing is to be folded in, else none, and
// whether there are records since a time. Most mail of senders not in memory needs no more
// than this one statement.
func (db *DB) settled(ctx context.Context, sender string, since time.Time) (
	past analyzer.Past, recent bool, err error) {
	var data []byte
	var later bool
	err = db.read.QueryRowContext(ctx, `SELECT
			coalesce(p.lesson, 0),
			p.data,
			EXISTS (SELECT 1 FROM lesson l WHERE l.sender = ?1 AND l.id > coalesce(p.lesson, 0)),
			EXISTS (SELECT 1 FROM journal j WHERE j.sender = ?1 AND j.at >= ?2)
		FROM (SELECT 1)
		LEFT JOIN profile p ON p.sender = ?1`, sender, unix(since)).
		Scan(&past.Last, &data, &later, &recent)
	if err != nil {
		return past, false, fmt.Errorf("read the past of %q: %w", sender, err)
	}
	if !later {
		past.Profile, err = readProfile(sender, data)
	}
	return past, recent, err
}

// readProfile decodes a saved profile; nil data is a sender's that has none.
func readProfile(sender string, data []byte) (*baseline.Profile, error) {
	p := &baseline.Profile{}
	if data == nil {
		return p, nil
	}
	if err := p.UnmarshalBinary(data); err != nil {
		return nil, fmt.Errorf("profile of %q: %w", sender, err)
	}
	return p, nil
}

// SaveProfiles keeps profiles in one transaction, each with the last lesson in it. When the
// store already has one with a later lesson, that one stays: lessons up to there may be
// purged.
func (db *DB) SaveProfiles(ctx context.Context, list ...analyzer.Saved) error {
	if len(list) == 0 {
		return nil
	}
	data := make([][]byte, len(list))
	for i, s := range list {
		var err error
		if data[i], err = s.Profile.MarshalBinary(); err != nil {
			return fmt.Errorf("save profile of %q: %w", s.Sender, err)
		}
	}
	return db.update(ctx, func(tx *sql.Tx) error {
		for i, s := range list {
			_, err := tx.Exec(`INSERT INTO profile (sender, lesson, data, updated)
				VALUES (?, ?, ?, ?)
				ON CONFLICT (sender) DO UPDATE SET
					lesson = excluded.lesson,
					data = excluded.data,
					updated = excluded.updated
				WHERE excluded.lesson >= profile.lesson`,
				s.Sender, s.Last, data[i], db.now().Unix())
			if err != nil {
				return fmt.Errorf("save profile of %q: %w", s.Sender, err)
			}
		}
		return nil
	})
}

// Lessons returns at most limit lessons after an id, in order.
func (db *DB) Lessons(ctx context.Context, after int64, limit int) ([]analyzer.Lesson, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT l.id, l.journal, l.sender, l.sign, j.observation
		FROM lesson l
		JOIN journal j ON j.id = l.journal
		WHERE l.id > ?
		ORDER BY l.id
		LIMIT ?`, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read lessons: %w", err)
	}
	defer rows.Close()
	var out []analyzer.Lesson
	for rows.Next() {
		var l analyzer.Lesson
		var obs []byte
		if err := rows.Scan(&l.ID, &l.Record, &l.Sender, &l.Sign, &obs); err != nil {
			return nil, fmt.Errorf("read lessons: %w", err)
		}
		if err := l.Obs.UnmarshalBinary(obs); err != nil {
			return nil, fmt.Errorf("lesson %d: %w", l.ID, err)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}
