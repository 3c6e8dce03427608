package ledger

// Decision is what a reviewer decided about kept mail.
type Decision struct {
	To     State // Releasing or Discarding
	By     string
	Reason string
}

// Verb is the decision as the audit log names it, "" for a state that is no decision.
func (d *Decision) Verb() string {
	return map[State]string{Releasing: "release", Discarding: "discard"}[d.To]
}

// Undecided says whether mail in a state waits for a person, or for the end of its delay.
func Undecided(s State) bool { return s == Delayed || s == Held }
