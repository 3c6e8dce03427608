package baseline

import "time"

// Key is a keyed hash of a habit's value (an address, a host, a network ...), 40 bits
// wide: enough that among a million values one lookup in a million is wrong. The value
// cannot be read back from it.
type Key uint64

// KeyBits is the width of a Key.
const KeyBits = 40

// Family is a kind of habit. Its numbers are stored: append only.
type Family uint8

// Families of habits.
const (
	Recipient       Family = iota // envelope address
	RecipientDomain               // its registrable domain
	Site                          // registrable domain of a URL; the page where anyone can publish
	Network                       // client /24 or /48
	Provider                      // autonomous system, or the /16 or /32 where that is not known
	Country                       // of the client
	Helo                          // shape of the HELO name
	Mailer                        // X-Mailer or User-Agent without its version
	IDShape                       // shape of the Message-ID
	HeaderShape                   // names and order of the client's header
	Encoding                      // charset, transfer encoding and type of the text
	Zone                          // time zone of Date
	From                          // From address with MAIL FROM
	ReplyTo                       // domain of Reply-To
	File                          // kind of an attachment
	Hour                          // part of the week
	Phrase                        // opener and closer lines of the own text
	Quoted                        // a Site that stands in quotes only: noted, never learned
	Reach                         // how many people were written to within a day or hour, by steps
	Contact                       // what a reader can act on beside links: a phone number, a bank account
	Move                          // from which network or program to which: the first mail of each account
	Families                      // how many there are
)

// Signals is the number of signals an observation has room for; their meaning is the
// analyzer's. Levels run from 0 (nothing unusual) to Levels-1.
const (
	Signals = 64
	Levels  = 8
)

// Circles is how many circles of people are told apart: whether two mails went to the same
// people or to others can be said of most, and is never said wrongly of the same.
const Circles = 4

// StyleDims is the number of hashed style features.
const StyleDims = 1024

// StyleCount is how often one hashed style feature occurs in a mail.
type StyleCount struct {
	Dim   uint16 // below StyleDims
	Count uint8  // at least 1, saturating
}

// Observation is what a baseline may know of one mail. It holds no text.
type Observation struct {
	At         time.Time       // end of message, UTC, whole seconds
	Recipients int             // of the envelope
	Keys       [Families][]Key // what was seen, per family, rising, without repeats
	Levels     [Signals]uint8  // of each signal as judged, 0 when it was absent
	Seen       uint64          // bit per signal: it could be judged
	Style      []StyleCount    // rising by Dim; empty when there is too little text
	Letters    int             // characters of the author's own text
	SimHash    uint64          // of the own text, 0 when it is too short
	Settled    bool            // judged with enough history to count for the lines
	Young      bool            // of an account with little history, or back after a long pause
	Unproven   bool            // may not make known what it shows, see Profile.Learn
	Doubted    bool            // may not make known who wrote it, see Profile.Learn
	Held       bool            // was held: it is taught only when a person lets it go, and known at once
	Lured      bool            // asks its reader to act on something unusual
	To         uint8           // bit per circle: recipients other than the sender are in it
	Points     float64         // as judged
	Fit        float64         // of the style to the sender, see analyzer.Fit; 0 when not judged
	Sum        float64         // the sender's CUSUM with this mail, 0 when it added nothing
	Marks      []Key           // sites and files unknown to sender and organisation, rising
}

// Slot counts thirds of a day since 1970-01-01 UTC: fine enough that "known for a day"
// means at least 24 hours, coarse enough that a profile stays small.
type Slot int32

// slotSeconds is eight hours; daySlots of them are a day.
const (
	slotSeconds = 8 * 60 * 60
	daySlots    = 3
)

// Start returns when a slot begins.
func (s Slot) Start() time.Time { return time.Unix(int64(s)*slotSeconds, 0).UTC() }

// SlotOf returns the slot of a time.
func SlotOf(t time.Time) Slot {
	s := t.Unix()
	if s < 0 {
		s -= slotSeconds - 1
	}
	return Slot(s / slotSeconds)
}
