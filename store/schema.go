package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"syscall"
	"time"

	"github.com/mattn/go-sqlite3"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql migrations/postgres/*.sql
var migrations embed.FS

// applicationID marks our files: "hsk1".
const applicationID = 0x68736b31

// found is what a file turned out to be.
type found struct {
	application int
	version     int64 // of the schema, 0 for none
	known       int64 // the newest schema that this program knows
	oldest      int64 // whose programs may write to a newer schema, 0 for none
	cookie      int64 // SQLite's number of the schema, another one after every change
}

// mustWrite is what to do about a store that the system keeps closed.
const mustWrite = "the user that runs hisseki must be able to write there, even to look"

// notOpened says why the first look into a file failed. What its reader may not do, or a disk
// has no room for, is not the file's fault: to move it away would lose it.
func notOpened(path string, err error) error {
	switch code(err).Code {
	case sqlite3.ErrNotADB, sqlite3.ErrCorrupt, sqlite3.ErrFormat:
		return fmt.Errorf("store %s is not a usable SQLite file: %w: move it away or restore a backup",
			path, err)
	}
	return withheld("open store "+path, err)
}

// code is what SQLite says of an error, zero for one of somebody else.
func code(err error) (e sqlite3.Error) {
	errors.As(err, &e)
	return e
}

// withheld says what to do where the system, and not the file, keeps us from something.
func withheld(doing string, err error) error {
	e := code(err)
	switch {
	case e.SystemErrno == syscall.EACCES:
		return fmt.Errorf("%s: %w: %s", doing, fs.ErrPermission, mustWrite)
	// On a read-only disk SQLite finds no log beside the file, and cannot make one.
	case e.Code == sqlite3.ErrReadonly, e.Code == sqlite3.ErrCantOpen, e.SystemErrno == syscall.EROFS:
		return fmt.Errorf("%s: %w: %s", doing, err, mustWrite)
	case e.Code == sqlite3.ErrFull, e.SystemErrno == syscall.ENOSPC, e.SystemErrno == syscall.EDQUOT:
		return fmt.Errorf("%s: %w: make room on its disk, the file itself is whole", doing, err)
	case e.Code == sqlite3.ErrIoErr:
		return fmt.Errorf("%s: %w: its disk fails, see the kernel's log (dmesg)", doing, err)
	case e.Code == sqlite3.ErrBusy:
		return fmt.Errorf("%s: %w: another process keeps it locked, try again", doing, err)
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// inspect looks at the file without changing it: opened for writing in WAL mode, even
// another program's file would be converted.
func (db *DB) inspect(ctx context.Context, check bool) (f found, err error) {
	ro, err := sql.Open(driver, dsn(db.path, "ro", url.Values{"_query_only": {"true"}}))
	if err != nil {
		return f, fmt.Errorf("open store %s: %w", db.path, err)
	}
	defer func() { err = errors.Join(err, ro.Close()) }()
	if f.known, err = newest(ro); err != nil {
		return f, err
	}
	// One transaction: another process may be at its migrations.
	tx, err := ro.BeginTx(ctx, nil)
	if err != nil {
		return f, notOpened(db.path, err)
	}
	err = db.look(ctx, tx, &f)
	if err = errors.Join(err, tx.Rollback()); err == nil && check {
		err = quickCheck(ctx, ro, db.path)
	}
	return f, err
}

const (
	// settleTries and settlePause are how long Open waits for another process that has begun to
	// make the tables or to bring the store up to date.
	settleTries = 50
	settlePause = 100 * time.Millisecond
)

// inspectLatest is inspect for Open. A store of an older schema that it may not change is
// refused, once nobody else brings it up to date any more.
func (db *DB) inspectLatest(ctx context.Context) (f found, err error) {
	before := int64(-1)
	for range settleTries {
		if f, err = db.inspect(ctx, true); err != nil {
			return f, err
		}
		if f.version == 0 || f.version == f.known || db.opt.Migrate {
			return f, nil
		}
		if f.version == before {
			break
		}
		before = f.version
		select {
		case <-time.After(settlePause):
		case <-ctx.Done():
			return f, ctx.Err()
		}
	}
	return f, older(db.path, f)
}

// look finds out whose file it is, of which schema, and whether that is all there is in it.
func (db *DB) look(ctx context.Context, tx *sql.Tx, f *found) error {
	err := tx.QueryRowContext(ctx, `PRAGMA application_id`).Scan(&f.application)
	if err != nil {
		return notOpened(db.path, err)
	}
	have, err := objects(ctx, tx)
	if err != nil {
		return notOpened(db.path, err)
	}
	if f.application != applicationID && (len(have) > 0 || f.application != 0) {
		return fmt.Errorf("%s is another program's SQLite file: choose another --db", db.path)
	}
	if f.version, err = db.versionOf(ctx, tx, have); err != nil {
		return err
	}
	if err := newer(db.path, *f); err != nil {
		return err
	}
	if err := tx.QueryRowContext(ctx, `PRAGMA schema_version`).Scan(&f.cookie); err != nil {
		return fmt.Errorf("read the schema of store %s: %w", db.path, err)
	}
	return trustSchema(ctx, db.path, have, f.version)
}

// versionOf reads which migrations a file has had, 0 for none. A view of the table's name
// is not asked: it may do anything.
func (db *DB) versionOf(ctx context.Context, tx *sql.Tx, have map[string]object) (v int64, err error) {
	if len(have) == 0 {
		return 0, nil
	}
	if !strings.HasPrefix(have[versions].sql, "CREATE TABLE ") {
		return 0, untrusted(db.path, "it has no %s: restore a backup", versions)
	}
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).
		Scan(&v)
	if err != nil {
		return 0, fmt.Errorf("read the schema of store %s: %w", db.path, err)
	}
	return v, nil
}

// checkTime bounds the check at the start: mail waits for us, and a store of gigabytes
// takes minutes. Damage that it does not reach shows when its page is read.
const checkTime = time.Second

func quickCheck(ctx context.Context, ro *sql.DB, path string) error {
	short, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	var says string
	err := ro.QueryRowContext(short, `PRAGMA quick_check(1)`).Scan(&says)
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return nil
	}
	if code(err).Code == sqlite3.ErrCorrupt {
		return fmt.Errorf("store %s %w: %w: move it away or restore a backup", path, errDamaged, err)
	}
	if err != nil {
		return notOpened(path, err)
	}
	if says != "ok" {
		return fmt.Errorf("store %s %w (%s): move it away or restore a backup", path, errDamaged, says)
	}
	return nil
}

// newer refuses a schema that a newer program made.
func newer(path string, f found) error {
	if f.version <= f.known || f.oldest > 0 && f.oldest <= f.known {
		return nil
	}
	return fmt.Errorf("store %s has schema %d, this hisseki knows %d: install the newer "+
		"hisseki or restore a backup", path, f.version, f.known)
}

func provider(db *sql.DB) (*goose.Provider, error) {
	return providerOf(goose.DialectSQLite3, db, "migrations")
}

// providerOf reads the migrations of an engine from a folder.
func providerOf(dialect goose.Dialect, db *sql.DB, folder string, opt ...goose.ProviderOption) (
	*goose.Provider, error) {
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(dialect, db, files, append(opt, goose.WithDisableGlobalRegistry(true))...)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return p, nil
}

func newest(db *sql.DB) (int64, error) {
	p, err := provider(db)
	if err != nil {
		return 0, err
	}
	return newestOf(p), nil
}

func newestOf(p *goose.Provider) (version int64) {
	for _, s := range p.ListSources() {
		version = max(version, s.Version)
	}
	return version
}

// ready marks the file as ours and brings it to our schema.
func (db *DB) ready(ctx context.Context, f found) error {
	if f.application != applicationID {
		if _, err := db.write.ExecContext(ctx, fmt.Sprintf(`PRAGMA application_id = %d`,
			applicationID)); err != nil {
			return withheld("mark store "+db.path, err)
		}
	}
	if _, err := db.write.ExecContext(ctx, fmt.Sprintf(`PRAGMA journal_size_limit = %d`,
		journalSize)); err != nil {
		return fmt.Errorf("limit the log of store %s: %w", db.path, err)
	}
	db.cookie = f.cookie
	if f.version < f.known {
		db.cookie = -1 // to be looked at again
		if err := db.migrate(ctx); err != nil {
			return withheld(fmt.Sprintf("bring store %s to schema %d", db.path, f.known), err)
		}
		db.log.Info("store brought up to date", "store", db.path, "from", f.version, "to", f.known)
	}
	return db.keepSalt(ctx)
}

// migrate brings the store up to date: serve and the agent may start together, and the one that
// comes second finds nothing left to do.
func (db *DB) migrate(ctx context.Context) (err error) {
	unlock, err := lockFolder(ctx, db.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	p, err := provider(db.write)
	if err != nil {
		return err
	}
	for range 3 { // a program from before the lock may be at it too
		if _, err = p.Up(ctx); err == nil {
			return nil
		}
	}
	return err
}

// saltBytes is the length of the key of the hashes in profiles.
const saltBytes = 32

func (db *DB) keepSalt(ctx context.Context) error {
	if db.opt.Copying == nil {
		if err := db.whole(ctx, db.write); err != nil {
			return err
		}
	}
	salt := make([]byte, saltBytes)
	if _, err := io.ReadFull(db.opt.Rand, salt); err != nil {
		return fmt.Errorf("draw the store's secret: %w", err)
	}
	_, err := db.write.ExecContext(ctx, `INSERT INTO setting (key, value)
		VALUES (?, ?)
		ON CONFLICT DO NOTHING`, saltKey, salt)
	if err != nil {
		return withheld("keep the secret of store "+db.path, err)
	}
	return nil
}
