package similar

import (
	"slices"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"alice", "alice", 0}, {"alice", "alcie", 1}, {"alice", "alic", 1}, {"alice", "malice", 1},
		{"alice", "alyce", 1}, {"bob", "alice", 4}, {"", "ab", 2},
	} {
		if got := Distance(test.a, test.b, 3); got != test.want {
			t.Errorf("%q and %q: %d, want %d", test.a, test.b, got, test.want)
		}
		if got := Distance(test.b, test.a, 3); got != test.want {
			t.Errorf("%q and %q: %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	words := []string{"list", "show", "release", "discard", "reopen"}
	for word, want := range map[string][]string{"lst": {"list"}, "relase": {"release"}, "re": {"release", "reopen"},
		"shwo": {"show"}, "frobnicate": nil, "": nil} {
		if got := Nearest(word, words); !slices.Equal(got, want) {
			t.Errorf("for %q: %q, want %q", word, got, want)
		}
	}
}
