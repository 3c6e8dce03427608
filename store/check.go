package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"hisseki/ledger"
	"hisseki/store/postgres"
)

// ErrOlder says that a store has a schema of before this program's.
var ErrOlder = errors.New("is of an older hisseki")

// older says what to do about it. Only serve and an explicit migration bring a store up to
// date: any other command may be run beside a serve of the older program, which could not
// write to the store from then on.
func older(path string, f found) error {
	return fmt.Errorf("store %s %w (schema %d, this one needs %d): end the older hisseki and start "+
		"hisseki serve of this version, which brings the store up to date, or run hisseki migrate",
		path, ErrOlder, f.version, f.known)
}

// errDamaged says that a store does not hold what was written to it.
var errDamaged = errors.New("is damaged")

// Checked is what a look at a whole store says.
type Checked struct {
	Path      string
	Bytes     int64 // of the file, without its log
	Schema    int64
	Known     int64     // the schema of this program
	Mails     int64     // recorded
	Profiles  int64     // kept, all of them readable
	Undecided int64     // kept mail that waits for a person
	Last      time.Time // the newest record, zero without any
}

// String says it in a line.
func (c Checked) String() string {
	last, old := "none", ""
	if !c.Last.IsZero() {
		last = c.Last.Local().Format("2006-01-02 15:04")
	}
	if c.Schema < c.Known {
		old = fmt.Sprintf(", which serve or hisseki migrate brings to %d", c.Known)
	}
	return fmt.Sprintf("%s is whole: %d mails (newest: %s), %d undecided, %d profiles, %.1f MB, "+
		"schema %d%s", c.Path, c.Mails, last, c.Undecided, c.Profiles, float64(c.Bytes)/1e6, c.Schema, old)
}

// maxFaults is how many faults of a damaged store are named.
const maxFaults = 5

// Check looks at a whole store, also while it is in use: that it is ours, has no table that
// hisseki does not make, each page and index is whole (integrity_check), each row refers to rows
// that are there, and each profile can be read. It changes nothing, and reads all of the file.
// An older schema is read as it is.
func Check(ctx context.Context, path string) (c Checked, err error) {
	if postgres.IsURL(path) {
		return checkServer(ctx, path)
	}
	db, f, err := openAny(ctx, path)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.read.Close()) }()
	c = Checked{Path: path, Bytes: db.file.Size(), Schema: f.version, Known: f.known}
	if f.version == 0 {
		return c, fmt.Errorf("store %s is empty: start hisseki serve, it makes the tables", path)
	}
	faults, err := db.faults(ctx)
	if err != nil {
		return c, err
	}
	if len(faults) > 0 {
		return c, fmt.Errorf("store %s %w (%s): move it away, and restore a backup", path, errDamaged,
			strings.Join(faults, "; "))
	}
	return c, db.countAll(ctx, &c)
}

// openAny opens a store of any schema up to ours for reading.
func openAny(ctx context.Context, path string) (*DB, found, error) {
	db, err := newDB(path, Options{})
	if err != nil {
		return nil, found{}, err
	}
	if err := trustFiles(path); err != nil {
		return nil, found{}, err
	}
	if db.file, err = os.Lstat(path); err != nil {
		return nil, found{}, fmt.Errorf("open store: %w", err)
	}
	f, err := db.inspect(ctx, false)
	if err != nil {
		return nil, f, err
	}
	// Not query_only, which VACUUM INTO takes for its copy too: the mode is enough.
	if db.read, err = sql.Open(driver, dsn(path, "ro", url.Values{})); err != nil {
		return nil, f, fmt.Errorf("open store %s for reading: %w", path, err)
	}
	if err := db.unmoved(); err != nil {
		return nil, f, errors.Join(err, db.read.Close())
	}
	return db, f, nil
}

// faults returns what is wrong with the file's pages, indexes and references, some of it.
func (db *DB) faults(ctx context.Context) (list []string, err error) {
	list, err = db.strings(ctx, fmt.Sprintf(`PRAGMA integrity_check(%d)`, maxFaults))
	if err != nil {
		return nil, notOpened(db.path, err)
	}
	if len(list) != 1 || list[0] != "ok" {
		return list, nil
	}
	list, err = db.strings(ctx, `SELECT "table" || ' refers to a missing row of ' || parent
		FROM pragma_foreign_key_check
		GROUP BY 1
		LIMIT ?`, maxFaults)
	if err != nil {
		return nil, fmt.Errorf("check the references of store %s: %w", db.path, err)
	}
	return list, nil
}

// strings returns what a query finds in its one column.
func (db *DB) strings(ctx context.Context, query string, args ...any) ([]string, error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return column[string](rows)
}

// countAll says what is in the store. A schema of another version may keep profiles elsewhere.
func (db *DB) countAll(ctx context.Context, c *Checked) error {
	var last int64
	err := db.read.QueryRowContext(ctx, `SELECT
			(SELECT count(*) FROM journal),
			(SELECT coalesce(max(at), 0) FROM journal),
			(SELECT count(*) FROM hold WHERE state IN `+anyOf+`)`, listOf(ledger.Waiting())).
		Scan(&c.Mails, &last, &c.Undecided)
	if err != nil {
		return fmt.Errorf("count what is in store %s: %w", db.path, err)
	}
	c.Last = fromUnix(last)
	if c.Schema != c.Known {
		return nil
	}
	if err := db.whole(ctx, db.read); err != nil {
		return err
	}
	return db.readAllProfiles(ctx, c)
}

// readAllProfiles decodes what is saved of each sender.
func (db *DB) readAllProfiles(ctx context.Context, c *Checked) error {
	rows, err := db.read.QueryContext(ctx, `SELECT sender, data FROM profile`)
	if err != nil {
		return fmt.Errorf("read the profiles of store %s: %w", db.path, err)
	}
	defer rows.Close()
	for rows.Next() {
		var sender string
		var data []byte
		if err := rows.Scan(&sender, &data); err != nil {
			return fmt.Errorf("read the profiles of store %s: %w", db.path, err)
		}
		if _, err := readProfile(sender, data); err != nil {
			return fmt.Errorf("store %s %w: %w: restore a backup", db.path, errDamaged, err)
		}
		c.Profiles++
	}
	return rows.Err()
}
