package review

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/config"
	"hisseki/internal/mailbox"
	"hisseki/ledger"
)

// habitStore is where exceptions from declared habits are.
type habitStore interface {
	AddHabit(ctx context.Context, h analyzer.Habit) (ledger.Exception, error)
	RemoveHabit(ctx context.Context, id int64, by, reason string) (bool, error)
	Habits(ctx context.Context) ([]analyzer.Habit, error)
}

// HabitRequest is an exception as a person writes it.
type HabitRequest struct {
	Senders   []string // accounts, domains, patterns
	Countries []string // "US"
	Networks  []string // "192.0.2.0/24"
	Hours     []string // "sat,sun 09:00-18:00"
	Zone      string   // of Hours: "Asia/Tokyo"
	Links     []string // of a declared change: hosts, domains and URLs
	From      string   // when it begins, see ParseTime; "" for at once
	Programs  []string // "Thunderbird*"
	Devices   []string // "PC-07", as sign-in logs name it
	Until     string   // see ParseUntil
	Reason    string
	Change    bool // asked for as a declared change
}

// AddHabit adds an exception. doubts say in words which of its accounts nobody knows.
func (s *Service) AddHabit(ctx context.Context, who Actor, r HabitRequest) (
	e ledger.Exception, doubts []string, err error) {
	if err := s.mayDecide(); err != nil {
		return e, nil, err
	}
	if r.Senders, err = s.habitSenders(ctx, r.Senders); err != nil {
		return e, nil, err
	}
	h, err := s.habit(r)
	if err != nil {
		return e, nil, UsageError{err}
	}
	if len(h.Countries) > 0 && !s.Settings.Countries {
		return e, nil, errors.New("--country needs a country database: set places.country in the" +
			" configuration, or signin.files to logs that name countries, or name networks")
	}
	if len(h.Devices) > 0 && !s.Settings.Signins {
		return e, nil, errors.New("--device needs sign-in logs, which alone name devices: set signin.files in the" +
			" configuration")
	}
	for _, sender := range h.Senders {
		if isPattern(sender) {
			continue
		}
		doubt, err := s.Doubt(ctx, sender)
		if err != nil {
			return e, nil, err
		}
		if doubt != "" {
			doubts = append(doubts, doubt)
		}
	}
	h.By, h.Reason = who.String(), r.Reason
	e, err = s.Store.AddHabit(ctx, h)
	return e, doubts, err
}

// habit reads a request as the configuration reads its values.
func (s *Service) habit(r HabitRequest) (h analyzer.Habit, err error) {
	h.Senders = r.Senders
	if err := config.CheckSenders(h.Senders); err != nil {
		return h, err
	}
	for _, text := range r.Countries {
		var c config.Country
		if err := c.UnmarshalText([]byte(text)); err != nil {
			return h, fmt.Errorf("--country: %w", err)
		}
		h.Countries = append(h.Countries, c.Code)
	}
	for _, text := range r.Networks {
		var n config.Network
		if err := n.UnmarshalText([]byte(text)); err != nil {
			return h, fmt.Errorf("--network: %w", err)
		}
		h.Networks = append(h.Networks, netip.Prefix(n))
	}
	if h.Programs, err = patterns("--program", r.Programs); err != nil {
		return h, err
	}
	if h.Devices, err = patterns("--device", r.Devices); err != nil {
		return h, err
	}
	for _, text := range r.Hours {
		span, err := analyzer.ParseHours(text)
		if err != nil {
			return h, fmt.Errorf("--hours: %w", err)
		}
		h.Hours = append(h.Hours, span)
	}
	if (r.Zone == "") != (len(r.Hours) == 0) {
		return h, errors.New("--hours and --zone belong together: give both or neither")
	}
	if h.Zone, err = config.ParseZone(r.Zone); err != nil {
		return h, fmt.Errorf("--zone: %w", err)
	}
	if err := readChange(&h.Change, r, s.Now()); err != nil {
		return h, err
	}
	if len(h.Countries)+len(h.Networks)+len(h.Hours)+len(h.Programs)+len(h.Devices)+len(h.Links) == 0 {
		return h, errors.New("nothing is declared: add " + r.flags())
	}
	if h.Until, err = ParseUntil(r.Until, s.Now()); err != nil {
		return h, fmt.Errorf("--until %w", err)
	}
	if !h.Until.After(h.Change.From) {
		return h, errors.New("--until is not after --from: the change would never be")
	}
	return h, nil
}

// patterns reads names and patterns of an option: "Thunderbird*".
func patterns(option string, list []string) (out []string, err error) {
	for _, text := range list {
		var w config.Word
		if err := w.UnmarshalText([]byte(text)); err != nil {
			return nil, fmt.Errorf("%s: %w", option, err)
		}
		out = append(out, w.Pattern)
	}
	return out, nil
}

// readChange reads what of a request is a declared change.
func readChange(c *analyzer.Change, r HabitRequest, now time.Time) (err error) {
	if !r.Change {
		return nil
	}
	for _, text := range r.Links {
		p, err := content.ParsePattern(text)
		if err != nil {
			return fmt.Errorf("--link: %w", err)
		}
		if why := analyzer.CheckLink(p); why != "" {
			return errors.New("--link: " + why)
		}
		c.Links = append(c.Links, p)
	}
	if c.From = now; r.From == "" {
		return nil
	}
	if c.From, err = ParseTime(r.From, now); err != nil {
		return fmt.Errorf("--from %w", err)
	}
	return nil
}

// flags names what a request of its kind may declare.
func (r HabitRequest) flags() string {
	if r.Change {
		return "--link, --network or --program"
	}
	return "--country, --network, --hours, --program or --device"
}

// habitSenders writes what a habit is for as mail has it: accounts as logins are written,
// domains and patterns in lower case. "taro.yamada" may be either: it is a login when that
// account is known.
func (s *Service) habitSenders(ctx context.Context, texts []string) ([]string, error) {
	out := make([]string, len(texts))
	for i, text := range texts {
		out[i] = mailbox.Lower(strings.TrimSpace(text))
		if strings.ContainsAny(out[i], "*?[\\") || s.Normal == nil {
			continue
		}
		name := s.Normal(out[i])
		if isPattern(out[i]) {
			ok, err := s.Store.SenderKnown(ctx, name)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
		}
		out[i] = name
	}
	return out, nil
}

// isPattern says whether a text may stand for more than one account: a domain or "*-ops@...".
func isPattern(text string) bool {
	return strings.ContainsAny(text, "*?[\\") ||
		!strings.Contains(text, "@") && strings.Contains(text, ".")
}

// RemoveHabits ends exceptions now, by ids such as "T3", and returns how many there were.
// An error that is ErrPartly names the ids that nothing has.
func (s *Service) RemoveHabits(ctx context.Context, who Actor, ids []string, reason string) (int, error) {
	var p parser
	numbers := p.ids("T", ids)
	if err := errors.Join(p.err(), s.mayDecide()); err != nil {
		return 0, err
	}
	var not []string
	for _, id := range numbers {
		ok, err := s.Store.RemoveHabit(ctx, id, who.String(), reason)
		if err != nil {
			return 0, err
		}
		if !ok {
			not = append(not, fmt.Sprintf("there is no T%d", id))
		}
	}
	if len(not) == len(numbers) {
		return 0, fmt.Errorf("%w: %s", ErrNothing, strings.Join(not, "; "))
	}
	return len(numbers) - len(not), missing(not)
}

// Habits returns the declared habits, then the exceptions; none is ErrNothing.
func (s *Service) Habits(ctx context.Context) ([]HabitLine, error) {
	exceptions, err := s.Store.Habits(ctx)
	if err != nil {
		return nil, err
	}
	list := append(append([]analyzer.Habit{}, s.Settings.Habits...), exceptions...)
	if len(list) == 0 {
		return nil, ErrNothing
	}
	return s.habitLines(list), nil
}

// Changes returns the declared changes; none is ErrNothing.
func (s *Service) Changes(ctx context.Context) ([]HabitLine, error) {
	list, err := s.Store.Habits(ctx)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(h analyzer.Habit) bool { return !h.Change.Names() })
	if len(list) == 0 {
		return nil, ErrNothing
	}
	return s.habitLines(list), nil
}

// HabitLine is a habit as JSON, schema 1.
type HabitLine struct {
	Schema   int        `json:"schema"`
	Kind     string     `json:"kind"` // "habit"
	Name     string     `json:"name"`
	Senders  []string   `json:"senders"`  // patterns, none for all accounts
	Declares string     `json:"declares"` // countries, networks, hours, programs, devices
	Outside  string     `json:"outside"`  // "hold", points, or "" for an exception
	Until    *time.Time `json:"until"`    // null for good
	Over     bool       `json:"over"`
	By       string     `json:"by"` // "configuration" or who added it
	Reason   string     `json:"reason"`
}

// habitLines are habits as JSON.
func (s *Service) habitLines(list []analyzer.Habit) []HabitLine {
	lines := make([]HabitLine, len(list))
	for i := range list {
		h := &list[i]
		l := HabitLine{1, "habit", h.Name, append([]string{}, h.Senders...), h.Declares(),
			outside(h), orNull(h.Until), !h.Until.IsZero() && !h.Until.After(s.Now()), h.By, h.Reason}
		if l.By == "" {
			l.By = "configuration"
		}
		lines[i] = l
	}
	return lines
}

// outside says what happens to mail outside a habit.
func outside(h *analyzer.Habit) string {
	switch {
	case h.Hold:
		return "hold"
	case h.Points > 0:
		return fmt.Sprintf("%.1f points", h.Points)
	}
	return ""
}
