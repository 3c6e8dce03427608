// Package private writes files that are for their owner alone.
package private

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write writes a file that nobody but its owner may read. A file that was there is
// replaced, whoever could read it; a link or device is refused: what lies behind it may be
// anybody's.
func Write(path string, data []byte) (err error) {
	was, err := os.Lstat(path)
	switch {
	case err == nil && !was.Mode().IsRegular():
		return fmt.Errorf("%s is a link or no ordinary file: name another file", path)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".hisseki-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	if _, err = tmp.Write(data); err != nil {
		return errors.Join(err, tmp.Close())
	}
	if err = tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
