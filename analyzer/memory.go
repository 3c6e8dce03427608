package analyzer

import (
	"context"
	"time"

	"hisseki/baseline"
)

// Record is one judged mail as the journal keeps it: no body, no text beyond the
// subject and the URLs, which a store may be told to leave out.
type Record struct {
	ID          int64 // given by the memory that records it, rising
	Envelope    Envelope
	Verdict     Verdict
	Observation baseline.Observation
	Subject     string // decoded, cut to 200 characters
	MessageID   string
	HeaderFrom  string    // first address of From
	URLs        []string  // not usual for the sender, at most 20, each at most 300 bytes
	Hosts       []string  // their registrable domains, without repeats
	Files       []string  // attachments: "name sha256-hex kind"
	Bytes       int64     // of the body on the wire
	Learn       bool      // teach it now: an ordinary pass
	Due         time.Time // a delayed mail leaves then
	Promote     []int64   // delayed mails of this sender that become holds with this one
	Excerpt     string    // short own text of a delayed or held mail, may be ""
	Learned     bool      // read back only: is part of the profiles now
	Spared      bool      // passed in mode observe only: opens an incident as a hold does
}

// Lesson teaches one recorded mail (Sign +1) or takes it back (Sign -1). Sign 0 says that
// the sender was forgotten: what is in memory of him goes.
type Lesson struct {
	ID     int64
	Record int64
	Sender string
	Sign   int
	Obs    baseline.Observation
}

// Saved is a profile to be kept, with the last lesson that it holds; sender "" is the
// organisation.
type Saved struct {
	Sender  string
	Profile *baseline.Profile
	Last    int64
}

// Past is what a Memory knows of a sender, or of the organisation.
type Past struct {
	// Profile is the saved one with all lessons applied that were known.
	Profile *baseline.Profile
	// Last is the id of a lesson up to which none can be missing from the profile: of the
	// organisation's, the last one that was known.
	Last int64
	// Recent are the latest records, of the organisation everybody's, oldest first, without
	// URLs and evidence.
	Recent []Record
}

// Memory is what an Analyzer remembers by. Profiles are a fold of lessons: a
// profile is saved with the last lesson in it, and a reader applies the later ones.
type Memory interface {
	// Past returns what is known of a sender ("" is the organisation), with the records
	// since a time. Of a sender never seen the profile is empty.
	Past(ctx context.Context, sender string, since time.Time) (Past, error)
	// SaveProfiles keeps profiles, all or none.
	SaveProfiles(ctx context.Context, list ...Saved) error
	// Lessons returns the lessons after an id, in order, at most limit.
	Lessons(ctx context.Context, after int64, limit int) ([]Lesson, error)
	// Record keeps a judged mail durably in one transaction: its row, its hold when the
	// action is not Pass, the lesson when Learn is set, and the promotions; it returns the
	// record's id and the lesson's (0 for none).
	Record(ctx context.Context, r *Record) (id, lesson int64, err error)
	// Incident says whether the sender has an open incident and since when.
	Incident(ctx context.Context, sender string) (open bool, since time.Time, err error)
	// Logins returns what logs tell of attempts to log in to the sender's account in
	// [since, until), oldest first; none when no logs are read.
	Logins(ctx context.Context, sender string, since, until time.Time) ([]Login, error)
	// Override returns the rule an admin set for the sender or class, if one is valid now.
	Override(ctx context.Context, sender string, class Class, now time.Time) (Override, bool, error)
	// URLRules returns all rules for links, also those that are over. It is asked at the
	// start and by every Apply.
	URLRules(ctx context.Context) ([]URLRule, error)
	// Habits returns the exceptions from declared habits, also those that are over. It is
	// asked as URLRules is.
	Habits(ctx context.Context) ([]Habit, error)
}

// Override is an admin's rule for a sender, a class or links.
type Override struct {
	Action Action // Pass: never held; Hold: always held; "" when only Mode is set
	Mode   Mode   // observe or enforce for this sender; "" leaves it
	Until  time.Time
	By     string
	Reason string
}
