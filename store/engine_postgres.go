package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"hisseki/ledger"
	"hisseki/store/postgres"
)

// What PostgreSQL does in its own way, in one place: everything else of this package is the same
// for both engines. Package postgres knows the driver.

// onServer says whether the store is a PostgreSQL database and not a file.
func (db *DB) onServer() bool { return db.url != "" }

// newServer is a DB for a URL. path is what messages show: without a password.
func newServer(url string, opt Options) (*DB, error) {
	db, err := newDB(postgres.Shown(url), opt)
	if err != nil {
		return nil, err
	}
	db.url = url
	db.gate = postgres.NewGate(url, db.serverAnswers)
	return db, nil
}

// openServer is Open for a PostgreSQL URL.
func openServer(ctx context.Context, url string, opt Options) (*DB, error) {
	db, err := newServer(url, opt)
	if err != nil {
		return nil, err
	}
	if err := db.prepareServer(ctx); err != nil {
		return nil, err
	}
	if db.write, err = db.gate.Writer(); err != nil {
		return nil, err
	}
	if db.read, err = db.gate.Reader(readers); err != nil {
		return nil, errors.Join(err, db.write.Close())
	}
	if db.settler, err = db.gate.Writer(); err != nil {
		return nil, errors.Join(err, db.read.Close(), db.write.Close())
	}
	if err = db.keepSalt(ctx); err == nil {
		err = db.others.begin(ctx, db.read)
	}
	if err != nil {
		return nil, errors.Join(err, db.settler.Close(), db.read.Close(), db.write.Close())
	}
	close(db.stopped) // there is no copier
	go db.commitLoop()
	db.lend()
	return db, nil
}

// openServerReadOnly is OpenReadOnly for a PostgreSQL URL.
func openServerReadOnly(ctx context.Context, url string, opt Options) (*DB, error) {
	db, err := newServer(url, opt)
	if err != nil {
		return nil, err
	}
	f, err := db.lookAtServer(ctx)
	if err != nil {
		return nil, err
	}
	if f.version == 0 {
		return nil, errEmpty(db.path)
	}
	if f.version < f.known {
		return nil, older(db.path, f)
	}
	if db.read, err = db.gate.Reader(readers); err != nil {
		return nil, err
	}
	if err := db.whole(ctx, db.read); err != nil {
		return nil, errors.Join(err, db.read.Close())
	}
	close(db.closed) // nobody commits
	db.lend()
	return db, nil
}

// errEmpty says that a database has no tables of ours.
func errEmpty(path string) error {
	return fmt.Errorf("no store at %s, the database is empty: is the name right? hisseki serve and "+
		"hisseki migrate make the tables", path)
}

// serverAnswers says in the log that the database is away, or back.
func (db *DB) serverAnswers(away error, lasted time.Duration) {
	if away != nil {
		db.log.Error("the database does not answer: mail gets the failure action until it does",
			"store", db.path, "error", away)
		return
	}
	db.log.Info("the database answers again", "store", db.path, "after", lasted.Round(time.Millisecond))
}

// lookAtServer says which schema a database has, and refuses one that cannot be a store.
func (db *DB) lookAtServer(ctx context.Context) (f found, err error) {
	plain, err := postgres.Plain(db.url)
	if err != nil {
		return f, err
	}
	defer func() { err = errors.Join(err, plain.Close()) }()
	if err := postgres.Fit(ctx, plain); err != nil {
		return f, fmt.Errorf("open store %s: %w", db.path, err)
	}
	p, err := serverProvider(plain)
	if err != nil {
		return f, err
	}
	f.known = newestOf(p)
	if err = serverVersion(ctx, plain, &f); err != nil {
		return f, fmt.Errorf("read the schema of store %s: %w", db.path, postgres.Explained(err))
	}
	db.known = f.known
	return f, newer(db.path, f)
}

// prepareServer brings a database to our schema: an empty one, or one that Options.Migrate allows.
func (db *DB) prepareServer(ctx context.Context) error {
	f, err := db.lookAtServer(ctx)
	if err != nil || f.version >= f.known {
		return err
	}
	if f.version == 0 && db.opt.Existing {
		return errEmpty(db.path)
	}
	if f.version != 0 && !db.opt.Migrate {
		return older(db.path, f)
	}
	plain, err := postgres.Plain(db.url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, plain.Close()) }()
	p, err := serverProvider(plain)
	if err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring store %s to schema %d: %w", db.path, f.known, postgres.Explained(err))
	}
	db.log.Info("store brought up to date", "store", db.path, "from", f.version, "to", f.known)
	return nil
}

// serverProvider makes migrations that one node does while the others wait for its advisory lock.
func serverProvider(db *sql.DB) (*goose.Provider, error) {
	one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return providerOf(goose.DialectPostgres, db, "migrations/postgres", goose.WithSessionLocker(one))
}

// serverSize returns how many bytes the database takes.
func serverSize(ctx context.Context, tx *sql.Tx) (n int64, err error) {
	err = tx.QueryRowContext(ctx, `SELECT pg_database_size(current_database())`).Scan(&n)
	return n, err
}

// shownTables is how many tables status shows: the others are small.
const shownTables = 4

// serverTables returns the biggest tables of the database.
func serverTables(ctx context.Context, tx *sql.Tx) (list []ledger.TableSize, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT relname, pg_total_relation_size(relid) AS bytes, n_dead_tup
		FROM pg_stat_user_tables
		WHERE schemaname = current_schema()
		ORDER BY bytes DESC, relname
		LIMIT ?`, shownTables)
	if err != nil {
		return nil, fmt.Errorf("read the sizes of tables: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t ledger.TableSize
		if err := rows.Scan(&t.Name, &t.Bytes, &t.Dead); err != nil {
			return nil, fmt.Errorf("read the sizes of tables: %w", err)
		}
		list = append(list, t)
	}
	return list, rows.Err()
}

// checkServer is Check for a PostgreSQL URL: that the schema is ours, each row refers to rows that
// are there (the server sees to that at every write), and each profile can be read. Whether pages
// are whole is the server's business (pg_amcheck, data checksums).
func checkServer(ctx context.Context, url string) (c Checked, err error) {
	db, err := newServer(url, Options{})
	if err != nil {
		return c, err
	}
	f, err := db.lookAtServer(ctx)
	if err != nil {
		return c, err
	}
	c = Checked{Path: db.path, Schema: f.version, Known: f.known}
	if f.version == 0 {
		return c, errEmpty(db.path)
	}
	if db.read, err = db.gate.Reader(readers); err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, db.read.Close()); db.gate.Close() }()
	err = db.view(ctx, func(tx *sql.Tx) error {
		c.Bytes, err = serverSize(ctx, tx)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("check store %s: %w", db.path, err)
	}
	return c, db.countAll(ctx, &c)
}

// errServersOwn says that a server has its own way to do what was asked for.
var errServersOwn = errors.New("is a PostgreSQL database: back it up and restore it with PostgreSQL's " +
	"own pg_basebackup or pg_dump, docs/cluster.md says how")

// versionAge is how old the writer's knowledge of the schema may be: a newer hisseki on another
// host may have brought it up to date.
const versionAge = time.Second

// trustServerStill refuses to write to a schema that a newer hisseki made. It is the committer's.
func (db *DB) trustServerStill(tx interface{ QueryRow(string, ...any) *sql.Row }) error {
	if time.Since(db.looked) < versionAge {
		return nil
	}
	f := found{known: db.known}
	if err := readStands(tx.QueryRow(stands), &f); err != nil {
		return fmt.Errorf("read the schema of store %s: %w", db.path, err)
	}
	if err := newer(db.path, f); err != nil {
		return err
	}
	db.looked = time.Now()
	return nil
}
