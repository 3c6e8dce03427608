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
	normal := Identity(cfg).Normal
	for i := range list {
		for k, pattern := range list[i].Senders {
			if !manyAccounts(pattern) {
				list[i].Senders[k] = normal(pattern)
			}
		}
	}
	return list, nil
}

// manyAccounts says whether a pattern may stand for more than one account: a domain or
// "*-sales@example.jp".
func manyAccounts(pattern string) bool {
	return strings.ContainsAny(pattern, `*?[\`) ||
		!strings.Contains(pattern, "@") && strings.Contains(pattern, ".")
}
