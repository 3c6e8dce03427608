package signin

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"hisseki/maillog"
)

// Follower reads logs as they grow. Those of lines are followed through rotations while something is
// written to them, and read on when that begins anew; documents and tables, which something writes
// anew, are read whole when they changed.
type Follower struct {
	Importer
	Files    []string // absolute paths, or patterns of them; of a folder all that is below it
	Log      *slog.Logger
	Now      func() time.Time
	Interval time.Duration // between looks at the files; 0 is five seconds

	read  map[string]stamp    // how files were when they were read
	there map[string]struct{} // all of them

	mu       sync.Mutex
	followed map[string]bool
	crowded  bool // it was said that there are too many files
}

// stamp is when a file was written, and how long it was.
type stamp struct {
	at   time.Time
	size int64
}

const (
	// maxFiles bounds the files that are looked at: Azure writes one an hour for each kind of log.
	maxFiles = 50_000
	// maxFollowed bounds those that are open.
	maxFollowed = 100
	// rest is how long nobody may have written to a file of lines until it is closed.
	rest = 10 * time.Minute
)

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	if len(f.Files) == 0 {
		return
	}
	f.followed, f.read = make(map[string]bool), make(map[string]stamp)
	ctx, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer func() { stop(); wg.Wait() }()
	tick := time.NewTicker(max(f.Interval, time.Millisecond))
	if f.Interval == 0 {
		tick.Reset(5 * time.Second)
	}
	defer tick.Stop()
	for {
		f.look(ctx, &wg)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// found is a file of those that are looked at.
type foundFile struct {
	path string
	stamp
}

// look reads what changed, the oldest first.
func (f *Follower) look(ctx context.Context, wg *sync.WaitGroup) {
	list := f.list()
	read := make(map[string]stamp, len(list)) // without those that are gone
	there := make(map[string]struct{}, len(list))
	for i := range list {
		there[list[i].path] = struct{}{}
		if was, ok := f.read[list[i].path]; ok {
			read[list[i].path] = was
		}
	}
	f.read, f.there = read, there
	for i := range list {
		if file := &list[i]; f.read[file.path] != file.stamp && !f.isFollowed(file.path) && ctx.Err() == nil {
			f.one(ctx, wg, file)
		}
	}
}

// list returns the files, the oldest first.
func (f *Follower) list() (list []foundFile) {
	add := func(path string, info fs.FileInfo) error {
		if len(list) >= maxFiles {
			return errCrowded
		}
		if info.Mode().IsRegular() && info.Size() > 0 {
			list = append(list, foundFile{path, stamp{info.ModTime(), info.Size()}})
		}
		return nil
	}
	crowded := false
	for _, pattern := range f.Files {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			f.Log.Error("sign-in logs are not read", "files", pattern, "error", err)
		}
		for _, path := range paths {
			info, err := os.Stat(path)
			if err == nil && info.IsDir() {
				err = walk(path, add)
			} else if err == nil {
				err = add(path, info)
			}
			crowded = crowded || errors.Is(err, errCrowded)
		}
	}
	if crowded && !f.crowded {
		f.Log.Warn("too many sign-in logs: some are not read", "looked at", maxFiles, "hint", "delete old ones")
	}
	f.crowded = crowded
	slices.SortFunc(list, func(a, b foundFile) int { return cmp.Or(a.at.Compare(b.at), strings.Compare(a.path, b.path)) })
	return list
}

var errCrowded = errors.New("too many files")

// walk names the files below a folder but those whose name begins with a dot. What cannot be read is
// left out.
func walk(folder string, add func(path string, info fs.FileInfo) error) error {
	return filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		hidden := path != folder && strings.HasPrefix(d.Name(), ".")
		switch {
		case d.IsDir() && (err != nil || hidden):
			return fs.SkipDir
		case err != nil || hidden || !d.Type().IsRegular():
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return nil // gone meanwhile
		}
		return add(path, info)
	})
}

func (f *Follower) isFollowed(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.followed[path]
}

// one reads a file that changed, or begins to follow it.
func (f *Follower) one(ctx context.Context, wg *sync.WaitGroup, file *foundFile) {
	age := f.Now().Sub(file.at)
	// Whoever writes a document may not be done with it.
	if age.Abs() < time.Second && f.read[file.path].size != file.size {
		return
	}
	lines, packed, err := isLines(file.path)
	lively := lines && !packed && age.Abs() <= rest
	switch {
	case err != nil:
		f.tell(file.path, Kept{}, err)
	case lively && f.rotates(file.path):
		return // whoever follows the other one reads its end; the rest is read when it rests
	case lively && f.begin(file.path):
		wg.Go(func() {
			f.follow(ctx, file.path)
			f.mu.Lock()
			defer f.mu.Unlock()
			delete(f.followed, file.path)
		})
		return
	default: // whole, or from where it was left
		k, err := f.ImportFile(ctx, file.path, nil)
		f.tell(file.path, k, err)
	}
	f.read[file.path] = file.stamp
}

// rotates says whether a file may be what the rotation of another that is there has left:
//
//	audit.log.1 of audit.log    userlogins-20261128.log of userlogins.log
func (f *Follower) rotates(path string) bool {
	folder, name := filepath.Split(path)
	ext := filepath.Ext(name)
	for _, end := range []string{"", ext} {
		stem := strings.TrimSuffix(name, end)
		for i := len(stem) - 1; i > 0 && strings.IndexByte("0123456789.-", stem[i]) >= 0; i-- {
			base := folder + stem[:i] + end
			_, there := f.there[base] // between renaming and the next line it is not
			if (there || f.isFollowed(base)) && maillog.Rotated(base, path) {
				return true
			}
		}
	}
	return false
}

// begin notes that a file is followed; false where too many are.
func (f *Follower) begin(path string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.followed) >= maxFollowed {
		return false
	}
	f.followed[path] = true
	return true
}

// follow reads a file of lines until nobody writes to it.
func (f *Follower) follow(ctx context.Context, path string) {
	follow := &maillog.Follower{Files: []string{path}, Parser: f.lineParser(nil), Store: f.Store, Log: f.Log,
		Now: f.Now, Interval: f.Interval, Rest: rest}
	follow.Run(ctx)
}

func (f *Follower) tell(path string, k Kept, err error) {
	switch {
	case err != nil:
		f.Log.Error("a sign-in log is not read", "log", path, "error", err)
	case k.Events+k.Others+k.Strange == 0: // known
	case k.Strange > 0:
		f.Log.Warn("a sign-in log was read in part", "log", path, "format", k.Format, "events", k.Events,
			"not understood", k.Strange, "first", k.First.Where+": "+k.First.What)
	default:
		f.Log.Info("a sign-in log was read", "log", path, "format", k.Format, "events", k.Events, "new", k.New)
	}
}
