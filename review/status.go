package review

import (
	"context"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// statusStore counts.
type statusStore interface {
	// Status says how things stand; it counts the mails since a time.
	Status(ctx context.Context, since time.Time) (ledger.Status, error)
}

// StatusLine is how things stand as JSON, schema 1.
type StatusLine struct {
	Schema    int                     `json:"schema"`
	Kind      string                  `json:"kind"` // "status"
	Database  string                  `json:"database"`
	Milter    string                  `json:"milter"`    // "answers", or the error
	Agent     *time.Time              `json:"agent"`     // last heartbeat, null for never
	Stale     bool                    `json:"stale"`     // the heartbeat is too old, or there is none
	Day       map[analyzer.Action]int `json:"day"`       // mails of 24 hours by what happened
	Would     map[analyzer.Action]int `json:"would"`     // by what mode enforce does, or unjudged
	Later     int                     `json:"later"`     // of the unjudged: kept until they are judged
	Queue     map[ledger.State]int    `json:"queue"`     // kept mail by state
	Undecided *time.Time              `json:"undecided"` // the oldest held mail's, null for none
	Incidents int                     `json:"incidents"` // open ones
	Opened    *time.Time              `json:"opened"`    // the oldest of these, null for none
	Tables    []ledger.TableSize      `json:"tables"`    // the biggest of a PostgreSQL database, null of a file
}

// Status says how things stand; whether the milter answers is the caller's to find out.
func (s *Service) Status(ctx context.Context) (*StatusLine, error) {
	now, err := s.Store.Status(ctx, s.Now().Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	l := &StatusLine{Schema: 1, Kind: "status", Database: s.Settings.Database, Milter: "answers",
		Agent: orNull(now.Agent), Stale: s.Now().Sub(now.Agent) > s.Settings.StaleAfter, Day: now.Did,
		Would: now.Would, Later: now.Later, Queue: map[ledger.State]int{}, Undecided: orNull(now.Undecided),
		Incidents: now.Incidents, Opened: orNull(now.Opened), Tables: now.Tables}
	for _, state := range ledger.InQueue {
		if n := now.Holds[state]; n > 0 {
			l.Queue[state] = n
		}
	}
	return l, nil
}
