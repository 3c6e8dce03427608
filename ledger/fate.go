package ledger

import "time"

// Fate is what happened to one recipient of a mail, by the MTA's log and by what was
// decided here.
type Fate string

// Fates.
const (
	FateDelivered Fate = "delivered"
	FateDeferred  Fate = "deferred" // the MTA goes on trying
	FateBounced   Fate = "bounced"
	FateExpired   Fate = "expired"
	FateDelayed   Fate = "delayed"  // waits, and leaves by itself
	FateHeld      Fate = "held"     // kept, also while a decision is being carried out
	FateRecalled  Fate = "recalled" // kept after it had been let go
	FateReleased  Fate = "released" // let go again, the log says nothing since
	FateDiscarded Fate = "discarded"
	FateRejected  Fate = "rejected" // refused by Postfix or another milter, the client was told
	FateUnknown   Fate = "unknown"  // let go, the log says nothing
	// FateHeldByPostfix is of mail that a rule of Postfix's, another milter or a person put on
	// hold: hisseki does not let it go.
	FateHeldByPostfix Fate = "held-by-postfix"
)

// RecipientFate is one recipient of one recorded mail.
type RecipientFate struct {
	Journal   int64
	Recipient string // as in the envelope
	Domain    string // lower case
	Fate      Fate
	At        time.Time // of what decided the fate, zero when nothing did
	// Delivery is what the log said last; with an alias, of the mailbox that it reached
	// first. Its Outcome is "" when the log said nothing.
	Delivery Delivery
}

// rank says what counts of an alias's mailboxes: one that got the mail goes before one that
// still may, and that before one that did not.
var rank = map[Outcome]int{
	OutcomeDelivered: 3, OutcomePassed: 3,
	OutcomeDeferred: 2, OutcomeHeld: 2, OutcomeQueued: 2,
	OutcomeBounced: 1, OutcomeExpired: 1, OutcomeDiscarded: 1, OutcomeRejected: 1,
}

// Furthest returns what counts of the deliveries of one recipient, the zero Delivery for none.
func Furthest(list []Delivery) (best Delivery) {
	for _, d := range list {
		if rank[d.Outcome] > rank[best.Outcome] {
			best = d
		}
	}
	return best
}

// Keeping is what a fate depends on of a mail's hold.
type Keeping struct {
	State    State // "" without a hold
	Recalled bool  // the hold came after the mail had been let go
	Decided  time.Time
}

// Judge sets the fate by the delivery and the mail's hold. What the log says for good stands;
// then comes the hold, for a kept mail is in the MTA's queue whatever was tried before.
func (f *RecipientFate) Judge(k Keeping) {
	d := &f.Delivery
	f.At = d.At
	if d.Outcome.Final() {
		f.Fate = Fate(d.Outcome)
		return
	}
	switch k.State {
	case Delayed:
		f.Fate = FateDelayed
		return
	case Held, Releasing, Discarding:
		f.Fate = FateHeld
		if k.Recalled {
			f.Fate = FateRecalled
		}
		return
	case Discarded:
		f.Fate, f.At = FateDiscarded, k.Decided
		return
	case Released:
		if d.At.Before(k.Decided) { // the log's last word is older
			f.Fate, f.At = FateReleased, k.Decided
			return
		}
	}
	switch d.Outcome {
	case OutcomeDeferred:
		f.Fate = FateDeferred
	case OutcomeHeld:
		f.Fate = FateHeldByPostfix
	case OutcomePassed:
		f.Fate = FateDelivered // a filter that says no more was the last hop
	case OutcomeQueued:
		f.Fate = FateReleased
	default:
		f.Fate = FateUnknown
	}
}
