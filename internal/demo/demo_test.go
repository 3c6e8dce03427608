package demo

import (
	"testing"
	"time"

	"hisseki/internal/company"
)

// The demo's theft is over at whatever moment somebody plays it, and never long ago.
func TestLastTuesday(t *testing.T) {
	monday := time.Date(2026, 11, 16, 3, 0, 0, 0, time.UTC)
	for hours := range 14 * 24 {
		now := monday.Add(time.Duration(hours) * time.Hour)
		at := LastTuesday(now).In(company.Tokyo)
		if at.Weekday() != time.Tuesday || at.Hour() != 10 || at.Minute() != 12 {
			t.Fatalf("at %s: %s", now, at)
		}
		if end := at.Add(Span); end.After(now) || now.Sub(end) > 8*24*time.Hour {
			t.Errorf("at %s the theft of %s ends at %s", now, at, end)
		}
	}
}
