package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// madeFile is an SQLite file as the migrations leave it, without the settings of its first opening: to
// copy it is quicker than to make the tables anew for each test, as it is on the server (template).
var madeFile = sync.OnceValues(func() (made made, err error) {
	dir, err := os.MkdirTemp("", "hisseki-template-")
	if err != nil {
		return made, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	path := filepath.Join(dir, "h.db")
	db, err := Open(context.Background(), path, Options{})
	if err != nil {
		return made, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return made, errors.Join(err, db.Close())
	}
	_, err = db.write.Exec(`DELETE FROM setting`)
	if err = errors.Join(err, db.Close()); err != nil {
		return made, err
	}
	made.mode = info.Mode().Perm()
	made.data, err = os.ReadFile(path)
	return made, err
})

// made is a file's bytes, and its mode as Open made it.
type made struct {
	data []byte
	mode os.FileMode
}

// prepared is place with a file that has the tables, where there was none. Where its folder is missing too,
// the test is about a first opening.
func prepared(t testing.TB, path string) string {
	t.Helper()
	if server != nil {
		return place(t, path)
	}
	_, there := os.Lstat(path)
	if _, err := os.Stat(filepath.Dir(path)); err != nil || there == nil {
		return path
	}
	file, err := madeFile()
	if err == nil {
		err = errors.Join(os.WriteFile(path, file.data, file.mode), os.Chmod(path, file.mode))
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}
