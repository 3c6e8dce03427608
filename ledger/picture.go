package ledger

import "time"

// Hour is the mail of one hour, of all senders.
type Hour struct {
	At    time.Time // its beginning
	Mails int
	Delay int // of these, that mode enforce delays
	Hold  int // and that it holds
}

// Sending is one mail of a sender, as a drawing shows it.
type Sending struct {
	At         time.Time
	Recipients int
}

// Telling is what became of an event at a hook.
type Telling struct {
	N        int64 // of the event
	At       time.Time
	Incident int64
	Kind     EventKind
	Hook     string
	State    string // due, done, skipped or failed
	Runs     int
	Due      time.Time // of the next run, zero for none
	Error    string    // of the last run, "" for success
	Output   string    // of the same: hostile
}

// TellingFilter chooses tellings, the newest first; zero fields choose all.
type TellingFilter struct {
	State    string
	Incident int64
	Before   int64 // events below this one
	Limit    int
}
