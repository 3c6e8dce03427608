package proof

import (
	"slices"
	"time"
)

// Listed is a mail as the queue lists it on hold.
type Listed struct {
	ID      string
	Arrived int64 // unix seconds
}

// Claim is what the store says of a mail in the queue.
type Claim struct {
	Hold int64
	Kept bool // it is to stay until somebody decides
	// Order is the signature of what was decided about it, "" for nothing, or for nothing that
	// anybody who may decide has signed.
	Order string
}

// holder is who put a mail on hold, as the log says it.
type holder struct {
	word Word
	at   time.Time
}

// maxHolders bounds what is remembered of the log: the look that asks for it is seconds away.
const maxHolders = 100_000

// Word is what the mail log says of who has a mail on hold.
type Word string

// Words of the log.
const (
	ByMilter Word = "milter" // a milter asked for it at the end of the message
	ByOther  Word = "other"  // a rule of Postfix's own, another milter, or a person
	Let      Word = "let"    // released from hold
)

// ownWord is how long after the agent puts mail on hold the log may still say so.
const ownWord = time.Minute

// Heard notes what the log says of a mail. The last word counts.
func (r *Record) Heard(id string, word Word, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m := r.mails[id]
	if m != nil && m.How == Recalled && at.Unix() <= m.Since+int64(ownWord/time.Second) {
		return // the agent's own doing
	}
	if len(r.holder) >= maxHolders {
		for old := range r.holder {
			delete(r.holder, old)
			break
		}
	}
	r.holder[id] = holder{word, at}
	if m == nil || at.Unix() < m.Arrived-1 {
		return
	}
	// The log comes after the queue: a mail may have been met before its line was read. One that
	// was let go and is on hold again was put there by somebody else.
	how := Foreign
	if word == ByMilter && m.Hold != 0 {
		how = Quarantined
	}
	if how != m.How {
		changed := *m
		changed.How = how
		r.write(entry{Mail: &changed}) //nolint:errcheck // r.broken says it to whoever asks
	}
}

// Look compares the whole hold queue, as listed, with what is known. of returns what the store
// claims about a mail, read after the listing: serve records a mail before Postfix has it.
// Mail that is gone is forgotten.
func (r *Record) Look(now time.Time, held []Listed, of func(id string) (Claim, bool)) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []entry
	there := make(map[string]bool, len(held))
	for _, l := range held {
		there[l.ID] = true
		if m := r.mails[l.ID]; m != nil && m.Arrived == l.Arrived || len(r.mails)+len(changes) >= maxMails {
			continue
		}
		claim, claimed := of(l.ID)
		changes = append(changes, entry{Mail: r.meet(now, l, claim, claimed)})
	}
	for id := range r.mails {
		if !there[id] {
			changes = append(changes, entry{Gone: id})
			delete(r.holder, id)
		}
	}
	return r.write(append(changes, entry{Looked: now.Unix()})...)
}

// Meet takes in a mail on hold that no look has shown yet.
func (r *Record) Meet(now time.Time, l Listed, claim Claim) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m := r.mails[l.ID]; m != nil && m.Arrived == l.Arrived {
		return nil
	}
	return r.write(entry{Mail: r.meet(now, l, claim, true)})
}

// meet is what becomes of a mail that is new on hold.
func (r *Record) meet(now time.Time, l Listed, claim Claim, claimed bool) *Mail {
	m := &Mail{ID: l.ID, Arrived: l.Arrived, Since: now.Unix(), How: Foreign}
	if !claimed {
		return m
	}
	m.Hold, m.Kept, m.Order = claim.Hold, claim.Kept, claim.Order
	word, heard := r.holder[l.ID]
	if heard && word.at.Unix() < l.Arrived-1 {
		heard = false // of an earlier mail with this id
	}
	switch {
	case heard && word.word == ByMilter:
		m.How = Quarantined
	case heard:
	case r.looked == 0:
		m.How = Adopted
	case l.Arrived >= min(r.looked, now.Unix())-int64(slack/time.Second): // the clock may have been set back
		m.How = Seen
	}
	return m
}

// Follow compares what the store claims of mail that is known, so that a decision that was
// taken back is not believed again when its row is put back.
func (r *Record) Follow(claims map[string]Claim) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []entry
	for id, claim := range claims {
		m := r.mails[id]
		if m == nil || claim.Hold != m.Hold {
			continue
		}
		if changed := m.follow(claim); changed != nil {
			changes = append(changes, entry{Mail: changed})
		}
	}
	return r.write(changes...)
}

// follow returns a known mail with what the store says of it now, nil when nothing is new.
func (m *Mail) follow(claim Claim) *Mail {
	changed := *m
	changed.Kept = m.Kept || claim.Kept
	if m.Order != "" && claim.Order != m.Order { // taken back, or decided otherwise
		changed.Spent = append(slices.Clone(m.Spent), m.Order)
	}
	changed.Order = claim.Order
	if slices.Contains(changed.Spent, claim.Order) {
		changed.Order = ""
	}
	if changed.Kept == m.Kept && changed.Order == m.Order && len(changed.Spent) == len(m.Spent) {
		return nil
	}
	return &changed
}

// Mail returns what is known of a mail on hold.
func (r *Record) Mail(id string, arrived int64) (Mail, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.mails[id]
	if !ok || m.Arrived != arrived {
		return Mail{}, false
	}
	return *m, true
}

// Has says whether a mail on hold is known to be hisseki's, and a hold's of the store.
func (r *Record) Has(hold int64, id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	m, ok := r.mails[id]
	return ok && m.Ours() && m.Hold == hold
}

// Recall notes that the agent is about to put mail on hold, and for which hold of the store.
func (r *Record) Recall(now time.Time, list map[int64]Listed) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	var changes []entry
	for hold, l := range list {
		changes = append(changes, entry{Mail: &Mail{ID: l.ID, Arrived: l.Arrived, Since: now.Unix(), Hold: hold,
			How: Recalled, Kept: true}})
	}
	return r.write(changes...)
}

// Err says whether the record can be kept; while it cannot, nothing of it is to be believed.
func (r *Record) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.broken
}

// Taken says whether a decision about a known mail was taken back before.
func (m *Mail) Taken(order string) bool { return slices.Contains(m.Spent, order) }
