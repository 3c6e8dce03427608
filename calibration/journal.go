package calibration

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// Store is the journal as calibration reads it.
type Store interface {
	Profile(ctx context.Context, sender string) (*baseline.Profile, int64, error)
	Senders(ctx context.Context, f ledger.SenderFilter) ([]ledger.Sender, error)
	// EachJudged calls do for every mail of accounts since a time, oldest first.
	EachJudged(ctx context.Context, since time.Time, do func(*ledger.Judged) error) error
}

// Theft is mail of an attacker that no incident says to be one.
type Theft struct {
	Sender string
	From   time.Time // for a day from then; zero for all of the sender's mail
}

func (t Theft) has(m *ledger.Judged) bool {
	return m.Sender == t.Sender && (t.From.IsZero() ||
		!m.At.Before(t.From) && m.At.Before(t.From.Add(24*time.Hour)))
}

// Selection says which mail of the journal counts.
type Selection struct {
	Since  time.Time // zero for the whole journal
	Thefts []Theft   // left out, though nobody confirmed them
	All    bool      // also the mail of the first days, when everything was new
}

// ErrEmpty says that the journal has no mail that counts.
var ErrEmpty = errors.New("the journal has no ordinary mail of accounts")

// Read reads the history from the journal.
func Read(ctx context.Context, db Store, s Selection) (*History, error) {
	h := &History{}
	left := 0
	if s.Since.IsZero() && !s.All {
		var err error
		if left, err = warmUp(ctx, db); err != nil {
			return nil, err
		}
	}
	err := db.EachJudged(ctx, s.Since, func(m *ledger.Judged) error {
		v, fate := &m.Verdict, fateOf(m)
		if left > 0 {
			left--
			fate = WarmUp
		}
		if slices.ContainsFunc(s.Thefts, func(t Theft) bool { return t.has(m) }) {
			fate = Attack
		}
		h.Add(Mail{At: m.At, Sender: m.Sender, Points: v.Points, Sum: v.Sum, Repeat: v.Repeat, Few: v.Few, Fate: fate,
			Held: m.Promoted || v.Would == analyzer.Hold, Delayed: v.Would == analyzer.Delay})
		return nil
	})
	if err == nil && len(h.Mails) == 0 {
		err = fmt.Errorf("%w but the %d by which the organisation became known: try again when there is more", ErrEmpty, h.WarmUp)
	}
	return h, err
}

// warmUp returns how many of the journal's first mails were judged while the organisation
// was still unknown.
func warmUp(ctx context.Context, db Store) (int, error) {
	org, _, err := db.Profile(ctx, "")
	if err != nil {
		return 0, err
	}
	senders, err := db.Senders(ctx, ledger.SenderFilter{})
	before := org.Mails() // learned, and purged since
	for _, s := range senders {
		before -= s.Learned
	}
	return max(0, analyzer.WarmUp-before), err
}

// fateOf says what is known of a mail today.
func fateOf(m *ledger.Judged) Fate {
	switch {
	case m.Confirmed, m.State == ledger.Discarding, m.State == ledger.Discarded:
		return Attack
	case m.State == ledger.Held, m.State == ledger.Recalling, m.State == ledger.Gone:
		return Undecided
	case m.State == ledger.Passed && m.Open: // mode observe: nobody has said yet what it was
		return Undecided
	case m.Verdict.Cause == "rule", m.Verdict.Cause == "habit":
		return Ruled
	}
	return Ordinary
}
