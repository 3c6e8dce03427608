package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"hisseki/analyzer"
)

// Findings keep what drills and calibrations found, each the last one.
type Findings interface {
	// Keep keeps a value under a name, in the place of the one before.
	Keep(ctx context.Context, name string, value []byte) error
	// Kept returns it, nil for none.
	Kept(ctx context.Context, name string) ([]byte, error)
}

// thresholdStore has what a calibration set.
type thresholdStore interface {
	SetThresholds(ctx context.Context, t analyzer.Thresholds, by, reason string) error
	Thresholds(ctx context.Context) (analyzer.Thresholds, error)
}

// Names of what is kept.
const (
	keptDrill = "kept-drill"
	keptDial  = "kept-dial"
)

// MaxDrilled is how many accounts of a drill are kept, the worst first.
const MaxDrilled = 200

// Drilled is the outcome of the last drill: accounts by recipe.
type Drilled struct {
	At       time.Time
	Recipes  []RecipeSum
	Accounts []DrilledAccount // the worst first
	More     int              // accounts that are left out
}

// RecipeSum sums up one recipe, over all accounts.
type RecipeSum struct {
	Name                                string
	Thefts, Contained, Escaped, Mails   int
	MedianEscaped, NineOfTen, AtTheMost int // of the mails of a theft that escaped
}

// DrilledAccount is what became of the thefts of one account, in the order of the recipes; nil
// where none was played.
type DrilledAccount struct {
	Sender string
	Thefts []*Theft
}

// Theft is a simulated one.
type Theft struct {
	HeldAt  int // number of the mail that brought the first hold, 0 for none
	Mails   int
	Escaped int
	Why     string // nothing was held
}

// Dial is what calibrate found: what each notch of the thresholds would have cost, and saved.
type Dial struct {
	At      time.Time
	Weeks   float64
	Mails   int     // ordinary ones
	Senders int     // of them
	Budget  float64 // share of the ordinary mail that may be held
	Notches []Notch // rising
}

// Notch is one setting of all thresholds.
type Notch struct {
	Factor     float64 // on the thresholds that were in force
	Thresholds analyzer.Thresholds
	Held       float64 // ordinary mails a week
	AtMost     float64 // the same, with 95 % confidence
	Delayed    float64
	Drilled    bool
	Thefts     int
	Contained  int
	Mails      int // of the thefts
	Escaped    int
	Chosen     bool // by the budget
}

// Coverage is what the last drill and the last calibration found; nil for none that was kept.
type Coverage struct {
	Drilled *Drilled
	Dial    *Dial
	// Set is what calibration has set, the zero value where history decides.
	Set analyzer.Thresholds
}

// Coverage returns what drills and calibrations found.
func (s *Service) Coverage(ctx context.Context) (c Coverage, err error) {
	if err := s.kept(ctx, keptDrill, &c.Drilled); err != nil {
		return c, err
	}
	if err := s.kept(ctx, keptDial, &c.Dial); err != nil {
		return c, err
	}
	c.Set, err = s.Store.Thresholds(ctx)
	return c, err
}

func (s *Service) kept(ctx context.Context, name string, into any) error {
	value, err := s.Findings.Kept(ctx, name)
	if err != nil || value == nil {
		return err
	}
	if err := json.Unmarshal(value, into); err != nil {
		return fmt.Errorf("read %s: %w: run it again with --keep", name, err)
	}
	return nil
}

// KeepDrill keeps a drill's outcome for who looks at it later.
func (s *Service) KeepDrill(ctx context.Context, d *Drilled) error {
	return s.keep(ctx, keptDrill, d)
}

// undrill takes an account out of the drill that is kept. The sums, in which nobody can be found, stay.
func (s *Service) undrill(ctx context.Context, account string) error {
	var d *Drilled
	if err := s.kept(ctx, keptDrill, &d); err != nil || d == nil {
		return err
	}
	all := len(d.Accounts)
	d.Accounts = slices.DeleteFunc(d.Accounts, func(a DrilledAccount) bool { return a.Sender == account })
	if len(d.Accounts) == all {
		return nil
	}
	return s.KeepDrill(ctx, d)
}

// KeepDial keeps a calibration's outcome.
func (s *Service) KeepDial(ctx context.Context, d *Dial) error { return s.keep(ctx, keptDial, d) }

func (s *Service) keep(ctx context.Context, name string, from any) error {
	value, err := json.Marshal(from)
	if err != nil {
		return fmt.Errorf("keep %s: %w", name, err)
	}
	return s.Findings.Keep(ctx, name, value)
}

// notch returns the notch of a factor, nil for none.
func (d *Dial) notch(factor float64) *Notch {
	for i := range d.Notches {
		if math.Abs(d.Notches[i].Factor-factor) < 1e-9 {
			return &d.Notches[i]
		}
	}
	return nil
}

// ApplyNotch sets the thresholds of a notch of the last calibration. seen is when that was: what is
// applied is what somebody looked at. A reason is needed, for what it changes is for everybody's mail.
func (s *Service) ApplyNotch(ctx context.Context, who Actor, factor float64, seen time.Time, reason string) error {
	if err := s.mayDecide(); err != nil {
		return err
	}
	if reason == "" {
		return UsageError{errors.New("a reason is needed")}
	}
	c, err := s.Coverage(ctx)
	if err != nil {
		return err
	}
	if c.Dial == nil || !c.Dial.At.Equal(seen) {
		return UsageError{errors.New("there is another calibration by now: look at it first")}
	}
	n := c.Dial.notch(factor)
	if n == nil {
		return UsageError{errors.New("there is no such notch")}
	}
	return s.Store.SetThresholds(ctx, n.Thresholds, who.String(), reason)
}

// FollowHistory has the thresholds follow the history again.
func (s *Service) FollowHistory(ctx context.Context, who Actor, reason string) error {
	if err := s.mayDecide(); err != nil {
		return err
	}
	return s.Store.SetThresholds(ctx, analyzer.Thresholds{}, who.String(), reason)
}
