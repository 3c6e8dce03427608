package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hisseki/store/postgres"
)

// A backup is a store of its own in one file: VACUUM INTO reads the store in one transaction, so
// the copy is of one moment whoever writes meanwhile, and it has no remains of deleted rows. A
// plain copy of the file would lack what is in the write-ahead log.

// Backup copies the store at path to a new file, also while it is in use, checks the copy and
// says what is in it. The file is its maker's alone (mode 0600); one that is there already is
// left alone and refused (fs.ErrExist). An older schema is copied as it is.
func Backup(ctx context.Context, path, to string) (c Checked, err error) {
	if postgres.IsURL(path) {
		return c, fmt.Errorf("store %s %w", postgres.Shown(path), errServersOwn)
	}
	if _, err := os.Lstat(to); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return c, fmt.Errorf("back up to %s: %w: name a new file", to, err)
	}
	shop, end, err := workshop(filepath.Dir(to))
	if err != nil {
		return c, fmt.Errorf("back up store %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, end()) }()
	tmp, err := vacuumInto(ctx, path, shop)
	if err != nil {
		return c, fmt.Errorf("back up store %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp))
		}
	}()
	if c, err = Check(ctx, tmp); err != nil {
		return c, fmt.Errorf("check the backup: %w", err)
	}
	c.Path = to
	return c, putInPlace(tmp, to, nil, false)
}

// vacuumInto copies a store into a new file of a folder, private and synced, and returns its name.
func vacuumInto(ctx context.Context, path, folder string) (tmp string, err error) {
	db, f, err := openAny(ctx, path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, db.read.Close()) }()
	if f.version == 0 {
		return "", errors.New("it is empty")
	}
	file, err := os.CreateTemp(folder, ".hisseki-*.db") // mode 0600
	if err != nil {
		return "", err
	}
	tmp = file.Name()
	if _, err = db.read.ExecContext(ctx, `VACUUM INTO ?`, tmp); err != nil {
		err = withheld("write "+tmp, err)
	} else {
		err = file.Sync() // which VACUUM INTO leaves to others
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return "", errors.Join(err, os.Remove(tmp))
	}
	return tmp, nil
}
