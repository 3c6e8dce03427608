package signing

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// trust refuses a file or folder that others than root and this user could have put there, or
// could exchange: whoever can do that with the key decides. Its folders count too.
func trust(path string, info fs.FileInfo) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("find %s: %w", path, err)
	}
	for {
		if why := writers(info); why != "" {
			return fmt.Errorf("the key for decisions is not to be trusted: %s %s: name a folder that"+
				" only root can write to, with agent.folder in the configuration", path, why)
		}
		parent := filepath.Dir(path)
		if parent == path {
			return nil
		}
		path = parent
		if info, err = os.Stat(path); err != nil {
			return fmt.Errorf("look at the folder of the key for decisions: %w", err)
		}
	}
}

// writers says in words who else may change a file or folder. In one like /tmp (sticky) others
// cannot rename what is ours.
func writers(info fs.FileInfo) string {
	switch owner := uid(info); {
	case info.Mode()&fs.ModeSymlink != 0:
		return "is a symbolic link"
	case owner != 0 && owner != os.Geteuid():
		return fmt.Sprintf("belongs to uid %d", owner)
	case info.Mode().Perm()&0o022 != 0 && info.Mode()&fs.ModeSticky == 0:
		return fmt.Sprintf("can be written by others (mode %04o)", info.Mode().Perm())
	}
	return ""
}

func uid(info fs.FileInfo) int {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(s.Uid)
	}
	return os.Geteuid()
}
