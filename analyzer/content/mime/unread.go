package mime

// Unread is something of a mail that was not read: what is in it is unknown to
// everybody, never harmless.
type Unread struct {
	Reason Reason
	Detail string // a short phrase for people without mail text in it
}

// Reason says why something was not read. It is stable and machine readable.
type Reason string

// Reasons.
const (
	UnreadSize      Reason = "size"      // beyond the bytes that are kept or read
	UnreadTime      Reason = "time"      // the budget was spent
	UnreadNesting   Reason = "nesting"   // deeper or in more parts than is taken apart
	UnreadLinks     Reason = "links"     // more distinct links than are looked at
	UnreadEncrypted Reason = "encrypted" // without the reader's key or password nobody can
	UnreadEncoding  Reason = "encoding"  // a transfer encoding or charset without a decoder
)

// Skip notes what was not read, once for each reason.
func (r *Reader) Skip(reason Reason, detail string) {
	for _, u := range r.Unread {
		if u.Reason == reason {
			return
		}
	}
	r.Unread = append(r.Unread, Unread{reason, detail})
}

// spend takes n bytes of work and says whether it may be done.
func (r *Reader) spend(n int) bool {
	if r.work += n; r.work > len(r.body)*workFactor+workFloor {
		r.Skip(UnreadNesting, "the same bytes stand encoded in each other too often")
		return false
	}
	return true
}
