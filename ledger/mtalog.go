package ledger

import (
	"slices"
	"time"

	"hisseki/analyzer"
)

// Outcome is the latest that the MTA's log says of one recipient of a mail.
type Outcome string

// Outcomes. Those that end a mail for a recipient are final: delivered, bounced, expired,
// discarded and rejected.
const (
	OutcomeDelivered Outcome = "delivered" // the next MTA or the mailbox took it
	OutcomeBounced   Outcome = "bounced"   // refused for good
	OutcomeExpired   Outcome = "expired"   // given up after deferrals
	OutcomeDeferred  Outcome = "deferred"  // to be tried again
	OutcomeHeld      Outcome = "held"      // put into the hold queue after it was taken
	OutcomeQueued    Outcome = "queued"    // out of the hold queue again, nothing since
	OutcomeDiscarded Outcome = "discarded" // deleted by hand, or thrown away by a rule or a filter
	OutcomeRejected  Outcome = "rejected"  // refused at its end, to the client
	OutcomePassed    Outcome = "passed"    // taken by a content filter, nothing since
)

// FinalOutcomes are those that a later one of the whole mail does not change.
var FinalOutcomes = []Outcome{OutcomeDelivered, OutcomeBounced, OutcomeExpired, OutcomeDiscarded,
	OutcomeRejected}

// Final says whether an outcome ends a mail for its recipient.
func (o Outcome) Final() bool { return slices.Contains(FinalOutcomes, o) }

// Delivery is the state of one recipient of one recorded mail.
type Delivery struct {
	Journal   int64  // the record
	Recipient string // as the MTA logged it, after alias expansion
	Original  string // as in the envelope; the same without an alias
	Outcome   Outcome
	At        time.Time // of the log line, UTC
	Deferred  time.Time // when it was first deferred, zero for never
	Relay     string    // "host[address]:port", "local", "none" ...
	Reply     string    // of the remote side, hostile text
	DSN       string    // enhanced status code, such as "2.0.0"
}

// LogEvent is what a line of the MTA's log says beside an outcome.
type LogEvent string

// Events. An outcome is about recipients, the others about the queue file.
const (
	LogOutcome  LogEvent = "outcome"
	LogRequeued LogEvent = "requeued" // the mail goes on under the queue id Next
	LogGone     LogEvent = "gone"     // the queue file was removed: a short id may come again
)

// LogLine is what one line of the MTA's log says of one mail.
type LogLine struct {
	Event   LogEvent
	QueueID string
	At      time.Time
	Next    string // of LogRequeued

	// Of LogOutcome. Recipient "" means all whose outcome is not final yet.
	Outcome   Outcome
	Recipient string
	Original  string // "" means Recipient
	Relay     string
	Reply     string
	DSN       string
	Milter    bool // of OutcomeHeld: a milter alone asked for it, at the end of the message; not kept
}

// LogLogin is what one line says of attempts to log in.
type LogLogin struct {
	analyzer.Login // At and Count count, Last does not
	// Backend says that the password database told. The service in front of it reports the
	// same attempt in a line of its own.
	Backend bool
	// ID is the event's in its log, "" where it has none: it counts once, in whatever file.
	ID  string
	Log string // the log in which it is counted, "" for the batch's
	// Exists says that the line proves the account to exist. PAM, for one, refuses guessed
	// names as it refuses wrong passwords.
	Exists bool
}

// LogPosition is how far a log was read. A file is known by its first line, so that it is
// the same one after it was renamed or compressed.
type LogPosition struct {
	Source string // a path, or "journald"
	Head   string // fingerprint of a file's first line, "" for journald
	Device uint64
	Inode  uint64
	Offset int64  // bytes that were read, before compression
	Cursor string // journald's
	At     time.Time
}

// LogBatch is a piece of a log, in its order.
type LogBatch struct {
	Host     string // the MTA's name for itself, "" when the log may be of any
	Lines    []LogLine
	Logins   []LogLogin
	Position LogPosition // behind the last line
}

// LogKept counts what became of a batch.
type LogKept struct {
	Lines   int // belonged to a recorded mail
	Strange int // did not: mail of another class, or older than the journal
	Logins  int
}
