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

// Got says whether the mail reached the recipient's side.
func (f *RecipientFate) Got() bool { return f.Fate == FateDelivered }
