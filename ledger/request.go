package ledger

import (
	"fmt"
	"time"
)

// Request is a release that needs a second reviewer: what the first one looked at and wants.
type Request struct {
	ID     int64
	Holds  []int64 // to release; none where an incident is to be ended
	Ending string  // of an incident, as package review writes it, "" for none
	Mails  int     // that it releases: more is not agreed to
	Person string  // who asks, as he is called wherever he acts
	By     string  // the same, for the audit log
	Reason string
	Asked  time.Time
}

// Name is the request's short name for people, such as "R3".
func (r *Request) Name() string { return fmt.Sprintf("R%d", r.ID) }

// Statement is that a reviewer asked: another one agrees to what he signed, and to nothing else.
func (r *Request) Statement() Statement {
	return Statement{"request", []string{number(r.ID), fmt.Sprint(r.Holds), r.Ending, fmt.Sprint(r.Mails), r.Person, r.By,
		r.Reason, instant(r.Asked)}}
}

// RequestFor is how long a request waits: what was looked at yesterday is looked at again.
const RequestFor = 24 * time.Hour

// What became of a request.
const (
	RequestAgreed  = "agreed"
	RequestRefused = "refused"
)
