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
// Inside it, network, hour, program and device surprise nobody; mail outside gets points or is held. A
// habit without either is an exception: what it names is inside every habit of its
// senders (a business trip).
type Habit struct {
	Name      string
	Senders   []string       // patterns, see Matches; none stands for all accounts
	Countries []string       // ISO 3166 codes in upper case
	Networks  []netip.Prefix // with Countries: sent from any of them
	Hours     []Hours        // sent in any of them
	Zone      *time.Location // of Hours, nil for UTC
	Programs  []string       // patterns of mail programs and of programs that signed in, see FitsWord
	Devices   []string       // patterns of the ids and names of devices in sign-in logs
	Change                   // of an exception: what its senders will have that is new
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

func (h *Habit) network(client netip.Addr) bool {
	return client.IsValid() && slices.ContainsFunc(h.Networks, func(p netip.Prefix) bool {
		return p.Contains(client.Unmap())
	})
}

func (h *Habit) country(code string) bool {
	return code != "" && slices.Contains(h.Countries, code)
}

// NoProgram is the pattern of mail that names no program of its own.
const NoProgram = "none"

// FitsWord says whether a name fits one of some patterns with "*" and "?", whatever its case:
// "Microsoft Outlook*" for "Microsoft Outlook 16.0".
func FitsWord(patterns []string, name string) bool {
	// A slash is a sign like others: "Mozilla/5.0 ... Thunderbird/128.1".
	plain := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), "/", "\x00") }
	name = plain(name)
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		ok, err := path.Match(plain(pattern), name)
		return err == nil && ok
	})
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

func (h *Habit) programs() string { return "program " + strings.Join(h.Programs, ", ") }
func (h *Habit) devices() string  { return "device " + strings.Join(h.Devices, ", ") }

// Declares says in words what the habit names, such as "JP, 192.0.2.0/24; mon-fri
// 07:00-19:00 Asia/Tokyo; program Thunderbird*; device PC-07".
func (h *Habit) Declares() string {
	var parts []string
	if p := h.places(); p != "" {
		parts = append(parts, p)
	}
	if len(h.Hours) > 0 {
		parts = append(parts, h.hours())
	}
	if len(h.Programs) > 0 {
		parts = append(parts, h.programs())
	}
	if len(h.Devices) > 0 {
		parts = append(parts, h.devices())
	}
	parts = append(parts, h.Change.words()...)
	return strings.Join(parts, "; ")
}
