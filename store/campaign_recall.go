package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// recalls is how far this process has looked for mail to recall. What a round looks at is
// what came since the last one: mails, and marks and texts of open incidents' campaigns.
type recalls struct {
	mu   sync.Mutex
	seen recallPosition
	pass map[string]bool // subjects of the rules that had mail pass in the last round
}

// recallPosition is the last row of each table that was looked at. The zero position is
// before all of them; what an incident shows finds all mail that is there.
type recallPosition struct{ mark, text, journal int64 }

const (
	// recallMails bounds how many new mails one round looks at; the next goes on from there.
	recallMails = 50_000
	// recallOwn bounds how many mails of one sender are compared with a new text: the newest.
	recallOwn = 20_000
	// recallBatch bounds what one transaction asks back: mail waits behind it.
	recallBatch = 200
)

// Recall asks back mail of open incidents' campaigns that may still wait in the queue: mail
// of any sender with the same unknown link or file, and the sender's own with nearly the
// same text. It gets a hold in state recalling, and is unlearned until somebody decides. A
// delayed mail of the campaign becomes held. Recall may be run again at any moment; it
// returns how many mails it asked back.
func (db *DB) Recall(ctx context.Context, now time.Time) (n int, err error) {
	r := &db.recalls
	r.mu.Lock()
	defer r.mu.Unlock()
	pass, err := db.passing(ctx, now)
	if err != nil {
		return 0, err
	}
	for subject := range r.pass {
		if !pass[subject] {
			r.seen = recallPosition{} // its mail was left alone until now
		}
	}
	to, err := db.recallEnd(ctx, r.seen)
	if err != nil || to == r.seen {
		r.pass = pass
		return 0, err
	}
	found, err := db.recallCandidates(ctx, r.seen, to, now)
	if err != nil {
		return 0, fmt.Errorf("look for mail to recall: %w", err)
	}
	var list []candidate
	for _, c := range found {
		if !pass["sender:"+c.sender] && !pass["class:"+c.class] && ledger.Recallable(c.state, c.by) {
			list = append(list, c)
		}
	}
	n, all, err := db.recallAll(ctx, list, now)
	if err != nil {
		return n, err
	}
	if all { // else an incident ended meanwhile: another one may want its mail
		r.seen, r.pass = to, pass
	}
	return n, nil
}

// passing returns the subjects of the rules for senders and classes that have mail pass.
func (db *DB) passing(ctx context.Context, now time.Time) (map[string]bool, error) {
	rules, err := db.Overrides(ctx, "", now)
	if err != nil {
		return nil, err
	}
	pass := make(map[string]bool)
	for i := range rules {
		if rules[i].LetsGo(now) {
			pass[rules[i].Subject] = true
		}
	}
	return pass, nil
}

// recallEnd returns the position up to which a round looks.
func (db *DB) recallEnd(ctx context.Context, from recallPosition) (to recallPosition, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT
			(SELECT coalesce(max(id), 0) FROM incident_mark),
			(SELECT coalesce(max(id), 0) FROM incident_text),
			(SELECT coalesce(max(id), 0) FROM journal)`).Scan(&to.mark, &to.text, &to.journal)
	if from != (recallPosition{}) && to.journal > from.journal+recallMails {
		to.journal = from.journal + recallMails
	}
	return to, wrapped("look for mail to recall", err)
}

// candidate is a mail that shows what an open incident's campaign does.
type candidate struct {
	journal, incident int64
	sender, class     string
	text              int64        // SimHash
	state             ledger.State // of its hold, "" without one
	by                string       // who decided that
}

// recallCandidates looks for mail by what came between two positions.
func (db *DB) recallCandidates(ctx context.Context, from, to recallPosition, now time.Time) (
	[]candidate, error) {
	// The highest id may have been purged and given again.
	from.journal = min(from.journal, to.journal)
	all := from == recallPosition{}                        // what is shown finds all mail, no mail need be asked
	states := listOf(append(ledger.StepRecall.From(), "")) // of holds; "" stands for none
	since := now.Add(-ledger.RecallSpan).Unix()
	list, err := db.candidates(ctx, markedAlike, states, since, from.mark, to.mark)
	if err != nil {
		return nil, err
	}
	fresh, err := db.campaignTexts(ctx, `t.id > ? AND t.id <= ?`, from.text, to.text)
	if err != nil {
		return nil, err
	}
	own, err := db.candidates(ctx, ownMail, states, since,
		listOf(slices.Collect(maps.Keys(fresh))), recallOwn)
	if err != nil {
		return nil, err
	}
	list = append(list, sameText(own, fresh)...)
	if all {
		return list, nil
	}
	marked, err := db.candidates(ctx, newMarked, states, since, from.journal, to.journal)
	if err != nil {
		return nil, err
	}
	list = append(list, marked...)
	late, err := db.candidates(ctx, newOwnMail, states, since, from.journal, to.journal)
	if err != nil || len(late) == 0 {
		return list, err
	}
	incidents := make([]int64, len(late))
	for i := range late {
		incidents[i] = late[i].incident
	}
	shown, err := db.campaignTexts(ctx, `t.incident IN `+anyID, listOf(incidents))
	return append(list, sameText(late, shown)...), err
}

// campaignTexts returns the texts of open incidents' campaigns, by incident.
func (db *DB) campaignTexts(ctx context.Context, cond string, args ...any) (
	map[int64][]uint64, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT t.incident, t.simhash
		FROM incident_text t
		JOIN incident i ON i.id = t.incident AND i.state = 'open'
		WHERE t.kept = 1
		  AND `+cond, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	texts := make(map[int64][]uint64)
	for rows.Next() {
		var incident, text int64
		if err := rows.Scan(&incident, &text); err != nil {
			return nil, err
		}
		texts[incident] = append(texts[incident], uint64(text))
	}
	return texts, rows.Err()
}

// sameText returns the mail whose text is nearly one of its incident's.
func sameText(own []candidate, texts map[int64][]uint64) []candidate {
	return slices.DeleteFunc(own, func(c candidate) bool {
		return !slices.ContainsFunc(texts[c.incident], func(text uint64) bool {
			return analyzer.SameText(text, uint64(c.text))
		})
	})
}

// Queries for candidates. ?1 are the states of holds that may be recalled, ?2 is the oldest
// mail that may be queued. ?3 and ?4 are the ids after which and up to which rows are new,
// where nothing else is said.
const (
	candidateColumns = `j.id, j.sender, j.class, j.simhash, coalesce(h.state, ''),
		coalesce(h.by, '')`
	// inQueue leaves out what no queue can hold: mail that was taught from an archive.
	inQueue = `j.queue_id != ''
		  AND j.host != ''`
	// candidateHold joins a mail's hold, if there is one, and leaves kept and decided mail out,
	// before it is read.
	candidateHold = `LEFT JOIN hold h ON h.journal = j.id
		WHERE coalesce(h.state, '') IN (SELECT value FROM json_each(?1))
		  AND j.at >= ?2
		  AND ` + inQueue

	// markedAlike: mail with a mark that is new to an open incident.
	markedAlike = `WITH
		fresh AS MATERIALIZED (SELECT m.key, min(m.incident) AS incident
			FROM incident_mark m
			JOIN incident i ON i.id = m.incident AND i.state = 'open'
			WHERE m.id > ?3
			  AND m.id <= ?4
			  AND m.kept = 1
			GROUP BY m.key),
		alike AS MATERIALIZED (SELECT m.journal, min(f.incident) AS incident
			FROM fresh f
			CROSS JOIN mark m
			WHERE m.key = f.key
			GROUP BY m.journal)
		SELECT ` + candidateColumns + `, a.incident
		FROM alike a
		LEFT JOIN hold h ON h.journal = a.journal
		CROSS JOIN journal j
		WHERE j.id = a.journal
		  AND coalesce(h.state, '') IN (SELECT value FROM json_each(?1))
		  AND j.at >= ?2
		  AND ` + inQueue

	// newMarked: new mail with a mark that an open incident shows.
	newMarked = `WITH fresh AS MATERIALIZED (SELECT ` + candidateColumns + `
			FROM journal j
			` + candidateHold + `
			  AND j.id > ?3
			  AND j.id <= ?4)
		SELECT *
		FROM (SELECT f.*, (SELECT c.incident
				FROM incident_mark c
				JOIN incident i ON i.id = c.incident AND i.state = 'open'
				WHERE c.key = m.key
				  AND c.kept = 1
				ORDER BY c.incident
				LIMIT 1) AS incident
			FROM fresh f
			CROSS JOIN mark m
			WHERE m.journal = f.id) s
		WHERE incident IS NOT NULL`

	// ownMail: the newest mail, at most ?4, of each of the senders of the incidents ?3.
	ownMail = `WITH suspect AS MATERIALIZED (SELECT i.id, i.sender, max(?2, coalesce((SELECT o.at
				FROM journal o
				WHERE o.sender = i.sender
				ORDER BY o.at DESC
				LIMIT 1 OFFSET ?4), 0)) AS since
			FROM json_each(?3) e
			JOIN incident i ON i.id = CAST(e.value AS BIGINT))
		SELECT ` + candidateColumns + `, s.id
		FROM suspect s
		CROSS JOIN journal j
		` + candidateHold + `
		  AND j.sender = s.sender
		  AND j.at >= s.since`

	// newOwnMail: new mail of the senders of open incidents.
	newOwnMail = `SELECT ` + candidateColumns + `, i.id
		FROM journal j
		JOIN incident i ON i.sender = j.sender AND i.state = 'open'
		` + candidateHold + `
		  AND j.id > ?3
		  AND j.id <= ?4
		  AND j.simhash != 0`
)

// candidates reads what one of the queries finds.
func (db *DB) candidates(ctx context.Context, query string, args ...any) ([]candidate, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var list []candidate
	for rows.Next() {
		var c candidate
		if err := rows.Scan(&c.journal, &c.sender, &c.class, &c.text, &c.state, &c.by,
			&c.incident); err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, rows.Err()
}

// recallAll asks mails back. It returns how many it did, and whether all could be: false when
// an incident had ended meanwhile.
func (db *DB) recallAll(ctx context.Context, list []candidate, now time.Time) (n int, all bool,
	err error) {
	all = true
	for len(list) > 0 {
		part := list[:min(len(list), recallBatch)]
		list = list[len(part):]
		asked, ended := 0, false
		err := db.update(ctx, func(tx *sql.Tx) error {
			asked, ended = 0, false
			for _, c := range part {
				done, open, err := recall(tx, c.journal, c.incident, now)
				if err != nil {
					return err
				}
				if done {
					asked++
				}
				ended = ended || !open
			}
			return nil
		})
		if err != nil {
			return n, false, fmt.Errorf("recall mail: %w", err)
		}
		n += asked
		all = all && !ended
	}
	return n, all, nil
}

// recall asks one mail back. done is false when the mail is kept or decided by now, or when
// the incident is not open any more.
func recall(tx *sql.Tx, journal, incident int64, now time.Time) (done, open bool, err error) {
	var home int64 // the sender's own incident goes before the one that found it
	var state ledger.State
	var by string
	err = tx.QueryRow(`SELECT
			coalesce((SELECT o.id
				FROM incident o
				WHERE o.sender = j.sender
				  AND o.state = 'open'), i.id),
			coalesce(h.state, ''),
			coalesce(h.by, '')
		FROM journal j
		JOIN incident i ON i.id = ? AND i.state = 'open'
		LEFT JOIN hold h ON h.journal = j.id
		WHERE j.id = ?`, incident, journal).Scan(&home, &state, &by)
	if errors.Is(err, sql.ErrNoRows) {
		return false, false, nil
	}
	if err != nil || !ledger.Recallable(state, by) {
		return false, true, err
	}
	to, waiting := ledger.Recalling, state == ledger.Delayed
	if state != "" {
		to, _ = ledger.StepRecall.To(state) // it is recallable
	}
	due, promoted := int64(0), int64(0)
	if to.Asks() {
		due = now.Unix()
	}
	if waiting {
		promoted = now.Unix()
	}
	if _, err := tx.Exec(`INSERT INTO hold (journal, incident, state, due, recalled, promoted,
			defines_campaign)
		VALUES (?, ?, ?, ?, ?, ?, 0)
		ON CONFLICT (journal) DO UPDATE SET
			incident = excluded.incident,
			state = excluded.state,
			due = excluded.due,
			recalled = excluded.recalled,
			promoted = excluded.promoted,
			defines_campaign = 0,
			by = '',
			attempts = 0,
			error = '',
			not_before = 0,
			signature = ''`, journal, home, to, due, now.Unix(), promoted); err != nil {
		return false, true, err
	}
	return true, true, takeBack(tx, home, journal, ledger.CauseRecall, now)
}

// takeBack unlearns a mail and notes for which incident, so that it can be given back.
func takeBack(tx *sql.Tx, incident, journal int64, cause ledger.Cause,
	now time.Time) error {
	lesson, err := teach(tx, journal, -1, now)
	if err != nil || lesson == 0 {
		return err // it was not learned
	}
	_, err = tx.Exec(`INSERT INTO unlearned (incident, journal, cause) VALUES (?, ?, ?)
		ON CONFLICT DO NOTHING`,
		incident, journal, cause)
	if err != nil {
		return fmt.Errorf("note what was unlearned: %w", err)
	}
	return nil
}
