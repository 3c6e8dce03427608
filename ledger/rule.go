package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
)

// Rule is an override and whom it is for.
type Rule struct {
	analyzer.Override
	Subject string // "sender:b@example.jp", "class:application" or "url:example.org/path"
	Created time.Time
	// Signature of the Statement, "" without.
	Signature string
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

// Note says in the audit log how long the rule holds, and why.
func (r *Rule) Note() string {
	text := "for good"
	if !r.Until.IsZero() {
		text = "until " + r.Until.UTC().Format(time.RFC3339)
	}
	if r.Reason != "" {
		text += ": " + r.Reason
	}
	return text
}

// Check says what is wrong with a rule that is to be set now.
func (r *Rule) Check(now time.Time) error {
	kind, name, _ := strings.Cut(r.Subject, ":")
	switch {
	case name == "":
	case kind == "sender", kind == "class":
		return r.checkMail(now)
	case kind == "url":
		return r.checkURL(name, now)
	}
	return errors.New("the subject must be sender:NAME, class:NAME or url:PATTERN")
}

// checkMail checks a rule for the mail of a sender or a class.
func (r *Rule) checkMail(now time.Time) error {
	switch {
	case r.Action != "" && r.Action != analyzer.Pass && r.Action != analyzer.Hold:
		return fmt.Errorf("action %q is neither pass nor hold", r.Action)
	case r.Mode != "" && r.Mode != analyzer.Observe && r.Mode != analyzer.Enforce:
		return fmt.Errorf("mode %q is neither observe nor enforce", r.Mode)
	case r.Action == "" && r.Mode == "":
		return errors.New("it needs an action or a mode")
	case !r.ends(now):
		return errors.New("it needs an end in the future")
	}
	return nil
}

// ends says whether the rule has an end in the future, or may do without.
func (r *Rule) ends(now time.Time) bool {
	return r.Until.After(now) || r.Until.IsZero() && r.Endless()
}

// checkURL checks a rule for links.
func (r *Rule) checkURL(name string, now time.Time) error {
	p, err := content.ParsePattern(name)
	switch {
	case err != nil:
		return err
	case p.String() != name:
		return fmt.Errorf("the pattern must be written %s", p)
	case r.Mode != "" || r.Action != analyzer.Pass && r.Action != analyzer.Hold:
		return errors.New("links are blocked or allowed, they have no mode")
	case !r.Until.IsZero() && !r.Until.After(now):
		return errors.New("its end must be in the future")
	}
	return nil
}

// InForce returns the rule for mail of a sender at a time: his own goes before that of his
// class. of returns what was set for a subject, also when it is over.
func InForce(of func(subject string) (analyzer.Override, bool), sender string,
	class analyzer.Class, at time.Time) (analyzer.Override, bool) {
	for _, subject := range []string{"sender:" + sender, "class:" + string(class)} {
		if o, ok := of(subject); ok && o.ValidAt(at) {
			return o, true
		}
	}
	return analyzer.Override{}, false
}

// Exception is a habit that the store keeps: until its end, what it names is inside every
// declared habit of its senders.
type Exception struct {
	ID      int64
	Created time.Time
	analyzer.Habit
	// Signature of the Statement, "" without.
	Signature string
}

// Check says what is wrong with an exception that is to be set now: it needs senders, an end
// in the future, and something that it names.
func (e *Exception) Check(now time.Time) error {
	switch {
	case len(e.Senders) == 0:
		return errors.New("it needs a sender")
	case len(e.Countries)+len(e.Networks)+len(e.Hours)+len(e.Programs)+len(e.Devices)+len(e.Links) == 0:
		return errors.New("it needs a country, a network, hours, a program or a device")
	case e.Hold || e.Points > 0:
		return errors.New("only the configuration says what happens outside a habit")
	case !e.Until.After(now):
		return errors.New("it needs an end in the future")
	case !e.Until.After(e.From):
		return errors.New("it ends before it begins")
	}
	return nil
}
