package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// What is signed, and how the agent takes back what is not. ledger.Statement says why.

// sign returns the signature of a statement, "" where this process may not decide.
func (db *DB) sign(s ledger.Statement) string {
	if db.opt.Signs == nil {
		return ""
	}
	return db.opt.Signs.Sign(s)
}

// signHolds signs decisions as they stand now. Holds of which nothing is decided lose their
// signature.
func (db *DB) signHolds(tx *sql.Tx, ids []int64) error {
	list, err := decisions(tx, ids)
	if err != nil {
		return fmt.Errorf("read decisions: %w", err)
	}
	for i := range list {
		h := &list[i]
		signature := ""
		if h.State == ledger.Releasing || h.State == ledger.Discarding {
			signature = db.sign(h.Statement())
		}
		if _, err := tx.Exec(`UPDATE hold SET signature = ? WHERE id = ?`, signature, h.ID); err != nil {
			return fmt.Errorf("sign the decision about H%d: %w", h.ID, err)
		}
	}
	return nil
}

// decisions reads what the statements of holds name.
func decisions(tx *sql.Tx, ids []int64) (list []ledger.Hold, err error) {
	rows, err := tx.Query(`SELECT h.id, j.host, j.queue_id, j.at, h.state, h.by, h.reason, h.decided,
			h.not_before
		FROM hold h
		JOIN journal j ON j.id = h.journal
		WHERE h.id IN `+anyID, listOf(ids))
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		h := ledger.Hold{Record: &analyzer.Record{}}
		e := &h.Record.Envelope
		var at, decided, notBefore int64
		if err := rows.Scan(&h.ID, &e.Host, &e.QueueID, &at, &h.State, &h.By, &h.Reason, &decided,
			&notBefore); err != nil {
			return nil, err
		}
		e.Time, h.Decided, h.NotBefore = fromUnix(at), fromUnix(decided), fromUnix(notBefore)
		list = append(list, h)
	}
	return list, rows.Err()
}

// eventStatement are the columns of a signed event e of incident i, for scanEvent.
const eventStatement = `e.n, e.id, e.incident, i.sender, e.kind, e.at, e.by, e.reason, e.kept, e.signature`

func scanEvent(row scanner, more ...any) (e ledger.Event, err error) {
	var at int64
	err = row.Scan(append([]any{&e.N, &e.ID, &e.Incident, &e.Sender, &e.Kind, &at, &e.By, &e.Reason, &e.Kept,
		&e.Signature}, more...)...)
	e.At = fromUnix(at)
	return e, err
}

// lastEvent returns what happened to an incident last.
func lastEvent(tx *sql.Tx, incident int64) (ledger.Event, error) {
	e, err := scanEvent(tx.QueryRow(`SELECT `+eventStatement+`
		FROM event e
		JOIN incident i ON i.id = e.incident
		WHERE e.incident = ?
		ORDER BY e.n DESC
		LIMIT 1`, incident))
	if errors.Is(err, sql.ErrNoRows) {
		return ledger.Event{}, nil
	}
	return e, err
}

// signEvent signs what has just happened to an incident.
func (db *DB) signEvent(tx *sql.Tx, incident int64) error {
	if _, err := tx.Exec(`UPDATE event SET
			kept = (SELECT kept FROM incident WHERE id = ?1)
		WHERE n = (SELECT max(n) FROM event WHERE incident = ?1)`, incident); err != nil {
		return fmt.Errorf("sign the end of I%d: %w", incident, err)
	}
	e, err := lastEvent(tx, incident)
	if err == nil {
		_, err = tx.Exec(`UPDATE event SET signature = ? WHERE n = ?`, db.sign(e.Statement()), e.N)
	}
	return wrapped(fmt.Sprintf("sign the end of I%d", incident), err)
}

// Refuse says that decisions are not carried out, since nobody who may decide made them, or
// since the mail is not ours to touch. Their mail is on hold as before, and may be decided
// anew. It returns the holds that were still decided.
func (db *DB) Refuse(ctx context.Context, why string, holds ...int64) ([]int64, error) {
	return db.each(ctx, "refuse the decision about", holds, func(tx *sql.Tx, id int64) (bool, error) {
		done, err := changed(tx.Exec(`UPDATE hold SET
				state = ?,
				due = 0,
				not_before = 0,
				by = '',
				reason = '',
				decided = 0,
				ended = 0,
				attempts = 0,
				error = ?,
				signature = ''
			WHERE id = ?
			  AND state IN `+anyOf, ledger.Held, "refused: "+why, id, listOf(ledger.StepRefuse.From())))
		if err != nil || !done {
			return false, err
		}
		return true, db.audit(tx, db.now(), ledger.ByMTA, "refuse", fmt.Sprintf("H%d", id), why)
	})
}

// Adopt signs the rules and exceptions that this key has not signed, since there was none before or
// another one, and returns how many those were.
func (db *DB) Adopt(ctx context.Context) (n int, err error) {
	if db.opt.Signs == nil {
		return 0, nil
	}
	rules, err := db.overrides(ctx, "1 = 1")
	if err != nil {
		return 0, err
	}
	exceptions, err := db.Exceptions(ctx)
	if err != nil {
		return 0, err
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		n = 0
		for i := range rules {
			r := &rules[i]
			err := db.adopt(tx, &n, r.Statement(), r.Signature, `UPDATE override SET signature = ? WHERE subject = ?`, r.Subject)
			if err != nil {
				return err
			}
		}
		for i := range exceptions {
			e := &exceptions[i]
			err := db.adopt(tx, &n, e.Statement(), e.Signature, `UPDATE habit SET signature = ? WHERE id = ?`, e.ID)
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, wrapped("sign what was decided before", err)
}

func (db *DB) adopt(tx *sql.Tx, n *int, s ledger.Statement, signature, update string, key any) error {
	if db.opt.Signs.Verify(s, signature) == nil {
		return nil
	}
	*n++
	_, err := tx.Exec(update, db.sign(s), key)
	return err
}
