package wiring

import (
	"strings"

	"hisseki/analyzer"
	"hisseki/internal/config"
)

// Habits are the declared habits, for accounts as mail has them: a login is written with
// the default realm and by its alias.
func Habits(cfg config.Config) ([]analyzer.Habit, error) {
	list, err := cfg.Declared()
	if err != nil {
		return nil, err
	}
	for i := range list {
		asMailHas(cfg, list[i].Senders)
	}
	return list, nil
}

// Ceilings are the bounds on people reached, for accounts as mail has them.
func Ceilings(cfg config.Config) ([]analyzer.Ceiling, error) {
	list, err := cfg.Ceilings()
	if err != nil {
		return nil, err
	}
	for i := range list {
		asMailHas(cfg, list[i].Senders)
	}
	return list, nil
}

func asMailHas(cfg config.Config, patterns []string) {
	normal := Identity(cfg).Normal
	for k, pattern := range patterns {
		if !manyAccounts(pattern) {
			patterns[k] = normal(pattern)
		}
	}
}

// manyAccounts says whether a pattern may stand for more than one account: a domain or
// "*-sales@example.jp".
func manyAccounts(pattern string) bool {
	return strings.ContainsAny(pattern, `*?[\`) ||
		!strings.Contains(pattern, "@") && strings.Contains(pattern, ".")
}
