package ledger

// Decision is what a reviewer decided about kept mail.
type Decision struct {
	To     State // Releasing or Discarding
	By     string
	Reason string
}

// Step is the step that the decision takes, "" for a state that no decision leads to.
func (d *Decision) Step() Step {
	for _, s := range []Step{StepRelease, StepDiscard} {
		if to, _ := s.To(Held); to == d.To {
			return s
		}
	}
	return ""
}

// Verb is the decision as the audit log names it, "" for a state that is not a decision.
func (d *Decision) Verb() string { return string(d.Step()) }

// Undecided says whether mail in a state waits for a person, or for the end of its delay.
func Undecided(s State) bool {
	_, ok := StepRelease.To(s)
	return ok
}
