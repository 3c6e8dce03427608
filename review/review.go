// Package review is what a reviewer sees and does: find kept mail and incidents, show them,
// decide them, end and reopen incidents, set rules. The command line and the review page both
// stand on it, so that they cannot disagree.
//
// Whoever acts comes in as a value, and what somebody looks at is in the audit log before
// it is shown. Text that comes from mail is given as it came: who prints it makes it safe.
package review

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Actor is a person who acts, for the audit log.
type Actor struct {
	Name string // "alice"
	Via  string // with which rights or from where: "as root", "" for nothing to say

	agreed bool // a second reviewer has agreed
}

// String is the actor as the audit log names it: "alice as root".
func (a Actor) String() string { return strings.TrimSpace(a.Name + " " + a.Via) }

// Service is the review of one store. It is safe for use by many at once when its store is.
type Service struct {
	Store    Store
	Second   Seconds // nil where no release needs a second reviewer
	Findings Findings
	Settings Settings
	Now      func() time.Time
	// Normal returns the account that a login counts as, as it is done for mail.
	Normal func(login string) string
	// Unseal opens a sealed excerpt; its error says why it cannot be read.
	Unseal func(sealed string) (string, error)
	// Ready says why this process may not decide anything: what is decided without the key for
	// decisions is not carried out. Nil where everybody may.
	Ready func() error
	// ReadMail reads a mail from this host's queue; nil where nobody may.
	ReadMail func(ctx context.Context, queueID string) ([]byte, error)
	// Looks has the same look of the same person noted once in a while; the zero value notes each.
	Looks Looks
}

// Settings are what of the configuration a review needs.
type Settings struct {
	Mode      map[analyzer.Class]analyzer.Mode
	Journal   time.Duration // how long the journal keeps mail
	Countries bool          // something tells the country of an address
	Signins   bool          // sign-in logs are read
	Habits    []analyzer.Habit
	Relays    []netip.Prefix // the hosts of relays that are believed
	Database  string         // where the store is
	// StaleAfter is how old an agent's heartbeat may be.
	StaleAfter time.Duration
	// Grace is how long mail waits that a confirmation deletes.
	Grace time.Duration
	// TwoPerson has a second reviewer agree before more than one mail is released at once.
	TwoPerson bool
	// Hooks are the names of the hooks that are told of a kind of event.
	Hooks map[ledger.EventKind][]string
	// Fixed says that the configuration sets thresholds, which go before those of a calibration.
	Fixed bool
	// Asking are the names of the hooks that ask an account's owner.
	Asking []string
}

// Store is where everything is kept. Each part names what it needs of it.
type Store interface {
	accountStore
	holdStore
	incidentStore
	ruleStore
	habitStore
	senderStore
	auditStore
	statusStore
	pictureStore
	tellingStore
	thresholdStore
	senderReads
}

// auditor notes who did or looked at what.
type auditor interface {
	Audit(ctx context.Context, actor, verb, object, reason string) error
}

var (
	// ErrNothing says that no hold, sender, rule or incident matched.
	ErrNothing = errors.New("nothing matched")
	// ErrPartly says that some of what was asked could not be done.
	ErrPartly = errors.New("not everything could be done")
)

// UsageError is a mistake in what was asked, such as a time that is none.
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the mistake.
func (e UsageError) Unwrap() error { return e.Err }

// MissingError names the ids of a request that nothing has, or that were decided before.
type MissingError struct{ What []string }

func (e MissingError) Error() string {
	return fmt.Sprintf("%v: %s", ErrPartly, strings.Join(e.What, "; "))
}

// Unwrap says that the rest was done.
func (e MissingError) Unwrap() error { return ErrPartly }

// mayDecide says why nothing can be decided here, and what to do.
func (s *Service) mayDecide() error {
	if s.Ready == nil {
		return nil
	}
	if err := s.Ready(); err != nil {
		return fmt.Errorf("nothing was decided: %w", err)
	}
	return nil
}

// missing returns an error that names what could not be done, or nil for nothing.
func missing(what []string) error {
	if len(what) == 0 {
		return nil
	}
	return MissingError{what}
}
