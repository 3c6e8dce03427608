package ledger

import (
	"time"

	"hisseki/analyzer"
)

// EventKind is what happened to an incident.
type EventKind string

// Kinds of events: an incident's states, and the way into the open one.
const (
	EventOpened    EventKind = "opened"
	EventConfirmed EventKind = "confirmed"
	EventDismissed EventKind = "dismissed"
	EventEnded     EventKind = "ended"
	EventReopened  EventKind = "reopened"
	// What the account's owner answered while the incident was open: its state stays.
	EventClaimed EventKind = "claimed" // it was him
	EventDenied  EventKind = "denied"  // it was not him
)

// Event is a change of an incident's state or an answer of its owner, kept in the transaction
// that made it.
type Event struct {
	N        int64  // its place in the order of all events
	ID       string // the same for every receiver and run, in no other store
	Kind     EventKind
	At       time.Time
	Incident int64
	Sender   string // of the incident
	Kept     bool   // the end left mail where it was
	By       string
	Reason   string
	// Signature of the Statement; an incident that was opened by its mail has none.
	Signature string
	Runs      int       // of the hook that it was claimed for, begun until now
	First     time.Time // when the first of them began
}

// HookRun is what came of telling a hook an event.
type HookRun struct {
	Error  string // "" for success
	Output string // the store keeps its first 16 KiB
}

// States of an event at a hook, given to EndEvent.
const (
	HookDue     = "due"
	HookDone    = "done"    // told
	HookSkipped = "skipped" // not wanted there
	HookFailed  = "failed"  // given up
	HookAnswer  = "answer"  // of a Note: nobody was told, the account's owner said it
)

// Note is what a hook said of an incident: what a command printed, or why it failed; or what the
// account's owner answered.
type Note struct {
	At     time.Time
	Hook   string
	Event  EventKind
	State  string // due, done, failed or answer
	Runs   int    // begun
	Error  string // of the last run that ended, "" for success
	Output string // of the same, as printed: hostile
}

// Alert is a mail about an incident that the postmaster is to get now.
type Alert struct {
	Incident int64
	FirstID  string // Message-ID of the incident's first mail, "" when this is the first
	Tries    int    // to send this one, begun until now
}

// Brief is an incident in short, for alerts and hooks.
type Brief struct {
	ID         int64
	Case       int64 // the campaign: the number of its first incident
	Sender     string
	State      IncidentState
	Opened     time.Time
	Holds      int
	Waiting    int       // of these, still in the queue and undecided
	Passed     int       // of these, not kept: the mode was observe
	Last       time.Time // of the last hold's mail
	Recipients int       // of the holds, each once
	Domains    int       // of these
	Hosts      []string  // of unusual links in the holds, the most frequent first
	Evidence   []analyzer.Evidence
	Answer     EventKind // what the account's owner said, "" for nothing; a denial stands
}
