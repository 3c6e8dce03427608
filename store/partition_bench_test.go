package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"testing"
	"time"

	"hisseki/internal/pgtest"
	"hisseki/store/postgres"
)

// partitionRows is how many mails each database of BenchmarkPartitions has.
const partitionRows = 67_200

// partitionKept are how many partitions of equal size hold that mail: one table, three weeks by the day, and the
// most that wider ranges for longer times would leave.
var partitionKept = []int{1, 21, 32}

// partitionAhead are the partitions for mail to come, the last without an upper end, as one by default has none:
// no lowest number excludes them. Nobody has analysed them.
const partitionAhead = 3

// BenchmarkPartitions is why the journal is one table: it has mail and what hangs on it in one table, and in
// partitions by ranges of the journal's id, and measures what is asked at a mail, a line of the MTA's log or a
// hold, as medians in microseconds of connections that know their tables, with plans as PostgreSQL chooses them
// and with plans that are made once (generic). Questions that end in -from get the lowest id of the last two
// twenty-firsts of the mail (a day may have begun just now), by which PostgreSQL leaves out the partitions before.
// At last what a thirty-second of the mail takes to go.
//
//	go test -run '^$' -bench Partitions -benchtime 1x -timeout 30m ./store -engine sqlite
func BenchmarkPartitions(b *testing.B) {
	own(b)
	pg, err := pgtest.Start(append(pgtest.Fast, "shared_buffers=512MB", "max_locks_per_transaction=512", "jit=off")...)
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { pg.Close() })
	var dbs []*sql.DB
	for _, n := range partitionKept {
		dbs = append(dbs, newParted(b, pg, n))
	}
	for _, q := range partedQueries { // those that write are the last
		for _, mode := range []string{"auto", "force_generic_plan"} {
			for i, median := range askParted(b, dbs, mode, q.query, q.args) {
				name := fmt.Sprintf("%s-%s-%d", q.name, mode[:min(len(mode), 4)], partitionKept[i])
				b.ReportMetric(float64(median.Microseconds()), name+"-µs")
			}
		}
	}
	for i, db := range dbs {
		b.ReportMetric(float64(partedLocks(b, db)), fmt.Sprintf("locks-%d", partitionKept[i]))
	}
	removeParted(b, dbs[0], dbs[len(dbs)-1])
	b.ReportMetric(0, "ns/op")
}

// recent is where the last two twenty-firsts of the mail begin: its number and time.
const recent = partitionRows * 19 / 21

// partedQueries are the store's own in what they look up.
var partedQueries = []struct {
	name, query string
	args        func(i int) []any
}{
	{"id", `SELECT sender FROM journal WHERE id = $1`, func(i int) []any { return []any{1 + i*7919%partitionRows} }},
	{"sender", `SELECT observation FROM journal WHERE sender = $1 AND at >= $2 ORDER BY at DESC, id DESC LIMIT 30`, bySender},
	{"sender-from", `SELECT observation FROM journal WHERE sender = $1 AND at >= $2 AND id >= $2
		ORDER BY at DESC, id DESC LIMIT 30`, bySender},
	{"past", `SELECT coalesce(p.lesson, 0), p.data,
			EXISTS (SELECT 1 FROM lesson l WHERE l.sender = $1 AND l.id > coalesce(p.lesson, 0)),
			EXISTS (SELECT 1 FROM journal j WHERE j.sender = $1 AND j.at >= $2)
		FROM (SELECT 1) one LEFT JOIN profile p ON p.sender = $1`, bySender},
	{"past-from", `SELECT coalesce(p.lesson, 0), p.data,
			EXISTS (SELECT 1 FROM lesson l WHERE l.sender = $1 AND l.id > coalesce(p.lesson, 0)),
			EXISTS (SELECT 1 FROM journal j WHERE j.sender = $1 AND j.at >= $2 AND j.id >= $2)
		FROM (SELECT 1) one LEFT JOIN profile p ON p.sender = $1`, bySender},
	{"queue-id", `SELECT id FROM journal WHERE queue_id = $1 ORDER BY at DESC, id DESC LIMIT 1`, func(i int) []any {
		return []any{fmt.Sprintf("Q%d", recent+1+i*7919%(partitionRows-recent))}
	}},
	{"queue-id-from", `SELECT id FROM journal WHERE queue_id = $1 AND id >= $2
		ORDER BY at DESC, id DESC LIMIT 1`,
		func(i int) []any { return []any{fmt.Sprintf("Q%d", recent+1+i*7919%(partitionRows-recent)), recent} }},
	{"mark", `SELECT j.at, j.sender, j.would
		FROM (SELECT journal FROM mark WHERE key = $1 ORDER BY journal DESC LIMIT 8) m
		JOIN journal j ON j.id = m.journal ORDER BY m.journal`, func(i int) []any { return []any{i % 1000} }},
	{"mark-from", `SELECT j.at, j.sender, j.would
		FROM (SELECT journal FROM mark WHERE key = $1 AND journal >= $2 ORDER BY journal DESC LIMIT 8) m
		JOIN journal j ON j.id = m.journal AND j.id >= $2 ORDER BY m.journal`,
		func(i int) []any { return []any{i % 1000, recent} }},
	{"others", `SELECT id, sender, observation FROM journal WHERE id > $1 ORDER BY id LIMIT 5`,
		func(i int) []any { return []any{partitionRows - 1 - i%100} }},
	{"record", recordParted, func(i int) []any { return []any{1, partitionRows + i} }},
	{"record-16", recordParted, func(i int) []any { return []any{16, 2*partitionRows + i} }},
}

// recordParted records mails at once, each with a recipient and a mark.
const recordParted = `WITH mail AS (INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from, client,
			message_id, subject, bytes, action, would, points, sum, due, learned, observation, detail)
		SELECT $2::BIGINT, 'mx', 'R' || $2::BIGINT || n, 'u' || n || '@example.org', 'account', '', '', '', '', '', 1, 'pass', 'pass', 0, 0, 0, 1, '', '{}'
		FROM generate_series(1, $1::INTEGER) n
		RETURNING id),
	addressed AS (INSERT INTO recipient (journal, address) SELECT id, 'a@example.org' FROM mail)
	INSERT INTO mark (key, journal) SELECT $2::BIGINT, id FROM mail ON CONFLICT DO NOTHING`

func bySender(i int) []any { return []any{fmt.Sprintf("u%d@example.jp", i%1000), recent} }

// askParted returns each database's median of an answer. They take turns: the machine is noisy.
func askParted(b *testing.B, dbs []*sql.DB, mode, query string, args func(int) []any) []time.Duration {
	ctx := context.Background()
	var asked []*sql.Stmt
	for _, db := range dbs {
		if _, err := db.ExecContext(ctx, `SET plan_cache_mode = `+mode); err != nil {
			b.Fatal(err)
		}
		stmt, err := db.PrepareContext(ctx, query)
		if err != nil {
			b.Fatal(err)
		}
		defer stmt.Close()
		asked = append(asked, stmt)
	}
	const warm, counted = 15, 600
	took := make([][]time.Duration, len(dbs))
	for i := range warm + counted {
		for at := range asked {
			at = (at + i) % len(asked)
			begun := time.Now()
			if _, err := asked[at].Exec(args(i)...); err != nil {
				b.Fatal(err)
			}
			if i >= warm {
				took[at] = append(took[at], time.Since(begun))
			}
		}
	}
	var medians []time.Duration
	for _, list := range took {
		slices.Sort(list)
		medians = append(medians, list[len(list)/2])
	}
	return medians
}

// partedLocks returns how many locks a question about a queue id takes while it is planned.
func partedLocks(b *testing.B, db *sql.DB) (locks int) {
	tx, err := db.Begin()
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // it wrote nothing
	if _, err = tx.Exec(`EXPLAIN SELECT id FROM journal WHERE queue_id = 'Q1' ORDER BY at DESC LIMIT 1`); err == nil {
		err = tx.QueryRow(`SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()`).Scan(&locks)
	}
	if err != nil {
		b.Fatal(err)
	}
	return locks
}

// removeParted measures how long the oldest partition's mail takes to go, by rows and by its partition.
func removeParted(b *testing.B, rows, parts *sql.DB) {
	for _, way := range []struct {
		name string
		db   *sql.DB
		list []string
	}{
		{"rows", rows, []string{`DELETE FROM recipient WHERE journal <= $1`, `DELETE FROM mark WHERE journal <= $1`,
			`DELETE FROM journal WHERE id <= $1`}},
		{"partition", parts, []string{`DROP TABLE recipient_0`, `DROP TABLE mark_0`, `DROP TABLE journal_0`}},
	} {
		begun := time.Now()
		for _, q := range way.list {
			var args []any
			if way.name == "rows" {
				args = []any{partitionRows / partitionKept[len(partitionKept)-1]}
			}
			if _, err := way.db.Exec(q, args...); err != nil {
				b.Fatalf("%s: %v", q, err)
			}
		}
		b.ReportMetric(float64(time.Since(begun).Microseconds())/1000, "remove-"+way.name+"-ms")
	}
}

// newParted makes a database with the store's tables in so many partitions and those ahead, 1 for undivided ones.
func newParted(b *testing.B, pg *pgtest.Cluster, parts int) *sql.DB {
	url, err := pg.Database("")
	if err != nil {
		b.Fatal(err)
	}
	store, err := Open(b.Context(), url, Options{})
	if err == nil {
		err = store.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
	db, err := postgres.Plain(url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	list := []string{}
	if parts > 1 {
		list = append(list, `CREATE SEQUENCE ids`, `CREATE SEQUENCE rows`)
		for _, t := range partedTables {
			list = append(list, fmt.Sprintf(`ALTER TABLE %[1]s RENAME TO %[1]s_whole`, t.table), fmt.Sprintf(
				`CREATE TABLE %[1]s (LIKE %[1]s_whole INCLUDING DEFAULTS INCLUDING INDEXES) PARTITION BY RANGE (%[2]s)`,
				t.table, t.key))
		}
		list = append(list, partedRanges(0, parts, partitionRows/parts)...)
		list = append(list, `ALTER TABLE journal ALTER id SET DEFAULT nextval('ids')`,
			`ALTER TABLE recipient ALTER rowid SET DEFAULT nextval('rows')`)
	}
	list = append(list, fmt.Sprintf(`INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from,
				client, message_id, subject, bytes, action, would, points, sum, due, learned, observation, detail)
			SELECT n, 'mx', 'Q' || n, 'u' || n %% 1000 || '@example.jp', 'account', '', '', '', '', '', 1, 'pass', 'pass',
				0, 0, 0, 1, decode(repeat(md5(n::text), 20), 'hex'), repeat(md5(n::text), 10)
			FROM generate_series(1, %d) n`, partitionRows),
		`INSERT INTO recipient (journal, address) SELECT id, 'a@example.org' FROM journal`,
		`INSERT INTO mark (key, journal) SELECT id % 1000, id FROM journal`,
		`VACUUM ANALYZE`)
	if parts > 1 {
		list = append(list, partedRanges(parts, parts+partitionAhead, partitionRows/parts)...)
	}
	for _, q := range list {
		if _, err := db.Exec(q); err != nil {
			b.Fatalf("%s: %v", q, err)
		}
	}
	return db
}

// partedTables are the tables in partitions, the journal first, and by which column.
var partedTables = []struct{ table, key string }{{"journal", "id"}, {"recipient", "journal"}, {"mark", "journal"}}

// partedRanges makes partitions of so many numbers each. What hangs on the journal refers to its partition:
// a foreign key to the whole would be planned at each row.
func partedRanges(from, to, width int) (list []string) {
	for i := from; i < to; i++ {
		end := fmt.Sprint((i+1)*width + 1)
		if i == to-1 && from > 0 {
			end = "MAXVALUE"
		}
		for _, t := range partedTables {
			list = append(list, fmt.Sprintf(`CREATE TABLE %s_%d PARTITION OF %[1]s FOR VALUES FROM (%[3]d) TO (%[4]s)`,
				t.table, i, i*width+1, end))
			if t.table != "journal" {
				list = append(list, fmt.Sprintf(`ALTER TABLE %s_%d ADD FOREIGN KEY (journal) REFERENCES journal_%[2]d (id)
					ON DELETE CASCADE`, t.table, i))
			}
		}
	}
	return list
}
