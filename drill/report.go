package drill

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"hisseki/analyzer"
	"hisseki/internal/jsonl"
	"hisseki/internal/signalname"
	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
)

// Line is one theft as JSON, schema 1.
type Line struct {
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
	Partners   int                  `json:"partners"` // own ones written to, 0: unknown recipients only
	History    int                  `json:"history"`  // mails in the profile
	NotReady   []analyzer.Readiness `json:"not_ready"`
	Why        string               `json:"why"` // it is blind
	Evidence   []analyzer.Evidence  `json:"evidence"`
}

// TotalLine sums up one recipe as JSON, schema 1.
type TotalLine struct {
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

// Report is a drill's outcome.
type Report struct {
	Results []*Result
	ground  *Ground
	recipes []Recipe
	skipped []error // accounts in which a theft could not be played, and why
}

// BlindError says that thefts were not contained.
type BlindError struct{ Blind, All int }

func (e BlindError) Error() string {
	return fmt.Sprintf("%d of %s not contained", e.Blind, term.Count(e.All, "theft"))
}

// SkippedError says that thefts could not be played.
type SkippedError struct {
	Skipped int
	Such    error // of one of them
}

func (e SkippedError) Error() string {
	return fmt.Sprintf("%s could not be played, such as: %v", term.Count(e.Skipped, "theft"), e.Such)
}

// Verdict says what is not well: a BlindError, a SkippedError, or nil.
func (r *Report) Verdict() error {
	blind := 0
	for _, res := range r.Results {
		if !res.Contained() {
			blind++
		}
	}
	switch {
	case blind > 0:
		return BlindError{blind, len(r.Results)}
	case len(r.skipped) > 0:
		return SkippedError{len(r.skipped), r.skipped[0]}
	}
	return nil
}

// Write prints the thefts, the worst first, the sums by recipe, and what limits the drill.
func (r *Report) Write(screen table.Screen, w words.Reader) error {
	if err := r.table(screen, w); err != nil {
		return err
	}
	for _, t := range r.Totals() {
		if err := t.print(screen, w); err != nil {
			return err
		}
	}
	return r.notes(screen, w)
}

// WriteJSON prints the same as JSON lines.
func (r *Report) WriteJSON(w io.Writer) error {
	lines := make([]Line, len(r.Results))
	for i, res := range r.Results {
		lines[i] = r.line(res)
	}
	if err := jsonl.Write(w, lines); err != nil {
		return err
	}
	return jsonl.Write(w, r.Totals())
}

func (r *Report) line(res *Result) Line {
	l := Line{1, "drill", res.Sender, res.Recipe, r.ground.ModeOf(res.Sender),
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

// Totals sums the thefts up by recipe.
func (r *Report) Totals() []TotalLine {
	var out []TotalLine
	for _, recipe := range r.recipes {
		var of []*Result
		for _, res := range r.Results {
			if res.Recipe == recipe.Name {
				of = append(of, res)
			}
		}
		t := Sum(of)
		out = append(out, TotalLine{1, "total", recipe.Name, t.Thefts, t.Contained, t.Mails,
			t.Escaped, t.Quantile(0.5), t.Quantile(0.9), t.Quantile(1), t.Recipients, t.Reached,
			t.Signals})
	}
	return out
}

// table lists the thefts, the worst first.
func (r *Report) table(screen table.Screen, w words.Reader) error {
	list := slices.Clone(r.Results)
	slices.SortStableFunc(list, func(a, b *Result) int {
		if a.Contained() != b.Contained() {
			if a.Contained() {
				return 1
			}
			return -1
		}
		return b.Escaped - a.Escaped
	})
	t := table.New(screen, table.Cut(w.W("theft-account"), 16), table.Fixed(w.W("theft-recipe")), table.Fixed(w.W("measure-mails")),
		table.Fixed(w.W("theft-held-at")), table.Fixed(w.W("theft-escaped")), table.Fixed(w.W("theft-reached")),
		table.Cut(w.W("theft-by"), 12), table.Spare(w.W("theft-delayed"), 7), table.Spare(w.W("theft-history"), 7))
	for _, res := range list {
		at, by := fmt.Sprint(res.FirstHold), signals(w, res.Evidence, 3)
		if !res.Contained() {
			at, by = screen.Paint(w.W("theft-blind")), term.Safe(res.why(w), 90)
		}
		t.Row(term.Safe(res.Sender, 50), res.Recipe, fmt.Sprint(res.Mails), at, fmt.Sprint(res.Escaped),
			w.W("measure-of", fmt.Sprint(res.Reached), fmt.Sprint(res.Recipients)), by, fmt.Sprint(res.Delayed),
			fmt.Sprint(res.History))
	}
	return t.Write()
}

// signalName is a signal as the reader calls it: in English by the name that settings take.
func signalName(w words.Reader, s analyzer.Signal) string {
	if w.Japanese() {
		return cmp.Or(signalname.Japanese(s), string(s))
	}
	return string(s)
}

// signals names the heaviest evidence.
func signals(w words.Reader, list []analyzer.Evidence, n int) string {
	var out []string
	for i, e := range list {
		if i == n {
			out = append(out, fmt.Sprintf("+%d", len(list)-n))
			break
		}
		out = append(out, fmt.Sprintf("%s %.1f", signalName(w, e.Signal), e.Points))
	}
	return strings.Join(out, w.W("comma"))
}

func (t *TotalLine) print(out io.Writer, w words.Reader) error {
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
		most = append(most, fmt.Sprintf("%s (%d)", signalName(w, name), t.Signals[name]))
	}
	_, err := fmt.Fprintf(out, "\n%s\n", w.Say(words.Say("theft-total", t.Recipe, t.Contained, words.Count(t.Accounts, "theft"),
		t.Median, t.P90, t.Most, t.Reached, words.Count(t.Recipients, "recipient"), strings.Join(most, w.W("comma")))))
	return err
}

// notes say what limits the drill.
func (r *Report) notes(out io.Writer, w words.Reader) error {
	unknown, observed := map[string]bool{}, map[string]bool{}
	for _, res := range r.Results {
		if res.Partners == 0 && res.Recipe != "spray" {
			unknown[res.Sender] = true
		}
		if r.ground.ModeOf(res.Sender) != analyzer.Enforce {
			observed[res.Sender] = true
		}
	}
	note := func(of map[string]bool, key string) error {
		if len(of) == 0 {
			return nil
		}
		_, err := fmt.Fprintln(out, w.W("measure-note", w.W(key), term.Few(slices.Sorted(maps.Keys(of)), 5)))
		return err
	}
	if err := note(unknown, "theft-unknown"); err != nil {
		return err
	}
	return note(observed, "theft-observe")
}
