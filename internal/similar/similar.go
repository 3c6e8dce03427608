// Package similar finds what a misspelt word may have been meant for.
package similar

import "strings"

// Distance returns how many letters were left out, put in, changed or swapped with their
// neighbour (optimal string alignment), or most+1 when it is more than that.
func Distance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if best > most {
			return most + 1
		}
		before, last = last, row
	}
	return min(last[len(b)], most+1)
}

// Nearest returns the words that differ least from a misspelt one, by few letters, or that
// it begins.
func Nearest(word string, words []string) []string {
	most := 1 + len(word)/4
	for d := 0; d <= most; d++ {
		var out []string
		for _, w := range words {
			near := Distance(word, w, most)
			if len(word) > 1 && strings.HasPrefix(w, word) {
				near = min(near, 1)
			}
			if near == d {
				out = append(out, w)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}
