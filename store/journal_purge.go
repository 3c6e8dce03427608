package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Purged counts what a purge removed.
type Purged struct {
	Mails    int // journal rows, with their recipients, lessons and ended holds
	Excerpts int
	Folded   int // profiles saved because their lessons were about to go
	Logins   int // attempts to log in
	// Oldest is when the oldest mail was sent that may still be unlearned: what profiles
	// hold of earlier mail is there for good. It is three days ago at most, of which mail is
	// judged day by day.
	Oldest time.Time
}

// foldBatch is how many profiles are saved at once: a profile has some KB.
const foldBatch = 8

// lessonGrace leaves other processes time to read a lesson: they look every second.
const lessonGrace = time.Hour

// purgeable says of a journal row (j) that nobody needs it any more: not kept in the
// queue, not part of an open incident (a confirmation unlearns its mail), and without a
// lesson that is newer than the argument.
var purgeable = `NOT EXISTS (SELECT 1 FROM hold h
		WHERE h.journal = j.id
		  AND h.state IN ` + literals(ledger.InQueue) + `)
	AND NOT EXISTS (SELECT 1 FROM incident i
		WHERE i.sender = j.sender
		  AND i.state = 'open'
		  AND j.id >= i.first_journal)
	AND NOT EXISTS (SELECT 1 FROM lesson l
		WHERE l.journal = j.id
		  AND l.at > ?)`

// Purge removes what is older than keep, and excerpts whose time is over. Before a lesson
// goes, the profiles that it belongs to are saved with it. It works in small steps beside a
// daemon, may be interrupted at any moment, and goes on where it was when it is run again.
func (db *DB) Purge(ctx context.Context, now time.Time, keep time.Duration) (p Purged, err error) {
	if keep <= 0 {
		return p, fmt.Errorf("purge: cannot keep mail for %s", keep)
	}
	s := &purge{sweeper: db.sweeper(ctx), now: now.Unix(), before: now.Add(-keep).Unix(),
		lessons: now.Add(-lessonGrace).Unix()}
	s.later = db.onServer()
	for _, part := range []func() error{s.excerpts, s.mails, s.forgotten, s.events, s.campaigns,
		s.logins, s.seen, s.positions} {
		if err := part(); err != nil {
			return s.done, fmt.Errorf("purge: %w", err)
		}
	}
	if s.done.Oldest, err = db.oldest(ctx, now.Add(-settleAfter)); err != nil {
		return s.done, fmt.Errorf("purge: %w", err)
	}
	if err := db.settle(ctx); err != nil { // what is said to be gone stays so
		return s.done, fmt.Errorf("purge: %w", err)
	}
	return s.done, wrapped("purge", db.wipe(ctx))
}

// settleAfter is how long a profile's days are kept apart at least.
const settleAfter = 3 * 24 * time.Hour

// oldest returns the time of the oldest mail before latest that is learned, else latest. What
// is not learned now, such as mail that nobody decided about, can only be learned.
func (db *DB) oldest(ctx context.Context, latest time.Time) (time.Time, error) {
	var at int64
	err := db.read.QueryRowContext(ctx, `SELECT at
		FROM journal
		WHERE at > 0
		  AND at < ?
		  AND learned = 1
		ORDER BY at
		LIMIT 1`, latest.Unix()).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return latest, nil
	}
	return time.Unix(at, 0).UTC(), wrapped("look for the oldest mail", err)
}

// purge is one run. Times are unix seconds.
type purge struct {
	*sweeper
	now     int64
	before  int64 // what is older goes
	lessons int64 // lessons that are younger stay
	done    Purged
}

// excerpts empties those whose time is over.
func (s *purge) excerpts() (err error) {
	s.done.Excerpts, err = s.all(s.rows(`SELECT id FROM hold
		WHERE id > ?
		  AND excerpt != ''
		  AND excerpt_until <= ?
		ORDER BY id
		LIMIT ?`, s.now),
		deletion(`UPDATE hold SET excerpt = '', excerpt_until = 0 WHERE id IN `+anyID))
	return err
}

// events forgets what hooks were told of incidents that ended long ago, and own mail, with
// its recipients, that TakeOwnMail does not take any more.
func (s *purge) events() error {
	_, err := s.all(s.rows(`SELECT n FROM event
		WHERE n > ?
		  AND at < ?
		  AND incident NOT IN (SELECT id FROM incident WHERE state = 'open')
		ORDER BY n
		LIMIT ?`, s.before), deletion(`DELETE FROM event WHERE n IN `+anyID))
	if err != nil {
		return err
	}
	return s.db.share(s.ctx, func(tx *sql.Tx) error { // one row for each alert
		_, err := tx.Exec(`DELETE FROM own_mail WHERE at < ?`, s.now-int64(ownMailFor.Seconds()))
		return err
	})()
}

// campaigns forgets what incidents showed that ended long ago.
func (s *purge) campaigns() error {
	for _, table := range []string{"incident_mark", "incident_text"} {
		_, err := s.all(s.rows(`SELECT c.id
			FROM `+table+` c
			JOIN incident i ON i.id = c.incident
			WHERE c.id > ?
			  AND i.state != 'open'
			  AND i.closed < ?
			ORDER BY c.id
			LIMIT ?`, s.before), deletion(`DELETE FROM `+table+` WHERE id IN `+anyID))
		if err != nil {
			return err
		}
	}
	return nil
}

// positions forgets files that were read long ago, but not a source's last one.
func (s *purge) positions() error {
	return s.db.share(s.ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM log_position
			WHERE at < ?
			  AND at < (SELECT max(at) FROM log_position p WHERE p.source = log_position.source)`,
			s.before)
		return err
	})()
}

// aged is a row by when it was.
type aged struct{ at, id int64 }

// oldest calls remove with the ids of rows that may go, page after page in the order of their
// times. query gets a place in that order (?1, ?2), a limit (?3) and its arguments, and
// returns the rows that follow there: time, id, and whether it may go. Those that may not
// are passed by: they are looked at once in a purge, however many there are.
func (s *purge) oldest(query string, args []any, remove func(ids []int64) error) error {
	for last := (aged{at: math.MinInt64}); ; {
		ids, end, err := s.page(query, append([]any{last.at, last.id, pageSize}, args...))
		if err != nil || end == (aged{}) {
			return err
		}
		if err := remove(ids); err != nil {
			return err
		}
		last = end
	}
}

// page returns the ids of a query's rows that may go, and the last row, zero for no rows.
func (s *purge) page(query string, args []any) (ids []int64, last aged, err error) {
	rows, err := s.db.read.QueryContext(s.ctx, query, args...)
	if err != nil {
		return nil, last, err
	}
	defer rows.Close()
	for rows.Next() {
		var due bool
		if err := rows.Scan(&last.at, &last.id, &due); err != nil {
			return nil, last, err
		}
		if due {
			ids = append(ids, last.id)
		}
	}
	return ids, last, rows.Err()
}

// logins forgets old attempts to log in, but not those of an account whose incident is
// open: they are part of its story.
func (s *purge) logins() error {
	const old = `SELECT
			l.last,
			l.id,
			NOT EXISTS (SELECT 1 FROM incident i WHERE i.sender = l.sender AND i.state = 'open')
		FROM login l
		WHERE (l.last, l.id) > (?1, ?2)
		  AND l.last < ?4
		ORDER BY l.last, l.id
		LIMIT ?3`
	return s.oldest(old, []any{s.before}, func(ids []int64) error {
		n, err := s.steps(ids, deletion(`DELETE FROM login WHERE id IN `+anyID))
		s.done.Logins += n
		return err
	})
}

// mails forgets journal rows and all that hangs on them.
func (s *purge) mails() error {
	old := `WITH j AS MATERIALIZED (SELECT at, id, sender
			FROM journal
			WHERE (at, id) > (?1, ?2)
			  AND at < ?4
			  AND at != 0
			ORDER BY at, id
			LIMIT ?3)
		SELECT at, id, ` + purgeable + `
		FROM j`
	return s.oldest(old, []any{s.before, s.lessons}, func(ids []int64) error {
		if err := s.fold(ids); err != nil {
			return err
		}
		n, err := s.steps(ids, s.remove)
		s.done.Mails += n
		return err
	})
}

// unfolded chooses lessons (l) that a saved profile (p) does not hold yet.
const unfolded = `FROM lesson l
	LEFT JOIN profile p ON p.sender = l.sender
	LEFT JOIN profile o ON o.sender = ''
	WHERE (l.id > coalesce(p.lesson, 0) OR l.id > coalesce(o.lesson, 0))`

// removable chooses those of some records that may go, and whose lessons are folded.
var removable = `SELECT j.id
	FROM journal j
	WHERE j.id IN ` + anyID + `
	  AND ` + purgeable + `
	  AND NOT EXISTS (SELECT 1 ` + unfolded + ` AND l.journal = j.id)`

// remove deletes those of the records that still may go, with all that hangs on them.
func (s *purge) remove(tx *sql.Tx, ids string) (int, error) {
	if s.db.onServer() {
		return s.removeAtOnce(tx, ids)
	}
	rows, err := tx.Query(removable, ids, s.lessons)
	if err != nil {
		return 0, err
	}
	list, err := ints(rows)
	if err != nil {
		return 0, err
	}
	return deletion(
		`DELETE FROM lesson WHERE journal IN `+anyID,
		`DELETE FROM hold WHERE journal IN `+anyID,
		`DELETE FROM journal WHERE id IN `+anyID, // recipients and deliveries follow
	)(tx, listOf(list))
}

// fold saves the profiles whose lessons from these records are not in them yet.
func (s *purge) fold(ids []int64) error {
	senders, err := s.unsaved(ids)
	if err != nil || len(senders) == 0 {
		return err
	}
	for list := append(senders, ""); len(list) > 0; {
		n := min(foldBatch, len(list))
		if err := s.save(list[:n]...); err != nil {
			return err
		}
		s.done.Folded += n
		list = list[n:]
	}
	return nil
}

// save folds senders' lessons into their saved profiles, and leaves the store to others for
// as long as that took.
func (s *purge) save(senders ...string) error {
	begun := time.Now()
	list := make([]analyzer.Saved, len(senders))
	for i, name := range senders {
		p, last, err := s.db.Profile(s.ctx, name)
		if err != nil {
			return err
		}
		list[i] = analyzer.NewSaved(name, p, last)
	}
	if err := s.db.SaveProfiles(s.ctx, list...); err != nil {
		return err
	}
	return s.pause(time.Since(begun))
}

// unsaved returns the senders of these records' lessons that a profile does not hold yet.
func (s *purge) unsaved(ids []int64) (senders []string, err error) {
	rows, err := s.db.read.QueryContext(s.ctx, `SELECT DISTINCT l.sender `+unfolded+`
		AND l.journal IN `+anyID, listOf(ids))
	if err != nil {
		return nil, fmt.Errorf("read unsaved lessons: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("read unsaved lessons: %w", err)
		}
		senders = append(senders, name)
	}
	return senders, rows.Err()
}

// traces chooses rows (j) of forgotten senders of which nobody needs the lessons any more:
// every process has read them, and the organisation's saved profile holds them.
const traces = `FROM journal j
	WHERE j.at = 0
	  AND NOT EXISTS (SELECT 1 FROM lesson l
		WHERE l.journal = j.id
		  AND (l.at > ? OR l.id > (SELECT lesson FROM profile WHERE sender = '')))`

// forgotten erases the last traces of forgotten senders.
func (s *purge) forgotten() error {
	var waiting bool
	if err := s.db.read.QueryRowContext(s.ctx, `SELECT EXISTS (SELECT 1 FROM journal WHERE at = 0)`).
		Scan(&waiting); err != nil || !waiting {
		return err
	}
	if err := s.save(""); err != nil {
		return err
	}
	n, err := s.all(s.rows(`SELECT id FROM journal WHERE at = 0 AND id > ? ORDER BY id LIMIT ?`),
		s.erase)
	s.done.Mails += n
	return err
}

func (s *purge) erase(tx *sql.Tx, ids string) (int, error) {
	rows, err := tx.Query(`SELECT j.id `+traces+` AND j.id IN `+anyID, s.lessons, ids)
	if err != nil {
		return 0, err
	}
	due, err := ints(rows)
	if err != nil {
		return 0, err
	}
	if len(due) == 0 {
		return 0, nil
	}
	if err := askRewrite(tx); err != nil {
		return 0, err
	}
	return deletion(
		// Saved by a daemon that had not heard yet. What came since is folded in again.
		`DELETE FROM profile
			WHERE sender IN (SELECT sender FROM lesson WHERE sign = 0 AND journal IN `+anyID+`)`,
		`DELETE FROM lesson WHERE journal IN `+anyID,
		`DELETE FROM journal WHERE id IN `+anyID,
	)(tx, listOf(due))
}
