package baseline

import "math"

// circles counts the mails to each circle of people, and last those that a person vouched for.
// Counts wrap around, so that taking back is exact however many there were.
type circles [Circles + 1]uint16

const vouched = Circles // index of the count that is no circle's

// circles returns a bit for each count that a mail adds to.
func (o *Observation) circles() uint8 {
	if o.Held {
		return o.To | 1<<vouched
	}
	return o.To
}

func (c *circles) apply(to uint8, sign int) {
	for i := range c {
		if to&(1<<i) != 0 {
			c[i] += uint16(sign)
		}
	}
}

func (c *circles) add(other *circles) {
	for i := range c {
		c[i] += other[i]
	}
}

// encodeTo writes the circles of a habit after it.
func (h *habit) encodeTo(b []byte) []byte {
	if h.old.days > 0 {
		b = h.old.to.encode(b)
	}
	for i := range h.days {
		b = h.days[i].to.encode(b)
	}
	return b
}

func (h *habit) decodeTo(r *reader) {
	if h.old.days > 0 {
		h.old.to.decode(r)
	}
	for i := range h.days {
		h.days[i].to.decode(r)
	}
}

// grant makes a habit earned that was known before such a thing was asked for.
func (h *habit) grant() {
	if h.old.days > 0 {
		h.old.to = circles{1, 1}
	} else if len(h.days) > 0 {
		h.days[0].to = circles{1, 1}
	}
}

// encode writes a bit for each circle that has mails, then their numbers.
func (c *circles) encode(b []byte) []byte {
	at := len(b)
	b = append(b, 0)
	for i, n := range c {
		if n > 0 {
			b[at] |= 1 << i
			b = num(b, uint64(n))
		}
	}
	return b
}

func (c *circles) decode(r *reader) {
	has := r.byte()
	for i := range c {
		if has&(1<<i) == 0 {
			continue
		}
		n := r.num()
		if n == 0 || n > math.MaxUint16 {
			r.bad = true
		}
		c[i] = uint16(n)
	}
	if has>>len(c) != 0 {
		r.bad = true
	}
}
