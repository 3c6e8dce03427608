package store

import (
	"database/sql"
	"strings"
	"time"
)

// hanging are the tables with rows of a journal row, as many as it has recipients or marks. The few rows
// of others go with it (ON DELETE CASCADE).
var hanging = []string{"lesson", "hold", "recipient", "mark", "delivery"}

// purgeAtOnce is remove in one statement, and so in one round trip during which the other hosts' writes
// wait. It returns how many mails went, and how many microseconds that took the server: the journal's
// rows are the last to go, so that what hangs on them does not go one by one.
var purgeAtOnce = func() string {
	var gone, counts strings.Builder
	for _, table := range hanging {
		gone.WriteString(`, ` + table + `_gone AS (DELETE FROM ` + table + `
			WHERE journal IN (SELECT id FROM due) RETURNING 1)`)
		counts.WriteString(` CROSS JOIN (SELECT count(*) FROM ` + table + `_gone) ` + table + `_n`)
	}
	return `WITH due AS MATERIALIZED (` + removable + `)` + gone.String() + `,
		gone AS (DELETE FROM journal WHERE id IN (SELECT id FROM due) RETURNING 1)
	SELECT n, CAST(extract(epoch FROM clock_timestamp() - statement_timestamp()) * 1000000 AS BIGINT)
	FROM (SELECT count(*) AS n FROM gone) mails` + counts.String()
}()

// removeAtOnce is remove for a PostgreSQL database.
func (s *purge) removeAtOnce(tx *sql.Tx, ids string) (n int, err error) {
	var micros int64
	if err := tx.QueryRow(purgeAtOnce, ids, s.lessons).Scan(&n, &micros); err != nil {
		return 0, err
	}
	s.spent = max(time.Duration(micros)*time.Microsecond, time.Microsecond)
	return n, nil
}
