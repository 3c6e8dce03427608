package ledger

import (
	"maps"
	"slices"

	"hisseki/analyzer"
)

// Step is what can happen to a hold. Which states it may start from, and where it leads, is
// one table (steps): whoever keeps holds asks it, and so does whoever offers decisions.
type Step string

// Steps.
const (
	StepRelease Step = "release" // somebody, or the incident's end, lets the mail go
	StepDiscard Step = "discard" // somebody, or the incident's end, has it deleted
	StepTimeUp  Step = "time-up" // a delay is over
	StepPromote Step = "promote" // the sender's next mail was held: a delay becomes a hold
	StepRecall  Step = "recall"  // it belongs to a campaign and may still be in the queue
	StepDone    Step = "done"    // the MTA has done what was asked
	StepMissing Step = "missing" // the mail is not in the queue, and we did not do it
	StepFound   Step = "found"   // the hold was over, but the mail is on hold in the queue
	StepUndo    Step = "undo"    // the incident's end, which decided it, is taken back
	StepRefuse  Step = "refuse"  // the agent does not believe the decision, or that the mail is ours
	StepRetry   Step = "retry"   // the MTA is asked, or has failed and is asked again
)

// steps says for each step where it leads from which state. A recalled mail that is on hold
// now (StepDone) goes on to what its incident wants: see AfterRecall.
var steps = map[Step]map[State]State{
	StepRelease: {Delayed: Releasing, Held: Releasing},
	StepDiscard: {Delayed: Discarding, Held: Discarding},
	StepTimeUp:  {Delayed: Releasing},
	StepPromote: {Delayed: Held},
	StepRecall:  {Delayed: Held, Released: Recalling}, // of the released, see Recallable
	StepDone:    {Releasing: Released, Discarding: Discarded, Recalling: Held},
	StepMissing: {Delayed: Vanished, Held: Vanished, Releasing: Vanished, Discarding: Vanished,
		Recalling: Gone},
	StepFound:  {Released: Releasing, Discarded: Discarding, Vanished: Held, Gone: Held},
	StepUndo:   {Releasing: Held, Discarding: Held},
	StepRefuse: {Delayed: Held, Releasing: Held, Discarding: Held},
	StepRetry:  {Releasing: Releasing, Discarding: Discarding, Recalling: Recalling},
}

// To returns where a step leads from a state; false when it may not start there.
func (s Step) To(from State) (State, bool) {
	to, ok := steps[s][from]
	return to, ok
}

// From returns the states that a step may start from, sorted.
func (s Step) From() []State { return slices.Sorted(maps.Keys(steps[s])) }

// Asks says whether the agent has something to ask the MTA for at once.
func (s State) Asks() bool { return s == Releasing || s == Discarding || s == Recalling }

// Waiting are the states of mail that nobody decided yet, also where that is being recalled.
func Waiting() []State { return append(StepRelease.From(), Recalling) }

// FirstState returns the state in which a judged mail's hold begins, "" for no hold.
func FirstState(r *analyzer.Record) State {
	switch {
	case r.Late.Recall:
		return Recalling
	case r.ObservedHold:
		return Passed
	case r.Verdict.Action == analyzer.Hold:
		return Held
	case r.Verdict.Action == analyzer.Delay:
		return Delayed
	}
	return ""
}

// OpensIncident says whether a hold that begins in a state belongs to an incident at once,
// and opens it where its sender has none.
func (s State) OpensIncident() bool { return s == Held || s == Passed || s == Recalling }

// Lesson says what a hold that comes to a state does to the profiles: +1 its mail is taught
// as the owner's, -1 it is taken back until somebody decides, 0 nothing.
func (s State) Lesson() int {
	switch s {
	case Released:
		return 1
	case Recalling:
		return -1
	}
	return 0
}

// KeepsExcerpt says whether a hold in this state still needs its mail's excerpt: nobody
// reviews a mail that was decided and carried out.
func (s State) KeepsExcerpt() bool { return s != Released && s != Discarded }
