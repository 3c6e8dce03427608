package mime

import "time"

// Limits bounds a parse. The zero value of a field means its default. docs/limits.md
// says of each why it is what it is, and what happens to what lies behind it.
type Limits struct {
	Depth     int           // nesting of multiparts and attached messages
	Parts     int           // parts whose text and files are kept
	PartBytes int           // decoded bytes read of one part
	TextBytes int           // bytes of text kept in all
	URLs      int           // URLs kept, beside one of each further site
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
	defaultBudget    = 2 * time.Second
)

// Bounds that no caller needs to move: of what is kept.
const (
	maxFields    = 500     // names kept of one header
	maxSame      = 20      // fields of one name that are read
	maxAddresses = 2000    // mailboxes kept of one header field
	maxIDs       = 200     // message ids kept of one header
	maxAttached  = 200     // attachments kept, beside the first of each further kind
	maxTextPart  = 1 << 20 // bytes of one text part that may be shown
	maxTextAll   = 4 << 20 // bytes of all text parts that may be shown
	textFactor   = 4       // bytes of a part's text looked at for each byte of text kept
)

// Bounds that no caller needs to move: of what is read.
const (
	// maxFieldBytes of one field's value: Postfix cuts fields there (header_size_limit).
	maxFieldBytes = 102400
	maxPartHeader = 64 << 10 // bytes of one part's header; behind it only Content- fields
	maxWalked     = 20000    // parts taken apart; what follows is scanned as it stands
	segmentBytes  = 256 << 10
	// workFactor bounds the bytes decoded, hashed and scanned again for each byte of the
	// mail, so that what is nested or contradictory costs no more than it is long.
	workFactor = 4
	workFloor  = 1 << 20
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

// clock says whether the wall-clock budget is spent. A nil now never is.
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
