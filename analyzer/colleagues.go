package analyzer

import "hisseki/baseline"

// colleagues is how the organisation writes: the background of every style score.
type colleagues struct {
	background *baseline.Hand
	stale      int // mails learned since background was summed up
}

// refreshEvery is how many mails the background may lag behind. It is a sum over the
// whole organisation, which one mail hardly moves.
const refreshEvery = 200

func (h *colleagues) refresh(org *baseline.Profile) {
	h.background, h.stale = org.Hand(), 0
}

// score is the mean log-likelihood ratio of the counts: sender against everybody.
func (h *colleagues) score(v *view, counts []baseline.StyleCount) float64 {
	return Fit(v.sender.Hand(), h.background, counts)
}

// Fit is how well one mail's style fits a hand: the mean natural logarithm, per feature, of
// how much likelier it is there than among everybody's mail. An author's own mail has
// about 0.2 and more, others' mail less than 0.
func Fit(hand, everybody *baseline.Hand, style []baseline.StyleCount) float64 {
	return hand.LikelihoodRatio(everybody, style, styleMass)
}
