package ledger

import (
	"net/netip"
	"time"

	"hisseki/analyzer"
)

// MomentKind says what a moment of a timeline is.
type MomentKind string

// Kinds of moments.
const (
	MomentFailure MomentKind = "failure"
	MomentLockout MomentKind = "lockout"
	MomentSuccess MomentKind = "success"

	MomentInterrupted MomentKind = "interrupted"
	MomentRule        MomentKind = "rule"
	MomentForwarding  MomentKind = "forwarding"
	MomentAccess      MomentKind = "access"

	MomentMail MomentKind = "mail"
)

// Moment is one thing on a sender's timeline: attempts to log in close together, or one
// mail.
type Moment struct {
	At      time.Time
	Until   time.Time // of attempts, the last of them; else At
	Kind    MomentKind
	Client  netip.Addr // invalid when it is not known
	Count   int        // of attempts; 1 for a mail
	Service string     // of attempts

	// Of what a provider's log tells.
	Country, Device, Program, Note string
	Legacy                         bool

	// Of a mail.
	Journal    int64
	Action     analyzer.Action
	Would      analyzer.Action // in enforce mode
	Points     float64
	Recipients int
	Subject    string
}
