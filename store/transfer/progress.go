package transfer

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
)

// copyKey is package store's name of the setting that says how far a copy is.
const copyKey = "copying"

// progress is kept in the target until the copy is whole.
type progress struct {
	Source string            `json:"source"` // tells stores apart: a hash of the store's secret
	Tables map[string]*share `json:"tables"`
	kept   []byte            // as the target has it
}

// share is what a table has of the copy.
type share struct {
	Done     bool    `json:"done"`
	After    []keyed `json:"after"`    // the key of the last row, in the source's form
	Rows     int64   `json:"rows"`     // read
	Replaced int64   `json:"replaced"` // Copied.Replaced
	Merged   int64   `json:"merged"`   // Copied.Merged
	Sum      uint64  `json:"sum"`      // of merged rows, as rowSum
}

// keyed is a value of a key in JSON: texts may be no UTF-8.
type keyed struct {
	Whole *int64 `json:"whole,omitempty"`
	Bytes []byte `json:"bytes,omitempty"`
	Text  bool   `json:"text,omitempty"`
}

func keyedOf(v any) (k keyed, err error) {
	switch v := v.(type) {
	case int64:
		k.Whole = &v
	case string:
		k.Bytes, k.Text = []byte(v), true
	case []byte:
		k.Bytes = append([]byte{}, v...)
	default:
		return k, fmt.Errorf("a key is a %T", v)
	}
	return k, nil
}

func (k keyed) value() any {
	switch {
	case k.Whole != nil:
		return *k.Whole
	case k.Text:
		return string(k.Bytes)
	}
	return append([]byte{}, k.Bytes...)
}

// begin finds out how far the target is. One that is new gets the setting that says that it is not
// whole; one with other data is refused.
func (r *run) begin(ctx context.Context) error {
	var secret, kept []byte
	if err := r.tx.QueryRowContext(ctx, `SELECT "value" FROM setting WHERE "key" = 'salt'`).Scan(&secret); err != nil {
		return fmt.Errorf("read the secret of store %s: %w", r.from.name, err)
	}
	hash := sha256.Sum256(secret)
	r.progress = &progress{Source: hex.EncodeToString(hash[:8]), Tables: map[string]*share{}}
	err := r.to.read.QueryRowContext(ctx, `SELECT "value" FROM setting WHERE "key" = ?`, copyKey).Scan(&kept)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return r.beginAnew(ctx)
	case err != nil:
		return fmt.Errorf("read the settings of store %s: %w", r.to.name, err)
	}
	p := progress{kept: kept}
	if err := json.Unmarshal(kept, &p); err != nil || p.Tables == nil {
		return fmt.Errorf("store %s does not say how far its copy is (%v): empty it and copy anew", r.to.name, err)
	}
	if p.Source != r.progress.Source {
		return fmt.Errorf("store %s is the unfinished copy of another store than %s: finish that one, or empty it "+
			"and copy anew", r.to.name, r.from.name)
	}
	r.progress = &p
	return nil
}

// beginAnew takes a target that has nothing but what every new store has: a secret.
func (r *run) beginAnew(ctx context.Context) error {
	for _, t := range r.tables {
		query := `SELECT EXISTS (SELECT 1 FROM "` + t.name + `")`
		if t.name == settings {
			query = `SELECT EXISTS (SELECT 1 FROM setting WHERE "key" != 'salt')`
		}
		var has bool
		if err := r.to.read.QueryRowContext(ctx, query).Scan(&has); err != nil {
			return fmt.Errorf("look into store %s: %w", r.to.name, err)
		}
		if has {
			return fmt.Errorf("store %s has data already (in table %s): name a new file or an empty database",
				r.to.name, t.name)
		}
	}
	return r.inTarget(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO setting ("key", "value") VALUES (?, ?)`, copyKey, []byte("{}"))
		r.progress.kept = []byte("{}")
		if err != nil {
			return err
		}
		return r.keep(ctx, tx)
	})
}

// keep notes how far the copy is, with the rows of the same transaction. What it finds must be what
// it left: else another copy writes there too.
func (r *run) keep(ctx context.Context, tx *sql.Tx) error {
	data, err := json.Marshal(r.progress)
	if err != nil {
		return err
	}
	done, err := tx.ExecContext(ctx, `UPDATE setting SET "value" = ? WHERE "key" = ? AND "value" = ?`, data, copyKey,
		r.progress.kept)
	if err != nil {
		return err
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(err, errors.New("another copy writes to the target too: let one of them end"))
	}
	r.progress.kept = data
	return nil
}

// inTarget runs something in a transaction of the target.
func (r *run) inTarget(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := r.to.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("write to store %s: %w", r.to.name, err)
	}
	if err := do(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("write to store %s: %w", r.to.name, err)
	}
	return nil
}

// end makes the target a store as any other.
func (r *run) end(ctx context.Context) error {
	err := r.inTarget(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM setting WHERE "key" = ?`, copyKey)
		return err
	})
	if err != nil {
		return err
	}
	if r.to.server { // its plans need to know how many rows there are
		if _, err := r.to.write.ExecContext(ctx, `ANALYZE`); err != nil {
			return fmt.Errorf("the copy is whole, but ANALYZE failed: %w", err)
		}
	}
	return r.to.Audit(ctx, r.By, "copy", "store", "from "+r.from.name)
}
