package proof

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Newest returns at most so many marks. Of the kind that has most the oldest are left out: whoever makes
// one kind by the hundred must not put another out of sight.
func Newest(list []Mark, most int) []Mark {
	over := len(list) - most
	if over <= 0 {
		return list
	}
	counts := make(map[string]int)
	for i := range list {
		counts[list[i].kind()]++
	}
	drop := make(map[string]int)
	for range over {
		var longest string
		for kind, n := range counts {
			if n > counts[longest] || n == counts[longest] && kind < longest {
				longest = kind
			}
		}
		counts[longest]--
		drop[longest]++
	}
	out := make([]Mark, 0, most)
	for i := range list {
		if kind := list[i].kind(); drop[kind] > 0 {
			drop[kind]--
			continue
		}
		out = append(out, list[i])
	}
	return out
}

// kind is what a mark begins with, which is ours: "refused to release", "the rule for", "line".
func (m *Mark) kind() string {
	words := strings.Fields(m.What)
	for i := range words {
		if i == 3 || strings.ContainsAny(words[i], "0123456789\"") {
			return strings.Join(words[:i], " ")
		}
	}
	return m.What
}

// Marks returns the marks of all records in a folder, oldest first. It locks nothing. A folder that is
// not there has none.
func Marks(folder string) ([]Mark, error) {
	names, err := filepath.Glob(filepath.Join(folder, "seen-*.jsonl"))
	if err != nil {
		return nil, err
	}
	var out []Mark
	for _, name := range names {
		f, err := os.OpenFile(name, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read the agent's record: %w", err)
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, maxLine)
		for lines.Scan() {
			var e entry
			if json.Unmarshal(lines.Bytes(), &e) == nil && e.Mark != nil {
				out = append(out, *e.Mark)
			}
		}
		if err := errors.Join(lines.Err(), f.Close()); err != nil {
			return nil, fmt.Errorf("read the agent's record %s: %w", name, err)
		}
	}
	slices.SortStableFunc(out, func(a, b Mark) int { return a.At.Compare(b.At) })
	return out, nil
}
