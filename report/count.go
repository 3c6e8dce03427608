package report

import (
	"hisseki/ledger"
)

// Class is what a fate means for the recipient.
type Class int

// Classes, the better ones first: a mail or a person counts by the worst.
const (
	Refused Class = iota // bounced or given up: it did not get there
	Stopped              // held, recalled or discarded
	Open                 // may still arrive, or has, for all that is known
	Reached              // delivered
)

func (c Class) String() string {
	return [...]string{"refused", "stopped", "open", "reached"}[c]
}

func classOf(f ledger.Fate) Class {
	switch f {
	case ledger.FateDelivered:
		return Reached
	case ledger.FateBounced, ledger.FateExpired, ledger.FateRejected:
		return Refused
	case ledger.FateHeld, ledger.FateRecalled, ledger.FateDiscarded, ledger.FateDelayed,
		ledger.FateHeldByPostfix:
		return Stopped
	}
	return Open
}

// Count counts by class.
type Count struct {
	Reached int `json:"reached"`
	Open    int `json:"open"`
	Stopped int `json:"stopped"`
	Refused int `json:"refused"`
}

func (c *Count) add(class Class) {
	switch class {
	case Reached:
		c.Reached++
	case Open:
		c.Open++
	case Stopped:
		c.Stopped++
	case Refused:
		c.Refused++
	}
}

func (c *Count) sum(o Count) {
	c.Reached += o.Reached
	c.Open += o.Open
	c.Stopped += o.Stopped
	c.Refused += o.Refused
}

// All is the sum of the classes.
func (c Count) All() int { return c.Reached + c.Open + c.Stopped + c.Refused }

// worst returns the worst class of some deliveries; none are open.
func worst(list []Delivery) Class {
	if len(list) == 0 {
		return Open
	}
	w := Refused
	for _, d := range list {
		w = max(w, d.Class)
	}
	return w
}
