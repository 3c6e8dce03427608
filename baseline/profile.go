// Package baseline keeps what is usual: profiles of senders and of the organisation.
// It does no I/O and reads no clock.
package baseline

// Profile is what is usual for one sender, or for the organisation. Learning is
// commutative and invertible: a profile is a function of the set of mails it holds.
type Profile struct{}

// Learn adds one mail; Unlearn takes it back exactly.
func (p *Profile) Learn(o *Observation) {}

// Unlearn takes back one mail that was learned.
func (p *Profile) Unlearn(o *Observation) {}

// MarshalBinary returns the canonical encoding: equal profiles, equal bytes.
func (p *Profile) MarshalBinary() ([]byte, error) { return nil, nil }

// UnmarshalBinary reads what MarshalBinary wrote; it refuses anything else.
func (p *Profile) UnmarshalBinary(data []byte) error { return nil }

// MarshalBinary returns a compact encoding for the journal.
func (o *Observation) MarshalBinary() ([]byte, error) { return nil, nil }

// UnmarshalBinary reads what MarshalBinary wrote; it refuses anything else.
func (o *Observation) UnmarshalBinary(data []byte) error { return nil }
