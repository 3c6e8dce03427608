package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// lockFolder keeps others from bringing the same store up to date meanwhile, in this process and
// in others. Each migration is a transaction, but which ones are due is asked before the first of
// them: who came second would do one again that the first had done, and drop what a later one had
// added. The lock is on the folder: closing the file itself would end SQLite's own locks.
func lockFolder(ctx context.Context, path string) (unlock func() error, err error) {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("lock the folder of store %s: %w", path, err)
	}
	for {
		err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return folder.Close, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			return nil, errors.Join(fmt.Errorf("lock the folder of store %s: %w", path, err), folder.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(fmt.Errorf("wait for whoever brings store %s up to date: %w", path, ctx.Err()),
				folder.Close())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
