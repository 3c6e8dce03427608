package main

import "testing"

// The line is the lowest that keeps the budget on the other streams; what the stream itself has
// under it must not be looked at.
func TestStrictest(t *testing.T) {
	result := func(held, episodes int) streamResult {
		return streamResult{all: disturbed{Scored: 10000, Held: held, Episodes: episodes}}
	}
	results := [][]streamResult{
		{result(0, 0), result(5, 1), result(0, 0)}, // too much is held in the second
		{result(0, 0), result(2, 2), result(0, 0)}, // in the budget by both
		{result(9, 9), result(0, 0), result(0, 0)},
	}
	for out, want := range []int{1, 0, 1} {
		if got, _ := strictest(results, out); got != want {
			t.Errorf("without stream %d: line %d, want %d", out, got, want)
		}
	}
	none := [][]streamResult{{result(9, 9), result(9, 9)}, {result(8, 8), result(8, 8)}}
	if got, others := strictest(none, 0); got != 1 || others.Held != 8 {
		t.Errorf("where nothing keeps the budget: line %d with %+v, want the highest", got, others)
	}
}
