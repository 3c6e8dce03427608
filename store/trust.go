package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"syscall"
)

// Root's commands and the agent open a file that serve may write to, with more rights than
// it has. What stands in its rows is judged where it is used; here is what must not even be
// opened: a file that is not where it seems to be, one that others can exchange, and one
// with tables, views or triggers that no migration makes.

// errUntrusted says that a store is not opened since others could have prepared it.
var errUntrusted = errors.New("is not to be trusted")

// untrusted says why, and what to do.
func untrusted(path, why string, args ...any) error {
	return fmt.Errorf("store %s %w: %s", path, errUntrusted, fmt.Sprintf(why, args...))
}

// beside are the files that SQLite opens with a store.
var beside = []string{"", "-wal", "-shm", "-journal"}

// trustFiles looks at the store's files and its folder. A file that is not there is fine.
func trustFiles(path string) error {
	folder, err := os.Stat(filepath.Dir(path)) // which may be a link that the admin made
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	if err := closed(filepath.Dir(path), folder); err != nil {
		return err
	}
	for _, suffix := range beside {
		f, err := os.Lstat(path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("open store: %w", err)
		}
		if err := trustFile(path+suffix, f, folder); err != nil {
			return err
		}
	}
	return nil
}

// unmoved says whether the file that was looked at is still in its place. SQLite opens by
// name, so this leaves whoever may write to the folder the time between two system calls.
func (db *DB) unmoved() error {
	if err := db.Lost(); err != nil {
		return untrusted(db.path, "it was exchanged while it was opened: try again")
	}
	return trustFiles(db.path)
}

// trustFile looks at one file in a folder.
func trustFile(path string, f, folder fs.FileInfo) error {
	if f.Mode()&fs.ModeSymlink != 0 {
		return untrusted(path, "it is a symbolic link: name the file that it points to with --db "+
			"or in the configuration")
	}
	if !f.Mode().IsRegular() {
		return untrusted(path, "it is not an ordinary file: move it away")
	}
	if owner, home := uid(f), uid(folder); owner != 0 && owner != home && owner != os.Geteuid() {
		return untrusted(path, "it belongs to uid %d, and its folder to uid %d: chown it to the user "+
			"that runs hisseki serve, or move it away", owner, home)
	}
	return closed(path, f)
}

// closed says whether others than the owner may change a file or folder. With root's rights
// a group is others too. In a folder like /tmp (sticky) they cannot change what is ours.
func closed(path string, f fs.FileInfo) error {
	others, who := fs.FileMode(0o002), "o-w"
	if os.Geteuid() == 0 {
		others, who = 0o022, "go-w"
	}
	if f.IsDir() && f.Mode()&fs.ModeSticky != 0 || f.Mode()&others == 0 {
		return nil
	}
	return untrusted(path, "others may write to it (mode %04o): run chmod %s %s", f.Mode().Perm(),
		who, path)
}

func uid(f fs.FileInfo) int {
	if s, ok := f.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return os.Geteuid()
}

// maxObjects is how many tables, indexes, triggers and views are read of a file; ours are
// about 60.
const maxObjects = 500

// object is a row of sqlite_schema.
type object struct{ kind, name, table, sql string }

// objects reads a file's schema. It runs nothing of the file's: sqlite_schema is not a view.
func objects(ctx context.Context, tx *sql.Tx) (map[string]object, error) {
	rows, err := tx.QueryContext(ctx, `SELECT type, name, tbl_name, coalesce(sql, '')
		FROM sqlite_schema
		ORDER BY rowid
		LIMIT ?`, maxObjects)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	list := map[string]object{}
	for rows.Next() {
		var o object
		if err := rows.Scan(&o.kind, &o.name, &o.table, &o.sql); err != nil {
			return nil, err
		}
		list[o.kind+" "+o.name] = o
	}
	return list, rows.Err()
}

// sqlites are tables of SQLite's own; ANALYZE makes those of statistics.
var sqlites = map[string]bool{"table sqlite_sequence": true, "table sqlite_stat1": true,
	"table sqlite_stat4": true}

// versions is the table of goose, which says what migrations a file has had.
const versions = "table goose_db_version"

// trustSchema compares a schema with what the migrations make up to a version.
func trustSchema(ctx context.Context, path string, have map[string]object, version int64) error {
	want, err := migrated(ctx, version)
	if err != nil {
		return err
	}
	for _, key := range slices.Sorted(maps.Keys(have)) {
		o := have[key]
		w, known := want[key]
		switch {
		case sqlites[key], known && w == o:
		case version == 0 && key == versions: // another process is about to begin
		case known:
			return untrusted(path, "its %s is not what hisseki made (%.200q): restore a backup", key, o.sql)
		default:
			return untrusted(path, "it has the %.200s, which hisseki did not make: look at it with "+
				"sqlite3 and remove it, or restore a backup", strconv.QuoteToASCII(key))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if _, ok := have[key]; !ok && !sqlites[key] {
			return untrusted(path, "its %s is missing: restore a backup", key)
		}
	}
	return nil
}

// trustStill looks at the schema again when it has changed since it was looked at: what was
// planted later is not run either. It is the committer's.
func (db *DB) trustStill(tx *sql.Tx) error {
	if db.onServer() {
		return db.trustServerStill(tx)
	}
	var cookie int64
	if err := tx.QueryRow(`PRAGMA schema_version`).Scan(&cookie); err != nil {
		return fmt.Errorf("read the schema of store %s: %w", db.path, err)
	}
	if cookie == db.cookie {
		return nil
	}
	f := found{known: db.known}
	if err := db.look(context.Background(), tx, &f); err != nil {
		return err
	}
	db.cookie = cookie
	return nil
}

// schemas keeps what migrated made, by version.
var schemas sync.Map

// migrated returns the schema that the migrations make, from an empty store in memory.
func migrated(ctx context.Context, version int64) (list map[string]object, err error) {
	if version <= 0 {
		return nil, nil
	}
	if list, ok := schemas.Load(version); ok {
		return list.(map[string]object), nil
	}
	defer func() { err = wrapped("make a schema to compare with", err) }()
	db, err := sql.Open(driver, ":memory:")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	db.SetMaxOpenConns(1) // each connection would have a memory of its own
	p, err := provider(db)
	if err != nil {
		return nil, err
	}
	if _, err := p.UpTo(ctx, version); err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() //nolint:errcheck // nothing is written
	if list, err = objects(ctx, tx); err == nil {
		schemas.Store(version, list)
	}
	return list, err
}
