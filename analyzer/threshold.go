package analyzer

import "context"

// WarmUp is how many mails an organisation has learned from before its own history weighs
// more than the shipped experience. What was judged before says little about later.
const WarmUp = lineWeight

// InForce returns the thresholds that hold now: set ones, and for the rest what the
// organisation's history says. Every field is set.
func (a *Analyzer) InForce(ctx context.Context) (Thresholds, error) {
	if err := a.Load(ctx); err != nil {
		return Thresholds{}, err
	}
	a.shared.RLock()
	defer a.shared.RUnlock()
	l := a.lines(a.shared.org.Profile)
	return Thresholds{Delay: l.delay, Hold: l.hold, Sum: l.sum, Drift: l.drift}, nil
}

// Would returns what a mail that was judged before gets at other thresholds, all of them
// set: the verdict but for rules, habits and what an open incident changes.
func (t Thresholds) Would(v *Verdict) Action {
	would, _ := lines{delay: t.Delay, hold: t.Hold, sum: t.Sum, drift: t.Drift}.
		action(v.Points, v.Sum, v.Repeat, v.Few)
	return would
}
