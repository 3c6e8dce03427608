package doctor

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/store"
)

// The doctor says which habits can never apply: over, or of countries without a database.
func TestDoctorLooksAtHabits(t *testing.T) {
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.AddHabit(t.Context(), analyzer.Habit{Senders: []string{"b@example.jp"},
		Countries: []string{"US"}, Until: time.Now().Add(time.Hour), By: "admin"}); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse("f", []byte(`
[[habits]]
name = "old rule"
networks = ["192.0.2.0/24"]
outside = "hold"
until = "2020-01-01"
`), config.Default(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	examine := func() string {
		d := &Doctor{Config: cfg, ctx: t.Context()}
		d.habits(db)
		var all []string
		for _, f := range d.list {
			all = append(all, f.State+" "+f.Found)
		}
		return strings.Join(all, "\n")
	}
	found := examine()
	for _, want := range []string{"warn old rule is over since 2020-01-01",
		"warn T1 names countries, and no country is known of any client", "ok 1 declared, 1 exception"} {
		if !strings.Contains(found, want) {
			t.Errorf("%q is not among\n%s", want, found)
		}
	}
	cfg.Places.Country, cfg.Habits = "/nonexistent/country.mmdb", nil
	if found := examine(); found != "ok 0 declared, 1 exception" {
		t.Errorf("with a database and nothing over: %s", found)
	}
}
