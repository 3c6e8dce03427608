package ledger

import (
	"time"

	"hisseki/analyzer"
)

// Unjudged is mail that waits to be judged: one by its envelope, else that which came between two times
// and is recorded as waiting, of it the one that is kept under a name.
type Unjudged struct {
	Envelope *analyzer.Envelope
	From, To time.Time
	Kept     int64 // analyzer.Late.Kept, 0 for any
}
