package transfer

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/internal/pgtest"
	"hisseki/store"
	"hisseki/store/postgres"
)

// server is a private PostgreSQL.
var server *pgtest.Cluster

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		if os.Getenv(holdFile) != "" {
			return m.Run() // a child, which needs no server
		}
		var err error
		if server, err = pgtest.Start(pgtest.Fast...); err != nil {
			fmt.Fprintln(os.Stderr, "store/transfer: NOT TESTED:", err)
			if errors.Is(err, pgtest.ErrMissing) && os.Getenv("CI") == "" {
				return 0
			}
			return 1
		}
		defer func() {
			if err := server.Close(); err != nil {
				fmt.Fprintln(os.Stderr, "end PostgreSQL:", err)
			}
		}()
		return m.Run()
	}())
}

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// empty returns an empty database.
func empty(t testing.TB) string {
	t.Helper()
	url, err := server.Database("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Drop(url); err != nil {
			t.Error(err)
		}
	})
	return url
}

// lent opens a store, and returns its connections too.
func lent(t testing.TB, place string) (*store.DB, *sql.DB) {
	t.Helper()
	var write *sql.DB
	db, err := store.Open(t.Context(), place, store.Options{Now: func() time.Time { return noon },
		Copying: func(_, w *sql.DB) { write = w }})
	if err != nil {
		t.Fatal(err)
	}
	return db, write
}

// sqliteTables are the tables of schema.sql, as text: not as this package reads them.
func sqliteTables(t testing.TB) (list []string) {
	t.Helper()
	text, err := os.ReadFile("../schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`).FindAllStringSubmatch(string(text), -1) {
		list = append(list, m[1])
	}
	if len(list) < 30 {
		t.Fatalf("schema.sql has only %v", list)
	}
	return list
}

func copying(from, to string) Copying {
	return Copying{From: from, To: to, Alive: 30 * time.Second, Now: time.Now, By: "tester", Say: func(string) {}}
}

// dump reads all rows of a store, table by table, as text: without this package's catalog.
func dump(t testing.TB, place string) map[string][]string {
	t.Helper()
	driver := "sqlite3"
	if postgres.IsURL(place) {
		driver = "pgx"
	}
	db, err := sql.Open(driver, place)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	all := make(map[string][]string)
	for _, table := range sqliteTables(t) {
		rows, err := db.Query(`SELECT * FROM "` + table + `"`)
		if err != nil {
			t.Fatal(err)
		}
		names, _ := rows.Columns()
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			var fields []string
			for i, name := range names {
				if name == "rowid" {
					continue
				}
				if s, ok := values[i].(string); ok {
					values[i] = []byte(s)
				}
				fields = append(fields, fmt.Sprintf("%s=%x", name, values[i]))
			}
			slices.Sort(fields) // migrations may have put columns in another order
			all[table] = append(all[table], strings.Join(fields, " "))
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		slices.Sort(all[table])
	}
	return all
}

// same compares two stores; the copies' own audit lines are left out.
func same(t testing.TB, want, got map[string][]string) {
	t.Helper()
	ours := func(row string) bool { return strings.Contains(row, fmt.Sprintf("verb=%x", "copy")) }
	for _, table := range sqliteTables(t) {
		a, b := slices.DeleteFunc(slices.Clone(want[table]), ours), slices.DeleteFunc(slices.Clone(got[table]), ours)
		if !slices.Equal(a, b) {
			t.Errorf("table %s: %d rows, want %d; first\n%.300v\nwant\n%.300v", table, len(b), len(a), b, a)
		}
	}
}

// There and back: every table that schema.sql names has rows, and they are the same on each side.
func TestThereAndBack(t *testing.T) {
	dir := t.TempDir()
	file, url, back := filepath.Join(dir, "a.db"), empty(t), filepath.Join(dir, "b.db")
	db, write := lent(t, file)
	fill(t, db, write, 50)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	want := dump(t, file)
	for _, table := range sqliteTables(t) {
		if len(want[table]) == 0 {
			t.Errorf("table %s has no row here: nothing shows that it is copied", table)
		}
	}
	done, err := Copy(t.Context(), copying(file, url))
	if err != nil {
		t.Fatal(err)
	}
	if int(done.Tables) != len(sqliteTables(t)) || done.Profiles < 3 || done.Replaced != 0 {
		t.Errorf("copied %+v", done)
	}
	same(t, want, dump(t, url))
	if _, err := Copy(t.Context(), copying(url, back)); err != nil {
		t.Fatal(err)
	}
	same(t, want, dump(t, back))
	for _, place := range []string{url, back} {
		goesOn(t, place)
	}
}

// goesOn writes to a copy: no id that was ever given comes again, and events are made as before.
func goesOn(t *testing.T, place string) {
	t.Helper()
	db, err := store.Open(t.Context(), place, store.Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	before, err := db.Lessons(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	keep(t, db, record("new@example.jp", 1))
	lessons, err := db.Lessons(t.Context(), purged, 10)
	if err != nil || len(lessons) != 1 || lessons[0].ID != purged+1 {
		t.Errorf("%s: after %d lessons the next is %+v, %v; want the one behind %d, which was purged", place,
			len(before), lessons, err, purged)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if c, err := store.Check(t.Context(), place); err != nil {
		t.Errorf("%v, %v", c, err)
	}
}

// A copy that is ended again and again goes on where it was; until it is whole nobody opens it.
func TestInterrupted(t *testing.T) {
	for name, back := range map[string]bool{"to the server": false, "to a file": true} {
		t.Run(name, func(t *testing.T) {
			from, to := filepath.Join(t.TempDir(), "a.db"), empty(t)
			if back {
				from, to = to, from
			}
			db, write := lent(t, from)
			fill(t, db, write, 2500) // some batches
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			parts := 0
			for ; parts < 500; parts++ {
				ctx, cancel := context.WithCancel(t.Context())
				c := copying(from, to)
				n := 0
				c.Now = func() time.Time { n++; return noon.Add(time.Duration(n) * time.Hour) } // told of each batch
				batches := 0
				c.Say = func(line string) {
					if batches++; batches > 4 && !strings.HasPrefix(line, "comparing") {
						cancel()
					}
				}
				_, err := Copy(ctx, c)
				cancel()
				if err == nil {
					break
				}
				if !strings.Contains(err.Error(), "goes on where it was") {
					t.Fatal(err)
				}
				if _, err := store.Open(t.Context(), to, store.Options{}); err == nil ||
					!strings.Contains(err.Error(), "unfinished copy") {
					t.Fatalf("an unfinished copy was opened: %v", err)
				}
				if _, err := store.OpenReadOnly(t.Context(), to, store.Options{}); err == nil {
					t.Fatal("an unfinished copy was opened for reading")
				}
				if _, err := store.Check(t.Context(), to); err == nil {
					t.Fatal("an unfinished copy is whole")
				}
			}
			if parts < 3 || parts == 500 {
				t.Errorf("the copy came in %d parts", parts)
			}
			same(t, dump(t, from), dump(t, to))
		})
	}
}

// What stands in the way is said before anything is written.
func TestRefused(t *testing.T) {
	dir := t.TempDir()
	file, other, url := filepath.Join(dir, "a.db"), filepath.Join(dir, "other.db"), empty(t)
	for _, path := range []string{file, other} {
		db, write := lent(t, path)
		fill(t, db, write, 5)
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(name, from, to, want string) {
		t.Helper()
		_, err := Copy(t.Context(), copying(from, to))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", name, err, want)
		}
	}
	refused("two files", file, other, "hisseki backup")
	refused("two databases", url, url, "pg_dump")
	refused("no file", filepath.Join(dir, "none.db"), url, "no such file")
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("the missing source was made")
	}

	half := empty(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := copying(file, half)
	c.Say = func(string) { cancel() }
	if _, err := Copy(ctx, c); err == nil {
		t.Fatal("not interrupted")
	}
	refused("another store's unfinished copy", other, half, "unfinished copy of another store")
	refused("an unfinished copy as source", half, filepath.Join(dir, "c.db"), "unfinished copy")

	if _, err := Copy(t.Context(), copying(file, url)); err != nil {
		t.Fatal(err)
	}
	refused("a target with data", file, url, "has data already")
	refused("a file with data", url, other, "has data already")

	alive, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	refused("a database that serve has open", url, filepath.Join(dir, "d.db"), "other connections")
	if err := errors.Join(alive.Heartbeat(t.Context(), "mx1.example.jp", ""), alive.Close()); err != nil {
		t.Fatal(err)
	}
	refused("an agent that lives", url, filepath.Join(dir, "d.db"), "the agent of mx1.example.jp")
}

// holdFile names the file that a child of TestOpenFileIsRefused keeps open.
const holdFile = "HISSEKI_TEST_HOLD"

// A file that another process has open is refused. The lock is asked for by the process, so the
// test is one that holds it in a child.
func TestOpenFileIsRefused(t *testing.T) {
	if path := os.Getenv(holdFile); path != "" {
		db, err := store.OpenReadOnly(t.Context(), path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Println("open")
		_, _ = os.Stdin.Read(make([]byte, 1)) // until the parent ends it
		_ = db.Close()
		return
	}
	file := filepath.Join(t.TempDir(), "a.db")
	db, write := lent(t, file)
	fill(t, db, write, 5)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	release := inChild(t, holdFile+"="+file)
	_, err := Copy(t.Context(), copying(file, empty(t)))
	if err == nil || !strings.Contains(err.Error(), "is in use by process") {
		t.Errorf("a file that a process reads was copied: %v", err)
	}
	release()
	if _, err := Copy(t.Context(), copying(file, empty(t))); err != nil {
		t.Error(err)
	}
}

// Mail is hostile: bytes that PostgreSQL cannot hold are replaced and counted, and keys that are
// the same then do not stop the copy.
func TestBytesThatNoServerHolds(t *testing.T) {
	file, url := filepath.Join(t.TempDir(), "a.db"), empty(t)
	db, write := lent(t, file)
	fill(t, db, write, 5)
	for i, name := range []string{"a\ufffd", "a\xff", "a\xfe", "a\x00", "b"} {
		if _, err := write.Exec(`INSERT INTO delivery VALUES (1, ?, '', 'sent', 5, 0, '', ?, '')`, name,
			fmt.Sprintf("same %d", min(i, 1)*0)); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	rows := len(dump(t, file)["delivery"])
	done, err := Copy(t.Context(), copying(file, url))
	if err != nil || done.Replaced != 3 || done.Merged != 3 {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := len(dump(t, url)["delivery"]); got != rows-3 {
		t.Errorf("%d deliveries, want %d", got, rows-3)
	}
}

// What was changed between two parts is found by the comparison.
func TestChangeIsFound(t *testing.T) {
	file, url := filepath.Join(t.TempDir(), "a.db"), empty(t)
	db, write := lent(t, file)
	fill(t, db, write, 3000)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := copying(file, url)
	n := 0
	c.Now = func() time.Time { n++; return noon.Add(time.Duration(n) * time.Hour) }
	c.Say = func(line string) {
		if strings.HasPrefix(line, "recipient: ") {
			cancel()
		}
	}
	if _, err := Copy(ctx, c); err == nil {
		t.Fatal("not interrupted")
	}
	db, write = lent(t, file)
	if _, err := write.Exec(`UPDATE journal SET subject = 'another' WHERE id = 1`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := Copy(t.Context(), copying(file, url))
	if err == nil || !strings.Contains(err.Error(), "table journal is not the same") {
		t.Errorf("a row that was changed was not found: %v", err)
	}
	if _, err := store.Open(t.Context(), url, store.Options{}); err == nil {
		t.Error("a copy that is not the same was opened")
	}
}

// A hundred thousand rows go through a bounded memory.
func TestManyRows(t *testing.T) {
	file, url := filepath.Join(t.TempDir(), "a.db"), empty(t)
	db, write := lent(t, file)
	fill(t, db, write, 500)
	for _, q := range []string{
		`INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from, client, message_id, subject,
				bytes, action, would, points, sum, due, learned, observation, detail)
			SELECT j.at, j.host, j.queue_id, j.sender, j.class, j.mail_from, j.header_from, j.client, j.message_id,
				j.subject, j.bytes, j.action, j.would, j.points, j.sum, j.due, j.learned, j.observation, j.detail
			FROM journal j, (SELECT 1 FROM journal LIMIT 50) k`,
		`INSERT INTO recipient SELECT id, 'c@example.org', 'example.org' FROM journal`,
		`INSERT INTO lesson (journal, sender, sign) SELECT id, sender, 1 FROM journal`,
		`INSERT INTO delivery SELECT id, 'c@example.org', '', 'sent', 5, 0, 'mx', '250', '2.0.0' FROM journal`,
	} {
		if _, err := write.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	c := copying(file, url)
	var most uint64
	n := 0
	c.Now = func() time.Time { n++; return noon.Add(time.Duration(n) * time.Hour) }
	c.Say = func(string) {
		if n%100 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapInuse)
		}
	}
	start := time.Now()
	done, err := Copy(t.Context(), c)
	took := time.Since(start)
	if err != nil || done.Rows < 100_000 {
		t.Fatalf("%+v, %v", done, err)
	}
	t.Logf("%d rows copied and compared in %v, heap at most %d MB", done.Rows, took.Round(time.Millisecond), most>>20)
	if took > 3*time.Minute || most > 256<<20 {
		t.Errorf("%d rows took %v and %d MB", done.Rows, took, most>>20)
	}
}
