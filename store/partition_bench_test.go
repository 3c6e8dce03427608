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
const partitionRows = 24_000

// BenchmarkPartitions is why the journal is one table: it has mail and what hangs on it in one table, and in 24
// and 400 partitions by ranges of the journal's id (21 days are kept as a rule), and measures what is asked at a
// mail, a line of the MTA's log or a hold, as medians in microseconds of a connection that knows its tables,
// with plans as PostgreSQL chooses them and with plans that are made once (generic).
//
//	go test -run '^$' -bench Partitions -benchtime 1x -timeout 30m ./store -engine sqlite
func BenchmarkPartitions(b *testing.B) {
	own(b)
	pg, err := pgtest.Start(append(pgtest.Fast, "shared_buffers=256MB", "max_locks_per_transaction=512", "jit=off")...)
	if err != nil {
		b.Skip(err)
	}
	b.Cleanup(func() { pg.Close() })
	sizes := []int{1, 24, 400}
	var dbs []*sql.DB
	for _, n := range sizes {
		dbs = append(dbs, newParted(b, pg, n))
	}
	for _, mode := range []string{"auto", "force_generic_plan"} {
		for _, q := range partedQueries {
			for i, db := range dbs { // one after another for each question: the machine is noisy
				median, locks := askParted(b, db, mode, q.query, q.args)
				name := fmt.Sprintf("%s-%s-%d", q.name, mode[:min(len(mode), 4)], sizes[i])
				b.ReportMetric(float64(median.Microseconds()), name+"-µs")
				if q.name == "queue-id" && mode == "auto" {
					b.ReportMetric(float64(locks), fmt.Sprintf("locks-%d", sizes[i]))
				}
			}
		}
	}
	b.ReportMetric(0, "ns/op")
}

// partedQueries are the store's own in what they look up.
var partedQueries = []struct {
	name, query string
	args        func(i int) []any
}{
	{"id", `SELECT sender FROM journal WHERE id = $1`, func(i int) []any { return []any{1 + i*7919%partitionRows} }},
	{"sender", `SELECT observation FROM journal WHERE sender = $1 AND at >= $2 ORDER BY at DESC, id DESC LIMIT 30`,
		func(i int) []any { return []any{fmt.Sprintf("u%d@example.jp", i%1000), partitionRows - 3000} }},
	{"sender-from-id", `SELECT observation FROM journal WHERE sender = $1 AND at >= $2 AND id >= $2
		ORDER BY at DESC, id DESC LIMIT 30`,
		func(i int) []any { return []any{fmt.Sprintf("u%d@example.jp", i%1000), partitionRows - 3000} }},
	{"queue-id", `SELECT id FROM journal WHERE queue_id = $1 ORDER BY at DESC, id DESC LIMIT 1`,
		func(i int) []any { return []any{fmt.Sprintf("Q%d", 1+i*7919%partitionRows)} }},
	{"mark", `SELECT journal FROM mark WHERE key = $1 ORDER BY journal DESC LIMIT 8`,
		func(i int) []any { return []any{i % 1000} }},
	{"record", `WITH mail AS (INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from, client,
				message_id, subject, bytes, action, would, points, sum, due, learned, observation, detail)
			VALUES ($1, 'mx', '', 'a', 'account', '', '', '', '', '', 1, 'pass', 'pass', 0, 0, 0, 1, '', '{}')
			RETURNING id),
		addressed AS (INSERT INTO recipient (journal, address) SELECT id, 'a@example.org' FROM mail)
		INSERT INTO mark (key, journal) SELECT $1, id FROM mail ON CONFLICT DO NOTHING`,
		func(i int) []any { return []any{partitionRows + i} }},
}

// askParted returns the median of an answer, and how many locks one took.
func askParted(b *testing.B, db *sql.DB, mode, query string, args func(int) []any) (time.Duration, int) {
	ctx := context.Background()
	if _, err := db.ExecContext(ctx, `SET plan_cache_mode = `+mode); err != nil {
		b.Fatal(err)
	}
	stmt, err := db.PrepareContext(ctx, query)
	if err != nil {
		b.Fatal(err)
	}
	defer stmt.Close()
	const warm, counted = 15, 200
	var took []time.Duration
	for i := range warm + counted {
		begun := time.Now()
		if _, err := stmt.Exec(args(i)...); err != nil {
			b.Fatal(err)
		}
		if i >= warm {
			took = append(took, time.Since(begun))
		}
		if time.Since(begun)*counted > time.Minute && i > warm {
			break
		}
	}
	slices.Sort(took)
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // it wrote nothing that counts
	locks := 0
	if _, err = tx.Exec(`EXPLAIN `+query, args(0)...); err == nil {
		err = tx.QueryRow(`SELECT count(*) FROM pg_locks WHERE pid = pg_backend_pid()`).Scan(&locks)
	}
	if err != nil {
		b.Fatal(err)
	}
	return took[len(took)/2], locks
}

// newParted makes a database with the store's tables in so many partitions, 1 for undivided ones.
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
	var list []string
	if parts > 1 {
		list = []string{`CREATE SEQUENCE ids`, `CREATE SEQUENCE rows`}
		for _, t := range []struct{ table, key string }{{"journal", "id"}, {"recipient", "journal"}, {"mark", "journal"}} {
			list = append(list, fmt.Sprintf(`DO $$ BEGIN
				ALTER TABLE %[1]s RENAME TO %[1]s_whole;
				CREATE TABLE %[1]s (LIKE %[1]s_whole INCLUDING DEFAULTS INCLUDING INDEXES) PARTITION BY RANGE (%[2]s);
				FOR i IN 0..%[3]d LOOP
					EXECUTE format('CREATE TABLE %[1]s_%%s PARTITION OF %[1]s FOR VALUES FROM (%%s) TO (%%s)', i,
						i * %[4]d + 1, CASE WHEN i = %[3]d THEN 'MAXVALUE' ELSE ((i + 1) * %[4]d + 1)::text END);
					IF '%[1]s' != 'journal' THEN -- of partition to partition: one to the whole is planned at each row
						EXECUTE format('ALTER TABLE %[1]s_%%s ADD FOREIGN KEY (journal) REFERENCES journal_%%s (id)
							ON DELETE CASCADE', i, i);
					END IF;
				END LOOP; END $$`, t.table, t.key, parts-1, partitionRows/parts))
		}
		list = append(list, `ALTER TABLE journal ALTER id SET DEFAULT nextval('ids')`,
			`ALTER TABLE recipient ALTER rowid SET DEFAULT nextval('rows')`)
	}
	for _, q := range append(list, fmt.Sprintf(`INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from,
				client, message_id, subject, bytes, action, would, points, sum, due, learned, observation, detail)
			SELECT n, 'mx', 'Q' || n, 'u' || n %% 1000 || '@example.jp', 'account', '', '', '', '', '', 1, 'pass', 'pass',
				0, 0, 0, 1, decode(repeat(md5(n::text), 20), 'hex'), repeat(md5(n::text), 10)
			FROM generate_series(1, %d) n`, partitionRows),
		`INSERT INTO recipient (journal, address) SELECT id, 'a@example.org' FROM journal`,
		`INSERT INTO mark (key, journal) SELECT id % 1000, id FROM journal`,
		`VACUUM ANALYZE`) {
		if _, err := db.Exec(q); err != nil {
			b.Fatalf("%s: %v", q, err)
		}
	}
	return db
}
