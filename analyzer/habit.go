package analyzer

import (
	"context"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"
)

// Habit is what an admin declares to be usual for some senders: declared beats learned.
// Inside it, network and hour surprise nobody; mail outside gets points or is held. A
// habit without either is an exception: what it names is inside every habit of its
// senders (a business trip).
type Habit struct {
	Name      string
	Senders   []string       // patterns, see Matches; none stands for all accounts
	Countries []string       // ISO 3166 codes in upper case
	Networks  []netip.Prefix // with Countries: sent from any of them
	Hours     []Hours        // sent in any of them
	Zone      *time.Location // of Hours, nil for UTC
	Points    float64        // that mail outside gets
	Hold      bool           // mail outside is held
	Until     time.Time      // zero for good
	By        string         // who declared it, "" for the configuration
	Reason    string
}

// Matches says whether the habit is for a sender. A pattern is an address, a domain
// ("example.jp"), or an address with "*" and "?" ("*-sales@example.jp").
func (h *Habit) Matches(sender string, class Class) bool {
	if len(h.Senders) == 0 {
		return class == Account
	}
	return matchesAny(h.Senders, sender)
}

func matchesAny(patterns []string, sender string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		if pattern == sender || strings.HasSuffix(sender, "@"+pattern) {
			return true
		}
		ok, err := path.Match(pattern, sender)
		return err == nil && ok
	})
}

// restricts says whether mail outside the habit is evidence.
func (h *Habit) restricts() bool { return h.Hold || h.Points > 0 }

// loadHabits reads the exceptions that the memory keeps, beside the configured habits.
func (a *Analyzer) loadHabits(ctx context.Context) error {
	all, err := declaredHabits(ctx, &a.cfg, a.memory)
	if err == nil {
		a.habits.Store(all)
	}
	return err
}

func declaredHabits(ctx context.Context, cfg *Config, memory Reader) (*[]Habit, error) {
	list, err := memory.Habits(ctx)
	if err != nil {
		return nil, fmt.Errorf("read declared habits: %w", err)
	}
	all := append(slices.Clip(cfg.Habits), list...)
	return &all, nil
}

// declared is what the declared habits say of one mail.
type declared struct {
	network  bool // it comes from a declared network
	country  bool // or country
	hour     bool // in declared hours
	evidence []Evidence
	hold     bool
}

// declare compares a mail with the habits of its sender that hold at its time.
func declare(habits []Habit, m *Mail, place Place) declared {
	var of []*Habit
	for i := range habits {
		h := &habits[i]
		if (h.Until.IsZero() || h.Until.After(m.Time)) && h.Matches(m.Sender, m.Class) {
			of = append(of, h)
		}
	}
	var d declared
	if len(of) == 0 {
		return d
	}
	placeExcused, hourExcused := d.inside(of, m, place)
	for _, h := range of {
		if !h.restricts() {
			continue
		}
		if !placeExcused && h.elsewhere(m.Client, place) {
			d.add(h, whereText(m.Client, place), h.places())
		}
		if !hourExcused && len(h.Hours) > 0 && !h.hour(m.Time) {
			d.add(h, h.in(m.Time).Format("Mon 15:04 MST"), h.hours())
		}
	}
	return d
}

// inside notes which habits a mail is inside of, and returns what an exception excuses.
func (d *declared) inside(of []*Habit, m *Mail, at Place) (place, hour bool) {
	for _, h := range of {
		inNetwork, inCountry, inHour := h.network(m.Client), h.country(at), h.hour(m.Time)
		d.network, d.country, d.hour = d.network || inNetwork, d.country || inCountry, d.hour || inHour
		if !h.restricts() {
			place = place || inNetwork || inCountry
			hour = hour || inHour
		}
	}
	return place, hour
}

func (h *Habit) network(client netip.Addr) bool {
	return client.IsValid() && slices.ContainsFunc(h.Networks, func(p netip.Prefix) bool {
		return p.Contains(client.Unmap())
	})
}

func (h *Habit) country(p Place) bool {
	return p.Country != "" && slices.Contains(h.Countries, p.Country)
}

func (h *Habit) in(t time.Time) time.Time {
	if h.Zone == nil {
		return t.UTC()
	}
	return t.In(h.Zone)
}

func (h *Habit) hour(t time.Time) bool {
	t = h.in(t)
	return slices.ContainsFunc(h.Hours, func(s Hours) bool { return s.contain(t) })
}

// elsewhere says whether a mail surely comes from none of the declared places. Without a
// client address nothing is sure, nor without its country where countries are declared:
// addresses inside the house have none.
func (h *Habit) elsewhere(client netip.Addr, p Place) bool {
	switch {
	case len(h.Networks)+len(h.Countries) == 0, !client.IsValid(), h.network(client), h.country(p):
		return false
	}
	return len(h.Countries) == 0 || p.Country != ""
}

// add notes that a mail is outside a habit.
func (d *declared) add(h *Habit, observed, usual string) {
	text := fmt.Sprintf("sent %s, outside the declared habit %q (%s)", observed, h.Name, usual)
	if h.Reason != "" {
		text += ", because: " + h.Reason
	}
	d.evidence = append(d.evidence, Evidence{Signal: HabitOutside, Points: h.Points,
		Observed: observed, Usual: "declared: " + usual, Text: text})
	d.hold = d.hold || h.Hold
}

// join puts what is outside declared habits in front of the evidence and adds its points.
func (d *declared) join(evidence []Evidence, points float64) ([]Evidence, float64) {
	for _, e := range d.evidence {
		points += e.Points
	}
	return append(d.evidence, evidence...), points
}

func whereText(client netip.Addr, p Place) string {
	text := "from " + client.Unmap().String()
	if p.Country != "" {
		text += " in " + p.Country
	}
	return text
}

// places lists what the habit declares, for people.
func (h *Habit) places() string {
	list := slices.Clone(h.Countries)
	for _, n := range h.Networks {
		list = append(list, n.String())
	}
	return strings.Join(list, ", ")
}

func (h *Habit) hours() string {
	list := make([]string, len(h.Hours))
	for i, s := range h.Hours {
		list[i] = s.String()
	}
	return strings.Join(list, ", ") + " " + h.in(time.Time{}).Location().String()
}

// Declares says in words what the habit names, such as "JP, 192.0.2.0/24; mon-fri
// 07:00-19:00 Asia/Tokyo".
func (h *Habit) Declares() string {
	var parts []string
	if p := h.places(); p != "" {
		parts = append(parts, p)
	}
	if len(h.Hours) > 0 {
		parts = append(parts, h.hours())
	}
	return strings.Join(parts, "; ")
}
