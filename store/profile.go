package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// Profile returns a sender's profile ("" is the organisation's) with every lesson of
// the store in it, and the id of the store's last lesson.
func (db *DB) Profile(ctx context.Context, sender string) (*baseline.Profile, int64, error) {
	past, err := db.profile(ctx, sender)
	return past.Profile, past.Last, err
}

// profile reads a saved profile and folds in the later lessons, one after another.
func (db *DB) profile(ctx context.Context, sender string) (past analyzer.Past, err error) {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return past, fmt.Errorf("read profile: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	var saved, last int64
	var data []byte
	err = tx.QueryRowContext(ctx, `SELECT lesson, data FROM profile WHERE sender = ?`, sender).
		Scan(&saved, &data)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return past, fmt.Errorf("read profile of %q: %w", sender, err)
	}
	p, err := readProfile(sender, data)
	if err != nil {
		return past, err
	}
	past.Profile = p
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
		return past, fmt.Errorf("read lessons of %q: %w", sender, err)
	}
	if past.Folded, err = foldRows(rows, sender, p); err != nil {
		return past, err
	}
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(id), 0) FROM lesson`).Scan(&last)
	if err != nil {
		return past, fmt.Errorf("read last lesson: %w", err)
	}
	past.Last = max(last, saved)
	return past, nil
}

// foldRows folds lessons, by sign and observation, into a profile, and closes them. It returns
// how many there were.
func foldRows(rows *sql.Rows, sender string, p *baseline.Profile) (n int, err error) {
	defer rows.Close()
	for rows.Next() {
		var sign int
		var o baseline.Observation
		if err := scanObservation(rows, &o, &sign); err != nil {
			return n, fmt.Errorf("read lessons of %q: %w", sender, err)
		}
		n++
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
		return n, fmt.Errorf("read lessons of %q: %w", sender, err)
	}
	return n, nil
}

// scanObservation reads a row whose last column is an observation.
func scanObservation(rows *sql.Rows, o *baseline.Observation, before ...any) error {
	var raw sql.RawBytes
	if err := rows.Scan(append(before, &raw)...); err != nil {
		return err
	}
	return o.UnmarshalBinary(raw)
}

// Past returns what is known of a sender, with his newest records since a time, at most
// most.
func (db *DB) Past(ctx context.Context, sender string, since time.Time, most int) (
	analyzer.Past, error) {
	past, recent, err := db.settled(ctx, sender, since)
	if err == nil && past.Profile == nil {
		past, err = db.profile(ctx, sender)
	}
	if err == nil && recent {
		past.Recent, err = db.newest(ctx, sender, since, most)
	}
	return past, err
}

// newest reads the columns that a sender's state is made of, the newest records first, and
// returns them oldest first.
func (db *DB) newest(ctx context.Context, sender string, since time.Time, most int) (
	[]analyzer.Recent, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			id,
			action,
			would,
			points,
			CASE WHEN at > (SELECT coalesce(max(closed), 0)
				FROM incident
				WHERE sender = ?1) THEN sum ELSE 0 END, -- a person's decision ended what was before
			observation
		FROM journal
		WHERE sender = ?1
		  AND at >= ?2
		ORDER BY at DESC, id DESC
		LIMIT ?3`, sender, unix(since), most)
	if err != nil {
		return nil, fmt.Errorf("read recent mail of %q: %w", sender, err)
	}
	defer rows.Close()
	var out []analyzer.Recent
	for rows.Next() {
		var r analyzer.Recent
		var obs sql.RawBytes
		if err := rows.Scan(&r.ID, &r.Action, &r.Would, &r.Points, &r.Sum, &obs); err != nil {
			return nil, fmt.Errorf("read recent mail of %q: %w", sender, err)
		}
		if err := r.Observation.UnmarshalBinary(obs); err != nil {
			return nil, fmt.Errorf("journal row %d: %w", r.ID, err)
		}
		out = append(out, r)
	}
	slices.Reverse(out)
	return out, rows.Err()
}

// Sightings returns for each mark the last records that carry it, at most most.
func (db *DB) Sightings(ctx context.Context, marks []baseline.Key, most int) (
	[][]analyzer.Sighting, error) {
	out := make([][]analyzer.Sighting, len(marks))
	for i, mark := range marks {
		var err error
		if out[i], err = db.sightings(ctx, mark, most); err != nil {
			return nil, fmt.Errorf("look for mail with the same mark: %w", err)
		}
	}
	return out, nil
}

func (db *DB) sightings(ctx context.Context, mark baseline.Key, most int) (
	list []analyzer.Sighting, err error) {
	rows, err := db.read.QueryContext(ctx, `SELECT j.at, j.sender, j.would
		FROM (SELECT journal FROM mark WHERE key = ? ORDER BY journal DESC LIMIT ?) m
		JOIN journal j ON j.id = m.journal
		ORDER BY m.journal`, int64(mark), most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s analyzer.Sighting
		var at int64
		if err := rows.Scan(&at, &s.Sender, &s.Would); err != nil {
			return nil, err
		}
		s.At = time.Unix(at, 0).UTC()
		list = append(list, s)
	}
	return list, rows.Err()
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
		FROM (SELECT 1) one
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
// purged. One whose sender was forgotten since is not kept: nobody would erase it.
func (db *DB) SaveProfiles(ctx context.Context, list ...analyzer.Saved) error {
	if len(list) == 0 {
		return nil
	}
	return db.update(ctx, func(tx *sql.Tx) error {
		for _, s := range list {
			_, err := tx.Exec(`INSERT INTO profile (sender, lesson, data, updated, extent)
				SELECT ?1, ?2, ?3, ?4, ?5
				WHERE NOT EXISTS (SELECT 1 FROM lesson
					WHERE sender = ?1
					  AND id > ?2
					  AND sign = 0)
				ON CONFLICT (sender) DO UPDATE SET
					lesson = excluded.lesson,
					data = excluded.data,
					updated = excluded.updated,
					extent = excluded.extent
				WHERE excluded.lesson >= profile.lesson`,
				s.Sender, s.Last, s.Data, db.now().Unix(), s.Extent)
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
	if err = rows.Err(); err == nil && len(out) > 0 {
		err = db.settle(ctx)
	}
	return out, wrapped("read lessons", err)
}
