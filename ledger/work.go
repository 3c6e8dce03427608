package ledger

import "time"

// Work is what the agent of a mail's MTA host should do about a hold.
type Work string

// Work. Keep expects the mail in the hold queue and watches it, Wait asks for nothing yet.
const (
	WorkKeep     Work = "keep"
	WorkWait     Work = "wait"
	WorkEndDelay Work = "end-delay"
	WorkRelease  Work = "release"
	WorkDiscard  Work = "discard"
	WorkRecall   Work = "recall"
)

// ClockSkew is what the clocks of serve and the agent may differ by.
const ClockSkew = time.Minute

// Work says what an open hold wants done now.
func (h *Hold) Work(now time.Time) Work {
	// Judged in the future: the clock was set back, and a delay must not last until then.
	due := !h.Due.After(now) || h.Record.Envelope.Time.After(now.Add(ClockSkew))
	switch {
	case h.State == Held, h.State == Delayed && !due, h.State == Discarding && !due && h.Attempts == 0:
		return WorkKeep // the last one until the end's time of grace is over
	case !due: // its next try is later
		return WorkWait
	}
	switch h.State {
	case Delayed:
		return WorkEndDelay
	case Releasing:
		return WorkRelease
	case Discarding:
		return WorkDiscard
	case Recalling:
		return WorkRecall
	}
	return WorkWait
}

// WorkAgain says what to do about a mail that is on hold although its hold is over; false
// when the hold is not over.
func (s State) WorkAgain() (Work, bool) {
	to, ok := StepFound.To(s)
	if !ok {
		return "", false
	}
	return map[State]Work{Releasing: WorkRelease, Discarding: WorkDiscard, Held: WorkKeep}[to], true
}
