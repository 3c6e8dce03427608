package review

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
		if got := distance(test.a, test.b, 3); got != test.want {
			t.Errorf("%q and %q: %d, want %d", test.a, test.b, got, test.want)
		}
		if got := distance(test.b, test.a, 3); got != test.want {
			t.Errorf("%q and %q: %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"app:192.0.2.0/24|news@example.org", "alice@example.org", "alina@example.org",
		"bob@example.org", "alice@example.jp"}
	for text, want := range map[string][]string{
		"alice":             {"alice@example.org", "alice@example.jp"},
		"alcie@example.org": {"alice@example.org", "alina@example.org"},
		"carol@example.org": nil,
		"":                  nil,
	} {
		if got := nearest(text, names); !slices.Equal(got, want) {
			t.Errorf("for %q: %q, want %q", text, got, want)
		}
	}
}
