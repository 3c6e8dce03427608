package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/store/postgres"
)

// recording is the record of a mail that passed: a write that needs nothing of what is stored.
// PostgreSQL takes many of them in one statement and one round trip.
type recording struct {
	r    *analyzer.Record
	row  func() ([]any, error)
	kept *analyzer.Recorded // what the write leaves behind
}

// needsNothing says whether a record is its rows and nothing else: no hold, no incident.
func needsNothing(r *analyzer.Record) bool {
	return r.Late.Judged.IsZero() && r.Verdict.Would != analyzer.Unjudged &&
		r.Verdict.Action == analyzer.Pass && !r.ObservedHold
}

// insertRecords inserts records, their recipients, marks and lessons, and returns the ids of records
// and lessons (0 for none), in order. The lock comes before the first number.
var insertRecords = `WITH ` + postgres.Turn + `, mail AS MATERIALIZED (
		SELECT *
		FROM unnest($1::BIGINT[], $2::TEXT[], $3::TEXT[], $4::TEXT[], $5::TEXT[], $6::TEXT[], $7::TEXT[],
			$8::TEXT[], $9::TEXT[], $10::TEXT[], $11::BIGINT[], $12::TEXT[], $13::TEXT[],
			$14::DOUBLE PRECISION[], $15::DOUBLE PRECISION[], $16::BIGINT[], $17::BIGINT[], $18::BYTEA[],
			$19::TEXT[], $20::BIGINT[], $21::BYTEA[])
		WITH ORDINALITY AS m (` + journalColumns + `, n)
	), kept AS (
		INSERT INTO journal (` + journalColumns + `)
		SELECT ` + journalColumns + `
		FROM turn, mail
		ORDER BY n
		RETURNING id
	), placed AS MATERIALIZED (
		SELECT id, row_number() OVER (ORDER BY id) AS n
		FROM kept
	), addressed AS (
		INSERT INTO recipient (journal, address, domain)
		SELECT p.id, a.address, a.domain
		FROM unnest($22::BIGINT[], $23::TEXT[], $24::TEXT[]) WITH ORDINALITY AS a (n, address, domain, place)
		JOIN placed p USING (n)
		ORDER BY a.place
	), marked AS (
		INSERT INTO mark (key, journal)
		SELECT m.key, p.id
		FROM unnest($25::BIGINT[], $26::BIGINT[]) AS m (n, key)
		JOIN placed p USING (n)
		ON CONFLICT DO NOTHING
	), taught AS (
		INSERT INTO lesson (journal, sender, sign, at)
		SELECT p.id, m.sender, 1, $27::BIGINT
		FROM mail m
		JOIN placed p USING (n)
		WHERE m.learned = 1
		ORDER BY n
		RETURNING id, journal
	)
	SELECT p.id, coalesce(t.id, 0)
	FROM placed p
	LEFT JOIN taught t ON t.journal = p.id
	ORDER BY p.n`

// insertAtOnce inserts a record within a transaction that does more, such as opening an incident.
func (db *DB) insertAtOnce(tx *sql.Tx, r *analyzer.Record, row []any) (id, lesson int64, err error) {
	columns, err := db.columnsOf([]job{{record: &recording{r: r, row: func() ([]any, error) { return row, nil }}}})
	if err == nil {
		err = tx.QueryRow(insertRecords, columns...).Scan(&id, &lesson)
	}
	return id, lesson, wrapped("insert journal row", err)
}

// publish commits those of a batch's records that need nothing of what is stored, and returns the
// rest: others, what must come behind them, and all when nothing was done.
func (db *DB) publish(batch []job) []job {
	batch = awaited(batch)
	records, rest := apart(batch)
	if len(records) == 0 || db.unsynced {
		return batch
	}
	begun := time.Now()
	columns, err := db.columnsOf(records)
	if err == nil {
		err = db.trustServerStill(db.write)
	}
	if err != nil {
		return batch // each is told for itself
	}
	db.others.publishing.Lock()
	told := false
	seen := func(ids [][2]int64) {
		for i, id := range ids {
			*records[i].record.kept = analyzer.Recorded{ID: id[0], Lesson: id[1]}
			db.others.wrote(id[0])
		}
		db.others.publishing.Unlock()
		told = true
	}
	defer db.committing()()
	synced := db.syncs.begin()
	err = postgres.Publish(context.Background(), db.write, insertRecords, columns, db.others.tell(begun), seen)
	synced(err)
	if !told {
		db.others.publishing.Unlock()
	}
	if undone := (postgres.NotDone{}); errors.As(err, &undone) {
		return batch
	}
	if errors.Is(err, postgres.ErrUnsynced) {
		db.unsynced = true // from now on each commit waits for the disk with the lock
		db.log.Error("records are written more slowly", "store", db.path, "error", err)
	}
	if err == nil {
		db.opt.Committed(len(records), time.Since(begun))
	}
	tell(records, wrapped("commit", err))
	return rest
}

// apart divides a batch into records that need nothing of what is stored and the rest. What comes
// before a record and may belong to it stays before it.
func apart(batch []job) (records, rest []job) {
	behind := map[string]bool{} // senders with something in rest
	for _, j := range batch {
		if j.record == nil || behind[j.sender] || behind[""] {
			behind[j.sender] = true
			rest = append(rest, j)
			continue
		}
		records = append(records, j)
	}
	return records, rest
}

// values is the record's row. A panic is an error here, and comes again in run, which reports it.
func (r *recording) values() (row []any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = &panicError{value: p}
		}
	}()
	return r.row()
}

// columnsOf returns the parameters of insertRecords.
func (db *DB) columnsOf(records []job) ([]any, error) {
	rows := make([][]any, len(records))
	of, marked := []int64{}, []int64{} // which record, from 1
	addresses, domains, keys := []string{}, []string{}, []int64{}
	for i, j := range records {
		row, err := j.record.values()
		if err != nil {
			return nil, err
		}
		rows[i] = row
		for _, addr := range j.record.r.Envelope.Recipients {
			of, addresses = append(of, int64(i+1)), append(addresses, postgres.Text(addr))
			domains = append(domains, postgres.Text(domainOf(addr)))
		}
		for _, k := range j.record.r.Observation.Marks {
			marked, keys = append(marked, int64(i+1)), append(keys, int64(k))
		}
	}
	columns, err := postgres.Columns(rows)
	if err != nil {
		return nil, err
	}
	return append(columns, of, addresses, domains, marked, keys, db.now().Unix()), nil
}

// domainOf is an address's domain as recipient has it.
func domainOf(addr string) string {
	return strings.ToLower(addr[strings.LastIndexByte(addr, '@')+1:])
}
