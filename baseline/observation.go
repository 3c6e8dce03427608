package baseline

import (
	"time"
)

// Key is a keyed hash of a habit's value (an address, a host, a network ...). The
// value cannot be read back from it.
type Key uint64

// Family is a kind of habit. Its numbers are stored: append only.
type Family uint8

// Families.
const (
	Recipient       Family = iota // envelope address
	RecipientDomain               // its registrable domain
	Site                          // registrable domain of a URL, with the first path label where anyone can publish
	Network                       // client /24 or /48
	Provider                      // autonomous system number
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
	Trait                         // yes/no traits of form, by name
	Hour                          // part of the week
	RecipientSet                  // the whole set of recipients
	Families                      // how many there are
)

// Observation is what a baseline may know of one mail. It holds no text.
type Observation struct {
	At         time.Time       // end of message, UTC, whole seconds
	Sender     string          // profile key
	Recipients int             // envelope recipients
	Keys       [Families][]Key // what was seen, per family, sorted, without repeats
	Style      []uint32        // hashed style features: index<<8 | count, sorted; nil when too little text
	Letters    int             // characters of the author's own text
	SimHash    uint64          // of the own text, 0 when too short
	Points     float64         // as judged
	Unknown    []Key           // URL sites and file hashes unknown to sender and organisation: a campaign's marks
}
