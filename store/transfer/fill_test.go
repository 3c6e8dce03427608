package transfer

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/store"
)

// purged is the id of a lesson that a purge removed, the last that was given.
const purged = 90_000

// record is a mail of a sender, of its own content.
func record(sender string, n int) *analyzer.Record {
	action := analyzer.Pass
	if n%10 == 9 {
		action = analyzer.Hold
	}
	return &analyzer.Record{
		Envelope: analyzer.Envelope{Time: noon, Host: "mx.example.jp", QueueID: fmt.Sprintf("4Cbbc%07d", n),
			Sender: sender, Class: analyzer.Account, MailFrom: sender,
			Recipients: []string{"b@example.org", "a@example.org"}},
		Verdict: analyzer.Verdict{Action: action, Would: action, Points: 9.5,
			Evidence: []analyzer.Evidence{{Signal: "url-unknown", Points: 4, Text: "a link"}}},
		Observation: baseline.Observation{At: noon, Recipients: 2,
			Keys: [baseline.Families][]baseline.Key{baseline.Site: {baseline.Key(n % 97)}}},
		Subject: "請求書の件", Hosts: []string{"lure.test"},
		Learn: action == analyzer.Pass,
	}
}

func keep(t testing.TB, db *store.DB, r *analyzer.Record) {
	t.Helper()
	if _, err := db.Begin(t.Context(), r)(); err != nil {
		t.Fatal(err)
	}
}

// fill makes a store with rows in every table: mails by the store's own ways, and then a row of made
// up values in each table that is still empty, so that a table that a migration adds has one too.
func fill(t testing.TB, db *store.DB, write *sql.DB, mails int) {
	t.Helper()
	var waits []func() error
	for n := range mails {
		r := record(fmt.Sprintf("user%d@example.jp", n%7), n)
		begun := db.Begin(t.Context(), r)
		waits = append(waits, func() error { _, err := begun(); return err })
		if len(waits) == 200 || n == mails-1 {
			for _, wait := range waits {
				if err := wait(); err != nil {
					t.Fatal(err)
				}
			}
			waits = nil
		}
	}
	p, last, err := db.Profile(t.Context(), "user1@example.jp")
	if err != nil {
		t.Fatal(err)
	}
	data, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if err := db.SaveProfiles(t.Context(), analyzer.Saved{Sender: "user1@example.jp", Last: last, Data: data,
		Extent: []byte{}}); err != nil {
		t.Fatal(err)
	}
	if err := db.Audit(t.Context(), "tester", "look", "store", "だれか"); err != nil {
		t.Fatal(err)
	}
	addRows(t, write)
	for _, q := range []string{
		fmt.Sprintf(`INSERT INTO lesson (id, journal, sender, sign) VALUES (%d, 1, 'user1@example.jp', 1)`, purged),
		fmt.Sprintf(`DELETE FROM lesson WHERE id = %d`, purged),
		`UPDATE hold SET incident = NULL WHERE id = 1`, // so that both forms are there
	} {
		if _, err := write.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	// On a server the ids that were named are none of the sequence's.
	_, _ = write.Exec(fmt.Sprintf(`SELECT setval(pg_get_serial_sequence('lesson', 'id'), %d)`, purged))
}

// addRows gives each empty table a row: 1 for a number, which is the id of the first row of what it
// refers to, and odd characters for a text. A table that refers to one without a row waits.
func addRows(t testing.TB, write *sql.DB) {
	t.Helper()
	waiting := sqliteTables(t)
	var why error
	for range 4 {
		var still []string
		why = nil
		for _, name := range waiting {
			if err := addRow(write, name); err != nil { // FOREIGN KEY constraint failed: its turn comes
				why = errors.Join(why, fmt.Errorf("a row for table %s: %w", name, err))
				still = append(still, name)
			}
		}
		if waiting = still; len(still) == 0 {
			return
		}
	}
	t.Fatal(why)
}

func addRow(write *sql.DB, name string) error {
	var n int
	if err := write.QueryRow(`SELECT count(*) FROM "` + name + `"`).Scan(&n); err != nil || n > 0 {
		return err
	}
	rows, err := write.Query(`SELECT * FROM "` + name + `"`)
	if err != nil {
		return err
	}
	types, err := rows.ColumnTypes()
	if err := errors.Join(err, rows.Close()); err != nil {
		return err
	}
	var names []string
	var values []any
	for _, c := range types {
		if c.Name() != "rowid" {
			names = append(names, c.Name())
			values = append(values, made(c.DatabaseTypeName()))
		}
	}
	_, err = write.Exec(`INSERT INTO "`+name+`" (`+quoted(names)+`) VALUES (?`+strings.Repeat(", ?", len(names)-1)+`)`,
		values...)
	return err
}

func made(kind string) any {
	switch kind {
	case "INTEGER", "INT8":
		return int64(1)
	case "REAL", "FLOAT8":
		return 0.1
	case "BLOB", "BYTEA":
		return []byte{0, 0xff, 'x'}
	}
	return "名前 \u0001'\"\\"
}

// inChild runs the same test in a child of this process until what it returns is called.
func inChild(t *testing.T, env string) (release func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), env)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() && lines.Text() != "open" {
	}
	return func() {
		_ = in.Close()
		for lines.Scan() { // its verdict
		}
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}
