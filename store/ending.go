package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"hisseki/ledger"
)

// verbs of the audit log.
var endVerbs = map[ledger.IncidentState]string{ledger.IncidentConfirmed: "confirm",
	ledger.IncidentDismissed: "dismiss", ledger.IncidentEnded: "end"}

// EndIncident ends an open incident, in one transaction. It returns false when it was not
// open. A confirmation discards the sender's holds, decides those of others as e says, and
// unlearns what the sender taught since the first suspicious mail; a dismissal releases all
// holds and learns again what a recall had taken back. What is being recalled follows once
// it is on hold, but for mail of others, which stays on hold after a confirmation.
func (db *DB) EndIncident(ctx context.Context, id int64, e ledger.Ending) (ledger.Ended, bool, error) {
	var out ledger.Ended
	if err := checkEnding(id, e); err != nil {
		return out, false, err
	}
	done := false
	err := db.update(ctx, func(tx *sql.Tx) (err error) {
		out, done, err = endIncident(tx, id, e, db.now())
		return err
	})
	if err != nil {
		return ledger.Ended{}, false, fmt.Errorf("end incident I%d: %w", id, err)
	}
	return out, done, nil
}

func checkEnding(id int64, e ledger.Ending) error {
	switch {
	case endVerbs[e.To] == "":
		return fmt.Errorf("end incident I%d: %q is not an end", id, e.To)
	case e.Others != "" && e.Others != ledger.Discarding && e.Others != ledger.Releasing:
		return fmt.Errorf("end incident I%d: no decision leads to %q", id, e.Others)
	}
	return nil
}

// errPreview takes back what a preview did.
var errPreview = errors.New("only tried")

// PreviewEnding says what EndIncident would do: it does it and takes it back.
func (db *DB) PreviewEnding(ctx context.Context, id int64, e ledger.Ending) (ledger.Ended, bool, error) {
	var out ledger.Ended
	if err := checkEnding(id, e); err != nil {
		return out, false, err
	}
	done := false
	err := db.update(ctx, func(tx *sql.Tx) (err error) {
		if out, done, err = endIncident(tx, id, e, db.now()); err == nil {
			err = errPreview
		}
		return err
	})
	if !errors.Is(err, errPreview) {
		return ledger.Ended{}, false, fmt.Errorf("preview the end of incident I%d: %w", id, err)
	}
	return out, done, nil
}

func endIncident(tx *sql.Tx, id int64, e ledger.Ending, now time.Time) (
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
	switch e.To {
	case ledger.IncidentConfirmed:
		if err := includeSince(tx, id, e.Since); err != nil {
			return out, true, err
		}
		if out.Unlearned, err = unlearn(tx, id, now); err != nil {
			return out, true, err
		}
		err = decideConfirmed(tx, id, e, now, &out)
	case ledger.IncidentDismissed:
		if out.Learned, err = givenBack(tx, id, now); err == nil && !e.Keep {
			out.Releasing, err = decideHolds(tx, id, ledger.Releasing, e, now, "1")
		}
	}
	if err == nil && !e.To.Campaign() {
		err = dropCampaign(tx, "id = ?", id)
	}
	if err != nil {
		return out, true, err
	}
	return out, true, audit(tx, now, e.By, endVerbs[e.To], fmt.Sprintf("I%d", id), e.Reason)
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

// Whose mail a hold of an incident is.
const (
	ofSender = `(SELECT j.sender FROM journal j WHERE j.id = hold.journal)
		= (SELECT i.sender FROM incident i WHERE i.id = hold.incident)`
	ofOthers = `NOT (` + ofSender + `)`
)

// decideConfirmed decides the kept mail of a confirmed incident: the sender's own, and that
// of others as the ending says.
func decideConfirmed(tx *sql.Tx, incident int64, e ledger.Ending, now time.Time, out *ledger.Ended) (
	err error) {
	if !e.Keep {
		if out.Discarding, err = decideHolds(tx, incident, ledger.Discarding, e, now, ofSender); err != nil {
			return err
		}
	}
	if e.Others != "" {
		n, err := decideHolds(tx, incident, e.Others, e, now, ofOthers)
		if err != nil {
			return err
		}
		if e.Others == ledger.Discarding {
			out.Discarding += n
		} else {
			out.Releasing += n
		}
	}
	err = tx.QueryRow(`SELECT count(*)
		FROM hold
		WHERE incident = ?
		  AND state IN ('delayed', 'held', 'recalling')
		  AND `+ofOthers, incident).Scan(&out.Left)
	return wrapped("count mail of other senders", err)
}

// decideHolds decides an incident's kept mail that a condition on hold chooses.
func decideHolds(tx *sql.Tx, incident int64, to ledger.State, e ledger.Ending, now time.Time,
	cond string) (int, error) {
	n, err := affected(tx.Exec(`UPDATE hold SET
			state = ?,
			due = ?,
			by = ?,
			reason = ?,
			decided = ?,
			ended = 1,
			attempts = 0,
			error = ''
		WHERE incident = ?
		  AND state IN ('delayed', 'held')
		  AND `+cond, to, now.Unix(), e.By, e.Reason, now.Unix(), incident))
	if err != nil {
		return 0, fmt.Errorf("decide the incident's mail: %w", err)
	}
	return n, nil
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
		if err := takeBack(tx, incident, id, "confirm", now); err != nil {
			return 0, err
		}
	}
	return len(ids), nil
}

// givenBack learns mail again that a recall took back for an incident, as far as it went
// to its recipients. Mail on hold is learned when it is released.
func givenBack(tx *sql.Tx, incident int64, now time.Time) (int, error) {
	return learnTaken(tx, incident, now, `t.cause = 'recall'
		AND EXISTS (SELECT 1 FROM hold h WHERE h.journal = t.journal AND h.state = 'gone')`)
}

// learnTaken learns again what a condition on taken (t) chooses.
func learnTaken(tx *sql.Tx, incident int64, now time.Time, cond string) (int, error) {
	rows, err := tx.Query(`SELECT t.journal
		FROM unlearned t
		WHERE t.incident = ?
		  AND `+cond, incident)
	if err != nil {
		return 0, fmt.Errorf("read what was unlearned: %w", err)
	}
	ids, err := ints(rows)
	if err != nil {
		return 0, fmt.Errorf("read what was unlearned: %w", err)
	}
	n := 0
	for _, id := range ids {
		lesson, err := teach(tx, id, 1, now)
		if err != nil {
			return n, err
		}
		if lesson != 0 {
			n++
		}
	}
	return n, nil
}

// errNewer says why an incident cannot be opened again.
var errNewer = errors.New("the sender has a newer open incident: go on with that one")

// ReopenIncident takes an incident's end back. It returns false when it had not ended.
// Decisions that the agent has not begun to carry out are undone, what was unlearned is
// learned again; mail that was released or discarded stays so.
func (db *DB) ReopenIncident(ctx context.Context, id int64, by, reason string) (
	ledger.Reopened, bool, error) {
	var out ledger.Reopened
	done := false
	err := db.update(ctx, func(tx *sql.Tx) (err error) {
		out, done, err = db.reopen(tx, id, by, reason, db.now())
		return err
	})
	if err != nil {
		return ledger.Reopened{}, false, fmt.Errorf("reopen incident I%d: %w", id, err)
	}
	return out, done, nil
}

func (db *DB) reopen(tx *sql.Tx, id int64, by, reason string, now time.Time) (out ledger.Reopened, done bool,
	err error) {
	var newer bool
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1
			FROM incident o
			WHERE o.sender = i.sender
			  AND o.state = 'open')
		FROM incident i
		WHERE i.id = ?
		  AND i.state != 'open'`, id).Scan(&newer)
	if errors.Is(err, sql.ErrNoRows) {
		return out, false, nil
	}
	if err != nil {
		return out, false, err
	}
	if newer {
		return out, false, errNewer
	}
	if out.Held, err = affected(tx.Exec(`UPDATE hold SET
			state = 'held',
			due = 0,
			by = '',
			reason = '',
			decided = 0,
			ended = 0
		WHERE incident = ?
		  AND ended = 1
		  AND attempts = 0
		  AND state IN ('releasing', 'discarding')`, id)); err != nil {
		return out, false, fmt.Errorf("take decisions back: %w", err)
	}
	if err = tx.QueryRow(`SELECT count(*) FROM hold WHERE incident = ? AND ended = 1`, id).
		Scan(&out.Late); err != nil {
		return out, false, fmt.Errorf("count what was carried out: %w", err)
	}
	if _, err = tx.Exec(`UPDATE hold SET ended = 0 WHERE incident = ?`, id); err != nil {
		return out, false, fmt.Errorf("take decisions back: %w", err)
	}
	if out.Learned, err = relearn(tx, id, now); err != nil {
		return out, false, err
	}
	// The incident begins again with its first held mail.
	_, err = tx.Exec(`UPDATE incident SET
			state = 'open',
			closed = 0,
			by = ?,
			reason = ?,
			kept = 0,
			first_journal = coalesce((SELECT min(journal)
				FROM hold
				WHERE incident = incident.id
				  AND recalled = 0), first_journal)
		WHERE id = ?`, by, reason, id)
	if err != nil {
		return out, false, err
	}
	if err := db.renewCampaign(tx, id); err != nil {
		return out, false, err
	}
	return out, true, audit(tx, now, by, "reopen", fmt.Sprintf("I%d", id), reason)
}

// relearn undoes what an incident's end did to the profiles: what a confirmation took is
// given back, what a dismissal gave back of recalled mail is taken again.
func relearn(tx *sql.Tx, incident int64, now time.Time) (int, error) {
	rows, err := tx.Query(`SELECT t.journal
		FROM unlearned t
		JOIN hold h ON h.journal = t.journal AND h.state = 'gone'
		JOIN journal j ON j.id = t.journal AND j.learned = 1
		WHERE t.incident = ?
		  AND t.cause = 'recall'`, incident)
	if err != nil {
		return 0, fmt.Errorf("read what was given back: %w", err)
	}
	ids, err := ints(rows)
	if err != nil {
		return 0, fmt.Errorf("read what was given back: %w", err)
	}
	for _, id := range ids {
		if _, err := teach(tx, id, -1, now); err != nil {
			return 0, err
		}
	}
	n, err := learnTaken(tx, incident, now, `t.cause = 'confirm'`)
	if err != nil {
		return n, err
	}
	_, err = tx.Exec(`DELETE FROM unlearned WHERE incident = ? AND cause = 'confirm'`, incident)
	return n, err
}
