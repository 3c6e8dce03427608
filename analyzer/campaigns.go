package analyzer

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hisseki/baseline"
)

// campaigns knows which mails carried the same unknown sites and files. The memory's index
// of marks is the truth. What is here is a part of it: a mark is read when a mail carries
// it that is not here, and each mail adds itself from then on. So nothing has to be loaded
// before the first mail, however much there was, and the room is bounded.
type campaigns struct {
	mu    sync.Mutex
	marks *recency[baseline.Key, []Sighting] // each list oldest first
	held  int                                // sightings of all marks, an empty list counted as one
}

// maxSightings bounds what is kept of one mark; 128 mails are campaign enough.
const maxSightings = 128

// maxHeld bounds the sightings of all marks: about 5 MiB.
const maxHeld = 1 << 16

// carried is who else sent a mark in the last days.
type carried struct {
	odd                  int // mails of others that were held
	accounts             int // other accounts that sent it, none of which was held with it
	senders, heldSenders int // other accounts that sent it, and those of them that were held with it
}

func newCampaigns() *campaigns {
	return &campaigns{marks: newRecency[baseline.Key, []Sighting]()}
}

// look returns for each mark how many mails of the memory's span before now carried it, of
// a sender and of others.
func (c *campaigns) look(ctx context.Context, memory Reader, marks []baseline.Key, sender string,
	now time.Time) (map[baseline.Key]carried, error) {
	if len(marks) == 0 {
		return nil, nil
	}
	counts := make(map[baseline.Key]carried, len(marks))
	missing := c.count(counts, marks, sender, now)
	if len(missing) == 0 {
		return counts, nil
	}
	lists, err := memory.Sightings(ctx, missing, maxSightings)
	if err != nil {
		return nil, fmt.Errorf("read campaigns: %w", err)
	}
	c.mu.Lock()
	for i, k := range missing {
		// Another mail may have read it meanwhile and have added itself, which the memory
		// could not tell us yet.
		if _, here := c.marks.get(k); !here {
			c.put(k, lists[i])
		}
	}
	c.mu.Unlock()
	c.count(counts, missing, sender, now)
	return counts, nil
}

// count fills in the counts of marks that are here and returns the others.
func (c *campaigns) count(counts map[baseline.Key]carried, marks []baseline.Key, sender string,
	now time.Time) (missing []baseline.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range marks {
		list, here := c.marks.get(k)
		if !here {
			missing = append(missing, k)
			continue
		}
		counts[k] = byOthers(list, sender, now)
	}
	return missing
}

// byOthers counts the sightings of other senders.
func byOthers(list []Sighting, sender string, now time.Time) (n carried) {
	accounts := make(map[string]bool) // true where it was held
	for _, s := range list {
		if now.Sub(s.At) > memorySpan || s.Sender == sender {
			continue
		}
		accounts[s.Sender] = accounts[s.Sender] || s.Would == Hold
		if s.Would == Hold {
			n.odd++
		}
	}
	n.senders = len(accounts)
	for _, held := range accounts {
		if held {
			n.heldSenders++
		}
	}
	if n.odd == 0 {
		n.accounts = n.senders
	}
	return n
}

// add notes a mail that is being recorded under its marks. Those that are not here any more
// will be read again when they are asked for.
func (c *campaigns) add(sender string, would Action, o *baseline.Observation) {
	if len(o.Marks) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range o.Marks {
		list, here := c.marks.get(k)
		if !here {
			continue
		}
		if len(list) >= maxSightings {
			list = list[1:]
		}
		c.put(k, append(list, Sighting{o.At, sender, would}))
	}
}

// forget has marks read again: a mail that carried them was not recorded after all.
func (c *campaigns) forget(marks []baseline.Key) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range marks {
		c.drop(k)
	}
}

func (c *campaigns) put(k baseline.Key, list []Sighting) {
	if old, here := c.marks.get(k); here {
		c.held -= weight(old)
	}
	c.marks.put(k, list)
	c.held += weight(list)
	c.marks.oldest(func(k baseline.Key, list []Sighting) bool {
		if c.held <= maxHeld {
			return false
		}
		c.drop(k)
		return true
	})
}

func (c *campaigns) drop(k baseline.Key) {
	if list, here := c.marks.get(k); here {
		c.held -= weight(list)
		c.marks.drop(k)
	}
}

func weight(list []Sighting) int { return max(1, len(list)) }
