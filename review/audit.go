package review

import (
	"context"
	"errors"
	"time"

	"hisseki/ledger"
)

// auditStore is the audit log.
type auditStore interface {
	auditor
	AuditList(ctx context.Context, f ledger.ActFilter) ([]ledger.Act, error)
}

// ActQuery chooses lines of the audit log by what a person wrote. Empty fields choose all.
type ActQuery struct {
	Since, Until string // see ParseTime
	Actor        string
	Verb         string
	Object       string   // "H12", "I3", an account, a host
	Limit        int      // the newest so many
	Before       int64    // lines below this one
	After        int64    // lines above this one
	Without      []string // verbs that are left out
}

// Acts returns lines of the audit log, the newest first; none is ErrNothing.
func (s *Service) Acts(ctx context.Context, q ActQuery) ([]ledger.Act, error) {
	var p parser
	f := ledger.ActFilter{Since: p.time("since", q.Since, s.Now()),
		Until: p.time("until", q.Until, s.Now()), Actor: q.Actor, Verb: q.Verb, Object: q.Object,
		Limit: q.Limit, Before: q.Before, After: q.After, Without: q.Without}
	if q.Limit < 0 {
		p.note(errors.New("--limit is below 0"))
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	acts, err := s.Store.AuditList(ctx, f)
	if err == nil && len(acts) == 0 {
		err = ErrNothing
	}
	return acts, err
}

// ActLine is a line of the audit log as JSON, schema 1.
type ActLine struct {
	Schema int       `json:"schema"`
	Kind   string    `json:"kind"` // "act"
	ID     int64     `json:"id"`
	Time   time.Time `json:"time"`
	Actor  string    `json:"actor"`
	Verb   string    `json:"verb"`
	Object string    `json:"object"`
	Reason string    `json:"reason"`
}

// ActLines are lines of the audit log as JSON.
func ActLines(acts []ledger.Act) []ActLine {
	lines := make([]ActLine, len(acts))
	for i, a := range acts {
		lines[i] = ActLine{1, "act", a.ID, a.At, a.Actor, a.Verb, a.Object, a.Reason}
	}
	return lines
}
