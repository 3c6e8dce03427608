package analyzer

import "hisseki/baseline"

// learner is a profile that can be encoded while mail is judged by it: that takes half a
// second for a large organisation, or for a newsletter's sender. While it is frozen, what it
// learns waits. Judging does not notice: what a mail teaches is not known for a day.
type learner struct {
	*baseline.Profile
	frozen  bool
	waiting []taught
}

// taught is a mail to be learned (sign +1) or taken back (-1).
type taught struct {
	mail baseline.Observation
	sign int
}

// teach learns a mail or takes it back. It is called in the profile's turn.
func (l *learner) teach(o *baseline.Observation, sign int) {
	switch {
	case l.frozen:
		l.waiting = append(l.waiting, taught{*o, sign})
	case sign > 0:
		l.Learn(o)
	default:
		l.Unlearn(o)
	}
}

// thaw learns what has waited, in the profile's turn.
func (l *learner) thaw() {
	l.frozen = false
	for i := range l.waiting {
		l.teach(&l.waiting[i].mail, l.waiting[i].sign)
	}
	l.waiting = nil
}
