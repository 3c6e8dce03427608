package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"hisseki/ledger"
)

// maxRequests bounds how many requests wait for a second reviewer.
const maxRequests = 200

func (r reviewers) AddRequest(ctx context.Context, q ledger.Request) (id int64, err error) {
	holds, err := json.Marshal(q.Holds)
	if err != nil {
		return 0, err
	}
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		// What is over stands in the audit log.
		if _, err := tx.Exec(`DELETE FROM request WHERE asked <= ?`, r.db.now().Add(-ledger.RequestFor).Unix()); err != nil {
			return err
		}
		var open int
		if err := tx.QueryRow(`SELECT count(*) FROM request WHERE state = ''`).Scan(&open); err != nil {
			return err
		}
		if open >= maxRequests {
			return fmt.Errorf("%d requests wait for a second reviewer: see to them first", open)
		}
		err := tx.QueryRow(`INSERT INTO request (holds, ending, mails, person, by, reason, asked, state, signature)
			VALUES (?, ?, ?, ?, ?, ?, ?, '', '') RETURNING id`, string(holds), q.Ending, q.Mails, q.Person, q.By, q.Reason,
			q.Asked.Unix()).Scan(&q.ID)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE request SET signature = ? WHERE id = ?`, r.db.sign(q.Statement()), q.ID); err != nil {
			return err
		}
		id = q.ID
		return r.db.audit(tx, r.db.now(), q.By, "ask-second", q.Name(), q.Reason)
	})
	return id, wrapped("keep a request", err)
}

func (r reviewers) Requests(ctx context.Context, since time.Time) ([]ledger.Request, error) {
	rows, err := r.db.read.QueryContext(ctx, `SELECT id, holds, ending, mails, person, by, reason, asked, signature
		FROM request
		WHERE state = ''
		  AND asked > ?
		ORDER BY asked
		LIMIT ?`, since.Unix(), maxRequests)
	if err != nil {
		return nil, fmt.Errorf("read requests: %w", err)
	}
	defer rows.Close()
	var out []ledger.Request
	for rows.Next() {
		var q ledger.Request
		var holds []byte
		var asked int64
		var signature string
		err := rows.Scan(&q.ID, &holds, &q.Ending, &q.Mails, &q.Person, &q.By, &q.Reason, &asked, &signature)
		if err == nil {
			err = json.Unmarshal(holds, &q.Holds)
		}
		if err != nil {
			return nil, fmt.Errorf("read requests: %w", err)
		}
		q.Asked = fromUnix(asked)
		if r.believed(q.Statement(), signature) {
			out = append(out, q)
		}
	}
	return out, rows.Err()
}

func (r reviewers) EndRequest(ctx context.Context, id int64, state, by, reason string) (ok bool, err error) {
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		if ok, err = changed(tx.Exec(`UPDATE request SET state = ? WHERE id = ? AND state = ''`, state, id)); err != nil || !ok {
			return err
		}
		verb := map[string]string{ledger.RequestAgreed: "agree", ledger.RequestRefused: "disagree"}[state]
		return r.db.audit(tx, r.db.now(), by, verb, fmt.Sprintf("R%d", id), reason)
	})
	return ok, wrapped("end a request", err)
}

// withdraw ends what somebody asked for who may not decide any more: another's agreement to it
// would be one person's decision.
func withdraw(tx *sql.Tx, person string) error {
	_, err := tx.Exec(`UPDATE request SET state = ? WHERE person = ? AND state = ''`, ledger.RequestRefused, person)
	return err
}
