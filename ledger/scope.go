package ledger

import (
	"time"

	"hisseki/analyzer"
)

// Suspect is a mail that no incident keeps, but that shares something with one.
type Suspect struct {
	Record *analyzer.Record // with recipients
	Traits []analyzer.Trait
	Points float64 // with what is known today; the record's verdict has those of then
}

// Scope is everything that is known of some incidents: the answer to "who got what?".
type Scope struct {
	At        time.Time // of the answer, UTC
	Incidents []Incident
	Holds     []Hold                    // their mail, oldest first
	Suspects  []Suspect                 // mail like theirs that nobody kept, oldest first
	Fates     map[int64][]RecipientFate // by record, in the envelope's order
	Logins    []analyzer.Login          // of their senders, oldest first
	Lures     []Lure                    // that may be blocked, the most telling first
	Notes     map[int64][]Note          // by incident: what hooks said, oldest first
	Usual     map[string][]time.Time    // when a sender sent other mail in the weeks before, rising
	Unread    Unread
}

// Unread is what of a scope was not looked at, for there is too much of it.
type Unread struct {
	Mails    int  // of the incidents' own, between the oldest and the newest
	Suspects int  // that share something too, between the oldest and the newest of Suspects
	More     bool // there may be still more suspects
	Lures    bool // whether others sent the links before was asked of their latest mail only
}
