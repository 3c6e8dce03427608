package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"hisseki/analyzer"
	"hisseki/drill"
)

// drillLine is one theft as --json prints it, schema 1.
type drillLine struct {
	Schema     int                  `json:"schema"`
	Kind       string               `json:"kind"` // "drill"
	Sender     string               `json:"sender"`
	Recipe     string               `json:"recipe"`
	Mode       analyzer.Mode        `json:"mode"` // in force; the drill itself enforces
	Contained  bool                 `json:"contained"`
	Mails      int                  `json:"mails"`
	FirstKept  int                  `json:"first_kept"` // number of the first mail delayed or held
	FirstHold  int                  `json:"first_hold"` // of the one that brought the first hold
	Held       int                  `json:"held"`
	Delayed    int                  `json:"delayed"`
	Escaped    int                  `json:"escaped"`
	Recipients int                  `json:"recipients"`
	Reached    int                  `json:"reached"`
	Partners   int                  `json:"partners"` // own ones written to, 0: strangers only
	History    int                  `json:"history"`  // mails in the profile
	NotReady   []analyzer.Readiness `json:"not_ready"`
	Why        string               `json:"why"` // it is blind
	Evidence   []analyzer.Evidence  `json:"evidence"`
}

// drillTotal sums up one recipe, schema 1.
type drillTotal struct {
	Schema     int                     `json:"schema"`
	Kind       string                  `json:"kind"` // "total"
	Recipe     string                  `json:"recipe"`
	Accounts   int                     `json:"accounts"`
	Contained  int                     `json:"contained"`
	Mails      int                     `json:"mails"`
	Escaped    int                     `json:"escaped"`
	Median     int                     `json:"escaped_median"`
	P90        int                     `json:"escaped_p90"`
	Most       int                     `json:"escaped_most"`
	Recipients int                     `json:"recipients"`
	Reached    int                     `json:"reached"`
	Signals    map[analyzer.Signal]int `json:"signals"` // in how many first holds each was heavy
}

// drillReport is a drill's outcome.
type drillReport struct {
	ground  *ground
	recipes []drill.Recipe
	results []*drill.Result
	skipped []error // accounts in which a theft could not be played, and why
}

// blindError says that thefts were not contained.
type blindError struct{ blind, all int }

func (e blindError) Error() string {
	return fmt.Sprintf("%d of %s not contained", e.blind, counted(e.all, "theft"))
}

func (blindError) Is(target error) bool { return target == errPartly }

func (r *drillReport) verdict() error {
	blind := 0
	for _, res := range r.results {
		if !res.Contained() {
			blind++
		}
	}
	switch {
	case blind > 0:
		return blindError{blind, len(r.results)}
	case len(r.skipped) > 0:
		return fmt.Errorf("%w: %d thefts, such as: %w", errPartly, len(r.skipped), r.skipped[0])
	}
	return nil
}

func (r *drillReport) write(w io.Writer, asJSON bool) error {
	totals := r.totals()
	if asJSON {
		lines := make([]drillLine, len(r.results))
		for i, res := range r.results {
			lines[i] = r.line(res)
		}
		if err := writeLines(w, lines); err != nil {
			return err
		}
		return writeLines(w, totals)
	}
	if err := r.table(w); err != nil {
		return err
	}
	for i := range totals {
		if err := totals[i].print(w); err != nil {
			return err
		}
	}
	return r.notes(w)
}

func (r *drillReport) line(res *drill.Result) drillLine {
	l := drillLine{1, "drill", res.Sender, res.Recipe, r.ground.modeOf(res.Sender),
		res.Contained(), res.Mails, res.FirstKept, res.FirstHold, res.Held, res.Delayed,
		res.Escaped, res.Recipients, res.Reached, res.Partners, res.History, res.NotReady,
		res.Why, res.Evidence}
	if l.NotReady == nil {
		l.NotReady = []analyzer.Readiness{}
	}
	if l.Evidence == nil {
		l.Evidence = []analyzer.Evidence{}
	}
	return l
}

func (r *drillReport) totals() []drillTotal {
	var out []drillTotal
	for _, recipe := range r.recipes {
		var of []*drill.Result
		for _, res := range r.results {
			if res.Recipe == recipe.Name {
				of = append(of, res)
			}
		}
		t := drill.Sum(of)
		out = append(out, drillTotal{1, "total", recipe.Name, t.Thefts, t.Contained, t.Mails,
			t.Escaped, t.Quantile(0.5), t.Quantile(0.9), t.Quantile(1), t.Recipients, t.Reached,
			t.Signals})
	}
	return out
}

// table lists the thefts, the worst first.
func (r *drillReport) table(w io.Writer) error {
	list := slices.Clone(r.results)
	slices.SortStableFunc(list, func(a, b *drill.Result) int {
		if a.Contained() != b.Contained() {
			if a.Contained() {
				return 1
			}
			return -1
		}
		return b.Escaped - a.Escaped
	})
	t := newTable(w, "account", "recipe", "history", "mails", "held at", "delayed", "escaped",
		"reached", "given away by")
	for _, res := range list {
		at, by := fmt.Sprint(res.FirstHold), signals(res.Evidence, 3)
		if !res.Contained() {
			at, by = t.paint("blind"), safe(res.Why, 90)
		}
		t.row(safe(res.Sender, 50), res.Recipe, fmt.Sprint(res.History), fmt.Sprint(res.Mails), at,
			fmt.Sprint(res.Delayed), fmt.Sprint(res.Escaped),
			fmt.Sprintf("%d of %d", res.Reached, res.Recipients), by)
	}
	return t.write()
}

// signals names the heaviest evidence.
func signals(list []analyzer.Evidence, n int) string {
	var out []string
	for i, e := range list {
		if i == n {
			out = append(out, fmt.Sprintf("+%d", len(list)-n))
			break
		}
		out = append(out, fmt.Sprintf("%s %.1f", e.Signal, e.Points))
	}
	return strings.Join(out, ", ")
}

func (t *drillTotal) print(w io.Writer) error {
	if t.Accounts == 0 {
		return nil
	}
	names := slices.SortedFunc(maps.Keys(t.Signals), func(a, b analyzer.Signal) int {
		if n := t.Signals[b] - t.Signals[a]; n != 0 {
			return n
		}
		return cmp.Compare(a, b)
	})
	var most []string
	for _, name := range names[:min(5, len(names))] {
		most = append(most, fmt.Sprintf("%s (%d)", name, t.Signals[name]))
	}
	_, err := fmt.Fprintf(w, "\n%s: %d of %s contained; mails that escaped: median %d, nine of"+
		" ten at most %d, worst %d;\n  %d of %s reached; given away by %s\n", t.Recipe, t.Contained,
		counted(t.Accounts, "theft"), t.Median, t.P90, t.Most, t.Reached,
		counted(t.Recipients, "recipient"), strings.Join(most, ", "))
	return err
}

// notes say what limits the drill.
func (r *drillReport) notes(w io.Writer) error {
	strangers, observed := map[string]bool{}, map[string]bool{}
	for _, res := range r.results {
		if res.Partners == 0 && res.Recipe != "spray" {
			strangers[res.Sender] = true
		}
		if r.ground.modeOf(res.Sender) != analyzer.Enforce {
			observed[res.Sender] = true
		}
	}
	note := func(of map[string]bool, text string) error {
		if len(of) == 0 {
			return nil
		}
		_, err := fmt.Fprintf(w, "note: %s: %s\n", text, few(slices.Sorted(maps.Keys(of)), 5))
		return err
	}
	if err := note(strangers, "no recipients are known, so strangers were written to"); err != nil {
		return err
	}
	return note(observed, "in mode observe all of it would pass today")
}
