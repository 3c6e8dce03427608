// Package calibration sets the thresholds by what the journal shows: how many ordinary
// mails each notch had held or delayed, and how sure so few mails can make anybody. It
// asks the analyzer what a notch decides. It reads no clock and does no I/O.
package calibration

import (
	"time"

	"hisseki/analyzer"
)

// Fate is what is known today of a mail that was judged.
type Fate uint8

// Fates.
const (
	Ordinary  Fate = iota // went out and nobody complained, or was released
	Attack                // of a confirmed incident, or discarded
	Undecided             // still held, or let pass in mode observe, and of an open incident
	Ruled                 // decided by a rule or a declared habit, whatever its points
	WarmUp                // judged when nearly everything was new to the organisation
)

// Mail is one judged mail.
type Mail struct {
	At      time.Time
	Sender  string
	Points  float64 // as in the verdict, and the next two
	Sum     float64
	Repeat  bool // see analyzer.Verdict, as Few
	Few     bool
	Held    bool // in the end: at once or after a delay
	Delayed bool // had to wait
	Fate    Fate
}

// Count is what happened to the ordinary mail of a history.
type Count struct {
	Holds, HoldEpisodes   int // an episode is what one sender has within a day
	Delays, DelayEpisodes int
}

// History is the mail that calibration looks at.
type History struct {
	Mails     []Mail // ordinary, oldest first
	Attacks   int    // left out, and why
	Undecided int
	Ruled     int
	WarmUp    int
	Senders   int // of Mails
	first     time.Time
	last      time.Time
	names     map[string]string // one copy of each sender's name
}

// Add takes one more mail, which must not be older than the last.
func (h *History) Add(m Mail) {
	switch m.Fate {
	case Attack:
		h.Attacks++
		return
	case Undecided:
		h.Undecided++
		return
	case Ruled:
		h.Ruled++
		return
	case WarmUp:
		h.WarmUp++
		return
	}
	if len(h.Mails) == 0 {
		h.first, h.names = m.At, make(map[string]string)
	}
	h.last = m.At
	name, ok := h.names[m.Sender]
	if !ok {
		h.names[m.Sender], name = m.Sender, m.Sender
		h.Senders++
	}
	m.Sender = name
	h.Mails = append(h.Mails, m)
}

// Weeks is how long the history is; a shorter one counts as a day.
func (h *History) Weeks() float64 {
	const week = float64(7 * 24 * time.Hour)
	return float64(max(h.last.Sub(h.first), 24*time.Hour)) / week
}

// PerWeek turns a number of mails of the history into a number a week.
func (h *History) PerWeek(n int) float64 { return float64(n) / h.Weeks() }

// Episode is what one sender had held within a day.
type Episode struct {
	Sender string
	First  time.Time
	Mails  int
	Most   float64 // points of the most unusual one
}

// Episodes returns the episodes of ordinary mail that was held, oldest first: false
// holds, unless somebody recognises an attack among them.
func (h *History) Episodes() []Episode {
	var list []Episode
	open := map[string]int{} // the sender's latest, by index
	for i := range h.Mails {
		m := &h.Mails[i]
		if !m.Held {
			continue
		}
		at, ok := open[m.Sender]
		if !ok || m.At.Sub(list[at].First) >= episode {
			at, open[m.Sender] = len(list), len(list)
			list = append(list, Episode{Sender: m.Sender, First: m.At})
		}
		list[at].Mails++
		list[at].Most = max(list[at].Most, m.Points)
	}
	return list
}

// Actual counts what really happened, or in mode observe would have.
func (h *History) Actual() Count {
	return h.count(func(m *Mail) (held, delayed bool) { return m.Held, m.Delayed })
}

// At counts what would have happened at other thresholds.
func (h *History) At(t analyzer.Thresholds) Count {
	return h.count(func(m *Mail) (held, delayed bool) {
		would := t.Would(&analyzer.Verdict{Points: m.Points, Sum: m.Sum, Repeat: m.Repeat, Few: m.Few})
		return would == analyzer.Hold, would == analyzer.Delay
	})
}

// episode is how long after its first mail a sender's further ones are the same trouble
// for a reviewer, who decides them together.
const episode = 24 * time.Hour

func (h *History) count(fate func(*Mail) (held, delayed bool)) Count {
	var c Count
	holds, delays := map[string]time.Time{}, map[string]time.Time{}
	begins := func(of map[string]time.Time, m *Mail) int {
		if began, ok := of[m.Sender]; ok && m.At.Sub(began) < episode {
			return 0
		}
		of[m.Sender] = m.At
		return 1
	}
	for i := range h.Mails {
		m := &h.Mails[i]
		held, delayed := fate(m)
		if held {
			c.Holds++
			c.HoldEpisodes += begins(holds, m)
		}
		if delayed {
			c.Delays++
			c.DelayEpisodes += begins(delays, m)
		}
	}
	return c
}
