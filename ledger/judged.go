package ledger

import (
	"time"

	"hisseki/analyzer"
)

// Judged is what is known today of a mail that was judged: enough to ask what other
// thresholds had done, and whether that had been right.
type Judged struct {
	At        time.Time
	Sender    string
	Verdict   analyzer.Verdict // points, sum, lure, cause, action, would
	State     State            // of its hold, "" when it was neither delayed nor held
	Promoted  bool             // a delay that became a hold
	Open      bool             // of an incident that nobody decided yet
	Confirmed bool             // of a sender while a confirmed incident was open
}

// Seen is the record of one mail that somebody looks for: how it came, and what was said of it.
type Seen struct {
	Journal  int64
	Envelope analyzer.Envelope // Host, QueueID, Sender, Class and MailFrom of it
	Verdict  analyzer.Verdict  // action, would, points, cause
	Hold     int64             // 0 for none
}
