// Package store keeps what hisseki must not forget, in one SQLite file or in a PostgreSQL
// database that several hosts share: the journal of
// judged mail, the lessons drawn from it, profiles, holds, incidents, overrides and the
// audit log. It is the only package that knows SQL.
//
// Its files are in rooms, named by how they begin: journal (what was judged, and what is asked
// of it), profile, hold, incident, campaign (what ties incidents and recalls mail), hooks,
// maillog (what the MTA's log says, logins) and admin (rules, audit, counts, personal data). The
// rules of a hold's and an incident's life are package ledger's; tx.go helps all queries, and
// schema.sql shows the tables.
//
// The journal and its lessons are the truth. A profile is a fold of lessons, saved now
// and then with the last lesson in it, so a crash loses nothing: the rest is folded in
// at the next load. Mail bodies are never stored.
package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"hisseki/ledger"
	"hisseki/store/postgres"
)

// DB is an open store. It is safe for concurrent use.
type DB struct {
	path    string
	url     string      // of a PostgreSQL database, "" for a file
	file    fs.FileInfo // that is open, for Lost
	opt     Options
	now     func() time.Time
	log     *slog.Logger
	write   *sql.DB // one connection, used by the committer only; nil when read-only
	read    *sql.DB
	packer  packer
	jobs    chan job
	wipes   chan wiping
	done    chan struct{}
	closed  chan struct{}
	copier  *sql.DB // a connection for checkpoints
	due     chan struct{}
	copied  chan struct{}
	stopped chan struct{}
	closing sync.Once
	failed  error        // of closing
	swept   atomic.Int64 // rows that a purge removed and count has not counted
	book    rulebook
	recalls recalls
	others  others
	gate    *postgres.Gate // of a server
	settler *sql.DB        // a server's connection for settle, nil when read-only
	syncs   syncs
	usual   usual // of the organisation
	soonest soonest
	syncing atomic.Int64 // times that makeDurable was called

	// The committer's:
	lanes    lanes
	texts    campaignTexts
	commits  int       // since the last copy
	written  bool      // since the log was emptied
	emptying bool      // it is to be emptied after the copy under way
	cookie   int64     // of the schema that was looked at, -1 for none
	known    int64     // the newest schema that this program knows
	looked   time.Time // when a server's schema was looked at
	unsynced bool      // a server does not let records be published
}

// Options of Open. The zero value is ready for use.
type Options struct {
	Now     func() time.Time // nil means time.Now
	Log     *slog.Logger     // nil means silence
	Rand    io.Reader        // of the store's secret; nil means crypto/rand
	Excerpt time.Duration    // how long a held mail's excerpt is kept; 0 means 7 days
	Version string           // of the program, for heartbeats
	// Migrate brings a store of an older schema up to date. Without it such a store is refused
	// (ErrOlder), since an older serve may be using it; an empty one gets its tables anyway.
	Migrate bool
	// Existing refuses an empty PostgreSQL database instead of making tables there: whoever only
	// asks or decides does not want a store where a URL has another name in it.
	Existing bool
	// Copying is package transfer's, which gets the connections: nobody else may have the file open
	// then, and Open takes a copy that is not finished. write is nil with OpenReadOnly.
	Copying func(read, write *sql.DB)
	// Signs signs what is decided; nil where whoever writes may not decide, as serve. What is
	// kept then has no signature, and the agent believes none of it.
	Signs ledger.Signs
	// Committed is told of every commit: how many writes shared it and how long it took.
	// It must be quick; nil is told nothing.
	Committed func(writes int, took time.Duration)
	// Panicked is told of every write that failed by a panic; nil is told nothing.
	Panicked func()
}

// defaultExcerpt is long enough for a reviewer who comes back from a week off.
const defaultExcerpt = 7 * 24 * time.Hour

// journalSize is what a checkpoint leaves of the write-ahead log, in bytes: busy readers
// let it grow to hundreds of MiB.
const journalSize = 64 << 20

func newDB(path string, opt Options) (*DB, error) {
	if opt.Now == nil {
		opt.Now = time.Now
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.Rand == nil {
		opt.Rand = rand.Reader
	}
	if opt.Excerpt == 0 {
		opt.Excerpt = defaultExcerpt
	}
	if opt.Committed == nil {
		opt.Committed = func(int, time.Duration) {}
	}
	if opt.Panicked == nil {
		opt.Panicked = func() {}
	}
	packer, err := newPacker()
	if err != nil {
		return nil, err
	}
	return &DB{path: path, opt: opt, now: opt.Now, log: opt.Log, packer: packer,
		jobs: make(chan job, 256), wipes: make(chan wiping), done: make(chan struct{}), closed: make(chan struct{}),
		due: make(chan struct{}), copied: make(chan struct{}, 1),
		stopped: make(chan struct{})}, nil
}

// readers is how many connections read at once, beside the writer. All are kept open;
// database/sql would keep two.
const readers = 4

// Open opens or creates the store at path, with its folder, or the one in the PostgreSQL
// database that a URL names (postgres://...). It refuses files of other
// programs, damaged files, schemas newer than this program and, without Options.Migrate,
// older ones, all of them unchanged.
func Open(ctx context.Context, path string, opt Options) (*DB, error) {
	if postgres.IsURL(path) {
		return openServer(ctx, path, opt)
	}
	db, err := newDB(path, opt)
	if err != nil {
		return nil, err
	}
	if err := db.trustPlace(); err != nil {
		return nil, err
	}
	if err := create(path); err != nil {
		return nil, err
	}
	if db.file, err = os.Lstat(path); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	found, err := db.inspectLatest(ctx)
	if err != nil {
		return nil, err
	}
	db.known = found.known
	if db.write, err = sql.Open(driver, dsn(path, "rw", url.Values{
		"_journal_mode": {"WAL"}, "_synchronous": {"FULL"}, "_txlock": {"immediate"},
		"_foreign_keys": {"on"}, "_secure_delete": {"on"}, // wipe.go: what is deleted is gone
		"_stmt_cache_size": {"64"}, // a fifth less user CPU per record
	})); err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	db.write.SetMaxOpenConns(1)
	if err := db.ready(ctx, found); err != nil {
		return nil, errors.Join(err, db.write.Close())
	}
	if err := db.openReaders(); err != nil {
		return nil, errors.Join(err, db.write.Close())
	}
	if err = db.unmoved(); err == nil {
		err = db.startCopier()
	}
	if err != nil {
		return nil, errors.Join(err, db.read.Close(), db.write.Close())
	}
	go db.commitLoop()
	db.lend()
	return db, nil
}

// OpenReadOnly opens an existing store for looking only: every method that writes
// returns an error. It does not check the whole file, so it is quick.
func OpenReadOnly(ctx context.Context, path string, opt Options) (*DB, error) {
	if postgres.IsURL(path) {
		return openServerReadOnly(ctx, path, opt)
	}
	db, err := newDB(path, opt)
	if err != nil {
		return nil, err
	}
	if err := db.trustPlace(); err != nil {
		return nil, err
	}
	if db.file, err = os.Lstat(path); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	found, err := db.inspect(ctx, false)
	if err != nil {
		return nil, err
	}
	if found.version < found.known {
		return nil, older(path, found)
	}
	if err := db.openReaders(); err != nil {
		return nil, err
	}
	if err = db.unmoved(); err == nil {
		err = db.whole(ctx, db.read)
	}
	if err != nil {
		return nil, errors.Join(err, db.read.Close())
	}
	close(db.closed) // nobody commits
	db.lend()
	return db, nil
}

func (db *DB) openReaders() (err error) {
	db.read, err = sql.Open(driver, dsn(db.path, "ro", url.Values{
		"_query_only": {"true"}, "_stmt_cache_size": {"32"}}))
	if err != nil {
		return fmt.Errorf("open store %s for reading: %w", db.path, err)
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return nil
}

func dsn(path, mode string, v url.Values) string {
	v.Set("mode", mode)
	v.Set("_busy_timeout", "5000")
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(),
		RawQuery: v.Encode()}).String()
}

// create makes the folder and the file, with modes that keep others out. A file that is
// there is not even opened: closing it would drop this process's POSIX locks on it.
func create(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("create the store's folder: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("create store: %w: %s", err, mustWrite)
	}
	return errors.Join(giveAway(f), f.Close())
}

// giveAway makes a file that root has created the property of its folder's owner: serve
// must be able to open what root has taught it. SQLite lets the files beside it follow.
func giveAway(f *os.File) error {
	if os.Geteuid() != 0 {
		return nil
	}
	folder, err := os.Stat(filepath.Dir(f.Name()))
	if err != nil {
		return fmt.Errorf("create store: %w", err)
	}
	owner, ok := folder.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("create store: %w", err)
	}
	return nil
}

// Close commits what is under way and closes the store: its connections have ended then, and so have
// their locks on a file. It may be called twice.
func (db *DB) Close() error {
	db.closing.Do(func() {
		close(db.done)
		if db.gate != nil {
			db.gate.Abandon()
		}
		<-db.closed
		db.soonest.end()
		db.failed = db.read.Close()
		if db.gate != nil {
			defer db.gate.Close()
		}
		ended(db.read)
		if db.write != nil {
			db.failed = errors.Join(db.failed, db.write.Close())
			ended(db.write)
		}
		if db.settler != nil {
			db.failed = errors.Join(db.failed, db.settler.Close())
		}
	})
	return db.failed
}

// endsWithin bounds how long Close waits for a connection that is in use.
const endsWithin = 5 * time.Second

// ended waits until connections that were closed have ended. sql.DB closes the idle ones only: one
// whose transaction was given up with its context is rolled back, and then closed, beside whoever
// gave it up.
func ended(connections *sql.DB) {
	for begun := time.Now(); connections.Stats().OpenConnections > 0 && time.Since(begun) < endsWithin; {
		time.Sleep(time.Millisecond)
	}
}
