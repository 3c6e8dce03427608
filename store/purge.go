package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"hisseki/analyzer"
)

// Purged counts what a purge removed.
type Purged struct {
	Mails    int // journal rows, with their recipients, lessons and ended holds
	Excerpts int
	Folded   int // profiles saved because their lessons were about to go
	Strange  int // old notes of mail that is not ours
	Logins   int // attempts to log in
}

const (
	// purgeBatch bounds what one transaction deletes: mail waits behind it.
	purgeBatch = 200
	// lessonGrace leaves other processes time to read a lesson: they look every second.
	lessonGrace = time.Hour
)

// purgeable chooses journal rows that nobody needs any more: older than the first
// argument, not kept in the queue, not part of an open incident (a confirmation unlearns
// its mail), and without a lesson that is newer than the second.
const purgeable = `j.at < ?
	AND j.at != 0
	AND NOT EXISTS (SELECT 1 FROM hold h
		WHERE h.journal = j.id
		  AND h.state IN ('delayed', 'held', 'releasing', 'discarding', 'recalling'))
	AND NOT EXISTS (SELECT 1 FROM incident i
		WHERE i.sender = j.sender
		  AND i.state = 'open'
		  AND j.id >= i.first_journal)
	AND NOT EXISTS (SELECT 1 FROM lesson l
		WHERE l.journal = j.id
		  AND l.at > ?)`

// maxLogins bounds what one purge removes: mail waits behind it.
const maxLogins = 20_000

// purgeLogins forgets old attempts to log in, but not those of an account whose incident is
// open: they are part of its story.
func purgeLogins(tx *sql.Tx, before int64) (int, error) {
	return affected(tx.Exec(`DELETE FROM login
		WHERE id IN (SELECT l.id
			FROM login l
			WHERE l.last < ?
			  AND NOT EXISTS (SELECT 1 FROM incident i
				WHERE i.sender = l.sender
				  AND i.state = 'open')
			LIMIT ?)`, before, maxLogins))
}

// purgePositions forgets files that were read long ago, but not a source's last one.
func purgePositions(tx *sql.Tx, before int64) error {
	_, err := tx.Exec(`DELETE FROM log_position
		WHERE at < ?
		  AND at < (SELECT max(at) FROM log_position p WHERE p.source = log_position.source)`, before)
	return err
}

// purgeEvents forgets what hooks were told of incidents that ended long ago, what those
// incidents showed, and the Message-IDs of own mail: each is good for an hour.
func purgeEvents(tx *sql.Tx, before int64) error {
	_, err := tx.Exec(`DELETE FROM event
		WHERE at < ?
		  AND incident NOT IN (SELECT id FROM incident WHERE state = 'open')`, before)
	if err != nil {
		return err
	}
	if err := dropCampaign(tx, "state != 'open' AND closed < ?", before); err != nil {
		return err
	}
	_, err = tx.Exec(`DELETE FROM own_mail WHERE at < ?`, before)
	return err
}

// Purge removes what is older than keep, and excerpts whose time is over. Before a lesson
// goes, the profiles that it belongs to are saved with it. It may be interrupted at any
// moment and run beside a daemon.
func (db *DB) Purge(ctx context.Context, now time.Time, keep time.Duration) (p Purged, err error) {
	if keep <= 0 {
		return p, fmt.Errorf("purge: cannot keep mail for %s", keep)
	}
	before, lessons := now.Add(-keep).Unix(), now.Add(-lessonGrace).Unix()
	err = db.update(ctx, func(tx *sql.Tx) error {
		var err error
		p.Excerpts, err = affected(tx.Exec(`UPDATE hold SET excerpt = '', excerpt_until = 0
			WHERE excerpt != '' AND excerpt_until <= ?`, now.Unix()))
		if err != nil {
			return err
		}
		if err := purgeEvents(tx, before); err != nil {
			return err
		}
		p.Strange, err = affected(tx.Exec(`DELETE FROM unknown_mail WHERE seen < ?`, before))
		if err != nil {
			return err
		}
		p.Logins, err = purgeLogins(tx, before)
		if err != nil {
			return err
		}
		return purgePositions(tx, before)
	})
	if err != nil {
		return p, fmt.Errorf("purge: %w", err)
	}
	if p.Mails, err = db.purgeForgotten(ctx, lessons); err != nil {
		return p, fmt.Errorf("purge: %w", err)
	}
	for ctx.Err() == nil {
		ids, err := db.purgeable(ctx, before, lessons)
		if err != nil || len(ids) == 0 {
			return p, err
		}
		folded, err := db.fold(ctx, ids)
		p.Folded += folded
		if err != nil {
			return p, fmt.Errorf("purge: %w", err)
		}
		n, err := db.remove(ctx, ids, before, lessons)
		p.Mails += n
		if err != nil || n == 0 { // 0: all changed meanwhile, the next purge will see
			return p, err
		}
	}
	return p, ctx.Err()
}

func (db *DB) purgeable(ctx context.Context, before, lessons int64) ([]int64, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT j.id
		FROM journal j
		WHERE `+purgeable+`
		ORDER BY j.at
		LIMIT ?`, before, lessons, purgeBatch)
	if err != nil {
		return nil, fmt.Errorf("read what to purge: %w", err)
	}
	ids, err := ints(rows)
	if err != nil {
		return nil, fmt.Errorf("read what to purge: %w", err)
	}
	return ids, nil
}

// unfolded chooses lessons (l) that a saved profile (p) does not hold yet.
const unfolded = `FROM lesson l
	LEFT JOIN profile p ON p.sender = l.sender
	LEFT JOIN profile o ON o.sender = ''
	WHERE (l.id > coalesce(p.lesson, 0) OR l.id > coalesce(o.lesson, 0))`

// fold saves the profiles whose lessons from these records are not in them yet.
func (db *DB) fold(ctx context.Context, ids []int64) (int, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT DISTINCT l.sender `+unfolded+`
		AND l.journal IN `+anyOf, listOf(ids))
	if err != nil {
		return 0, fmt.Errorf("read unsaved lessons: %w", err)
	}
	defer rows.Close()
	var senders []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return 0, fmt.Errorf("read unsaved lessons: %w", err)
		}
		senders = append(senders, s)
	}
	if err := rows.Err(); err != nil || len(senders) == 0 {
		return 0, err
	}
	for i, s := range append(senders, "") {
		profile, last, err := db.Profile(ctx, s)
		if err != nil {
			return i, err
		}
		if err := db.SaveProfiles(ctx, analyzer.NewSaved(s, profile, last)); err != nil {
			return i, err
		}
	}
	return len(senders) + 1, nil
}

// remove deletes those of the records that still may go, with all that hangs on them.
func (db *DB) remove(ctx context.Context, ids []int64, before, lessons int64) (n int, err error) {
	err = db.update(ctx, func(tx *sql.Tx) error {
		rows, err := tx.Query(`SELECT j.id
			FROM journal j
			WHERE j.id IN `+anyOf+`
			  AND `+purgeable+`
			  AND NOT EXISTS (SELECT 1 `+unfolded+` AND l.journal = j.id)`,
			listOf(ids), before, lessons)
		if err != nil {
			return err
		}
		ids, err = ints(rows)
		if err != nil {
			return err
		}
		for _, id := range ids {
			for _, query := range []string{
				`DELETE FROM lesson WHERE journal = ?`,
				`DELETE FROM hold WHERE journal = ?`,
				`DELETE FROM journal WHERE id = ?`, // recipients and deliveries follow
			} {
				if _, err := tx.Exec(query, id); err != nil {
					return err
				}
			}
		}
		n = len(ids)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("purge journal: %w", err)
	}
	return n, nil
}
