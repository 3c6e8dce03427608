package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hisseki/ledger"
)

// lastMails is how many of a sender's mails are erased with all else, in one transaction.
const lastMails = 20

// Forget erases what is stored about a sender, but for the audit log, and takes back what
// his mail taught the organisation, as far as the journal reaches. It returns how many
// mails there were. Hashes and the name stay with the lessons until running daemons have
// heard of it; a purge an hour later erases them too.
//
// It works in small steps beside a daemon: mail passes between. When it is interrupted, the
// audit log has its line, each mail is erased and untaught wholly or not at all, and the next
// call erases the rest.
func (db *DB) Forget(ctx context.Context, sender, by, reason string) (mails int, err error) {
	if sender == "" {
		return 0, errors.New("forget: no sender named")
	}
	f := &forgetting{sweeper: db.sweeper(ctx), sender: sender}
	for _, part := range []func() error{
		func() error { return f.begin(by, reason) },
		f.mails, f.lists, f.end,
		func() error { return db.wipe(ctx) },
	} {
		if err = part(); err == nil {
			continue
		}
		if f.done > 0 {
			err = fmt.Errorf("%w (%d of the mails are erased: forget again for the rest)", err, f.done)
		}
		return f.done, fmt.Errorf("forget %s: %w", sender, err)
	}
	return f.done, nil
}

// forgetting is one run.
type forgetting struct {
	*sweeper
	sender string
	done   int // mails
}

// begin writes the audit log's line before anything is erased: whoever interrupts the rest
// has still done it. Rules go with the line, by which other processes hear of them.
func (f *forgetting) begin(by, reason string) error {
	return f.db.update(f.ctx, func(tx *sql.Tx) error {
		if err := forgettable(tx, f.sender); err != nil {
			return err
		}
		if _, err := tx.Exec(`DELETE FROM override WHERE subject = 'sender:' || ?`,
			f.sender); err != nil {
			return err
		}
		return f.db.audit(tx, f.db.now(), by, "forget", "sender:"+f.sender, reason)
	})
}

// mails erases the sender's mail but for a few that end is to find.
func (f *forgetting) mails() error {
	for {
		ids, err := f.found(`SELECT id FROM journal WHERE sender = ? ORDER BY at, id LIMIT ?`)
		if err != nil || len(ids) <= lastMails {
			return err
		}
		n, err := f.steps(ids[:len(ids)-1], func(tx *sql.Tx, ids string) (int, error) {
			if err := noneOpen(tx, f.sender); err != nil {
				return 0, err
			}
			return f.erase(tx, ids)
		})
		f.done += n
		if err != nil {
			return err
		}
	}
}

// found returns the first page of what a query finds of the sender.
func (f *forgetting) found(query string) ([]int64, error) {
	rows, err := f.db.read.QueryContext(f.ctx, query, f.sender, pageSize)
	if err != nil {
		return nil, err
	}
	return ints(rows)
}

// listed are the ids ?1, as listOf binds them, ofIncident the incidents of the sender ?2.
const (
	listed     = `(SELECT CAST(value AS BIGINT) FROM json_each(?1))`
	ofIncident = `incident + 0 IN (SELECT id FROM incident WHERE sender = ?2)`
)

// What a step does with rows ?1 of the sender ?2, at the time ?3. The "|| ”" and "+ 0" keep
// SQLite from looking through all that there is of the sender, in every step.
const (
	untaught = `INSERT INTO lesson (journal, sender, sign, at)
		SELECT id, sender, -1, ?3
		FROM journal
		WHERE id IN ` + listed + `
		  AND sender || '' = ?2
		  AND learned = 1
		ORDER BY id`
	emptied = `UPDATE journal SET
			at = 0, -- forgotten: no mail is that old
			host = '', queue_id = '', sender = '', mail_from = '', header_from = '', client = '',
			message_id = '', subject = '', bytes = 0, action = '', would = '', points = 0, sum = 0,
			learned = 0, detail = '{}', evidence = '', simhash = 0
		WHERE id IN ` + listed + `
		  AND sender || '' = ?2`
)

// forgetLists are the tables beside mail that may hold much of a sender: how a page of them is
// found, and how rows of it are erased. A row that is erased is not found again.
var forgetLists = []struct{ find, erase string }{
	{`SELECT id FROM login WHERE sender = ? LIMIT ?`,
		`DELETE FROM login WHERE id IN ` + listed + ` AND sender || '' = ?2`},
	{`SELECT key FROM taught WHERE sender = ? LIMIT ?`,
		`DELETE FROM taught WHERE key IN ` + listed + ` AND sender = ?2`},
	{`SELECT u.journal FROM incident i JOIN unlearned u ON u.incident = i.id
		WHERE i.sender = ? LIMIT ?`,
		`DELETE FROM unlearned WHERE journal IN ` + listed + ` AND ` + ofIncident},
	{`SELECT m.id FROM incident i JOIN incident_mark m ON m.incident = i.id
		WHERE i.sender = ? LIMIT ?`,
		`DELETE FROM incident_mark WHERE id IN ` + listed + ` AND ` + ofIncident},
	{`SELECT t.id FROM incident i JOIN incident_text t ON t.incident = i.id
		WHERE i.sender = ? LIMIT ?`,
		`DELETE FROM incident_text WHERE id IN ` + listed + ` AND ` + ofIncident},
	// Others' mail that his incidents had asked back stays as it is.
	{`SELECT h.id FROM incident i JOIN hold h ON h.incident = i.id WHERE i.sender = ? LIMIT ?`,
		`UPDATE hold SET incident = NULL
			WHERE id IN ` + listed + ` AND ` + ofIncident},
	{`SELECT id FROM incident WHERE sender = ? LIMIT ?`, // with events, alerts, hooks' runs
		`DELETE FROM incident WHERE id IN ` + listed + ` AND sender || '' = ?2`},
}

// lists erases what there may be many of beside mail.
func (f *forgetting) lists() error {
	for _, l := range forgetLists {
		for n := 1; n > 0; {
			ids, err := f.found(l.find)
			if err != nil {
				return err
			}
			if n, err = f.steps(ids, func(tx *sql.Tx, ids string) (int, error) {
				if err := noneOpen(tx, f.sender); err != nil {
					return 0, err
				}
				return affected(tx.Exec(l.erase, ids, f.sender))
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// end erases what is left, with what came meanwhile. The last lesson, of sign 0, shows
// whoever has the sender's profile in memory to drop it: it is behind all that the sender
// taught, and the profile goes with it.
func (f *forgetting) end() error {
	n := 0
	err := f.db.update(f.ctx, func(tx *sql.Tx) error {
		if err := forgettable(tx, f.sender); err != nil {
			return err
		}
		rows, err := tx.Query(`SELECT id FROM journal WHERE sender = ? ORDER BY id`, f.sender)
		if err != nil {
			return err
		}
		ids, err := ints(rows)
		if err != nil {
			return err
		}
		if n, err = f.erase(tx, listOf(ids)); err != nil {
			return err
		}
		if len(ids) > 0 {
			if _, err := tx.Exec(`INSERT INTO lesson (journal, sender, sign, at) VALUES (?, ?, 0, ?)`,
				ids[len(ids)-1], f.sender, f.db.now().Unix()); err != nil {
				return fmt.Errorf("note that profiles are to be dropped: %w", err)
			}
		}
		return eraseRest(tx, f.sender)
	})
	f.done += n
	return err
}

// eraseRest erases whatever hangs on a sender but mail.
func eraseRest(tx *sql.Tx, sender string) error {
	if _, err := tx.Exec(`UPDATE hold SET incident = NULL
		WHERE incident IN (SELECT id FROM incident WHERE sender = ?)`, sender); err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	for _, p := range personal {
		switch p.table {
		case "journal", "lesson", "audit", "habit", "override":
			continue // erased with the mail, a rule of the admin's, or gone at the beginning
		}
		if _, err := tx.Exec(`DELETE FROM "`+p.table+`" WHERE `+p.where, sender); err != nil {
			return fmt.Errorf("%s: %w", p.table, err)
		}
	}
	return nil
}

// erase takes back what some of the sender's mails taught, erases all that hangs on them, and
// empties their rows: lessons need the observation for an hour. It returns how many it
// emptied. Mail that is kept is not erased.
func (f *forgetting) erase(tx *sql.Tx, ids string) (int, error) {
	var kept bool
	if err := tx.QueryRow(`SELECT EXISTS (SELECT 1
		FROM hold
		WHERE journal IN `+anyID+`
		  AND state || '' IN `+anyOf+`)`, ids, listOf(ledger.InQueue)).Scan(&kept); err != nil {
		return 0, err
	}
	if kept {
		return 0, ledger.ErrKept
	}
	if _, err := tx.Exec(untaught, ids, f.sender, f.db.now().Unix()); err != nil {
		return 0, fmt.Errorf("take back lessons: %w", err)
	}
	for _, table := range []string{"recipient", "delivery", "requeued", "mark", "hold", "unlearned"} {
		if _, err := tx.Exec(`DELETE FROM "`+table+`" WHERE journal IN `+anyID, ids); err != nil {
			return 0, fmt.Errorf("%s: %w", table, err)
		}
	}
	return affected(tx.Exec(emptied, ids, f.sender))
}

// forgettable says why a sender cannot be forgotten yet.
func forgettable(tx *sql.Tx, sender string) error {
	var kept bool
	if err := tx.QueryRow(`SELECT EXISTS (SELECT 1
			FROM hold h
			JOIN journal j ON j.id = h.journal
			WHERE j.sender = ?
			  AND h.state IN `+anyOf+`)`, sender, listOf(ledger.InQueue)).Scan(&kept); err != nil {
		return err
	}
	if kept {
		return ledger.ErrKept
	}
	return noneOpen(tx, sender)
}

func noneOpen(tx *sql.Tx, sender string) error {
	var open bool
	err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM incident WHERE sender = ? AND state = 'open')`,
		sender).Scan(&open)
	if err == nil && open {
		err = ledger.ErrOpenIncident
	}
	return err
}
