// Package store keeps what hisseki must not forget, in one SQLite file: the journal of
// judged mail, the lessons drawn from it, profiles, holds, incidents, overrides and the
// audit log. It is the only package that knows SQL.
//
// The journal and its lessons are the truth. A profile is a fold of lessons, saved now
// and then with the last lesson in it, so a crash loses nothing: the rest is folded in
// at the next load. Mail bodies are never stored.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "github.com/mattn/go-sqlite3" // the driver
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks our files: "hsk1".
const applicationID = 0x68736b31

// DB is an open store. It is safe for concurrent use.
type DB struct {
	path   string
	now    func() time.Time
	write  *sql.DB // one connection, used by the committer only
	read   *sql.DB
	jobs   chan job
	done   chan struct{}
	closed chan struct{}
}

// Options of Open.
type Options struct {
	Now func() time.Time // nil means time.Now
}

// Open opens or creates the store at path. It refuses files of other programs, damaged
// files, and schemas newer than this program.
func Open(ctx context.Context, path string, opt Options) (*DB, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if err := prepare(path); err != nil {
		return nil, err
	}
	db := &DB{path: path, now: opt.Now, jobs: make(chan job, 256),
		done: make(chan struct{}), closed: make(chan struct{})}
	var err error
	if db.write, err = sql.Open("sqlite3", dsn(path, "rwc", url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"},
		"_foreign_keys": {"on"},
	})); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	db.write.SetMaxOpenConns(1)
	if err := db.ready(ctx); err != nil {
		return nil, errors.Join(err, db.write.Close())
	}
	if db.read, err = sql.Open("sqlite3", dsn(path, "ro", url.Values{
		"_query_only": {"true"}})); err != nil {
		return nil, fmt.Errorf("open store %s for reading: %w", path, err)
	}
	db.read.SetMaxOpenConns(4)
	go db.commitLoop()
	return db, nil
}

func dsn(path, mode string, v url.Values) string {
	v.Set("mode", mode)
	v.Set("_busy_timeout", "5000")
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(),
		RawQuery: v.Encode()}).String()
}

// prepare creates the folder, and the file with a mode that keeps others out.
func prepare(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("create the store's folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o640)
	if err != nil {
		return fmt.Errorf("open store: %w: the user that runs hisseki must be able to write there", err)
	}
	return f.Close()
}

// ready checks what the file is and brings it to our schema.
func (db *DB) ready(ctx context.Context) error {
	var id, tables int
	row := db.write.QueryRowContext(ctx, `SELECT (SELECT application_id FROM pragma_application_id),
		(SELECT count(*) FROM sqlite_schema)`)
	if err := row.Scan(&id, &tables); err != nil {
		return fmt.Errorf("store %s is no usable SQLite file: %w: move it away or restore a backup",
			db.path, err)
	}
	if tables > 0 && id != applicationID {
		return fmt.Errorf("%s is another program's SQLite file: choose another --db", db.path)
	}
	var check string
	if err := db.write.QueryRowContext(ctx, `PRAGMA quick_check(1)`).Scan(&check); err != nil || check != "ok" {
		return fmt.Errorf("store %s is damaged (%s): move it away or restore a backup", db.path, check)
	}
	if _, err := db.write.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`, applicationID)); err != nil {
		return fmt.Errorf("mark store %s: %w", db.path, err)
	}
	if err := db.migrate(ctx); err != nil {
		return err
	}
	salt := make([]byte, 32)
	rand.Read(salt)
	if _, err := db.write.ExecContext(ctx, `INSERT OR IGNORE INTO setting (key, value) VALUES ('salt', ?)`,
		salt); err != nil {
		return fmt.Errorf("keep the store's secret: %w", err)
	}
	_, err := db.write.ExecContext(ctx, `PRAGMA journal_size_limit = 67108864`)
	return err
}

func (db *DB) migrate(ctx context.Context) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db.write, files)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, know, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema of store %s: %w", db.path, err)
	}
	if have > know {
		return fmt.Errorf("store %s has schema %d, this hisseki knows %d: install the newer "+
			"hisseki again or restore a backup", db.path, have, know)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("bring store %s to schema %d: %w", db.path, know, err)
	}
	return nil
}

// Salt returns the store's secret for keyed hashes.
func (db *DB) Salt(ctx context.Context) ([]byte, error) {
	var salt []byte
	err := db.read.QueryRowContext(ctx, `SELECT value FROM setting WHERE key = 'salt'`).Scan(&salt)
	if err != nil {
		return nil, fmt.Errorf("read the store's secret: %w", err)
	}
	return salt, nil
}

// Close commits what is under way and closes the store.
func (db *DB) Close() error {
	close(db.done)
	<-db.closed
	return errors.Join(db.read.Close(), db.write.Close())
}
