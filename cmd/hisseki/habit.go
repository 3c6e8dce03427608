package main

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"hisseki/analyzer"
	"hisseki/internal/config"
	"hisseki/store"
)

func newHabit() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "habit",
		Short: "Declared habits, and exceptions from them such as business trips",
		Long: `Declared habits say from where and when mail is sent; the configuration sets them under
[[habits]]. An exception is kept in the store and has an end: until then, what it names
is inside every declared habit of its senders.`,
		Args: cobra.NoArgs,
		RunE: needSubcommand,
	}
	cmd.AddCommand(newHabitList(), newHabitAdd(), newHabitRemove())
	return cmd
}

// habitFlags are an exception as the command line gives it.
type habitFlags struct {
	countries, networks, hours []string
	zone, until, reason        string
}

func newHabitAdd() *cobra.Command {
	var f habitFlags
	cmd := &cobra.Command{
		Use:   "add SENDER|DOMAIN|PATTERN... --until TIME",
		Short: "Add an exception until a time: countries, networks or hours that are fine too",
		Example: `  hisseki habit add bando@example.jp --country US,CA --until 14d --reason "trade fair"
  hisseki habit add '*-ops@example.jp' --hours 22:00-06:00 --zone Asia/Tokyo --until 2027-01-04`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, senders []string) error {
			h, err := f.habit(senders, time.Now())
			if err != nil {
				return usageError{err}
			}
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				if len(h.Countries) > 0 && cfg.Places.Country == "" {
					return errors.New("--country needs a country database: set places.country in the" +
						" configuration, or name networks")
				}
				e, err := db.AddHabit(cmd.Context(), h)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s for %s %s\n", e.Name,
					safe(e.Declares(), 200), few(e.Senders, 5), untilText(e.Until))
				return err
			})
		},
	}
	fl := cmd.Flags()
	fl.StringSliceVar(&f.countries, "country", nil, "`CODES` such as US,CA")
	fl.StringSliceVar(&f.networks, "network", nil, "`NETWORKS` such as 192.0.2.0/24")
	fl.StringArrayVar(&f.hours, "hours", nil, "`HOURS` such as \"sat,sun 09:00-18:00\"")
	fl.StringVar(&f.zone, "zone", "", "time `ZONE` of the hours, such as Asia/Tokyo")
	fl.StringVar(&f.until, "until", "", "end, a `TIME`: in 3d or 12h, or a date")
	addReason(cmd, &f.reason)
	cobra.CheckErr(cmd.MarkFlagRequired("until"))
	return cmd
}

// habit reads the flags as the configuration reads its values.
func (f *habitFlags) habit(senders []string, now time.Time) (h analyzer.Habit, err error) {
	h = analyzer.Habit{By: actor(), Reason: f.reason}
	for _, s := range senders {
		h.Senders = append(h.Senders, strings.ToLower(s))
	}
	if err := config.CheckSenders(h.Senders); err != nil {
		return h, err
	}
	for _, text := range f.countries {
		var c config.Country
		if err := c.UnmarshalText([]byte(text)); err != nil {
			return h, fmt.Errorf("--country: %w", err)
		}
		h.Countries = append(h.Countries, c.Code)
	}
	for _, text := range f.networks {
		var n config.Network
		if err := n.UnmarshalText([]byte(text)); err != nil {
			return h, fmt.Errorf("--network: %w", err)
		}
		h.Networks = append(h.Networks, netip.Prefix(n))
	}
	for _, text := range f.hours {
		span, err := analyzer.ParseHours(text)
		if err != nil {
			return h, fmt.Errorf("--hours: %w", err)
		}
		h.Hours = append(h.Hours, span)
	}
	if (f.zone == "") != (len(f.hours) == 0) {
		return h, errors.New("--hours and --zone belong together: give both or neither")
	}
	if h.Zone, err = config.ParseZone(f.zone); err != nil {
		return h, fmt.Errorf("--zone: %w", err)
	}
	if len(h.Countries)+len(h.Networks)+len(h.Hours) == 0 {
		return h, errors.New("nothing is declared: add --country, --network or --hours")
	}
	h.Until, err = parseUntil(f.until, now)
	return h, err
}

func newHabitRemove() *cobra.Command {
	var reason string
	cmd := &cobra.Command{
		Use:   "remove ID...",
		Short: "End exceptions now, by id such as T3",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ids := make([]int64, len(args))
			for i, arg := range args {
				var err error
				number := strings.TrimPrefix(strings.ToUpper(arg), "T")
				if ids[i], err = strconv.ParseInt(number, 10, 64); err != nil || ids[i] < 1 {
					return usageError{fmt.Errorf("%q is no id of an exception such as T3", arg)}
				}
			}
			return withStore(cmd, func(_ config.Config, db *store.DB) error {
				removed := 0
				for _, id := range ids {
					done, err := db.RemoveHabit(cmd.Context(), id, actor(), reason)
					if err != nil {
						return err
					}
					if done {
						removed++
					}
				}
				switch removed {
				case len(ids):
					return nil
				case 0:
					return errNothing
				}
				return errPartly
			})
		},
	}
	addReason(cmd, &reason)
	return cmd
}

// habitLine is a habit as --json prints it, schema 1.
type habitLine struct {
	Schema   int        `json:"schema"`
	Kind     string     `json:"kind"`
	Name     string     `json:"name"`
	Senders  []string   `json:"senders"`  // patterns, none for all accounts
	Declares string     `json:"declares"` // countries, networks, hours
	Outside  string     `json:"outside"`  // "hold", points, or "" for an exception
	Until    *time.Time `json:"until"`    // null for good
	Over     bool       `json:"over"`
	By       string     `json:"by"` // "configuration" or who added it
	Reason   string     `json:"reason"`
}

func newHabitList() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List declared habits and exceptions",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return withStore(cmd, func(cfg config.Config, db *store.DB) error {
				habits, err := cfg.Declared()
				if err != nil {
					return err
				}
				exceptions, err := db.Habits(cmd.Context())
				if err != nil {
					return err
				}
				habits = append(habits, exceptions...)
				if len(habits) == 0 {
					return errNothing
				}
				return listHabits(cmd, habits, asJSON)
			})
		},
	}
	addJSON(cmd, &asJSON)
	return cmd
}

func listHabits(cmd *cobra.Command, habits []analyzer.Habit, asJSON bool) error {
	now := time.Now()
	lines := make([]habitLine, len(habits))
	t := newTable(cmd.OutOrStdout(), "name", "for", "declares", "outside", "until", "by", "reason")
	for i := range habits {
		h := &habits[i]
		l := habitLine{1, "habit", h.Name, append([]string{}, h.Senders...), h.Declares(),
			outside(h), nil, false, h.By, h.Reason}
		until := untilText(h.Until)
		if !h.Until.IsZero() {
			if l.Until, l.Over = &h.Until, !h.Until.After(now); l.Over {
				until = "over since " + stamp(h.Until)
			}
		}
		if l.By == "" {
			l.By = "configuration"
		}
		lines[i] = l
		senders := "all accounts"
		if len(h.Senders) > 0 {
			senders = few(h.Senders, 3)
		}
		t.row(safe(h.Name, 40), senders, safe(l.Declares, 80), l.Outside, until, safe(l.By, 30),
			safe(h.Reason, 60))
	}
	if asJSON {
		return writeLines(cmd.OutOrStdout(), lines)
	}
	return t.write()
}

// outside says what happens to mail outside a habit.
func outside(h *analyzer.Habit) string {
	switch {
	case h.Hold:
		return "hold"
	case h.Points > 0:
		return points(h.Points) + " points"
	}
	return ""
}
