package store

import (
	"context"
	"database/sql"
	"fmt"

	"hisseki/analyzer"
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
	{"question", `incident IN (SELECT id FROM incident WHERE sender = ?1)`},
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
	"sqlite_sequence": true, "signin_seen": true,
	"reviewer": true, "request": true, "passkey": true, "session": true, "login_link": true, // of those who review, not who mail
}

// Export calls each for everything that is stored about a sender, table by table: a row by
// column, binary columns as []byte. Evidence, which is stored compressed, is
// []analyzer.Evidence.
func (db *DB) Export(ctx context.Context, sender string, each func(table string, r map[string]any) error,
) error {
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("export: %w", err)
	}
	defer tx.Rollback() //nolint:errcheck // read only
	for _, p := range personal {
		if err := db.exportTable(ctx, tx, p.table, p.where, sender, each); err != nil {
			return fmt.Errorf("export %s: %w", p.table, err)
		}
	}
	return nil
}

func (db *DB) exportTable(ctx context.Context, tx *sql.Tx, table, where, sender string,
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
		if packed, ok := r["evidence"].([]byte); ok && table == "journal" {
			list, err := db.packer.unpack(packed)
			if err != nil {
				return err
			}
			r["evidence"] = []analyzer.Evidence(list)
		}
		if err := each(table, r); err != nil {
			return err
		}
	}
	return rows.Err()
}
