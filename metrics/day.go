package metrics

import (
	"sync"
	"time"
)

// day counts the mail of the last 24 hours by the hour.
type day struct {
	mu    sync.Mutex
	hours [24]hour
}

// hour is what one hour brought; number counts hours since 1970.
type hour struct {
	number              int64
	mails, held, delays int
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

func (d *day) count(now time.Time, would string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := hourOf(now)
	h := &d.hours[n%24]
	if h.number != n {
		*h = hour{number: n}
	}
	h.mails++
	switch would {
	case "hold":
		h.held++
	case "delay":
		h.delays++
	}
}

// shares returns what part of the mail was held and delayed, nothing without mail.
func (d *day) shares(now time.Time) Shares {
	d.mu.Lock()
	defer d.mu.Unlock()
	var sum hour
	for _, h := range d.hours {
		if age := hourOf(now) - h.number; age >= 0 && age < 24 {
			sum.mails += h.mails
			sum.held += h.held
			sum.delays += h.delays
		}
	}
	if sum.mails == 0 {
		return Shares{}
	}
	return Shares{Holds: float64(sum.held) / float64(sum.mails),
		Delays: float64(sum.delays) / float64(sum.mails)}
}
