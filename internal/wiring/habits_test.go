package wiring

import (
	"slices"
	"testing"

	"hisseki/internal/config"
)

// A habit is for the account that mail gets, however the configuration writes it.
func TestHabitsNameAccountsAsMailDoes(t *testing.T) {
	var cfg config.Config
	cfg.Identity.DefaultRealm = "example.jp"
	cfg.Identity.Aliases = map[string]string{"bob@example.jp": "robert@example.jp"}
	cfg.Groups = map[string][]string{"sales": {"Bob"}}
	cfg.Habits = []config.Habit{{Name: "office",
		For: []string{"Alice", "bob@example.jp", "example.org", "*-ops@example.jp", "group:sales"}}}
	list, err := Habits(cfg)
	want := []string{"alice@example.jp", "robert@example.jp", "example.org", "*-ops@example.jp",
		"robert@example.jp"}
	if err != nil || len(list) != 1 || !slices.Equal(list[0].Senders, want) {
		t.Errorf("%+v, %v; want %q", list, err, want)
	}
}
