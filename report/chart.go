package report

import (
	"cmp"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Chart is how much mail left when, against what is usual for the senders.
type Chart struct {
	Start  time.Time
	Width  time.Duration // of a bucket
	Bars   []Count       // mails of a bucket, by the worst fate of their recipients
	Usual  int           // most mails of a bucket on 19 of 20 days on which the senders wrote
	Days   int           // how many of such days are known
	Most   int           // of Bars and Usual, at least 1
	Logins []analyzer.Login
}

const (
	// minBars leave room around a short burst, maxBars can be told apart in print.
	minBars = 12
	maxBars = 48
	// leadBars are empty before the first mail, so that the burst stands out.
	leadBars = 3
)

// widths of a bucket that people count in. In less than ten minutes anybody sends two
// mails, and a burst looks like an ordinary morning.
var widths = []time.Duration{10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour,
	28 * 24 * time.Hour}

// guessed is how long before the first mail logins are drawn too.
const guessed = 12 * time.Hour

func newChart(s *ledger.Scope, first, last time.Time) Chart {
	if first.IsZero() {
		return Chart{Most: 1}
	}
	begin := first
	for _, l := range s.Logins {
		if l.Last.After(first.Add(-guessed)) {
			begin = earlier(begin, later(l.At, first.Add(-guessed)))
		}
	}
	c := Chart{Width: widths[len(widths)-1]}
	for _, w := range widths {
		if last.Sub(begin) <= (maxBars-leadBars-2)*w {
			c.Width = w
			break
		}
	}
	c.Start = begin.Truncate(c.Width).Add(-leadBars * c.Width)
	n := min(int(last.Sub(c.Start)/c.Width)+2, maxBars)
	c.Bars = make([]Count, max(n, minBars))
	for i := range s.Holds {
		if s.Holds[i].Freed() {
			continue
		}
		m := s.Holds[i].Record
		k := min(int(m.Envelope.Time.Sub(c.Start)/c.Width), len(c.Bars)-1)
		c.Bars[k].add(worst(deliveries("", m, s.Fates[m.ID])))
	}
	end := c.Start.Add(time.Duration(len(c.Bars)) * c.Width)
	for _, l := range s.Logins {
		if (l.Result.Failed() || l.Result == analyzer.LoginSuccess) && !l.Last.Before(c.Start) && l.At.Before(end) {
			c.Logins = append(c.Logins, l)
		}
	}
	c.Usual, c.Days = usual(s.Usual, c.Width)
	c.Most = max(1, c.Usual)
	for _, b := range c.Bars {
		c.Most = max(c.Most, b.All())
	}
	return c
}

// usual returns what the senders' busiest bucket of a day was on 19 of 20 of the days on
// which they wrote at all, added up over the senders, and how many days that were.
func usual(past map[string][]time.Time, width time.Duration) (most, days int) {
	for _, times := range past {
		busiest := make(map[int64]int) // per day
		inBucket := make(map[int64]int)
		for _, t := range times {
			bucket := t.Unix() / int64(width/time.Second)
			inBucket[bucket]++
			day := t.Unix() / 86400
			busiest[day] = max(busiest[day], inBucket[bucket])
		}
		var list []int
		for _, n := range busiest {
			list = append(list, n)
		}
		slices.Sort(list)
		if len(list) > 0 {
			most += list[len(list)*19/20]
		}
		days = max(days, len(list))
	}
	return most, days
}

// Geometry of the drawing, in SVG units.
const (
	chartWidth = 720
	chartLeft  = 52 // room for numbers
	chartTop   = 14
	chartFloor = 160 // of the bars
)

// Rect is a rectangle of the drawing.
type Rect struct {
	X, Y, W, H float64
	Class      string
	Title      string
}

// Mark is a login on the drawing.
type Mark struct {
	X      float64
	Result analyzer.LoginResult
}

// Tick is a label of an axis.
type Tick struct {
	X, Y float64
	Text string
}

func (c *Chart) x(t time.Time) float64 {
	span := time.Duration(len(c.Bars)) * c.Width
	return chartLeft + (chartWidth-chartLeft)*float64(t.Sub(c.Start))/float64(span)
}

func (c *Chart) y(n int) float64 {
	return chartFloor - (chartFloor-chartTop)*float64(n)/float64(c.Most)
}

// Rects returns the bars, stacked: what got through at the bottom.
func (c *Chart) Rects() []Rect {
	var out []Rect
	for i, b := range c.Bars {
		x := c.x(c.Start.Add(time.Duration(i) * c.Width))
		w := (chartWidth-chartLeft)/float64(len(c.Bars)) - 1.5
		below := 0
		for _, part := range []struct {
			n     int
			class Class
		}{{b.Reached, Reached}, {b.Open, Open}, {b.Stopped, Stopped}, {b.Refused, Refused}} {
			if part.n > 0 {
				top := c.y(below + part.n)
				out = append(out, Rect{X: x, Y: top, W: w, H: c.y(below) - top, Class: part.class.String()})
				below += part.n
			}
		}
	}
	return out
}

// Band is the usual range, from nothing up.
func (c *Chart) Band() Rect {
	top := c.y(c.Usual)
	return Rect{X: chartLeft, Y: top, W: chartWidth - chartLeft, H: chartFloor - top}
}

// Marks returns the logins' places.
func (c *Chart) Marks() []Mark {
	var out []Mark
	for _, l := range c.Logins {
		out = append(out, Mark{c.x(later(l.At, c.Start)), l.Result})
	}
	slices.SortStableFunc(out, func(a, b Mark) int { return cmp.Compare(a.Result, b.Result) })
	return out
}

// Levels labels the upright axis.
func (c *Chart) Levels() []Tick {
	step := 1
	for _, s := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000} {
		if step = s; c.Most/s <= 5 {
			break
		}
	}
	var out []Tick
	for n := 0; n <= c.Most && len(out) < 50; n += step {
		out = append(out, Tick{chartLeft, c.y(n), itoa(n)})
	}
	return out
}

// maxTicks is how many times fit below the drawing.
const maxTicks = 8

// Hours labels the axis of time at round times of a zone.
func (c *Chart) Hours(zone *time.Location) []Tick {
	span := time.Duration(len(c.Bars)) * c.Width
	step := widths[len(widths)-1]
	for _, w := range widths {
		if span/w < maxTicks {
			step = w
			break
		}
	}
	layout := "15:04"
	switch {
	case step >= 24*time.Hour:
		layout = "2006-01-02"
	case span > 24*time.Hour:
		layout = "01-02 15:04"
	}
	_, offset := c.Start.In(zone).Zone()
	east := time.Duration(offset) * time.Second
	var out []Tick
	t := c.Start.Add(east).Truncate(step).Add(-east)
	for ; t.Before(c.Start.Add(span)) && len(out) <= maxTicks; t = t.Add(step) {
		if !t.Before(c.Start) {
			out = append(out, Tick{c.x(t), chartFloor + 52, t.In(zone).Format(layout)})
		}
	}
	return out
}
