package review

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hisseki/internal/config"
	"hisseki/ledger"
)

// States are all states of kept mail, in the order of its life: first of what is in the queue.
var States = append(slices.Clone(ledger.InQueue), ledger.Released, ledger.Discarded, ledger.Vanished,
	ledger.Gone, ledger.Passed)

// IncidentStates in the order of an incident's life.
var IncidentStates = []ledger.IncidentState{ledger.IncidentOpen, ledger.IncidentConfirmed,
	ledger.IncidentDismissed, ledger.IncidentEnded}

// Names joins states for people: "open, confirmed".
func Names[T ~string](states []T) string {
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	return strings.Join(names, ", ")
}

// HoldQuery chooses kept mail by what a person wrote. Empty fields choose all.
type HoldQuery struct {
	IDs       []string // "H12" or "12"
	Sender    string
	Incident  string // "I3"
	Since     string // see ParseTime
	Until     string
	Host      string // of an unusual link: its registrable domain
	MinPoints float64
	States    []string
	// Upto leaves out what came after somebody looked: ids above this one; 0 for nothing.
	Upto int64
}

// Given says whether anything is chosen at all.
func (q *HoldQuery) Given() bool {
	return len(q.IDs)+len(q.States) > 0 || q.MinPoints != 0 ||
		q.Sender+q.Incident+q.Since+q.Until+q.Host != ""
}

// holdFilter reads a query. What is written wrongly is a UsageError.
func (s *Service) holdFilter(q *HoldQuery) (ledger.HoldFilter, error) {
	var p parser
	f := ledger.HoldFilter{
		IDs: p.ids("H", q.IDs), Sender: p.name(s, "sender", q.Sender), Incident: p.id("I", q.Incident),
		Since: p.time("since", q.Since, s.Now()), Until: p.time("until", q.Until, s.Now()),
		Host: q.Host, MinPoints: p.points("min-points", q.MinPoints), States: known(&p, q.States, States),
	}
	if q.Upto != 0 {
		f.Before = q.Upto + 1
	}
	return f, p.err()
}

// IncidentQuery chooses incidents by what a person wrote. Empty fields choose all.
type IncidentQuery struct {
	IDs    []string // "I3" or "3"
	Sender string
	Case   string // "C3"
	Since  string // opened from then on
	Until  string
	States []string
	Newest int // so many at most, the newest; 0 is all
}

// Given says whether anything is chosen at all.
func (q *IncidentQuery) Given() bool {
	return len(q.IDs)+len(q.States) > 0 || q.Sender+q.Case+q.Since+q.Until != ""
}

func (s *Service) incidentFilter(q *IncidentQuery) (ledger.IncidentFilter, error) {
	var p parser
	f := ledger.IncidentFilter{
		IDs: p.ids("I", q.IDs), Sender: p.name(s, "sender", q.Sender), Case: p.id("C", q.Case),
		Since: p.time("since", q.Since, s.Now()), Until: p.time("until", q.Until, s.Now()),
		States: known(&p, q.States, IncidentStates), Newest: q.Newest,
	}
	return f, p.err()
}

// parser collects what is wrong with a request, so that a person is told all of it.
type parser struct{ errs []error }

func (p *parser) note(err error) { p.errs = append(p.errs, err) }

func (p *parser) err() error {
	if err := errors.Join(p.errs...); err != nil {
		return UsageError{err}
	}
	return nil
}

func (p *parser) ids(letter string, texts []string) []int64 {
	var out []int64
	for _, text := range texts {
		n, err := ParseID(letter, text)
		p.note(err)
		out = append(out, n)
	}
	return out
}

func (p *parser) id(letter, text string) int64 {
	if text == "" {
		return 0
	}
	n, err := ParseID(letter, text)
	p.note(err)
	return n
}

func (p *parser) time(field, text string, now time.Time) time.Time {
	t, err := ParseTime(text, now)
	if err != nil {
		p.note(fmt.Errorf("--%s %w", field, err))
	}
	return t
}

// points refuses what would choose all mail, though a choice was made: NaN, -1.
func (p *parser) points(field string, n float64) float64 {
	if !(n >= 0) {
		p.note(fmt.Errorf("--%s %v is not a number of points such as 4.5", field, n))
	}
	return n
}

// name returns an account's name as the store has it.
func (p *parser) name(s *Service, field, text string) string {
	if text == "" {
		return ""
	}
	name, err := s.accountName(text)
	if err != nil {
		p.note(fmt.Errorf("--%s: %w", field, err))
	}
	return name
}

// known returns the states that texts name.
func known[T ~string](p *parser, texts []string, all []T) []T {
	var out []T
	for _, text := range texts {
		if !slices.Contains(all, T(text)) {
			p.note(fmt.Errorf("--state %q is not one of: %s", text, Names(all)))
		}
		out = append(out, T(text))
	}
	return out
}

// ParseID reads "H12", "h12" or "12" for the letter H.
func ParseID(letter, text string) (int64, error) {
	digits := strings.TrimPrefix(strings.ToUpper(text), letter)
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n <= 0 {
		return 0, fmt.Errorf("%q is not an id such as %s12", text, letter)
	}
	return n, nil
}

// ParseTime reads a span before now ("2h", "3d"), a date, a date with a time, or
// RFC 3339. Without a zone it is the machine's. "" is the zero time.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if d, err := config.ParseDuration(text); err == nil {
		return now.Add(-d), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02 15:04", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, text, time.Local); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: write 2h, 3d, 2026-11-17,"+
		" \"2026-11-17 10:00\" or RFC 3339", text)
}

// ParseUntil reads a time to come: a span from now, or what ParseTime knows.
func ParseUntil(text string, now time.Time) (time.Time, error) {
	if d, err := config.ParseDuration(text); err == nil {
		return now.Add(d), nil
	}
	t, err := ParseTime(text, now)
	if err == nil && !t.After(now) {
		err = fmt.Errorf("%q is over: it needs an end in the future", text)
	}
	return t, err
}
