package ledger

import (
	"fmt"
	"time"
)

// IncidentState is where an incident is in its life.
type IncidentState string

// States of an incident. Every state but open is an end.
const (
	IncidentOpen      IncidentState = "open"
	IncidentConfirmed IncidentState = "confirmed" // it was a compromise
	IncidentDismissed IncidentState = "dismissed" // it was the owner
	IncidentEnded     IncidentState = "ended"     // nobody decided, nothing followed
)

// Incident is a sender believed compromised.
type Incident struct {
	ID     int64
	Sender string
	State  IncidentState
	Opened time.Time // of the mail that opened it
	First  int64     // record of the first suspicious mail, 0 when it is not known
	Closed time.Time // zero while it is open
	By     string    // who ended it, or opened it again
	Reason string
	Kept   bool  // its mail was left where it is when it ended
	Case   int64 // the campaign: the number of its first incident
	Holds  int
	States map[State]int // of its holds
}

// Name is the incident's short name for people, such as "I3".
func (i *Incident) Name() string { return fmt.Sprintf("I%d", i.ID) }

// CaseName is the name of the incident's case, such as "C3".
func (i *Incident) CaseName() string { return fmt.Sprintf("C%d", i.Case) }

// IncidentFilter chooses incidents; zero fields choose all.
type IncidentFilter struct {
	IDs    []int64
	Sender string
	Case   int64
	States []IncidentState
	Since  time.Time // opened from then on
	Until  time.Time // opened before
	Newest int       // so many at most, the newest; 0 is all
}

// Ending says how an incident ends.
type Ending struct {
	To     IncidentState // every state but open
	By     string
	Reason string
	// Since is when the attacker got in, for a confirmation; zero means with the first
	// suspicious mail.
	Since time.Time
	Keep  bool // leave the kept mail where it is
	// Grace is how long mail waits that the end deletes: until then all of it can be taken back.
	Grace time.Duration
	// Others is what a confirmation decides about mail of other senders that the incident
	// asked back: Discarding, Releasing, or "" to leave it on hold. It may be innocent: an
	// attacker can put anybody's link beside his own.
	Others State
}

// Ended is what an ending did at once. The agent does the rest.
type Ended struct {
	Discarding int // holds
	Releasing  int // holds
	Left       int // holds of other senders that are left on hold
	Unlearned  int // mails
	Learned    int // mails given back to the profiles
}

// Add counts holds that came to a state.
func (e *Ended) Add(to State, n int) {
	switch to {
	case Discarding:
		e.Discarding += n
	case Releasing:
		e.Releasing += n
	}
}

// Reopened is what taking back an incident's end did.
type Reopened struct {
	Held    int // holds whose decision was taken back
	Late    int // holds that the agent had carried out, or had asked the MTA for
	Learned int // mails given back to the profiles
}
