package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// AdoptSender makes what is known of one sender another's, an account's: its mail in the journal,
// what was learned of it. Its ended incidents, which are signed, keep the name. It returns how many
// mails there were. Mail of
// the first that is kept, or an open incident, must be decided before. Of an account that is
// known already, what the journal has of the first is learned in addition.
func (db *DB) AdoptSender(ctx context.Context, from, account, by, reason string) (mails int, err error) {
	if from == "" || account == "" || from == account {
		return 0, errors.New("adopt: two senders must be named")
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		if err := forgettable(tx, from); err != nil {
			return err
		}
		profile, err := adoptedProfile(tx, from, account)
		if err != nil {
			return err
		}
		if mails, err = rename(tx, from, account); err != nil || mails == 0 {
			return err
		}
		if err := db.saveAdopted(tx, from, account, profile); err != nil {
			return err
		}
		return db.audit(tx, db.now(), by, "adopt", "sender:"+account, reason)
	})
	if err != nil {
		return 0, fmt.Errorf("adopt %s: %w", from, err)
	}
	return mails, nil
}

// adoptedProfile is what is usual for the account together with the other.
func adoptedProfile(tx *sql.Tx, from, account string) (*baseline.Profile, error) {
	p, err := foldAll(tx, account)
	if err != nil || p.Mails() == 0 {
		if err == nil {
			p, err = foldAll(tx, from) // whole, also what the journal has no longer
		}
		return p, err
	}
	rows, err := tx.Query(`SELECT observation FROM journal WHERE sender = ? AND learned = 1 ORDER BY id`, from)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o baseline.Observation
		if err := scanObservation(rows, &o); err != nil {
			return nil, err
		}
		p.Learn(&o)
	}
	return p, rows.Err()
}

// foldAll reads a sender's profile with all its lessons.
func foldAll(tx *sql.Tx, sender string) (*baseline.Profile, error) {
	var saved int64
	var data []byte
	err := tx.QueryRow(`SELECT lesson, data FROM profile WHERE sender = ?`, sender).Scan(&saved, &data)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("read profile: %w", err)
	}
	p, err := readProfile(sender, data)
	if err != nil {
		return nil, err
	}
	rows, err := tx.Query(`SELECT l.sign, j.observation
		FROM lesson l
		JOIN journal j ON j.id = l.journal
		WHERE l.sender = ? AND l.id > ?
		ORDER BY l.id`, sender, saved)
	if err != nil {
		return nil, fmt.Errorf("read lessons: %w", err)
	}
	_, err = foldRows(rows, sender, p)
	return p, err
}

// rename moves what hangs on a sender's name.
func rename(tx *sql.Tx, from, account string) (mails int, err error) {
	for _, query := range []string{
		`UPDATE lesson SET sender = ?2 WHERE sender = ?1`,
		`INSERT INTO taught (sender, key)
			SELECT ?2, key FROM taught WHERE sender = ?1
			ON CONFLICT DO NOTHING`,
		`DELETE FROM taught WHERE sender = ?1`,
		`DELETE FROM profile WHERE sender = ?1`,
	} {
		args := []any{from, account}[:1+strings.Count(query, "?2")]
		if _, err := tx.Exec(query, args...); err != nil {
			return 0, err
		}
	}
	return affected(tx.Exec(`UPDATE journal SET sender = ?2, class = ?3 WHERE sender = ?1`, from, account,
		analyzer.Account))
}

// saveAdopted keeps the account's profile behind a lesson of sign 0 for each of the two:
// whoever has one of them in memory drops it and reads what is here now.
func (db *DB) saveAdopted(tx *sql.Tx, from, account string, p *baseline.Profile) error {
	var last int64
	var err error
	for _, sender := range []string{from, account} {
		last, err = oneID(tx.QueryRow(`INSERT INTO lesson (journal, sender, sign, at)
			SELECT max(id), ?1, 0, ?3 FROM journal WHERE sender = ?2
			RETURNING id`, sender, account, db.now().Unix()))
		if err != nil {
			return fmt.Errorf("note lesson: %w", err)
		}
	}
	data, err := p.MarshalBinary()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO profile (sender, lesson, data, updated) VALUES (?1, ?2, ?3, ?4)
		ON CONFLICT (sender) DO UPDATE SET
			lesson = excluded.lesson,
			data = excluded.data,
			updated = excluded.updated`, account, last, data, db.now().Unix())
	return err
}
