package ledger

import (
	"fmt"
	"slices"
	"time"

	"hisseki/analyzer"
)

// State is where a hold is in its life.
type State string

// States. A delayed mail leaves by itself; releasing, discarding and recalling wait for
// the agent on the mail's MTA host; vanished means that the mail left the queue without
// us, gone that it had left before it could be recalled, passed that mode observe let it go
// where mode enforce had held it.
const (
	Delayed    State = "delayed"
	Held       State = "held"
	Releasing  State = "releasing"
	Released   State = "released"
	Discarding State = "discarding"
	Discarded  State = "discarded"
	Vanished   State = "vanished"
	Recalling  State = "recalling"
	Gone       State = "gone"
	Passed     State = "passed"
)

// States are all of them, in the order of a list for people.
var States = []State{Delayed, Recalling, Held, Releasing, Discarding, Released, Discarded, Vanished,
	Gone, Passed}

// InQueue are the states of mail that is still in the MTA's queue: the agent watches it.
var InQueue = []State{Delayed, Recalling, Held, Releasing, Discarding}

// InQueue says whether the mail is still in the MTA's queue.
func (s State) InQueue() bool { return slices.Contains(InQueue, s) }

// Hold is one kept mail with its record.
type Hold struct {
	ID       int64
	State    State
	Incident int64     // 0 for a delay that never became more
	Due      time.Time // when the agent should act next, zero for never
	By       string
	Reason   string
	Decided  time.Time
	// NotBefore is the earliest moment at which the decision may be carried out.
	NotBefore time.Time
	Signature string    // of the decision's Statement, "" without
	Promoted  time.Time // when a delay became a hold, zero when it did not
	Recalled  time.Time // when it was asked back for an incident, zero when it was not
	// DefinesCampaign: the mail was held for what it is itself, so it says what its incident's
	// campaign is.
	DefinesCampaign bool
	Attempts        int
	Error           string // of the last attempt
	Excerpt         string
	ExcerptUntil    time.Time
	Record          *analyzer.Record
	QueueID         string // under which the mail goes on, "" where that was not asked
	Recipients      []string
}

// Name is the hold's stable id for people, such as "H12".
func (h *Hold) Name() string { return fmt.Sprintf("H%d", h.ID) }

// HoldCount sums holds up.
type HoldCount struct {
	Mails      int
	Senders    int   // of these
	Recipients int   // of these, each once
	Last       int64 // the highest id
	More       bool  // there are more mails than were counted
}

// HoldPlace is the place of a hold in a list by points; the zero value is before the first.
type HoldPlace struct {
	Points float64
	ID     int64
}

// HoldFilter chooses holds; zero fields choose all.
type HoldFilter struct {
	IDs       []int64
	Sender    string
	Incident  int64
	Since     time.Time
	Until     time.Time
	Host      string // of an unusual URL: its registrable domain
	MinPoints float64
	States    []State
	MTA       string    // host that took the mail
	QueueID   string    // that the host gave it
	DueBy     time.Time // the agent should act by then
	Limit     int       // the oldest so many, or the newest
	Newest    bool      // the newest first
	Worst     bool      // the one with the most points first, of equals the newest
	Past      HoldPlace // with Worst: what comes after this place
	Before    int64     // ids below this one
	After     int64     // ids above this one
	Roughly   bool      // CountHolds counts no recipients, and of very many mails the newest only
}
