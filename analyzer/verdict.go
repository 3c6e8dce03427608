package analyzer

import "slices"

// Action is what should happen to a mail.
type Action string

// Actions, in order of gravity.
const (
	Pass  Action = "pass"
	Delay Action = "delay" // wait in the hold queue, leave by itself when nothing follows
	Hold  Action = "hold"  // wait in the hold queue for a reviewer
)

// Unjudged stands for Verdict.Would of a mail that got the failure action: nobody looked.
const Unjudged Action = "unjudged"

// Mode says whether verdicts are carried out.
type Mode string

// Modes.
const (
	Observe Mode = "observe" // judge and record, hold nothing
	Enforce Mode = "enforce"
)

// Evidence is a signal that fired. In a delayed or held mail's verdict it may also be a
// note without points, of a signal that had too little to judge by.
type Evidence struct {
	Signal   Signal  `json:"signal"`
	Points   float64 `json:"points"`   // after caps; decibans-like scale, see docs/design.md
	Observed string  `json:"observed"` // what this mail showed
	Usual    string  `json:"usual"`    // what is usual for this sender
	Text     string  `json:"text"`     // one sentence in plain words
}

// Verdict is an action and the evidence for it.
type Verdict struct {
	Action     Action     `json:"action"`   // what happens: Pass in observe mode
	Would      Action     `json:"would"`    // what enforce mode would do
	Points     float64    `json:"points"`   // of this mail alone
	Sum        float64    `json:"sum"`      // the sender's CUSUM including this mail
	Lure       float64    `json:"lure"`     // points of what the reader is to click, open or answer
	Repeat     bool       `json:"repeat"`   // nothing worse, to people whom unusual mail reached already: passes
	Few        bool       `json:"few"`      // few people so far, from the owner's own computer: the sum delays
	Cause      string     `json:"cause"`    // "mail", "sum", "reach", "incident", "asked", "move", "rule", "habit", "limit", "" for none
	Evidence   []Evidence `json:"evidence"` // heaviest first
	PassIf     string     `json:"pass_if"`  // "would pass if ...", "" for a pass
	Incident   bool       `json:"incident"` // the sender has, or now gets, an open incident
	LittleHist bool       `json:"little_history"`
}

// Shows says whether a signal is among the evidence.
func (v *Verdict) Shows(s Signal) bool {
	return slices.ContainsFunc(v.Evidence, func(e Evidence) bool { return e.Signal == s })
}
