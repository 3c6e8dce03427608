package store

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
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
	var w, odd where // of the same mail; odd not by journal_sender, which reads all mail of one sender
	for _, to := range []*where{&w, &odd} {
		to.add("j.at >= ?", max(unix(f.Since), 1)) // else forgotten
	}
	if f.Name != "" {
		w.add("j.sender = ?", f.Name)
		odd.add("j.sender || '' = ?", f.Name)
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
		odd AS MATERIALIZED (SELECT j.sender || '' AS sender, count(*) AS n
			FROM journal j WHERE `+odd.text()+` AND `+oddMail+` AND j.would != 'pass' GROUP BY 1),
		kept AS MATERIALIZED (SELECT j.sender, count(*) AS n
			FROM hold h JOIN journal j ON j.id = h.journal WHERE `+cond+` GROUP BY j.sender),
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
		SELECT * FROM s WHERE CAST(? AS TEXT) IN ('', class) ORDER BY mails DESC, sender LIMIT ?`,
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

// savedExtent is how much of a sender's past there is, as it is kept.
type savedExtent struct {
	sender string
	extent []byte         // nil or empty when it was never kept
	later  sql.NullString // the signs of lessons that are not in it, such as "1,1,-1"
}

// Extents calls do for each of some senders with how much his profile holds, one after
// another, in any order. Of a profile that was saved, so many mails at most, learned since,
// may count as mails only: what they showed would take the whole profile to compare with.
// Profiles that an older program saved are decoded, on all processors.
func (db *DB) Extents(ctx context.Context, senders []string, behind int,
	do func(sender string, e *baseline.Extent) error) error {
	saved := make(chan savedExtent, 64)
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var turn sync.Mutex
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for s := range saved {
				e, err := db.extent(ctx, s, behind)
				if err == nil {
					turn.Lock()
					if err = ctx.Err(); err == nil {
						err = do(s.sender, e)
					}
					turn.Unlock()
				}
				if err != nil {
					stop(err)
				}
			}
		})
	}
	err := db.savedExtents(ctx, senders, behind+1, saved)
	close(saved)
	workers.Wait()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return wrapped("read profiles", err)
}

// extent decodes an extent, or else reads the profile.
func (db *DB) extent(ctx context.Context, s savedExtent, behind int) (*baseline.Extent, error) {
	if mails, later, ok := sumOf(s.later.String); ok && later <= behind && len(s.extent) > 0 {
		e := &baseline.Extent{}
		if err := e.UnmarshalBinary(s.extent); err != nil {
			return nil, fmt.Errorf("profile of %q: %w", s.sender, err)
		}
		return e.Learned(mails), nil
	}
	p, _, err := db.Profile(ctx, s.sender)
	if err != nil {
		return nil, err
	}
	return p.Extent(), nil
}

// sumOf adds the signs of lessons up, as in "1,1,-1". ok is false when one of them says that
// all before it was forgotten, which is 0.
func sumOf(signs string) (sum, lessons int, ok bool) {
	if signs == "" {
		return 0, 0, true
	}
	for sign := range strings.SplitSeq(signs, ",") {
		switch lessons++; sign {
		case "1":
			sum++
		case "-1":
			sum--
		default:
			return 0, lessons, false
		}
	}
	return sum, lessons, true
}

func (db *DB) savedExtents(ctx context.Context, senders []string, most int,
	into chan<- savedExtent) error {
	// By an index that has all of this: a profile lies on many pages.
	rows, err := db.read.QueryContext(ctx, `SELECT
			s.value,
			p.extent,
			(SELECT string_agg(CAST(sign AS TEXT), ',')
				FROM (SELECT l.sign
					FROM lesson l
					WHERE l.sender = s.value
					  AND l.id > coalesce(p.lesson, 0)
					LIMIT ?2) l)
		FROM json_each(?1) s
		LEFT JOIN profile p INDEXED BY profile_extent ON p.sender = s.value`, listOf(senders), most)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s savedExtent
		if err := rows.Scan(&s.sender, &s.extent, &s.later); err != nil {
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
