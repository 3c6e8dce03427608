package analyzer

import (
	"fmt"

	"hisseki/baseline"
)

// Ceiling is an admin's bound on how many people a sender writes to, whatever is usual: each
// person counts once, however many mails go to him. What is held reaches nobody.
type Ceiling struct {
	Senders []string // patterns, see Habit; none stands for all of the class
	Class   Class    // "" for accounts
	// People at most, within an hour and a day, and of them those never written to before the
	// day; 0 for no bound.
	Hour, Day, NewHour, NewDay int
	Delay                      bool // what is beyond waits, or else is held
}

func (c *Ceiling) matches(sender string, class Class) bool {
	if len(c.Senders) > 0 {
		return matchesAny(c.Senders, sender)
	}
	return class == c.Class || c.Class == "" && class == Account
}

// MaxCeiling is the largest number of people that can be counted, see maxFirsts.
const MaxCeiling = maxFirsts

// ceiling compares the people that the sender will have reached with a mail to the first
// ceiling that is for him, and adds the evidence.
func (a *Analyzer) ceiling(v *view) {
	for i := range a.cfg.Ceilings {
		c := &a.cfg.Ceilings[i]
		if !c.matches(v.mail.Sender, v.mail.Class) {
			continue
		}
		text, observed, most := c.exceeded(v.state.everybody(v.o, v.sender))
		if text == "" {
			return
		}
		v.beyond = Hold
		if c.Delay {
			v.beyond = Delay
		}
		v.declared.evidence = append(v.declared.evidence, Evidence{Signal: ReachLimit,
			Observed: count(observed, "person", "people"), Usual: fmt.Sprintf("allowed: %d", most),
			Text: fmt.Sprintf("%s %d people were written to, the admin allows %d", text, observed, most)})
		return
	}
}

// exceeded returns the first bound that is, in words, with the number of people.
func (c *Ceiling) exceeded(hour, day headcount) (text string, observed, most int) {
	for _, b := range []struct {
		text           string
		observed, most int
	}{
		{"within an hour", hour.people, c.Hour},
		{"within 24 hours", day.people, c.Day},
		{"for the first time, within an hour", hour.new, c.NewHour},
		{"for the first time, within 24 hours", day.new, c.NewDay},
	} {
		if b.most > 0 && b.observed > b.most {
			return b.text, b.observed, b.most
		}
	}
	return "", 0, 0
}

// everybody counts whom the sender will have reached with a mail within the hour and the day,
// those of a series and of the largest mail too.
func (s *state) everybody(o *baseline.Observation, p *baseline.Profile) (hour, day headcount) {
	var mail headcount
	today := baseline.SlotOf(o.At)
	for _, k := range o.Keys[baseline.Recipient] {
		if s.firsts.has(k, o.At) {
			continue
		}
		if mail.people++; !p.Known(baseline.Recipient, k, today) {
			mail.new++
		}
	}
	if beyond := o.Recipients - maxRecipients; beyond > 0 { // not looked at one by one
		mail.people, mail.new = mail.people+beyond, mail.new+beyond
	}
	hour, day = s.firsts.count(o.At)
	for _, c := range []*headcount{&hour, &day} {
		c.people, c.new = c.people+c.series+mail.people, c.new+c.seriesNew+mail.new
	}
	return hour, day
}
