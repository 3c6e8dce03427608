package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/ledger"
)

// EndIncident ends an open incident, in one transaction. It returns false when it was not
// open. A confirmation discards the sender's holds, decides those of others as e says, and
// unlearns what the sender taught since the first suspicious mail; a dismissal releases all
// holds and learns again what a recall had taken back. What is being recalled follows once
// it is on hold, but for mail of others, which stays on hold after a confirmation.
func (db *DB) EndIncident(ctx context.Context, id int64, e ledger.Ending) (ledger.Ended, bool, error) {
	var out ledger.Ended
	if err := e.Check(); err != nil {
		return out, false, fmt.Errorf("end incident I%d: %w", id, err)
	}
	done := false
	err := db.update(ctx, func(tx *sql.Tx) (err error) {
		out, done, err = db.endIncident(tx, id, e, db.now(), db.signHolds)
		return err
	})
	if err != nil {
		return ledger.Ended{}, false, fmt.Errorf("end incident I%d: %w", id, err)
	}
	return out, done, nil
}

// errPreview takes back what a preview did.
var errPreview = errors.New("only tried")

// PreviewEnding says what EndIncident would do: it does it and takes it back. It signs nothing, which for thousands of
// mails would hold up those that come meanwhile.
func (db *DB) PreviewEnding(ctx context.Context, id int64, e ledger.Ending) (ledger.Ended, bool, error) {
	var out ledger.Ended
	if err := e.Check(); err != nil {
		return out, false, fmt.Errorf("end incident I%d: %w", id, err)
	}
	done := false
	err := db.update(ctx, func(tx *sql.Tx) (err error) {
		unsigned := func(*sql.Tx, []int64) error { return nil }
		if out, done, err = db.endIncident(tx, id, e, db.now(), unsigned); err == nil {
			err = errPreview
		}
		return err
	})
	if !errors.Is(err, errPreview) {
		return ledger.Ended{}, false, fmt.Errorf("preview the end of incident I%d: %w", id, err)
	}
	return out, done, nil
}

func (db *DB) endIncident(tx *sql.Tx, id int64, e ledger.Ending, now time.Time, sign func(*sql.Tx, []int64) error) (
	out ledger.Ended, done bool, err error) {
	done, err = changed(tx.Exec(`UPDATE incident SET
			state = ?,
			closed = ?,
			by = ?,
			reason = ?,
			kept = ?
		WHERE id = ?
		  AND state = 'open'`, e.To, now.Unix(), e.By, e.Reason, e.Keep, id))
	if err != nil || !done {
		return out, done, err
	}
	rule, _ := ledger.EndRuleOf(e.To) // checked
	if rule.Unlearns {
		if err := includeSince(tx, id, e.Since); err != nil {
			return out, true, err
		}
		if out.Unlearned, err = unlearn(tx, id, now); err != nil {
			return out, true, err
		}
	}
	if rule.Relearns {
		if out.Learned, err = relearn(tx, id, (*ledger.Unlearned).AtDismissal, now); err != nil {
			return out, true, err
		}
	}
	if err := decideHolds(tx, id, &e, now, &out, sign); err != nil {
		return out, true, err
	}
	if err := db.signEvent(tx, id); err != nil {
		return out, true, err
	}
	if !rule.Campaign {
		if err := dropCampaign(tx, "id = ?", id); err != nil {
			return out, true, err
		}
	}
	return out, true, db.audit(tx, now, e.By, rule.Verb, fmt.Sprintf("I%d", id), e.Reason)
}

// includeSince lets an incident begin with the sender's first mail since a time.
func includeSince(tx *sql.Tx, incident int64, since time.Time) error {
	if since.IsZero() {
		return nil
	}
	_, err := tx.Exec(`UPDATE incident SET
			first_journal = coalesce((SELECT min(min(j.id), first_journal)
				FROM journal j
				WHERE j.sender = incident.sender
				  AND j.at >= ?), first_journal)
		WHERE id = ?`, since.Unix(), incident)
	if err != nil {
		return fmt.Errorf("take earlier mail in: %w", err)
	}
	return nil
}

// ofSender says that a hold is of its incident's sender.
const ofSender = `(SELECT j.sender FROM journal j WHERE j.id = hold.journal)
	= (SELECT i.sender FROM incident i WHERE i.id = hold.incident)`

// decideHolds decides an incident's kept mail as its end says: the sender's own, then that of
// others.
func decideHolds(tx *sql.Tx, incident int64, e *ledger.Ending, now time.Time, out *ledger.Ended,
	sign func(*sql.Tx, []int64) error) error {
	for _, whose := range []struct {
		own  bool
		cond string
	}{{true, ofSender}, {false, "NOT (" + ofSender + ")"}} {
		step := e.Holds(whose.own)
		to, ok := step.To(ledger.Held) // and from every other state that it may start from
		if ok {
			rows, err := tx.Query(`UPDATE hold SET
					state = ?1,
					due = ?2,
					not_before = ?2,
					by = ?3,
					reason = ?4,
					decided = ?5,
					ended = 1,
					attempts = 0,
					error = ''
				WHERE incident = ?6
				  AND state IN (SELECT value FROM json_each(?7))
				  AND `+whose.cond+`
				RETURNING id`, to, e.Due(to, now).Unix(), e.By, e.Reason, now.Unix(), incident,
				listOf(step.From()))
			if err != nil {
				return fmt.Errorf("decide the incident's mail: %w", err)
			}
			ids, err := ints(rows)
			if err == nil {
				err = sign(tx, ids)
			}
			if err != nil {
				return fmt.Errorf("decide the incident's mail: %w", err)
			}
			out.Add(to, len(ids))
		}
		if rule, _ := ledger.EndRuleOf(e.To); whose.own || rule.Holds == "" || rule.Everybody {
			continue
		}
		err := tx.QueryRow(`SELECT count(*)
			FROM hold
			WHERE incident = ?
			  AND state IN `+anyOf+`
			  AND `+whose.cond, incident, listOf(ledger.Waiting())).Scan(&out.Left)
		if err != nil {
			return fmt.Errorf("count mail of other senders: %w", err)
		}
	}
	return nil
}

// unlearn takes back what the sender taught since an incident's first mail, and what
// anybody taught by mail that the incident asked back.
func unlearn(tx *sql.Tx, incident int64, now time.Time) (int, error) {
	rows, err := tx.Query(`SELECT j.id
		FROM incident i
		LEFT JOIN journal f ON f.id = i.first_journal
		JOIN journal j ON j.sender = i.sender
		WHERE i.id = ?1
		  AND j.at >= min(i.opened, coalesce(f.at, i.opened))
		  AND j.learned = 1
		UNION
		SELECT j.id
		FROM unlearned t
		JOIN journal j ON j.id = t.journal
		WHERE t.incident = ?1
		  AND j.learned = 1`, incident)
	if err != nil {
		return 0, fmt.Errorf("read what was learned: %w", err)
	}
	ids, err := ints(rows)
	if err != nil {
		return 0, fmt.Errorf("read what was learned: %w", err)
	}
	for _, id := range ids {
		if err := takeBack(tx, incident, id, ledger.CauseConfirm, now); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// relearn learns and unlearns again what of an incident's mail was unlearned, as sign says:
// +1, -1 or 0. It returns how many mails are learned again.
func relearn(tx *sql.Tx, incident int64, sign func(*ledger.Unlearned) int, now time.Time) (
	n int, err error) {
	list, err := unlearnedBy(tx, incident)
	if err != nil {
		return 0, fmt.Errorf("read what was unlearned: %w", err)
	}
	for i := range list {
		s := sign(&list[i])
		if s == 0 {
			continue
		}
		lesson, err := teach(tx, list[i].Journal, s, now)
		if err != nil {
			return n, err
		}
		if lesson != 0 && s > 0 {
			n++
		}
	}
	return n, nil
}

func unlearnedBy(tx *sql.Tx, incident int64) (list []ledger.Unlearned, err error) {
	rows, err := tx.Query(`SELECT u.journal, u.cause, coalesce(h.state, ''), j.learned
		FROM unlearned u
		JOIN journal j ON j.id = u.journal
		LEFT JOIN hold h ON h.journal = u.journal
		WHERE u.incident = ?`, incident)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var u ledger.Unlearned
		if err := rows.Scan(&u.Journal, &u.Cause, &u.Hold, &u.Learned); err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, rows.Err()
}
