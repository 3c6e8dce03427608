package store

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"hisseki/baseline"
	"hisseki/ledger"
)

// oddMail chooses what index journal_odd has.
const oddMail = `(j.action != 'pass' OR j.would != 'pass')`

// Senders returns the senders of the journal's mail, busiest first. Those of a class are
// those whose newest mail is of it.
func (db *DB) Senders(ctx context.Context, f ledger.SenderFilter) ([]ledger.Sender, error) {
	var w where
	w.add("j.at >= ?", max(unix(f.Since), 1)) // else forgotten
	if f.Name != "" {
		w.add("j.sender = ?", f.Name)
	}
	cond, args := w.text(), w.args
	for range 3 { // the condition is in four parts of the query
		args = append(args, w.args...)
	}
	// Counted by indexes that have no more than sender and time; only the newest mail of those
	// that are returned is read.
	rows, err := db.read.QueryContext(ctx, `WITH
		mail AS MATERIALIZED (SELECT j.sender, count(*) AS n, min(j.at) AS first, max(j.at) AS last
			FROM journal j WHERE `+cond+` GROUP BY j.sender),
		unlearned AS MATERIALIZED (SELECT j.sender, count(*) AS n
			FROM journal j WHERE `+cond+` AND j.learned = 0 GROUP BY j.sender),
		odd AS MATERIALIZED (SELECT j.sender || '' AS sender, count(*) AS n -- not by journal_sender
			FROM journal j WHERE `+cond+` AND `+oddMail+` AND j.would != 'pass' GROUP BY 1),
		kept AS MATERIALIZED (SELECT j.sender, count(*) AS n
			FROM hold h CROSS JOIN journal j ON j.id = h.journal WHERE `+cond+` GROUP BY j.sender),
		s AS (SELECT
				m.sender,
				(SELECT class FROM journal j WHERE j.sender = m.sender
					ORDER BY j.at DESC, j.id DESC LIMIT 1) AS class,
				m.n AS mails,
				m.n - coalesce(u.n, 0) AS learned,
				coalesce(k.n, 0) AS kept,
				coalesce(o.n, 0) AS odd,
				m.first,
				m.last
			FROM mail m
			LEFT JOIN unlearned u ON u.sender = m.sender
			LEFT JOIN odd o ON o.sender = m.sender
			LEFT JOIN kept k ON k.sender = m.sender)
		SELECT * FROM s WHERE ? IN ('', class) ORDER BY mails DESC, sender LIMIT ?`,
		append(args, string(f.Class), anyLimit(f.Limit))...)
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

// savedProfile is a profile as it is kept.
type savedProfile struct {
	sender string
	data   []byte // nil when there is none
	later  bool   // there are lessons that are not in it
}

// EachProfile calls do for each of some senders with what Profile returns, one after
// another, in any order. Profiles that hold all lessons, as most do, are read by one
// statement, and decoded on all processors: that takes most of the time.
func (db *DB) EachProfile(ctx context.Context, senders []string,
	do func(sender string, p *baseline.Profile) error) error {
	saved := make(chan savedProfile, 64)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var turn sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for s := range saved {
				p, err := db.whole(ctx, s)
				if err == nil {
					turn.Lock()
					if err = ctx.Err(); err == nil {
						err = do(s.sender, p)
					}
					turn.Unlock()
				}
				if err != nil {
					stop(err)
				}
			}
		})
	}
	err := db.savedProfiles(ctx, senders, saved)
	close(saved)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return wrapped("read profiles", err)
}

// whole decodes a profile, or folds it where lessons are missing.
func (db *DB) whole(ctx context.Context, s savedProfile) (p *baseline.Profile, err error) {
	if s.later {
		p, _, err = db.Profile(ctx, s.sender)
		return p, err
	}
	return readProfile(s.sender, s.data)
}

func (db *DB) savedProfiles(ctx context.Context, senders []string, into chan<- savedProfile) error {
	rows, err := db.read.QueryContext(ctx, `SELECT
			s.value,
			p.data,
			EXISTS (SELECT 1
				FROM lesson l
				WHERE l.sender = s.value
				  AND l.id > coalesce(p.lesson, 0))
		FROM json_each(?) s
		LEFT JOIN profile p ON p.sender = s.value`, listOf(senders))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s savedProfile
		if err := rows.Scan(&s.sender, &s.data, &s.later); err != nil {
			return err
		}
		select {
		case into <- s:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return rows.Err()
}
