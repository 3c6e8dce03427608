package store

import (
	"cmp"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// A store's folder is serve's, and root puts a restored store there. Whoever has serve's rights
// could exchange a file of that folder by a link while root works on it, and root would write to,
// or give away, what lies behind the link. So where others may write, the copy is made in a folder
// of our own, and comes to its place through a descriptor.

// workshop returns a folder in which nobody else can exchange a file: the one that the copy is to
// lie in, where that is so, or a new one, which end removes.
func workshop(folder string) (dir string, end func() error, err error) {
	if oursAlone(folder) {
		return folder, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp(cmp.Or(os.Getenv("TMPDIR"), "/var/tmp"), "hisseki-") // mode 0700
	return dir, func() error { return os.RemoveAll(dir) }, err
}

// oursAlone says whether only this user and root can exchange what lies in a folder, or on the way
// to it. In a folder with the sticky bit everybody can only exchange what is his own.
func oursAlone(folder string) bool {
	path, err := filepath.EvalSymlinks(folder)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return false
	}
	for first := true; ; first = false {
		info, err := os.Lstat(path)
		if err != nil || uid(info) != 0 && uid(info) != os.Geteuid() {
			return false
		}
		if info.Mode().Perm()&0o022 != 0 && (first || info.Mode()&fs.ModeSticky == 0) {
			return false
		}
		if path == filepath.Dir(path) {
			return true
		}
		path = filepath.Dir(path)
	}
}

// putInPlace moves a finished file to its place, closed to others. Its owner is that of what was there,
// or of the folder, where the store is to be serve's.
func putInPlace(from, to string, was fs.FileInfo, serves bool) (err error) {
	if !serves && filepath.Dir(from) == filepath.Dir(to) {
		return moved(from, to)
	}
	root, err := os.OpenRoot(filepath.Dir(to))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	name := ".hisseki-" + rand.Text() + ".db"
	f, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err = copyInto(f, from); err == nil && serves {
		err = belongTo(f, root, was)
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = root.Rename(name, filepath.Base(to))
	}
	if err != nil {
		return errors.Join(err, root.Remove(name))
	}
	folder, err := root.Open(".")
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close(), os.Remove(from))
}

// moved gives a file of a folder that is ours alone its name and makes that durable.
func moved(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(to))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// copyInto copies a file's bytes and makes them durable.
func copyInto(to *os.File, from string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	if _, err := io.Copy(to, source); err != nil {
		return err
	}
	return to.Sync()
}

// belongTo gives a file that root made the owner of what was in its place, else of its folder.
func belongTo(f *os.File, folder *os.Root, was fs.FileInfo) error {
	if os.Geteuid() != 0 {
		return nil
	}
	if was == nil {
		var err error
		if was, err = folder.Stat("."); err != nil {
			return err
		}
	}
	owner, ok := was.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.New("the owner cannot be read")
	}
	if err := f.Chown(int(owner.Uid), int(owner.Gid)); err != nil {
		return fmt.Errorf("give the store to its folder's owner: %w", err)
	}
	return nil
}
