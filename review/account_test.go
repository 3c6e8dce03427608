package review

import (
	"slices"
	"testing"
)

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
