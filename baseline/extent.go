package baseline

import "fmt"

// Extent is how much a profile holds. It is kept beside the profile, of which it is a
// thousandth: a list of all senders needs no more.
type Extent struct {
	mails, slots, styled int
	first, last          Slot
	keys                 [Families]int
}

// extentVersion is the first byte of an encoded extent.
const extentVersion = 1

// Extent returns how much the profile holds.
func (p *Profile) Extent() *Extent {
	e := &Extent{mails: p.Mails(), slots: p.Slots(), styled: p.StyleMails()}
	e.first, e.last, _ = p.Since()
	for f := range e.keys {
		e.keys[f] = p.Count(Family(f))
	}
	return e
}

// Keys returns how many keys the profile holds, of all families together.
func (p *Profile) Keys() int {
	n := 0
	for f := range p.tables {
		n += len(p.tables[f])
	}
	return n
}

// Mails returns how many mails the profile holds.
func (e *Extent) Mails() int { return e.mails }

// Slots returns in how many slots they were sent.
func (e *Extent) Slots() int { return e.slots }

// StyleMails returns how many of them have enough text.
func (e *Extent) StyleMails() int { return e.styled }

// Since returns the first and last slot; ok is false when the profile is empty.
func (e *Extent) Since() (first, last Slot, ok bool) {
	return e.first, e.last, e.mails > 0 && e.slots > 0
}

// Count returns how many keys of a family the profile holds.
func (e *Extent) Count(f Family) int { return e.keys[f] }

// Learned returns the extent with so many more mails, of which nothing else is known.
func (e *Extent) Learned(mails int) *Extent {
	more := *e
	more.mails = max(more.mails+mails, 0)
	return &more
}

// MarshalBinary returns unsigned varints behind a version byte. The error is always nil.
func (e *Extent) MarshalBinary() ([]byte, error) {
	b := []byte{extentVersion}
	for _, n := range []int{e.mails, e.slots, e.styled} {
		b = num(b, uint64(n))
	}
	b = num(b, zigzag(int64(e.first)))
	b = num(b, zigzag(int64(e.last)))
	b = num(b, uint64(len(e.keys)))
	for _, n := range e.keys {
		b = num(b, uint64(n))
	}
	return b, nil
}

// UnmarshalBinary reads what MarshalBinary wrote, also with fewer families than today, and
// refuses anything else.
func (e *Extent) UnmarshalBinary(data []byte) error {
	r := &reader{data: data}
	if v := r.num(); v != extentVersion {
		return fmt.Errorf("read extent of a profile: version %d: %w", v, errCorrupt)
	}
	n := Extent{mails: r.size(), slots: r.size(), styled: r.size()}
	n.first, n.last = Slot(unzigzag(r.num())), Slot(unzigzag(r.num()))
	families := r.count(1)
	if families > len(n.keys) {
		r.bad = true
		families = 0
	}
	for f := range families {
		n.keys[f] = r.size()
	}
	if err := r.end(); err != nil {
		return fmt.Errorf("read extent of a profile: %w", err)
	}
	*e = n
	return nil
}

// maxSize is more than a profile ever has of anything.
const maxSize = 1 << 40

func (r *reader) size() int {
	n := r.num()
	if n > maxSize {
		r.bad = true
		return 0
	}
	return int(n)
}
