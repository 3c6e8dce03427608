package milter

import (
	"sync/atomic"
	"time"
)

// Counters are what a server counts, for metrics. Open and InFlight go up and down, the
// others only up. All may be read at any time.
type Counters struct {
	Open     atomic.Int64 // connections now
	Accepted atomic.Int64 // connections taken
	Silent   atomic.Int64 // of Accepted: answered at the end of a message only
	Refused  atomic.Int64 // connections over the cap, or over their client's share
	Evicted  atomic.Int64 // idle connections ended in favour of others
	Retried  atomic.Int64 // accepts that failed and were tried again
	Broken   atomic.Int64 // connections closed because the bytes were not milter protocol
	Bugs     atomic.Int64 // panics, in a callback or in the judge

	Judging  atomic.Int64 // judgements under way, also those that come too late
	InFlight atomic.Int64 // bytes of mails being received or judged
	Passed   atomic.Int64 // mails by the verdict's action
	Delayed  atomic.Int64
	Held     atomic.Int64
	Cut      atomic.Int64 // mails whose body got no more memory: judged by its beginning
	Aborted  atomic.Int64 // mails that ended before their end of message

	// Mails that got the failure action, by cause.
	OverBudget atomic.Int64 // no room in InFlightBytes even for the envelope
	TimedOut   atomic.Int64 // no verdict within Budget
	Failed     atomic.Int64 // an error or a panic
	Late       atomic.Int64 // of TimedOut: judged in the end, too late to count

	moved atomic.Int64 // time since begun when a judgement last ended, or the first began
}

// begun is the zero of Counters.moved.
var begun = time.Now()

// begin counts a judgement that begins.
func (c *Counters) begin() {
	if c.Judging.Add(1) == 1 {
		c.moved.Store(int64(time.Since(begun)))
	}
}

// end counts the end of a judgement.
func (c *Counters) end() {
	c.moved.Store(int64(time.Since(begun)))
	c.Judging.Add(-1)
}

// Standstill returns how long no judgement has ended while some were under way.
func (c *Counters) Standstill() time.Duration {
	if c.Judging.Load() == 0 {
		return 0
	}
	return time.Since(begun) - time.Duration(c.moved.Load())
}

// Failures returns how many mails got the failure action.
func (c *Counters) Failures() int64 {
	return c.OverBudget.Load() + c.TimedOut.Load() + c.Failed.Load()
}
