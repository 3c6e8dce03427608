package store

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
)

// A purge's steps leave the disk to others: they are done again after a crash of the server. Every other
// write, also one that waits beside them, is durable.
func TestPurgeWaitsForNoDisk(t *testing.T) {
	onlyServer(t)
	now := noon
	db, err := Open(t.Context(), openFor(t).url+"&synchronous_commit=on", Options{Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	teachSome(t, db, &now, 4)
	setting := func(of *string) func(tx *sql.Tx) error {
		return func(tx *sql.Tx) error { return tx.QueryRow(`SHOW synchronous_commit`).Scan(of) }
	}
	s := &purge{sweeper: db.sweeper(t.Context()), lessons: now.Add(day).Unix()}
	s.later = true
	var step, beside, after string
	var waiting func() error
	if err := s.fold([]int64{1, 2}); err != nil {
		t.Fatal(err)
	}
	n, err := s.steps([]int64{1, 2}, func(tx *sql.Tx, ids string) (int, error) {
		if waiting == nil { // it comes while the step is under way
			waiting = db.share(t.Context(), setting(&beside))
		}
		if err := setting(&step)(tx); err != nil {
			return 0, err
		}
		return s.remove(tx, ids)
	})
	if err == nil {
		err = waiting()
	}
	if err == nil {
		err = db.update(t.Context(), setting(&after))
	}
	if err != nil || n != 2 || step != "off" || beside != "on" || after != "on" {
		t.Errorf("%d rows, %v; synchronous_commit in the step %s, beside it %s, after it %s; want 2, off, on, on",
			n, err, step, beside, after)
	}
}

// A step that the server ended, since this process said nothing for a while, is done again.
func TestPurgeStepIsDoneAgain(t *testing.T) {
	onlyServer(t)
	db, now := clocked(t)
	teachSome(t, db, now, 2)
	s := &purge{sweeper: db.sweeper(t.Context()), lessons: now.Add(day).Unix()}
	s.later = true
	if err := s.fold([]int64{1, 2}); err != nil {
		t.Fatal(err)
	}
	tries := 0
	n, err := s.steps([]int64{1, 2}, func(tx *sql.Tx, ids string) (int, error) {
		if tries++; tries == 1 {
			if _, err := tx.Exec(`SET LOCAL idle_in_transaction_session_timeout = 10`); err != nil {
				return 0, err
			}
			time.Sleep(300 * time.Millisecond)
		}
		return s.remove(tx, ids)
	})
	if err != nil || n != 2 || tries != 2 {
		t.Errorf("%d rows after %d tries, %v; want 2 after 2", n, tries, err)
	}
}

// What the server says that a step took has everything in it that went with the mail: a step of mail to
// many is a smaller one.
func TestPurgeOfMailToMany(t *testing.T) {
	onlyServer(t)
	db, now := clocked(t)
	const mails, many = 16, 2000
	var ids []int64
	for range mails {
		r := record("a@example.jp", analyzer.Pass)
		r.Learn, r.Envelope.Recipients = false, nil
		for i := range many {
			r.Envelope.Recipients = append(r.Envelope.Recipients, fmt.Sprintf("u%d@example.org", i))
		}
		ids = append(ids, keep(t, db, r))
	}
	s := &purge{sweeper: db.sweeper(t.Context()), lessons: now.Add(day).Unix()}
	s.size = mails
	n, err := s.steps(ids, s.remove)
	if err != nil || n != mails || s.size >= mails {
		t.Errorf("purged %d mails, %v, the next step has %d; want %d, and less than that", n, err, s.size, mails)
	}
	var left int
	if err := db.read.QueryRow(`SELECT count(*) FROM recipient`).Scan(&left); err != nil || left != 0 {
		t.Errorf("%d recipients are left, %v", left, err)
	}
}

// The plan of a step looks at no table as a whole, also where the planner knows nothing of the ids.
func TestPlanOfPurgeOnServer(t *testing.T) {
	onlyServer(t)
	db, _ := clocked(t)
	for _, q := range []string{
		`INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from, client, message_id, subject,
				bytes, action, would, points, sum, due, learned, observation, detail)
			SELECT n, 'mx', 'Q' || n, 'u' || n % 100, 'account', '', '', '', '', '', 1, 'pass', 'pass', 0, 0, 0, 1, '', '{}'
			FROM generate_series(1, 20000) n`,
		`INSERT INTO recipient (journal, address) SELECT id, 'a@example.org' FROM journal`,
		`INSERT INTO delivery SELECT id, 'a@example.org', '', 'sent', 1, 0, '', '', '' FROM journal`,
		`INSERT INTO mark (key, journal) SELECT id % 1000, id FROM journal`,
		`INSERT INTO lesson (journal, sender, sign) SELECT id, sender, 1 FROM journal`,
		`INSERT INTO hold (journal, state, due) SELECT id, 'released', 0 FROM journal`,
	} {
		raw(t, db.path, q)
	}
	swept(t, db)
	for _, mode := range []string{"force_custom_plan", "force_generic_plan"} {
		plan := ""
		err := db.update(t.Context(), func(tx *sql.Tx) error {
			if _, err := tx.Exec(`SET LOCAL plan_cache_mode = ` + mode); err != nil {
				return err
			}
			if _, err := tx.Exec(`PREPARE step AS ` + purgeAtOnce); err != nil {
				return err
			}
			rows, err := tx.Query(`EXPLAIN EXECUTE step('[1, 2, 3]', 9)`)
			if err != nil {
				return err
			}
			lines, err := texts(rows)
			if err == nil {
				_, err = tx.Exec(`DEALLOCATE step`)
			}
			plan = strings.Join(lines, "\n")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range append([]string{"journal"}, hanging...) {
			if strings.Contains(plan, "Seq Scan on "+table+" ") || strings.Contains(plan, "Seq Scan on "+table+"\n") {
				t.Errorf("%s: the plan reads all of %s:\n%s", mode, table, plan)
			}
		}
	}
}
