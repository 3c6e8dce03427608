package ledger

import (
	"time"

	"hisseki/analyzer"
)

// Status is how things stand.
type Status struct {
	Did       map[analyzer.Action]int // mails of a span by what happened to them
	Would     map[analyzer.Action]int // by what mode enforce does
	Later     int                     // of those that were not judged: kept until they are
	Holds     map[State]int           // kept mail
	Incidents int                     // open ones
	Opened    time.Time               // of the oldest of these, zero for none
	Undecided time.Time               // of the oldest mail that is held, zero for none
	Agent     time.Time               // last heartbeat of any agent, zero for never
	Tables    []TableSize             // the biggest of a PostgreSQL database, biggest first; none of a file
}

// TableSize is how much room a table of a database server takes.
type TableSize struct {
	Name  string `json:"name"`
	Bytes int64  `json:"bytes"` // with its indexes
	Dead  int64  `json:"dead"`  // rows that were deleted or changed, and wait for autovacuum
}
