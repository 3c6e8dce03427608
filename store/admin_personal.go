package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hisseki/ledger"
)

// personal says where something about a sender is: table and condition, in which ?1 is
// the sender. Export reads all of it, Forget erases it. A table that is not named here is
// about nobody (impersonal), or goes with the row that it hangs on.
var personal = []struct{ table, where string }{
	{"journal", `sender = ?1`},
	{"recipient", `journal IN (SELECT id FROM journal WHERE sender = ?1)`},
	{"delivery", `journal IN (SELECT id FROM journal WHERE sender = ?1)`},
	{"requeued", `journal IN (SELECT id FROM journal WHERE sender = ?1)`},
	{"mark", `journal IN (SELECT id FROM journal WHERE sender = ?1)`},
	{"hold", `journal IN (SELECT id FROM journal WHERE sender = ?1)`},
	{"unlearned", `incident IN (SELECT id FROM incident WHERE sender = ?1)
		OR journal IN (SELECT id FROM journal WHERE sender = ?1)`},
	{"incident_mark", `incident IN (SELECT id FROM incident WHERE sender = ?1)`},
	{"incident_text", `incident IN (SELECT id FROM incident WHERE sender = ?1)`},
	{"alert", `incident IN (SELECT id FROM incident WHERE sender = ?1)`},
	{"hook_run", `event IN (SELECT n FROM event
		WHERE incident IN (SELECT id FROM incident WHERE sender = ?1))`}, // what hooks printed
	{"event", `incident IN (SELECT id FROM incident WHERE sender = ?1)`},
	{"incident", `sender = ?1`},
	{"lesson", `sender = ?1`},
	{"profile", `sender = ?1 AND sender != ''`},
	{"login", `sender = ?1`},
	{"taught", `sender = ?1`},
	{"override", `subject = 'sender:' || ?1`},
	{"habit", `EXISTS (SELECT 1 FROM json_each(senders) WHERE value = ?1)`},
	{"audit", `object = 'sender:' || ?1
		OR object IN (SELECT 'H' || h.id FROM hold h JOIN journal j ON j.id = h.journal
			WHERE j.sender = ?1)
		OR object IN (SELECT 'I' || id FROM incident WHERE sender = ?1)`},
}

// impersonal are the tables with nothing about a sender of mail.
var impersonal = map[string]bool{
	"goose_db_version": true, "setting": true, "heartbeat": true,
	"log_position": true, "hook": true, "hook_event": true, "own_mail": true,
	"sqlite_sequence": true,
}

// Export calls each for everything that is stored about a sender, table by table: a row by
// column, binary columns as []byte.
func (db *DB) Export(ctx context.Context, sender string, each func(table string, r map[string]any) error,
) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	for _, p := range personal {
		if err := exportTable(ctx, tx, p.table, p.where, sender, each); err != nil {
			return fmt.Errorf("export %s: %w", p.table, err)
		}
	}
	return nil
}

func exportTable(ctx context.Context, tx *sql.Tx, table, where, sender string,
	each func(string, map[string]any) error) error {
	rows, err := tx.QueryContext(ctx, `SELECT * FROM "`+table+`" WHERE `+where, sender)
	if err != nil {
		return err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			return err
		}
		r := make(map[string]any, len(names))
		for i, name := range names {
			r[name] = values[i]
		}
		if err := each(table, r); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Forget erases what is stored about a sender, but for the audit log, and takes back what
// his mail taught the organisation, as far as the journal reaches. It returns how many
// mails there were. Hashes and the name stay with the lessons until running daemons have
// heard of it; a purge an hour later erases them too.
func (db *DB) Forget(ctx context.Context, sender, by, reason string) (mails int, err error) {
	if sender == "" {
		return 0, errors.New("forget: no sender named")
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		if err := forgettable(tx, sender); err != nil {
			return err
		}
		if err := unteach(tx, sender, db.now().Unix()); err != nil {
			return err
		}
		for _, p := range personal {
			switch p.table {
			case "journal", "lesson", "incident", "audit", "habit":
				continue // below, or a rule of the admin's
			}
			if _, err := tx.Exec(`DELETE FROM "`+p.table+`" WHERE `+p.where, sender); err != nil {
				return fmt.Errorf("%s: %w", p.table, err)
			}
		}
		// Others' mail that his incidents had asked back stays as it is.
		if _, err := tx.Exec(`UPDATE hold SET incident = NULL
			WHERE incident IN (SELECT id FROM incident WHERE sender = ?)`, sender); err != nil {
			return fmt.Errorf("hold: %w", err)
		}
		if _, err := tx.Exec(`DELETE FROM incident WHERE sender = ?`, sender); err != nil {
			return fmt.Errorf("incident: %w", err)
		}
		mails, err = affected(tx.Exec(`UPDATE journal SET
				at = 0, -- forgotten: no mail is that old
				host = '', queue_id = '', sender = '', mail_from = '', header_from = '', client = '',
				message_id = '', subject = '', bytes = 0, action = '', would = '', points = 0, sum = 0,
				detail = '{}', evidence = x'', simhash = 0
			WHERE sender = ?`, sender))
		if err != nil {
			return err
		}
		return audit(tx, db.now(), by, "forget", "sender:"+sender, reason)
	})
	if err == nil {
		err = db.wipe(ctx)
	}
	if err != nil {
		return 0, fmt.Errorf("forget %s: %w", sender, err)
	}
	return mails, nil
}

func forgettable(tx *sql.Tx, sender string) error {
	var kept, open bool
	err := tx.QueryRow(`SELECT
			EXISTS (SELECT 1 FROM hold h JOIN journal j ON j.id = h.journal
				WHERE j.sender = ?1
				  AND h.state IN (SELECT value FROM json_each(?2))),
			EXISTS (SELECT 1 FROM incident WHERE sender = ?1 AND state = 'open')`, sender,
		listOf(ledger.InQueue)).
		Scan(&kept, &open)
	switch {
	case err != nil:
		return err
	case kept:
		return ledger.ErrKept
	case open:
		return ledger.ErrOpenIncident
	}
	return nil
}

// unteach unlearns the sender's mail. The last lesson, of sign 0, shows whoever has the
// sender's profile in memory to drop it.
func unteach(tx *sql.Tx, sender string, at int64) error {
	for _, query := range []string{
		`INSERT INTO lesson (journal, sender, sign, at)
			SELECT id, sender, -1, ?2 FROM journal WHERE sender = ?1 AND learned = 1 ORDER BY id`,
		`UPDATE journal SET learned = 0 WHERE sender = ?1`,
		`INSERT INTO lesson (journal, sender, sign, at)
			SELECT max(id), sender, 0, ?2 FROM journal WHERE sender = ?1 GROUP BY sender`,
	} {
		if _, err := tx.Exec(query, sender, at); err != nil {
			return fmt.Errorf("take back lessons: %w", err)
		}
	}
	return nil
}
