package calibration

import "math"

// Confidence of every bound: one chance in twenty that the truth is worse.
const Confidence = 0.95

// Upper returns the exact upper bound (Clopper and Pearson, 1934) of the share of which k
// of n were seen: the share at which so few would be seen in one case of twenty only.
// For k = 0 it is nearly 3/n, the rule of three. Without any mail it is 1.
func Upper(k, n int) float64 {
	if k >= n {
		return 1
	}
	low, high := float64(k)/float64(n), 1.0
	for range 60 { // halvings: more than a float64 can tell apart
		mid := (low + high) / 2
		if atMost(k, n, mid) > 1-Confidence {
			low = mid
		} else {
			high = mid
		}
	}
	return high
}

// atMost is the probability of at most k successes in n draws of probability p.
func atMost(k, n int, p float64) float64 {
	sum, term := 0.0, float64(n)*math.Log1p(-p) // logarithm of the probability of i
	for i := 0; ; i++ {
		sum += math.Exp(term)
		if i == k || p == 0 {
			return min(sum, 1)
		}
		term += math.Log(float64(n-i)) - math.Log(float64(i+1)) + math.Log(p) - math.Log1p(-p)
	}
}

// Needed returns how many ordinary mails without a single hold would prove a share.
func Needed(share float64) int {
	return int(math.Ceil(math.Log(1-Confidence) / math.Log1p(-share)))
}
