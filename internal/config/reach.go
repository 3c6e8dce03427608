package config

import (
	"cmp"
	"errors"
	"fmt"

	"hisseki/analyzer"
)

// Reach is an absolute bound on how many people senders write to, 0 for none.
type Reach struct {
	For               []string `toml:"for"`   // senders, domains, patterns, "group:NAME"
	Class             string   `toml:"class"` // without For: "account" (nothing is too) or "application"
	RecipientsHour    Count    `toml:"recipients_hour"`
	RecipientsDay     Count    `toml:"recipients_day"`
	NewRecipientsHour Count    `toml:"new_recipients_hour"`
	NewRecipientsDay  Count    `toml:"new_recipients_day"`
	Beyond            string   `toml:"beyond"` // "hold" (nothing is too) or "delay"
}

// checkReach refuses bounds that say nothing or cannot be told.
func (c *Config) checkReach() error {
	var errs []error
	for i := range c.Limits.Reach {
		r := &c.Limits.Reach[i]
		key := func(name string) string { return fmt.Sprintf("limits.reach[%d].%s", i, name) }
		errs = append(errs,
			oneOf(key("class"), cmp.Or(r.Class, "account"), "account", "application"),
			oneOf(key("beyond"), cmp.Or(r.Beyond, "hold"), "hold", "delay"),
			must(len(r.For) == 0 || r.Class == "", key("class"), "is of no use beside for: give one of both"),
			must(r.RecipientsHour+r.RecipientsDay+r.NewRecipientsHour+r.NewRecipientsDay > 0,
				key("recipients_hour"), "bounds nothing: give at least one number"),
		)
		for name, n := range map[string]Count{"recipients_hour": r.RecipientsHour,
			"recipients_day": r.RecipientsDay, "new_recipients_hour": r.NewRecipientsHour,
			"new_recipients_day": r.NewRecipientsDay} {
			errs = append(errs, within(key(name), n, 0, analyzer.MaxCeiling))
		}
		if _, err := c.senders(r.For); err != nil {
			errs = append(errs, &KeyError{key("for"), err.Error()})
		}
	}
	return errors.Join(errs...)
}

// Ceilings returns the bounds as the analyzer takes them. The Config must have passed Check.
func (c *Config) Ceilings() ([]analyzer.Ceiling, error) {
	var out []analyzer.Ceiling
	for i := range c.Limits.Reach {
		r := &c.Limits.Reach[i]
		senders, err := c.senders(r.For)
		if err != nil {
			return nil, fmt.Errorf("limits.reach: %w", err)
		}
		out = append(out, analyzer.Ceiling{Senders: senders, Class: analyzer.Class(r.Class),
			Hour: int(r.RecipientsHour), Day: int(r.RecipientsDay),
			NewHour: int(r.NewRecipientsHour), NewDay: int(r.NewRecipientsDay),
			Delay: r.Beyond == "delay"})
	}
	return out, nil
}
