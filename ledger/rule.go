package ledger

import (
	"strings"
	"time"

	"hisseki/analyzer"
)

// Rule is an override and whom it is for.
type Rule struct {
	analyzer.Override
	Subject string // "sender:b@example.jp", "class:application" or "url:example.org/path"
	Created time.Time
}

// Verb says what a rule does, as people and the audit log say it: allow, block (links),
// hold, observe or enforce.
func (r *Rule) Verb() string {
	switch {
	case r.Action == analyzer.Pass:
		return "allow"
	case r.Action == analyzer.Hold && strings.HasPrefix(r.Subject, "url:"):
		return "block"
	case r.Action == analyzer.Hold:
		return "hold"
	}
	return string(r.Mode)
}

// Exception is a habit that the store keeps: until its end, what it names is inside every
// declared habit of its senders.
type Exception struct {
	ID      int64
	Created time.Time
	analyzer.Habit
}
