package baseline

import "math"

// Line finds a threshold from history: the points (or sums, where ofSums) that a share
// of ordinary mails reaches, with prior as what the shipped experience of a mails
// says. Shares that history is too short to show are extrapolated: beyond the highest
// twentieth part of a hundred, points thin out exponentially (peaks over threshold; the
// shape-zero case of the generalised Pareto tail), with the mean excess as scale.
func (p *Profile) Line(ofSums bool, share, prior, weight float64) float64 {
	bins := &p.points
	if ofSums {
		bins = &p.sums
	}
	n := 0.0
	for _, c := range bins {
		n += float64(c)
	}
	own := exceed(bins, n, share)
	return (n*own + weight*prior) / (n + weight)
}

// tailShare is where the exponential tail is fitted: the highest half percent.
const tailShare = 0.005

func exceed(bins *[PointBins]uint32, n, share float64) float64 {
	if n == 0 {
		return 0
	}
	fit := max(share, tailShare)
	above, i := 0.0, PointBins
	for i > 0 && above+float64(bins[i-1]) <= fit*n {
		i--
		above += float64(bins[i])
	}
	base := float64(i) * PointStep
	if share >= tailShare || above == 0 {
		return base
	}
	excess := 0.0
	for j := i; j < PointBins; j++ {
		excess += float64(bins[j]) * ((float64(j)+0.5)*PointStep - base)
	}
	return base + excess/above*math.Log(above/(n*share))
}
