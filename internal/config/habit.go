package config

import (
	"errors"
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"

	"hisseki/analyzer"
	"hisseki/internal/mailbox"
)

// Habit declares what is usual for some senders.
type Habit struct {
	Name      string    `toml:"name"`
	For       []string  `toml:"for"` // senders, domains, patterns, "group:NAME"; none: all accounts
	Countries []Country `toml:"countries"`
	Networks  []Network `toml:"networks"`
	Hours     []Hours   `toml:"hours"`
	Zone      string    `toml:"zone"`
	Programs  []Word    `toml:"programs"`
	Devices   []Word    `toml:"devices"`
	Outside   Outside   `toml:"outside"`
	Until     Moment    `toml:"until"`
	Reason    string    `toml:"reason"`
}

// groupPrefix marks a group in Habit.For.
const groupPrefix = "group:"

// Country is an ISO 3166 code as country databases write it, such as "JP".
type Country struct{ Code string }

// UnmarshalText implements encoding.TextUnmarshaler.
func (c *Country) UnmarshalText(text []byte) error {
	code := strings.ToUpper(string(text))
	r, err := language.ParseRegion(code)
	if err != nil || len(code) != 2 || !r.IsCountry() {
		return fmt.Errorf("%.20q is not a country code such as \"JP\"", text)
	}
	if usual := r.Canonicalize().String(); usual != code {
		return fmt.Errorf("%q is not the code that databases use, write %q", code, usual)
	}
	c.Code = code
	return nil
}

// Hours is "HH:MM-HH:MM", after days such as "mon-fri" or "sat,sun" if not for all.
type Hours analyzer.Hours

// UnmarshalText implements encoding.TextUnmarshaler.
func (h *Hours) UnmarshalText(text []byte) error {
	v, err := analyzer.ParseHours(string(text))
	*h = Hours(v)
	return err
}

// Word is a pattern of names of programs or devices, such as "Microsoft Outlook*".
type Word struct{ Pattern string }

// maxWord bounds a pattern: it is compared with what every mail says.
const maxWord = 200

// UnmarshalText implements encoding.TextUnmarshaler.
func (w *Word) UnmarshalText(text []byte) error {
	s := strings.TrimSpace(string(text))
	if _, err := path.Match(s, ""); err != nil || s == "" || len(s) > maxWord {
		return fmt.Errorf("%.60q is not a name or a pattern such as \"Microsoft Outlook*\"", s)
	}
	w.Pattern = s
	return nil
}

// Outside is what happens to mail outside a habit: "hold", or points such as "4"; nothing
// makes the habit an exception from the others.
type Outside struct {
	Hold   bool
	Points float64
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *Outside) UnmarshalText(text []byte) error {
	if string(text) == "hold" {
		*o = Outside{Hold: true}
		return nil
	}
	p, err := strconv.ParseFloat(string(text), 64)
	if err != nil || !(p > 0 && p <= 100) {
		return fmt.Errorf("%.20q is neither \"hold\" nor points above 0 such as \"4\"", text)
	}
	*o = Outside{Points: p}
	return nil
}

// Moment is a time: "2026-12-24" (its first moment here) or "2026-12-24T18:00:00+09:00".
type Moment time.Time

// UnmarshalText implements encoding.TextUnmarshaler.
func (m *Moment) UnmarshalText(text []byte) error {
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, string(text), time.Local); err == nil {
			*m = Moment(t)
			return nil
		}
	}
	return fmt.Errorf("%.40q is neither a date such as \"2026-12-24\" nor a time such as "+
		"\"2026-12-24T18:00:00+09:00\"", text)
}

// ParseZone returns a time zone of the IANA database; "" is UTC.
func ParseZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" { // what is local differs from host to host
		return nil, fmt.Errorf("%.60q is not a time zone such as \"Asia/Tokyo\"", name)
	}
	return zone, nil
}

// checkHabits refuses habits that say nothing or cannot be told.
func (c *Config) checkHabits() error {
	var errs []error
	seen := map[string]bool{}
	for i := range c.Habits {
		h := &c.Habits[i]
		key := func(name string) string { return fmt.Sprintf("habits[%d].%s", i, name) }
		errs = append(errs,
			must(h.Name != "", key("name"), "is empty, the evidence names the habit by it"),
			must(!seen[h.Name], key("name"), fmt.Sprintf("%q names two habits", h.Name)),
			must(len(h.Countries)+len(h.Networks)+len(h.Hours)+len(h.Programs)+len(h.Devices) > 0, key("name"),
				fmt.Sprintf("%q declares nothing: it needs countries, networks, hours, programs or devices", h.Name)),
			must(len(h.Countries) == 0 || c.TellsCountries(), key("countries"),
				"needs a country database, see places.country, or sign-in logs that name countries, see signin.files"),
			must(len(h.Devices) == 0 || len(c.Signin.Files) > 0, key("devices"),
				"needs sign-in logs, which alone name devices, see signin.files"),
			must(h.Zone != "" == (len(h.Hours) > 0), key("zone"),
				"belongs to hours: give both, such as \"Asia/Tokyo\", or neither"),
		)
		seen[h.Name] = true
		if _, err := ParseZone(h.Zone); err != nil {
			errs = append(errs, &KeyError{key("zone"), err.Error()})
		}
		if _, err := c.senders(h.For); err != nil {
			errs = append(errs, &KeyError{key("for"), err.Error()})
		}
	}
	return errors.Join(append(errs, c.checkGroups())...)
}

// TellsCountries says whether something may tell the country of an address: a database, or the
// sign-in logs of providers.
func (c *Config) TellsCountries() bool { return c.Places.Country != "" || len(c.Signin.Files) > 0 }

func (c *Config) checkGroups() error {
	var errs []error
	for name, list := range c.Groups {
		if _, err := c.senders(list); err != nil {
			errs = append(errs, &KeyError{"groups." + name, err.Error()})
		} else if slices.ContainsFunc(list, isGroup) {
			errs = append(errs, &KeyError{"groups." + name, "names a group: name its senders instead"})
		}
	}
	return errors.Join(errs...)
}

func isGroup(pattern string) bool { return strings.HasPrefix(pattern, groupPrefix) }

// senders returns the patterns of a habit with its groups spelled out.
func (c *Config) senders(patterns []string) ([]string, error) {
	var out []string
	for _, p := range patterns {
		if name, ok := strings.CutPrefix(p, groupPrefix); ok {
			if len(c.Groups[name]) == 0 {
				return nil, fmt.Errorf("there is no group %q with senders: add it to [groups]", name)
			}
			for _, member := range c.Groups[name] {
				out = append(out, mailbox.Lower(member))
			}
			continue
		}
		if err := CheckSenders([]string{p}); err != nil {
			return nil, err
		}
		out = append(out, mailbox.Lower(p))
	}
	return out, nil
}

// CheckSenders refuses what is not a sender, domain or pattern.
func CheckSenders(patterns []string) error {
	for _, p := range patterns {
		if _, err := path.Match(p, ""); err != nil || p == "" || strings.ContainsAny(p, " \t,") {
			return fmt.Errorf("%q is not a sender, domain or pattern such as \"*-sales@example.jp\"", p)
		}
	}
	return nil
}

// Declared returns the habits as the analyzer takes them. The Config must have passed
// Check.
func (c *Config) Declared() ([]analyzer.Habit, error) {
	var out []analyzer.Habit
	for i := range c.Habits {
		h := &c.Habits[i]
		senders, err := c.senders(h.For)
		if err != nil {
			return nil, fmt.Errorf("habit %q: %w", h.Name, err)
		}
		zone, err := ParseZone(h.Zone)
		if err != nil {
			return nil, fmt.Errorf("habit %q: %w", h.Name, err)
		}
		d := analyzer.Habit{Name: h.Name, Senders: senders, Zone: zone, Points: h.Outside.Points,
			Hold: h.Outside.Hold, Until: time.Time(h.Until), Reason: h.Reason}
		for _, c := range h.Countries {
			d.Countries = append(d.Countries, c.Code)
		}
		for _, n := range h.Networks {
			d.Networks = append(d.Networks, netip.Prefix(n))
		}
		for _, s := range h.Hours {
			d.Hours = append(d.Hours, analyzer.Hours(s))
		}
		d.Programs, d.Devices = words(h.Programs), words(h.Devices)
		out = append(out, d)
	}
	return out, nil
}

func words(list []Word) (out []string) {
	for _, w := range list {
		out = append(out, w.Pattern)
	}
	return out
}
