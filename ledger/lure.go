package ledger

import "time"

// Lure is what of an incident's links may be blocked.
type Lure struct {
	Pattern string // of content.ParsePattern: a site, or a page where anybody can publish
	Mails   int    // of the attack that show it
	First   time.Time
	Last    time.Time
	Points  float64 // the most that one of them got for it
	// Elsewhere says that another account's mail had it before the attack: it may be
	// innocent.
	Elsewhere bool
}

// Freed says whether a person let the mail go, as innocent.
func (h *Hold) Freed() bool {
	return (h.State == Released || h.State == Releasing) && h.By != ByTimer
}
