package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"hisseki/baseline"
)

func TestArea(t *testing.T) {
	for _, tt := range []struct {
		high, low []float64
		want      float64
	}{
		{[]float64{3, 4}, []float64{1, 2}, 1},
		{[]float64{1, 2}, []float64{3, 4}, 0},
		{[]float64{1, 3}, []float64{2, 2}, 0.5},
		{[]float64{1}, []float64{1, 1}, 0.5},
		{[]float64{2}, []float64{1, 2, 3, 4}, 0.375},
		{nil, []float64{1}, 0},
	} {
		if got := area(tt.high, tt.low); got != tt.want {
			t.Errorf("%v above %v: %v, want %v", tt.high, tt.low, got, tt.want)
		}
	}
}

// Two authors with features of their own are told apart, two alike are not.
func TestCompareHands(t *testing.T) {
	for _, alike := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(1, 2))
		var mails []writing
		for i := range 400 {
			author, first := "a", 0
			if i%2 == 1 {
				author, first = "b", 300
			}
			if alike {
				first = 0
			}
			m := writing{author: author, scored: i >= 200}
			m.obs.At = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Hour)
			for d := first + rng.IntN(8); d < first+600; d += 1 + rng.IntN(20) {
				m.obs.Style = append(m.obs.Style, baseline.StyleCount{Dim: uint16(d), Count: 1})
			}
			mails = append(mails, m)
		}
		own, others, mean := compareHands(mails).pool(1)
		if len(own) != 200 || len(others) == 0 {
			t.Fatalf("%d own and %d others' mails were compared", len(own), len(others))
		}
		got := area(own, others)
		if alike && (got < 0.4 || got > 0.6 || mean < 0.4 || mean > 0.6) {
			t.Errorf("authors who write alike are told apart: %v, %v", got, mean)
		}
		if !alike && (got < 0.99 || mean < 0.99) {
			t.Errorf("authors who write differently are not told apart: %v, %v", got, mean)
		}
	}
}
