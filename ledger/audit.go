package ledger

import "time"

// Act is one line of the audit log: who did what to which object, and why.
type Act struct {
	ID     int64
	At     time.Time
	Actor  string
	Verb   string
	Object string // "H12", "I3", "sender:b@example.jp" and so on
	Reason string
	// Signature of the Statement, "" where whoever wrote the line may not decide.
	Signature string
}

// ActFilter chooses lines of the audit log. Zero fields choose everything.
type ActFilter struct {
	Since, Until time.Time // from the first on, before the second
	Actor        string    // as written, or without " as root", " by web ..."
	Verb         string
	Object       string   // also without "sender:" or "url:", capitals or not
	After        int64    // lines after this one; 0 for all
	Oldest       bool     // oldest first
	Limit        int      // so many, the newest unless Oldest
	Before       int64    // lines before this one; 0 for all
	Without      []string // verbs that are left out
}
