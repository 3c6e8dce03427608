package daemon

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseClock reads "TIME@RATE", such as "2026-11-17T10:12:00+09:00@60": the clock starts
// at TIME and runs RATE times as fast as now; at rate 0 it stands. An empty text is now
// itself. The demo uses it to play 20 minutes in seconds; it times mail only, never a
// deadline.
func ParseClock(text string, now func() time.Time) (func() time.Time, error) {
	if text == "" {
		return now, nil
	}
	at, rate, ok := strings.Cut(text, "@")
	start, errStart := time.Parse(time.RFC3339, at)
	speed, errSpeed := strconv.ParseFloat(rate, 64)
	if !ok || errStart != nil || errSpeed != nil || !(speed == 0 || speed >= 1 && speed <= 10_000) {
		return nil, fmt.Errorf("--clock %q: write TIME@RATE as in 2026-11-17T10:12:00Z@60", text)
	}
	origin := now()
	return func() time.Time {
		return start.Add(time.Duration(float64(now().Sub(origin)) * speed))
	}, nil
}
