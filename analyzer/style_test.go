package analyzer

import (
	"math/rand/v2"
	"testing"
)

// TestBitCounts compares the counts of all bits at once with counting one by one.
func TestBitCounts(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var c bitCounts
	var sums [64]int
	for n := 1; n <= maxLetters; n++ {
		h := r.Uint64() | r.Uint64()&0xff // low bits are set more often
		c.add(h)
		var want uint64
		for i := range sums {
			sums[i] += int(h>>i&1)*2 - 1
			if sums[i] > 0 {
				want |= 1 << i
			}
		}
		if got := c.majority(n); got != want {
			t.Fatalf("after %d additions %x, want %x", n, got, want)
		}
	}
}
