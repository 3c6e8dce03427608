package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"hisseki/ledger"
	"hisseki/store/postgres"
)

// Restoring says which backup comes to which place, and who does it.
type Restoring struct {
	From, To string
	Replace  bool // a store that is there is put aside; else it is refused (fs.ErrExist)
	By       string
	Now      time.Time
	Signs    ledger.Signs // of the audit line, as Options has it; nil leaves it without a signature
}

// Restored says what a restore did.
type Restored struct {
	Checked
	Aside   string // where the store that was there is now, "" for none
	Waiting int    // mails whose release, discard or delay was under way: now they wait for a person
}

// errInUse says that a process has the store open.
var errInUse = errors.New("is in use")

// Restore checks a backup and puts a copy of it in a store's place, closed to others and with the
// owner of what was there, or of the folder. A store that a process has open is never replaced.
// The copy is brought to this program's schema.
//
// What was under way when the backup was made is history: a delay may have become a hold since,
// and a decision may have been taken back. So the agent does none of it, and a person decides.
func Restore(ctx context.Context, r Restoring) (out Restored, err error) {
	if postgres.IsURL(r.To) {
		return out, fmt.Errorf("store %s %w", postgres.Shown(r.To), errServersOwn)
	}
	if _, err := Check(ctx, r.From); err != nil {
		return out, fmt.Errorf("restore %s: %w", r.From, err)
	}
	if err := os.MkdirAll(filepath.Dir(r.To), 0o750); err != nil {
		return out, fmt.Errorf("restore %s: %w", r.From, err)
	}
	was, free, err := seize(r)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, free.Close()) }()
	shop, end, err := workshop(filepath.Dir(r.To))
	if err != nil {
		return out, fmt.Errorf("restore %s: %w", r.From, err)
	}
	defer func() { err = errors.Join(err, end()) }()
	tmp, err := vacuumInto(ctx, r.From, shop)
	if err != nil {
		return out, fmt.Errorf("restore %s: %w", r.From, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp))
		}
	}()
	if out.Waiting, err = awaitPerson(ctx, tmp, r); err != nil {
		return out, err
	}
	if out.Checked, err = Check(ctx, tmp); err != nil {
		return out, err
	}
	out.Path = r.To
	if out.Aside, err = putAside(r); err != nil {
		return out, fmt.Errorf("restore %s: put the store that is there aside: %w", r.From, err)
	}
	return out, putInPlace(tmp, r.To, was, true)
}

// SQLite's lock bytes of a database file (os.h, PENDING_BYTE): whoever has a store open in WAL
// mode keeps one of them, readers and writers alike.
const lockStart, lockBytes = 0x40000000, 512

// setLock is F_OFD_SETLK of Linux's fcntl: a lock of the open file, which also meets those of the
// same process.
const setLock = 37

type nothing struct{}

func (nothing) Close() error { return nil }

// seize makes sure that nobody uses the store in the way of a restore, or begins to, until what
// it returns is closed. It does not ask SQLite: the store may be damaged.
func seize(r Restoring) (was fs.FileInfo, free io.Closer, err error) {
	if was, err = os.Lstat(r.To); errors.Is(err, fs.ErrNotExist) {
		return nil, nothing{}, nil
	}
	if err == nil && !was.Mode().IsRegular() {
		err = errors.New("it is not an ordinary file")
	}
	if err != nil {
		return nil, nil, fmt.Errorf("restore to %s: %w", r.To, err)
	}
	if !r.Replace {
		return nil, nil, fmt.Errorf("restore to %s: %w: --replace puts it aside", r.To, fs.ErrExist)
	}
	f, err := os.OpenFile(r.To, os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("restore to %s: %w", r.To, err)
	}
	err = syscall.FcntlFlock(f.Fd(), setLock, &syscall.Flock_t{Type: syscall.F_WRLCK,
		Start: lockStart, Len: lockBytes})
	if errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.EACCES) {
		err = errInUse
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("store %s %w: stop whatever uses it (systemctl stop "+
			"hisseki hisseki-agent) and try again", r.To, err), f.Close())
	}
	return was, f, nil
}

// awaitPerson has what was under way in a backup wait for a person, and notes the restore.
func awaitPerson(ctx context.Context, path string, r Restoring) (n int, err error) {
	db, err := Open(ctx, path, Options{Now: func() time.Time { return r.Now }, Migrate: true, Signs: r.Signs})
	if err != nil {
		return 0, fmt.Errorf("restore %s: %w", r.From, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, step := range []ledger.Step{ledger.StepPromote, ledger.StepUndo} {
		ids, err := db.heldIn(ctx, step.From())
		if err != nil {
			return n, fmt.Errorf("restore %s: %w", r.From, err)
		}
		done, err := db.each(ctx, "keep", ids, func(tx *sql.Tx, id int64) (bool, error) {
			to, err := db.step(tx, id, step, "")
			if err != nil || to == "" {
				return false, err
			}
			_, err = tx.Exec(`UPDATE hold SET
					ended = 0,
					by = '',
					decided = 0,
					promoted = CASE WHEN ? = 1 THEN ? ELSE promoted END
				WHERE id = ?`, step == ledger.StepPromote, r.Now.Unix(), id)
			return true, err
		})
		n += len(done)
		if err != nil {
			return n, err
		}
	}
	return n, db.Audit(ctx, r.By, "restore", "store", "from "+r.From)
}

func (db *DB) heldIn(ctx context.Context, states []ledger.State) ([]int64, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT id FROM hold WHERE state IN `+anyOf, listOf(states))
	if err != nil {
		return nil, err
	}
	return ints(rows)
}

// putAside renames the files of the store in the way, so that they stay one store.
func putAside(r Restoring) (aside string, err error) {
	aside = r.To + ".before-" + r.Now.UTC().Format("20060102T150405Z")
	found := false
	for _, suffix := range beside {
		err := os.Rename(r.To+suffix, aside+suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		found = found || err == nil
	}
	if !found {
		return "", nil
	}
	return aside, nil
}
