package web

import (
	"fmt"
	"time"

	"hisseki/ledger"
	"hisseki/report"
	"hisseki/review"
)

// Drawing is a picture in SVG units, with a sentence that says the same. Colours come from the
// style sheet by class.
type Drawing struct {
	W, H   float64
	Says   string
	Rects  []report.Rect
	Lines  []Line
	Dots   []Dot
	Labels []Label
}

// Line is a line of a drawing.
type Line struct {
	X1, Y1, X2, Y2 float64
	Class          string
}

// Dot is a mark of a drawing.
type Dot struct {
	X, Y, R float64
	Class   string
	Title   string
}

// Label is a text of a drawing.
type Label struct {
	X, Y   float64
	Text   string
	Anchor string // start, middle, end
}

// drawReport draws when an incident's mail left, against what is usual.
func (q *request) drawReport(r *report.Report) *Drawing {
	c := &r.Chart
	d := &Drawing{W: 720, H: 224, Rects: c.Rects(), Says: q.W("draw-burst", r.Mails.All(), c.Usual)}
	band := c.Band()
	band.Class = "band"
	d.Rects = append([]report.Rect{band}, d.Rects...)
	for _, l := range c.Levels() {
		d.Lines = append(d.Lines, Line{l.X, l.Y, d.W, l.Y, "grid"})
		d.Labels = append(d.Labels, Label{l.X - 6, l.Y + 4, l.Text, "end"})
	}
	d.Lines = append(d.Lines, Line{band.X, band.Y, d.W, band.Y, "usual"})
	for _, m := range c.Marks() {
		d.Dots = append(d.Dots, Dot{m.X, 184, 4, "login-" + string(m.Result), q.Named("login-", string(m.Result))})
	}
	for _, t := range c.Hours(q.Location()) {
		d.Lines = append(d.Lines, Line{t.X, 160, t.X, 165, "tick"})
		d.Labels = append(d.Labels, Label{t.X, t.Y, t.Text, "start"})
	}
	return d
}

// Geometry of a row of bars.
const (
	barsWidth = 720
	barsFloor = 110
	barsTop   = 14
	barsLeft  = 52
)

// bars places bars beside each other.
type bars struct {
	d     *Drawing
	n     int
	most  int
	width float64
}

func newBars(n, most int, says string) *bars {
	b := &bars{d: &Drawing{W: barsWidth, H: barsFloor + 26, Says: says}, n: n, most: max(most, 1),
		width: (barsWidth - barsLeft) / float64(max(n, 1))}
	for _, level := range []int{b.most, b.most / 2} {
		if level > 0 {
			y := b.y(level)
			b.d.Lines = append(b.d.Lines, Line{barsLeft, y, barsWidth, y, "grid"})
			b.d.Labels = append(b.d.Labels, Label{barsLeft - 6, y + 4, itoa(level), "end"})
		}
	}
	return b
}

func (b *bars) x(i int) float64 { return barsLeft + float64(i)*b.width }

func (b *bars) y(n int) float64 {
	return barsFloor - (barsFloor-barsTop)*float64(n)/float64(b.most)
}

// add draws a part of a bar, from one level to another.
func (b *bars) add(i, from, to int, class, title string) {
	if to > from {
		top := b.y(to)
		b.d.Rects = append(b.d.Rects, report.Rect{X: b.x(i) + b.width*0.12, Y: top, W: b.width * 0.76,
			H: max(b.y(from)-top, 1), Class: class, Title: title})
	}
}

// label names a bar; the last one's name ends with the drawing.
func (b *bars) label(i int, text string) {
	l := Label{b.x(i) + b.width/2, barsFloor + 18, text, "middle"}
	if i == b.n-1 {
		l.X, l.Anchor = barsWidth, "end"
	}
	b.d.Labels = append(b.d.Labels, l)
}

func (b *bars) floor() *Drawing {
	b.d.Lines = append(b.d.Lines, Line{barsLeft, barsFloor, barsWidth, barsFloor, "axis"})
	return b.d
}

// drawDay draws the mail of 24 hours.
func (q *request) drawDay(hours []ledger.Hour) *Drawing {
	const n = 24
	first := q.Now.Truncate(time.Hour).Add(-(n - 1) * time.Hour)
	list := [n]ledger.Hour{}
	most, all, held := 0, 0, 0
	for _, h := range hours {
		i := int(h.At.Sub(first) / time.Hour)
		if h.At.Before(first) || i >= n {
			continue
		}
		list[i] = h
		most, all, held = max(most, h.Mails), all+h.Mails, held+h.Hold
	}
	b := newBars(n, most, q.W("draw-day", all, held))
	for i, h := range list {
		at := q.In(first.Add(time.Duration(i) * time.Hour))
		title := q.W("draw-hour", at.Format("15:04"), h.Mails, h.Delay, h.Hold)
		pass := h.Mails - h.Delay - h.Hold
		b.add(i, 0, pass, "pass", title)
		b.add(i, pass, pass+h.Delay, "delay", title)
		b.add(i, pass+h.Delay, h.Mails, "hold", title)
		if i%4 == 3 {
			b.label(i, at.Format("15:04"))
		}
	}
	return b.floor()
}

// drawDays draws a sender's days against what is usual: mails, or their recipients.
func (q *request) drawDays(p *review.Picture, recipients bool) *Drawing {
	of := func(d review.Day) int { return d.Mails }
	usual, key := p.Usual[0], "draw-mails"
	if recipients {
		of, usual, key = func(d review.Day) int { return d.Recipients }, p.Usual[1], "draw-recipients"
	}
	most := usual
	for _, d := range p.Days {
		most = max(most, of(d))
	}
	b := newBars(len(p.Days), most, q.W(key, of(p.Days[len(p.Days)-1]), usual))
	top := b.y(usual)
	b.d.Rects = append(b.d.Rects, report.Rect{X: barsLeft, Y: top, W: barsWidth - barsLeft, H: barsFloor - top,
		Class: "band"})
	for i, d := range p.Days {
		title := fmt.Sprintf("%s: %d", d.At.Format("2006-01-02"), of(d))
		b.add(i, 0, min(of(d), usual), "pass", title)
		b.add(i, usual, of(d), "hold", title)
		if i%7 == (len(p.Days)-1)%7 {
			b.label(i, d.At.Format("01-02"))
		}
	}
	b.d.Lines = append(b.d.Lines, Line{barsLeft, top, barsWidth, top, "usual"})
	return b.floor()
}

// Geometry of a week.
const (
	cell     = 26
	weekLeft = 48
	weekTop  = 20
)

// drawWeek draws in which hours of the week a sender writes.
func (q *request) drawWeek(p *review.Picture) *Drawing {
	d := &Drawing{W: weekLeft + 24*cell + 4, H: weekTop + 7*cell + 4}
	quiet := 0
	for row := range 7 {
		day := (row + 1) % 7 // Monday first
		d.Labels = append(d.Labels, Label{weekLeft - 8, weekTop + (float64(row)+0.65)*cell, q.W("day-" + itoa(day)), "end"})
		for hour, n := range p.Week[day] {
			level := 0
			if n > 0 {
				level = 1 + 3*n/max(p.Most, 1)
			} else {
				quiet++
			}
			d.Rects = append(d.Rects, report.Rect{X: weekLeft + float64(hour)*cell, Y: weekTop + float64(row)*cell,
				W: cell - 2, H: cell - 2, Class: "heat" + itoa(level),
				Title: q.W("draw-cell", q.W("day-"+itoa(day)), hour, n)})
		}
	}
	for hour := 0; hour < 24; hour += 3 {
		d.Labels = append(d.Labels, Label{weekLeft + (float64(hour)+0.5)*cell, weekTop - 6, itoa(hour), "middle"})
	}
	d.Says = q.W("draw-week", quiet)
	return d
}
