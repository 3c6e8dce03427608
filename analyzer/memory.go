package analyzer

import (
	"context"
	"time"

	"hisseki/baseline"
)

// Record is one judged mail as the journal keeps it: no body, no text beyond the
// subject and the URLs, which a store may be told to leave out.
type Record struct {
	ID           int64 // given by the memory that records it, rising
	Envelope     Envelope
	Verdict      Verdict
	Observation  baseline.Observation
	Subject      string // decoded, cut to 200 characters
	MessageID    string
	HeaderFrom   string    // first address of From
	URLs         []string  // not usual for the sender, at most 20, each at most 300 bytes
	Hosts        []string  // their registrable domains, without repeats
	Files        []string  // attachments: "name sha256-hex kind"
	Bytes        int64     // of the body on the wire
	Learn        bool      // teach it now: an ordinary pass
	Due          time.Time // a delayed mail leaves then
	Promoted     []int64   // delayed mails of this sender that became holds with this one
	Excerpt      string    // short own text of a delayed or held mail, may be ""
	Learned      bool      // read back only: is part of the profiles now
	ObservedHold bool      // passed in mode observe only: opens an incident as a hold does
	Late         Late      // of mail that was not judged in time
}

// Late says of a mail that got the failure action what came of it afterwards. Its record is one
// all along: first the envelope, with the verdict Unjudged, and later the verdict that it would
// have had.
type Late struct {
	Failure string    // why it was not judged in time
	Content string    // why it cannot be judged later, Waits while it can, "" when it was
	Kept    int64     // names what is kept of it while it waits
	Judged  time.Time // when it was judged after all, zero when it was not
	// Recall: it would be kept, so it is asked back from the queue. Its Action is what was done.
	Recall bool
}

// Waits says in Late.Content that the mail is kept until it is judged.
const Waits = "waits"

// opens says whether the record opens an incident where its sender has none.
func (r *Record) opens() bool {
	return r.Late.Judged.IsZero() && r.Verdict.Action == Hold || r.ObservedHold || r.Late.Recall
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
// organisation. It is encoded already, so that it may be written while the profile goes
// on learning.
type Saved struct {
	Sender string
	Data   []byte // baseline.Profile's canonical encoding
	Extent []byte // its baseline.Extent's
	Last   int64  // no lesson of the sender up to here is missing
}

// NewSaved encodes a profile as it is now.
func NewSaved(sender string, p *baseline.Profile, last int64) Saved {
	data, _ := p.MarshalBinary() // the errors are always nil
	extent, _ := p.Extent().MarshalBinary()
	return Saved{Sender: sender, Data: data, Extent: extent, Last: last}
}

// Past is what a Memory knows of a sender.
type Past struct {
	// Profile is the saved one with all lessons applied that were known. It is the caller's.
	Profile *baseline.Profile
	// Last is the id of a lesson up to which none of this sender's can be missing from the
	// profile.
	Last int64
	// Folded is how many of the lessons were not in the saved profile.
	Folded int
	// Recent are the newest records, oldest first.
	Recent []Recent
}

// Recent is what of a recorded mail the state of its sender is a fold of.
type Recent struct {
	ID          int64
	Action      Action
	Would       Action
	Points      float64
	Sum         float64 // after this mail; 0 where an incident of the sender ended since
	Observation baseline.Observation
}

// Sighting is a mail that carried a certain mark.
type Sighting struct {
	At     time.Time
	Sender string
	Would  Action // its verdict in mode enforce
}

// Recorded is what became of a record.
type Recorded struct {
	ID       int64   // the record's, rising in the order of Begin
	Lesson   int64   // the lesson that Learn asked for, 0 for none
	Promoted []int64 // records that waited until now and are holds with this one, rising
}

// Pending waits until a record is durable and says what became of it. An error says that
// nothing of it was kept. It is called once, and does not return early: whoever sent a
// mail must know whether it is recorded.
type Pending func() (Recorded, error)

// Memory is what an Analyzer remembers by. Profiles are a fold of lessons: a profile is
// saved with the last lesson in it, and a reader applies the later ones. All methods may be
// called from several goroutines at once unless an implementation says otherwise.
type Memory interface {
	Reader
	Writer
}

// Reader reads. What a method returns shows at least every record and lesson that was
// durable when it was called, of whatever process, but for what Incident and Override say
// of themselves.
type Reader interface {
	// Profile returns the profile of a sender ("" is the organisation) with every lesson
	// in it, and the id of the memory's last lesson: of all senders, 0 for none. Of a
	// sender never seen the profile is empty, which is not an error. The profile is a copy.
	Profile(ctx context.Context, sender string) (p *baseline.Profile, last int64, err error)
	// Past returns what is known of a sender (never ""), with his newest records since a
	// time (inclusive, by the time of the mail), at most most of them: in order of time,
	// and of id where times are equal. It reads no more than it returns.
	Past(ctx context.Context, sender string, since time.Time, most int) (Past, error)
	// Sightings returns for each mark the last records that carry it, of any sender, at
	// most most of them each, in order of id. An unknown mark has none, which is not an error.
	Sightings(ctx context.Context, marks []baseline.Key, most int) ([][]Sighting, error)
	// Lessons returns the lessons after an id, in order of id, at most limit; none when
	// there are no later ones.
	Lessons(ctx context.Context, after int64, limit int) ([]Lesson, error)
	// Incident says whether the sender has an open incident and since when. What other
	// processes did may be heard of 20 ms later.
	Incident(ctx context.Context, sender string) (open bool, since time.Time, err error)
	// Logins returns what logs tell of attempts to log in to the sender's account in
	// [since, until), oldest first; none when no logs are read.
	Logins(ctx context.Context, sender string, since, until time.Time) ([]Login, error)
	// Override returns the rule an admin set for the sender, or else for its class, if one
	// is valid now. It is as old as Incident's answer at most.
	Override(ctx context.Context, sender string, class Class, now time.Time) (Override, bool, error)
	// URLRules returns all rules for links, also those that are over. It is asked at the
	// start and by every Apply.
	URLRules(ctx context.Context) ([]URLRule, error)
	// Habits returns the exceptions from declared habits, also those that are over. It is
	// asked as URLRules is.
	Habits(ctx context.Context) ([]Habit, error)
}

// Writer writes. Whoever stands between an Analyzer and its memory, to seal what is
// readable, writes these methods out, so that none can be added that passes him by.
type Writer interface {
	// SaveProfiles keeps profiles, all or none. Where one with a later lesson is kept
	// already, that one stays; one whose sender was forgotten (Sign 0) by a lesson after
	// Last is left out. Data that is not a profile may be refused now or when it is read.
	SaveProfiles(ctx context.Context, list ...Saved) error
	// Begin takes a judged mail, whole or not at all: its row; its hold when the action is
	// not Pass; the incident when it is the sender's first hold or ObservedHold; the lesson when
	// Learn is set; and when the action is Hold, every mail of the sender that is still
	// delayed and due after it becomes a hold of the incident. Records get their ids in the
	// order of Begin, so nothing later can be durable without what came before. A record
	// whose ctx has ended before its turn is not kept. The record is not changed, and must
	// not be until Pending returns. A record that was judged late replaces the unjudged one of
	// the same host, queue id and time, and is an error without it; where it is to be recalled
	// the hold asks the queue.
	Begin(ctx context.Context, r *Record) Pending
}

// Override is an admin's rule for a sender, a class or links.
type Override struct {
	Action Action    // Pass: never held; Hold: always held; "" when only Mode is set
	Mode   Mode      // observe or enforce for this sender; "" leaves it
	Until  time.Time // zero for good
	By     string
	Reason string
}

// ValidAt says whether the rule is valid at a time, to the second.
func (o *Override) ValidAt(now time.Time) bool {
	return o.Until.IsZero() || o.Until.Unix() > now.Unix()
}

// Endless says whether the rule may do without an end: one that watches a sender more
// closely may, one that lets him go or holds all of his mail must not be forgotten.
func (o *Override) Endless() bool { return o.Action == "" && o.Mode == Enforce }
