package baseline

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// The canonical encodings: a version byte, then unsigned varints; maps in rising key
// order, keys and days as differences. Equal profiles have equal bytes.
const (
	profileVersion     = 4
	observationVersion = 6
)

// What older programs wrote, and this one still reads. Until profile version 2 and
// observation version 3 there were 17 families, nothing had to be earned, and an observation
// told neither the age nor the circles. In profile version 1, of programs with room for 32
// signals, each signal had its counts without their number, and a recent count had one byte
// for signal and level. Until profile version 3 and observation version 4 nobody vouched for
// anything; what that adds to the bytes was always zero before. Until observation version 5 no
// mail's writer was in doubt.
const (
	profileOf32      = 1
	profileOf17      = 2
	observationOf32  = 2
	observationOf17  = 3
	observationOfAll = 5
	familiesUntil17  = 17
)

// errCorrupt is wrapped with what was being read.
var errCorrupt = errors.New("corrupt or written by another version")

// MarshalBinary returns the canonical encoding. The error is always nil.
func (p *Profile) MarshalBinary() ([]byte, error) {
	b := []byte{profileVersion}
	b = num(b, uint64(p.mails))
	b = p.days.encode(b)
	b = num(b, uint64(Families))
	for f := range p.tables {
		t := p.tables[f]
		b = num(b, uint64(len(t)))
		prev := Key(0)
		for _, k := range slices.Sorted(maps.Keys(t)) {
			b = num(b, uint64(k-prev))
			b = t[k].encode(b)
			if isEarned(Family(f)) {
				b = t[k].encodeTo(b)
			}
			prev = k
		}
	}
	b = p.encodeLevels(b)
	b = encodeCounts(b, p.points[:])
	b = encodeCounts(b, p.sums[:])
	b = num(b, uint64(len(p.style.gens)))
	for i := range p.style.gens {
		g := &p.style.gens[i]
		b = num(b, zigzag(int64(g.number)))
		b = num(b, uint64(g.mails))
		b = encodeCounts(b, g.counts[:])
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote and refuses anything else.
func (p *Profile) UnmarshalBinary(data []byte) error {
	r := &reader{data: data}
	v := r.num()
	if v < profileOf32 || v > profileVersion {
		return fmt.Errorf("read profile: version %d: %w", v, errCorrupt)
	}
	n := Profile{mails: uint32(r.num())}
	n.days.decode(r)
	for f := range r.families(v <= profileOf17) {
		size := r.count(2)
		if size == 0 {
			continue
		}
		t := make(map[Key]*habit, size)
		k := Key(0)
		for range size {
			k += Key(r.num())
			h := &habit{}
			h.decode(r)
			switch {
			case !isEarned(Family(f)):
			case v <= profileOf17:
				h.grant()
			default:
				h.decodeTo(r)
			}
			t[k] = h
		}
		n.tables[f] = t
	}
	n.decodeLevels(r, v == profileOf32)
	r.counts(n.points[:])
	r.counts(n.sums[:])
	gens := r.count(3)
	n.style.gens = make([]generation, 0, min(gens, 8)) // of 4 KiB each: not on its word alone
	for range gens {
		g := generation{number: int32(unzigzag(r.num())), mails: uint32(r.num())}
		r.counts(g.counts[:])
		for _, c := range g.counts {
			g.total += c
		}
		n.style.gens = append(n.style.gens, g)
	}
	if err := r.end(); err != nil {
		return fmt.Errorf("read profile: %w", err)
	}
	*p = n
	return nil
}

// encodeLevels writes the counts of levels: those signals that have any, then the recent
// days'.
func (p *Profile) encodeLevels(b []byte) []byte {
	n := rows
	for n > 0 && p.levels[n-1] == [Levels]uint32{} {
		n--
	}
	b = num(b, uint64(n))
	for s := range n {
		b = encodeCounts(b, p.levels[s][:])
	}
	b = num(b, uint64(len(p.lately)))
	for _, d := range p.lately {
		b = num(b, zigzag(int64(d.day)))
		b = num(b, uint64(len(d.counts)))
		for _, c := range d.counts {
			b = num(b, uint64(c.row)*Levels+uint64(c.level))
			b = num(b, uint64(c.count))
		}
	}
	return b
}

func (p *Profile) decodeLevels(r *reader, of32 bool) {
	n := 32 // without their number
	if !of32 {
		n = r.count(1)
	}
	if n > rows {
		r.bad = true
		return
	}
	for s := range n {
		r.counts(p.levels[s][:])
	}
	p.lately = make([]levelDay, r.count(2))
	for i := range p.lately {
		d := &p.lately[i]
		d.day, d.counts = Slot(unzigzag(r.num())), make([]levelCount, r.count(2))
		for j := range d.counts {
			d.counts[j] = r.levelCount(of32)
		}
	}
}

func (r *reader) levelCount(of32 bool) levelCount {
	var at uint64
	if of32 {
		at = uint64(r.byte())
	} else {
		at = r.num()
	}
	if at >= rows*Levels {
		r.bad = true
		return levelCount{}
	}
	return levelCount{uint8(at / Levels), uint8(at % Levels), uint32(r.num())}
}

func (h *habit) encode(b []byte) []byte {
	b = num(b, uint64(len(h.days))<<1|flag(h.old.days > 0))
	prev := Slot(0)
	if h.old.days > 0 {
		b = num(b, zigzag(int64(h.old.first)))
		b = num(b, uint64(h.old.last-h.old.first))
		b = num(b, uint64(h.old.days))
		b = num(b, uint64(h.old.count))
		prev = h.old.first
	}
	for _, d := range h.days {
		b = num(b, zigzag(int64(d.day-prev)))
		b = num(b, uint64(d.count))
		prev = d.day
	}
	return b
}

func (h *habit) decode(r *reader) {
	head := r.num()
	prev := Slot(0)
	if head&1 != 0 {
		h.old.first = Slot(unzigzag(r.num()))
		h.old.last = h.old.first + Slot(r.num())
		h.old.days, h.old.count = uint32(r.num()), uint32(r.num())
		prev = h.old.first
	}
	n := int(head >> 1)
	if !r.fits(n, 2) {
		return
	}
	h.days = make([]dayCount, n)
	for i := range h.days {
		prev += Slot(unzigzag(r.num()))
		h.days[i] = dayCount{day: prev, count: uint32(r.num())}
	}
}

// families returns how many families follow.
func (r *reader) families(of17 bool) int {
	if of17 {
		return familiesUntil17
	}
	n := r.num()
	if n > uint64(Families) {
		r.bad, r.data = true, nil
		return 0
	}
	return int(n)
}

// MarshalBinary returns a compact encoding for the journal. The error is always nil.
func (o *Observation) MarshalBinary() ([]byte, error) {
	b := []byte{observationVersion}
	b = num(b, zigzag(o.At.Unix()))
	b = num(b, uint64(o.Recipients))
	b = num(b, uint64(Families))
	for f := range o.Keys {
		b = encodeKeys(b, o.Keys[f])
	}
	b = num(b, uint64(o.Seen))
	for s := range o.Levels {
		if o.Seen&(1<<s) != 0 {
			b = append(b, o.Levels[s])
		}
	}
	b = encodeStyle(b, o.Style)
	b = num(b, uint64(o.Letters)<<2|flag(o.Doubted)<<1|flag(o.Settled))
	b = append(b, o.To<<4|uint8(flag(o.Held))<<3|uint8(flag(o.Lured))<<2|uint8(flag(o.Young))<<1|uint8(flag(o.Unproven)))
	b = num(b, o.SimHash)
	b = num(b, math.Float64bits(o.Points))
	b = num(b, math.Float64bits(o.Sum))
	b = num(b, math.Float64bits(o.Fit))
	return encodeKeys(b, o.Marks), nil
}

// UnmarshalBinary reads what MarshalBinary wrote and refuses anything else.
func (o *Observation) UnmarshalBinary(data []byte) error {
	r := &reader{data: data}
	v := r.num()
	if v < observationOf32 || v > observationVersion {
		return fmt.Errorf("read observation: version %d: %w", v, errCorrupt)
	}
	n := Observation{At: time.Unix(unzigzag(r.num()), 0).UTC(), Recipients: int(r.num())}
	for f := range r.families(v <= observationOf17) {
		n.Keys[f] = r.keys()
	}
	n.Seen = r.num()
	for s := range n.Levels {
		if n.Seen&(1<<s) != 0 {
			if n.Levels[s] = r.byte(); n.Levels[s] >= Levels {
				r.bad = true
				n.Levels[s] = 0
			}
		}
	}
	n.Style = r.style()
	letters := r.num()
	n.Settled = letters&1 != 0
	if letters >>= 1; v > observationOfAll {
		n.Doubted = letters&1 != 0
		letters >>= 1
	}
	n.Letters = int(letters)
	if v > observationOf17 {
		b := r.byte()
		n.To, n.Held, n.Lured, n.Young, n.Unproven = b>>4, b&8 != 0, b&4 != 0, b&2 != 0, b&1 != 0
	}
	n.SimHash = r.num()
	n.Points = math.Float64frombits(r.num())
	n.Sum = math.Float64frombits(r.num())
	n.Fit = math.Float64frombits(r.num())
	n.Marks = r.keys()
	if err := r.end(); err != nil {
		return fmt.Errorf("read observation: %w", err)
	}
	*o = n
	return nil
}

// Style counts are most of an observation. One is a byte where its distance from the one
// before and its count fit into four bits each, as nearly all do; else 0 and both.
const nibble = 15

func encodeStyle(b []byte, list []StyleCount) []byte {
	b = num(b, uint64(len(list)))
	prev := -1
	for _, s := range list {
		step := int(s.Dim) - prev
		if step <= nibble && s.Count <= nibble {
			b = append(b, byte(step)<<4|s.Count)
		} else {
			b = append(num(append(b, 0), uint64(step)), s.Count)
		}
		prev = int(s.Dim)
	}
	return b
}

func (r *reader) style() []StyleCount {
	var list []StyleCount
	dim := -1
	for range r.count(1) {
		packed := r.byte()
		step, count := int(packed>>4), packed&nibble
		if packed == 0 {
			step, count = int(r.num()), r.byte()
		}
		if dim += step; step < 1 || count < 1 || dim >= StyleDims {
			r.bad = true
			return nil
		}
		list = append(list, StyleCount{uint16(dim), count})
	}
	return list
}

func encodeKeys(b []byte, keys []Key) []byte {
	b = num(b, uint64(len(keys)))
	prev := Key(0)
	for _, k := range keys {
		b = num(b, uint64(k-prev))
		prev = k
	}
	return b
}

// encodeCounts writes the non-zero counts as pairs of gap and count.
func encodeCounts(b []byte, counts []uint32) []byte {
	n := 0
	for _, c := range counts {
		if c > 0 {
			n++
		}
	}
	b = num(b, uint64(n))
	prev := 0
	for i, c := range counts {
		if c > 0 {
			b = num(b, uint64(i-prev))
			b = num(b, uint64(c))
			prev = i
		}
	}
	return b
}
