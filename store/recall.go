package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// recallSpan is how long mail can wait in the queue: Postfix gives up after five days
// (maximal_queue_lifetime).
const recallSpan = 5 * 24 * time.Hour

// recallable chooses mail (j, with its hold h if any) that went its way without a
// person's say, and that no admin's rule lets go.
const recallable = `(h.id IS NULL
		OR h.state = 'delayed'
		OR h.state = 'released' AND h.by = 'timer')
	AND NOT EXISTS (SELECT 1 FROM override o
		WHERE o.subject IN ('sender:' || j.sender, 'class:' || j.class)
		  AND o.until > ?
		  AND (o.action = 'pass' OR o.mode = 'observe'))`

// attackMail chooses the holds (s) that say what an incident's campaign is: mail held for
// what it is itself, not what was recalled because of it, nor what a person let go.
const attackMail = `s.incident = ?
	AND s.tells = 1
	AND s.state NOT IN ('releasing', 'released')`

// rulePoints is what a mail that only a rule held must have to tell of a campaign: one
// ordinary mail in ten thousand has so many. The owner's own mail is held by the rule too.
const rulePoints = 4

// tells says whether a kept mail shows what an attack looks like.
func tells(r *analyzer.Record) bool {
	switch r.Verdict.Cause {
	case "rule", "habit":
		return r.Verdict.Points >= rulePoints || r.Verdict.Shows(analyzer.URLBlocked)
	}
	return true
}

// Recall asks back, for every open incident, mail of the same campaign that may still
// wait in the queue: mail of any sender with the same unknown link or file, and the
// sender's own with nearly the same text. It gets a hold in state recalling, and is
// unlearned until somebody decides. A delayed mail of the campaign becomes held. Recall
// may be run again at any moment; it returns how many mails it asked back.
func (db *DB) Recall(ctx context.Context, now time.Time) (int, error) {
	open, err := db.Incidents(ctx, "", ledger.IncidentOpen)
	if err != nil {
		return 0, err
	}
	n := 0
	for i := range open {
		list, err := db.strays(ctx, &open[i], now)
		if err != nil {
			return n, err
		}
		for len(list) > 0 {
			part := list[:min(len(list), purgeBatch)]
			list = list[len(part):]
			asked := 0
			err := db.update(ctx, func(tx *sql.Tx) error {
				for _, journal := range part {
					done, err := recall(tx, journal, open[i].ID, now)
					if err != nil {
						return err
					}
					if done {
						asked++
					}
				}
				return nil
			})
			if err != nil {
				return n, fmt.Errorf("recall mail of incident %s: %w", open[i].Name(), err)
			}
			n += asked
		}
	}
	return n, nil
}

// strays returns the journal ids of an incident's campaign that went their way.
func (db *DB) strays(ctx context.Context, i *ledger.Incident, now time.Time) ([]int64, error) {
	since := now.Add(-recallSpan).Unix()
	// Its marks first: joined straight, each of a thousand mails with the same link would
	// meet each other.
	rows, err := db.read.QueryContext(ctx, `WITH shared AS MATERIALIZED (
			SELECT DISTINCT a.key
			FROM hold s
			JOIN mark a ON a.journal = s.journal
			WHERE `+recalling+`)
		SELECT DISTINCT j.id
		FROM shared
		JOIN mark m ON m.key = shared.key
		JOIN journal j ON j.id = m.journal
		LEFT JOIN hold h ON h.journal = j.id
		WHERE j.at >= ?
		  AND `+recallable, i.ID, since, now.Unix())
	if err != nil {
		return nil, fmt.Errorf("look for mail to recall: %w", err)
	}
	list, err := ints(rows)
	if err != nil {
		return nil, fmt.Errorf("look for mail to recall: %w", err)
	}
	texts, err := db.textsOf(ctx, i.ID)
	if err != nil || len(texts) == 0 {
		return list, err
	}
	own, err := db.read.QueryContext(ctx, `SELECT j.id, j.simhash
		FROM journal j
		LEFT JOIN hold h ON h.journal = j.id
		WHERE j.sender = ?
		  AND j.at >= ?
		  AND j.simhash != 0
		  AND `+recallable, i.Sender, since, now.Unix())
	if err != nil {
		return nil, fmt.Errorf("look for mail to recall: %w", err)
	}
	defer own.Close()
	for own.Next() {
		var id, text int64
		if err := own.Scan(&id, &text); err != nil {
			return nil, fmt.Errorf("look for mail to recall: %w", err)
		}
		for _, t := range texts {
			if analyzer.SameText(uint64(t), uint64(text)) {
				list = append(list, id) // twice is harmless
				break
			}
		}
	}
	return list, own.Err()
}

// recalling is attackMail of a recall: in mode observe nothing is asked back.
const recalling = attackMail + `
	AND s.state != 'passed'`

// textsOf returns the SimHashes of an incident's attack mail.
func (db *DB) textsOf(ctx context.Context, incident int64) ([]int64, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT DISTINCT j.simhash
		FROM hold s
		JOIN journal j ON j.id = s.journal
		WHERE `+recalling+`
		  AND j.simhash != 0`, incident)
	if err != nil {
		return nil, fmt.Errorf("read the incident's texts: %w", err)
	}
	list, err := ints(rows)
	if err != nil {
		return nil, fmt.Errorf("read the incident's texts: %w", err)
	}
	return list, nil
}

// recall asks one mail back. It returns false when the incident has ended or the mail is
// kept or decided by now.
func recall(tx *sql.Tx, journal, incident int64, now time.Time) (bool, error) {
	var home int64 // the sender's own incident goes before the one that found it
	err := tx.QueryRow(`SELECT coalesce(
			(SELECT o.id FROM incident o WHERE o.sender = j.sender AND o.state = 'open'), i.id)
		FROM journal j
		JOIN incident i ON i.id = ? AND i.state = 'open'
		WHERE j.id = ?`, incident, journal).Scan(&home)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	at := now.Unix()
	done, err := changed(tx.Exec(`INSERT INTO hold (journal, incident, state, due, recalled, tells)
		VALUES (?1, ?2, 'recalling', ?3, ?3, 0)
		ON CONFLICT (journal) DO UPDATE SET
			state = iif(state = 'delayed', 'held', 'recalling'),
			incident = excluded.incident,
			due = iif(state = 'delayed', 0, excluded.due),
			recalled = excluded.recalled,
			tells = 0,
			promoted = iif(state = 'delayed', excluded.recalled, 0),
			by = '',
			attempts = 0,
			error = ''
		WHERE state = 'delayed'
		   OR state = 'released' AND by = 'timer'`, journal, home, at))
	if err != nil || !done {
		return false, err
	}
	return true, takeBack(tx, home, journal, "recall", now)
}

// takeBack unlearns a mail and notes for which incident, so that it can be given back.
func takeBack(tx *sql.Tx, incident, journal int64, cause string, now time.Time) error {
	lesson, err := teach(tx, journal, -1, now)
	if err != nil || lesson == 0 {
		return err // it was not learned
	}
	_, err = tx.Exec(`INSERT OR IGNORE INTO taken (incident, journal, cause) VALUES (?, ?, ?)`,
		incident, journal, cause)
	if err != nil {
		return fmt.Errorf("note what was unlearned: %w", err)
	}
	return nil
}

// recalled moves a mail that is on hold now to where its incident wants it. That somebody
// else's account was stolen says nothing about a sender whose mail shares a link with it.
func recalled(tx *sql.Tx, id int64, now time.Time) error {
	_, err := tx.Exec(`UPDATE hold SET
			state = CASE (SELECT state || kept FROM incident WHERE id = hold.incident)
				WHEN 'confirmed0' THEN iif(`+ofSender+`, 'discarding', 'held')
				WHEN 'dismissed0' THEN 'releasing'
				ELSE 'held'
			END,
			due = CASE (SELECT state || kept FROM incident WHERE id = hold.incident)
				WHEN 'confirmed0' THEN iif(`+ofSender+`, ?1, 0)
				WHEN 'dismissed0' THEN ?1
				ELSE 0
			END,
			attempts = 0,
			error = ''
		WHERE id = ?2
		  AND state = 'recalling'`, now.Unix(), id)
	if err != nil {
		return fmt.Errorf("keep recalled mail: %w", err)
	}
	return nil
}

// miss says that a recall came too late. Mail of an incident that was dismissed
// meanwhile is learned again.
func (db *DB) miss(ctx context.Context, id int64) (bool, error) {
	late := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		now := db.now()
		var err error
		late, err = changed(tx.Exec(`UPDATE hold SET
				state = 'gone',
				due = 0,
				error = '',
				decided = ?
			WHERE id = ?
			  AND state = 'recalling'`, now.Unix(), id))
		if err != nil || !late {
			return err
		}
		var incident int64
		err = tx.QueryRow(`SELECT i.id
			FROM hold h
			JOIN incident i ON i.id = h.incident AND i.state = 'dismissed'
			WHERE h.id = ?`, id).Scan(&incident)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		_, err = givenBack(tx, incident, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("note that hold H%d is gone: %w", id, err)
	}
	return late, nil
}
