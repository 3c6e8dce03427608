package store

import (
	"net/netip"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/ledger"
)

func TestExceptions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	db := open(t, path)
	span, err := analyzer.ParseHours("sat,sun 22:00-02:00")
	if err != nil {
		t.Fatal(err)
	}
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	trip := analyzer.Habit{Senders: []string{"b@example.jp"}, Countries: []string{"US", "CA"},
		Networks: []netip.Prefix{netip.MustParsePrefix("2001:db8::/32")}, Hours: []analyzer.Hours{span},
		Zone: tokyo, Programs: []string{"Thunderbird*"}, Devices: []string{"PC-7, Tokyo"}, Until: noon.AddDate(0, 0, 14), By: "admin", Reason: "trade fair"}
	for _, want := range []string{"T1", "T2"} {
		e, err := db.AddHabit(t.Context(), trip)
		if err != nil || e.Name != want {
			t.Fatalf("added %+v, %v; want %s", e, err, want)
		}
	}
	got, err := db.Habits(t.Context())
	trip.Name = "T1"
	if err != nil || len(got) != 2 || !reflect.DeepEqual(got[0], trip) {
		t.Errorf("read back %+v, %v; want %+v", got, err, trip)
	}
	if done, err := db.RemoveHabit(t.Context(), 2, "admin", "back"); !done || err != nil {
		t.Errorf("removed: %t, %v", done, err)
	}
	if done, err := db.RemoveHabit(t.Context(), 2, "admin", ""); done || err != nil {
		t.Errorf("removed twice: %t, %v", done, err)
	}
	if e, err := db.AddHabit(t.Context(), trip); err != nil || e.Name != "T3" {
		t.Errorf("an id came back: %+v, %v", e, err)
	}
	acts, err := db.AuditList(t.Context(), ledger.ActFilter{})
	if err != nil || len(acts) != 4 || acts[3].Verb != "add-habit" || acts[3].Object != "T1" ||
		!strings.Contains(acts[3].Reason, "US, CA, 2001:db8::/32; sat,sun 22:00-02:00 "+
			"Asia/Tokyo; program Thunderbird*; device PC-7, Tokyo until 2026-11-16") ||
		acts[1].Verb != "remove-habit" || acts[1].Object != "T2" {
		t.Errorf("audit log: %+v, %v", acts, err)
	}
}

// A declared change is kept whole, and signed as another thing than an exception.
func TestDeclaredChanges(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	link, err := content.ParsePattern("https://www.example.org/new?")
	if err != nil {
		t.Fatal(err)
	}
	move := analyzer.Habit{Senders: []string{"example.jp"}, Countries: []string{}, Networks: []netip.Prefix{},
		Until: noon.AddDate(0, 0, 14), By: "admin", Zone: time.UTC,
		Programs: []string{"Blue Bird*"}, Devices: []string{},
		Change: analyzer.Change{From: noon.AddDate(0, 0, 2), Links: []content.Pattern{link}}}
	e, err := db.AddHabit(t.Context(), move)
	if err != nil || e.Statement().Kind != "change of exception with programs" {
		t.Fatalf("added %+v, %v", e, err)
	}
	move.Name = "T1"
	if got, err := db.Habits(t.Context()); err != nil || len(got) != 1 || !reflect.DeepEqual(got[0], move) {
		t.Errorf("read back %+v, %v; want %+v", got, err, move)
	}
	move.Until = move.From
	if _, err := db.AddHabit(t.Context(), move); err == nil {
		t.Error("a change that ends before it begins was added")
	}
}

func TestExceptionsRefused(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "h.db"))
	fine := analyzer.Habit{Senders: []string{"b@example.jp"}, Countries: []string{"US"},
		Until: noon.Add(time.Hour)}
	for want, change := range map[string]func(*analyzer.Habit){
		"needs a sender":           func(h *analyzer.Habit) { h.Senders = nil },
		"needs a country":          func(h *analyzer.Habit) { h.Countries = nil },
		"an end in the future":     func(h *analyzer.Habit) { h.Until = noon },
		"only the configuration":   func(h *analyzer.Habit) { h.Hold = true },
		"only the configuration s": func(h *analyzer.Habit) { h.Points = 1 },
	} {
		h := fine
		change(&h)
		if _, err := db.AddHabit(t.Context(), h); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
	if list, err := db.Exceptions(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("kept %+v, %v", list, err)
	}
}
