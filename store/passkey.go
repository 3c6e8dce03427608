package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"time"

	"hisseki/access"
	"hisseki/ledger"
)

// ofKey leaves out what changes with each use.
func ofKey(k *access.Key) ledger.Statement {
	return ledger.Statement{Kind: "passkey", Fields: []string{hex.EncodeToString(k.ID), k.Reviewer, k.Label, k.Data}}
}

func (r reviewers) PutKey(ctx context.Context, k access.Key, by string) error {
	return wrapped("keep a passkey", r.db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`INSERT INTO passkey (id, reviewer, label, data, count, created, used, signature)
			VALUES (?, ?, ?, ?, ?, ?, 0, ?)`, k.ID, k.Reviewer, k.Label, k.Data, int64(k.Count), k.Created.Unix(),
			r.db.sign(ofKey(&k)))
		if err != nil {
			return err
		}
		return r.db.audit(tx, r.db.now(), by, "add-passkey", "reviewer:"+k.Reviewer, k.Label)
	}))
}

func (r reviewers) Keys(ctx context.Context, name string) ([]access.Key, error) {
	return r.keys(ctx, `reviewer = ? ORDER BY created`, name)
}

func (r reviewers) Key(ctx context.Context, id []byte) (*access.Key, error) {
	list, err := r.keys(ctx, `id = ?`, id)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (r reviewers) keys(ctx context.Context, cond string, arg any) ([]access.Key, error) {
	rows, err := r.db.read.QueryContext(ctx, `SELECT id, reviewer, label, data, count, created, used, signature
		FROM passkey
		WHERE `+cond, arg)
	if err != nil {
		return nil, fmt.Errorf("read passkeys: %w", err)
	}
	defer rows.Close()
	var out []access.Key
	for rows.Next() {
		var k access.Key
		var count, created, used int64
		var signature string
		if err := rows.Scan(&k.ID, &k.Reviewer, &k.Label, &k.Data, &count, &created, &used, &signature); err != nil {
			return nil, fmt.Errorf("read passkeys: %w", err)
		}
		k.Count, k.Created, k.Used = uint32(count), fromUnix(created), fromUnix(used)
		if r.believed(ofKey(&k), signature) {
			out = append(out, k)
		}
	}
	return out, rows.Err()
}

func (r reviewers) UseKey(ctx context.Context, id []byte, count uint32, at time.Time) error {
	return wrapped("keep the use of a passkey", r.db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE passkey SET count = ?, used = ? WHERE id = ?`, int64(count), at.Unix(), id)
		return err
	}))
}

func (r reviewers) RemoveKey(ctx context.Context, name string, id []byte, by string) (ok bool, err error) {
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		if ok, err = changed(tx.Exec(`DELETE FROM passkey WHERE id = ? AND reviewer = ?`, id, name)); err != nil || !ok {
			return err
		}
		return r.db.audit(tx, r.db.now(), by, "remove-passkey", "reviewer:"+name, "")
	})
	return ok, wrapped("remove a passkey", err)
}
