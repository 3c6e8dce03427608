package mime

import "time"

// Limits bounds a parse. The zero value of a field means its default.
type Limits struct {
	Depth     int           // nesting of multiparts and attached messages
	Parts     int           // parts read in all
	PartBytes int           // decoded bytes kept of one part
	TextBytes int           // bytes of text kept in all
	URLs      int           // URLs kept
	Budget    time.Duration // wall clock for the whole parse
	Now       func() time.Time
}

// Defaults of Limits. A mail of ordinary size stays far below all of them; they
// keep the worst mail under a second and a few dozen MiB.
const (
	defaultDepth     = 15
	defaultParts     = 200
	defaultPartBytes = 16 << 20
	DefaultTextBytes = 256 << 10
	DefaultURLs      = 500
	defaultBudget    = 500 * time.Millisecond
)

// Bounds that no caller needs to move.
const (
	maxFields     = 500      // header fields looked at in one header
	maxFieldBytes = 64 << 10 // bytes of one field's value that are decoded
	maxPartHeader = 64 << 10 // bytes of one part's header
	maxAddresses  = 2000     // mailboxes kept of one header
	maxIDs        = 200      // message ids kept of one header
	maxRawScan    = 1 << 20  // bytes of one broken body scanned as they stand
	maxRawAll     = 2 << 20  // bytes of all broken bodies scanned
	textFactor    = 4        // bytes of a text part decoded for each byte of text kept
	maxAttached   = 200      // attachments kept
	maxTextPart   = 1 << 20  // bytes of one text part turned into UTF-8
	maxTextAll    = 4 << 20  // bytes of all text parts turned into UTF-8
	maxWrapped    = 4 << 20  // bytes of an encoded multipart or attached message
)

// withDefaults fills the zero fields.
func (l Limits) withDefaults() Limits {
	if l.Depth <= 0 {
		l.Depth = defaultDepth
	}
	if l.Parts <= 0 {
		l.Parts = defaultParts
	}
	if l.PartBytes <= 0 {
		l.PartBytes = defaultPartBytes
	}
	if l.TextBytes <= 0 {
		l.TextBytes = DefaultTextBytes
	}
	if l.URLs <= 0 {
		l.URLs = DefaultURLs
	}
	if l.Budget <= 0 {
		l.Budget = defaultBudget
	}
	return l
}

// clock tells whether the wall-clock budget is spent. A nil now never is.
type clock struct {
	now      func() time.Time
	deadline time.Time
}

func newClock(l Limits) clock {
	if l.Now == nil {
		return clock{}
	}
	return clock{now: l.Now, deadline: l.Now().Add(l.Budget)}
}

func (c clock) spent() bool {
	return c.now != nil && c.now().After(c.deadline)
}
