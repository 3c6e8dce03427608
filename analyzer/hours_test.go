package analyzer

import (
	"testing"
	"time"
)

func TestHours(t *testing.T) {
	at := func(day int, clock string) time.Time { // 2 November 2026 is a Monday
		c, err := time.Parse("15:04", clock)
		if err != nil {
			t.Fatal(err)
		}
		return time.Date(2026, 11, 1+day, c.Hour(), c.Minute(), 0, 0, time.UTC)
	}
	const mon, tue, fri, sat, sun, nextMon = 1, 2, 5, 6, 7, 8
	for _, c := range []struct {
		hours   string
		in, out []time.Time
	}{
		{"06:00-22:00", []time.Time{at(mon, "06:00"), at(sun, "21:59")},
			[]time.Time{at(mon, "05:59"), at(sun, "22:00")}},
		{"Mon-Fri  07:30-19:00", []time.Time{at(mon, "07:30"), at(fri, "18:59")},
			[]time.Time{at(sat, "12:00"), at(sun, "12:00"), at(tue, "07:29")}},
		{"fri-mon 00:00-24:00", []time.Time{at(fri, "00:00"), at(sun, "12:00"), at(nextMon, "23:59")},
			[]time.Time{at(tue, "12:00")}},
		{"sat,tue 22:00-02:00", []time.Time{at(sat, "22:00"), at(sun, "01:59"), at(tue, "23:00")},
			[]time.Time{at(sat, "01:00"), at(sun, "02:00"), at(sun, "22:30"), at(nextMon, "01:00")}},
		{"sun 23:00-05:00", []time.Time{at(sun, "23:30"), at(nextMon, "04:00")},
			[]time.Time{at(mon+7, "05:00"), at(sat, "23:30")}},
	} {
		h, err := ParseHours(c.hours)
		if err != nil {
			t.Errorf("%s: %v", c.hours, err)
			continue
		}
		again, err := ParseHours(h.String())
		if err != nil || again != h {
			t.Errorf("%s: written %s, read back as %+v, %v", c.hours, h, again, err)
		}
		for _, at := range c.in {
			if !h.contain(at) {
				t.Errorf("%s does not contain %s", c.hours, at.Format("Mon 15:04"))
			}
		}
		for _, at := range c.out {
			if h.contain(at) {
				t.Errorf("%s contains %s", c.hours, at.Format("Mon 15:04"))
			}
		}
	}
	for _, bad := range []string{"", "night", "22-6", "06:00", "06:00-06:00", "24:00-06:00",
		"25:00-26:00", "someday 06:00-22:00", "mon- 06:00-22:00", "mon fri 06:00-22:00", "06:00-24:01"} {
		if h, err := ParseHours(bad); err == nil {
			t.Errorf("%q is taken for %+v", bad, h)
		}
	}
}
