package proof

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"
)

// Slice is how many lines of the audit log share a checkpoint, by which they are looked at again.
const Slice = 1024

// Chain is how far the audit log was read, and what it was. A hash is of the one before and of
// a line.
type Chain struct {
	Last int64  // number of the last line, 0 before the first
	Hash string // up to it, hex
	Tail string // of the last line alone, hex
	// Base is the line behind which slices are counted: 0, or where lines were missing or changed;
	// what stands before it was marked then. Start is Hash there.
	Base  int64
	Start string
	Marks []string `json:"-"` // Hash behind every whole slice; each is kept once
	// Begun: what was there before the agent's first start is in it.
	Begun bool
	Next  int // the slice that is looked at again next
}

// Line is a line of the audit log as the chain takes it: its number and the bytes that it says.
type Line struct {
	ID    int64
	Bytes []byte
}

func link(hash string, line []byte) string {
	h := sha256.New()
	h.Write([]byte(hash))
	h.Write(line)
	return hex.EncodeToString(h.Sum(nil))
}

// Add returns the chain with one more line.
func (c Chain) Add(l Line) Chain {
	if l.ID != c.Last+1 {
		c.Break(l)
		return c
	}
	c.Last, c.Hash, c.Tail = l.ID, link(c.Hash, l.Bytes), link("", l.Bytes)
	if (c.Last-c.Base)%Slice == 0 {
		c.Marks = append(slices.Clone(c.Marks), c.Hash)
	}
	return c
}

// Break has the chain go on behind a line, whatever stands before it.
func (c *Chain) Break(l Line) {
	c.Last, c.Hash, c.Tail = l.ID, link(c.Hash, l.Bytes), link("", l.Bytes)
	c.Base, c.Start, c.Marks = c.Last, c.Hash, nil
}

// Ends says whether a line is the last one of the chain, unchanged.
func (c *Chain) Ends(l Line) bool { return l.ID == c.Last && link("", l.Bytes) == c.Tail }

// From is the number before the first line of the slice that is looked at again next; false while
// no slice is whole.
func (c *Chain) From() (after int64, ok bool) {
	if len(c.Marks) == 0 {
		return 0, false
	}
	return c.Base + int64(c.slice())*Slice, true
}

// slice is the one that is looked at again next, whatever the file says.
func (c *Chain) slice() int { return int(uint(c.Next) % uint(len(c.Marks))) }

// Holds says whether the lines of the slice that From names are what they were.
func (c *Chain) Holds(lines []Line) bool {
	i := c.slice()
	hash := c.Start
	if i > 0 {
		hash = c.Marks[i-1]
	}
	for _, l := range lines {
		hash = link(hash, l.Bytes)
	}
	return len(lines) == Slice && hash == c.Marks[i]
}

// Chain returns how far the audit log was read.
func (r *Record) Chain() Chain {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.chain
}

// Anchor keeps how far the audit log was read.
func (r *Record) Anchor(c Chain) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []entry
	same := 0
	for same < min(len(c.Marks), len(r.chain.Marks)) && c.Marks[same] == r.chain.Marks[same] {
		same++
	}
	if same < max(len(c.Marks), len(r.chain.Marks)) {
		changes = append(changes, entry{Points: &points{same, c.Marks[same:]}})
	}
	return r.write(append(changes, entry{Chain: &c})...)
}

// Rule is a rule or an exception that was seen with a valid signature.
type Rule struct {
	Subject string
	Created int64  // unix seconds
	Until   int64  // 0 for good
	Mac     string // its signature, "" once it was cleared
}

// Over says whether a rule's time has passed.
func (r *Rule) Over(now time.Time) bool { return r.Until != 0 && r.Until <= now.Unix() }

// Rules returns what is known of rules, by subject.
func (r *Record) Rules() map[string]Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make(map[string]Rule, len(r.rules))
	for k, v := range r.rules {
		out[k] = v
	}
	return out
}

// maxRules bounds how many subjects are remembered.
const maxRules = 100_000

// KeepRules keeps rules that are new, changed or cleared, and forgets those of other subjects.
func (r *Record) KeepRules(changed []Rule, forget []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []entry
	for i := range changed {
		if len(r.rules)+len(changes) < maxRules {
			changes = append(changes, entry{Rule: &changed[i]})
		}
	}
	if len(forget) > 0 {
		changes = append(changes, entry{Unrule: forget})
	}
	return r.write(changes...)
}
