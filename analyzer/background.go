package analyzer

import "hisseki/baseline"

// background is how the whole organisation writes: what every style is compared with.
type background struct {
	model *baseline.StyleModel
	stale int // mails learned since the model was summed up
}

// refreshEvery is how many mails the background may lag behind. It is a sum over the
// whole organisation, which one mail hardly moves.
const refreshEvery = 200

func (b *background) refresh(org *baseline.Profile) {
	b.model, b.stale = org.StyleModel(), 0
}

// Fit is how well one mail's style fits an author: the mean natural logarithm, per feature,
// of how much likelier it is with this author than among everybody's mail. An author's own
// mail has about 0.2 and more, others' mail less than 0.
func Fit(author, everybody *baseline.StyleModel, style []baseline.StyleCount) float64 {
	return author.LikelihoodRatio(everybody, style, styleMass)
}
