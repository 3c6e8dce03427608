package store

import (
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"hisseki/internal/pgtest"
	"hisseki/store/postgres"
)

// All tests of this package run twice: on SQLite files, and then on a private PostgreSQL, where
// every path that a test names stands for a database of its own.

var engine = flag.String("engine", "both", "sqlite, postgres or both: where the tests run")

// server is the PostgreSQL of this run, nil while the tests run on SQLite.
var server *pgtest.Cluster

// template is a database with our tables: to copy it is quicker than to make them.
const template = "hisseki_template"

func TestMain(m *testing.M) {
	flag.Parse()
	unorder()
	if path := os.Getenv(crashFile); path != "" { // a child of crash_test.go
		fill(path)
	}
	if path := os.Getenv(burstFile); path != "" {
		burst(path)
	}
	code := 0
	if *engine != "postgres" {
		code = m.Run()
	}
	if *engine != "sqlite" && !*update && flag.Lookup("test.list").Value.String() == "" {
		code = max(code, runOnServer(m))
	}
	os.Exit(code)
}

func runOnServer(m *testing.M) int {
	var err error
	if server, err = pgtest.Start(pgtest.Fast...); err != nil {
		fmt.Fprintln(os.Stderr, "store: NOT TESTED on PostgreSQL:", err)
		if errors.Is(err, pgtest.ErrMissing) && os.Getenv("CI") == "" {
			return 0
		}
		return 1
	}
	defer func() {
		if err := server.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "store: end PostgreSQL:", err)
		}
	}()
	fmt.Println("store: once more on PostgreSQL")
	if err := server.Exec("postgres", "CREATE DATABASE "+template+" TEMPLATE template0"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	plain, err := newServer(server.URL(template), Options{})
	if err == nil {
		err = plain.prepareServer(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// onlySQLite leaves a test out of the run on PostgreSQL, and says why.
func onlySQLite(t testing.TB, why string) {
	t.Helper()
	if server != nil {
		t.Skip("SQLite alone: " + why)
	}
}

// own leaves a benchmark that has servers of its own out of the run on PostgreSQL: once is enough.
func own(b *testing.B) {
	b.Helper()
	onlySQLite(b, "it has its own server")
}

// databases are those that stand for paths.
var databases struct {
	sync.Mutex
	of   map[string]string
	free []string
}

// place returns where the store of a path is in this run: the path, or a database's URL.
func place(t testing.TB, path string) string {
	t.Helper()
	if server == nil || postgres.IsURL(path) {
		return path
	}
	databases.Lock()
	defer databases.Unlock()
	if url, ok := databases.of[path]; ok {
		return url
	}
	url, err := fresh()
	if err != nil {
		t.Fatal(err)
	}
	if databases.of == nil {
		databases.of = make(map[string]string)
	}
	databases.of[path] = url
	t.Cleanup(func() {
		databases.Lock()
		defer databases.Unlock()
		delete(databases.of, path)
		if err := server.Exec(pgtest.Name(url), emptyAll); err != nil {
			t.Log("a database that cannot be used again:", err)
			return
		}
		databases.free = append(databases.free, url)
	})
	return url
}

// fresh returns an empty database with our tables, one that a test before has used if there is any:
// to make one takes as long as many tests.
func fresh() (string, error) {
	if n := len(databases.free); n > 0 {
		url := databases.free[n-1]
		databases.free = databases.free[:n-1]
		return url, nil
	}
	url, err := server.Database(template)
	return url + patience, err
}

// patience is for a test that gets no processor for a while: as shipped, the server ends its
// transaction after less than a second.
const patience = "&idle_in_transaction_session_timeout=30000"

// emptyAll leaves of a database what the migrations made, and nobody's connections but this one.
const emptyAll = `SET session_replication_role = replica;
	SELECT pg_terminate_backend(pid) FROM pg_stat_activity
		WHERE datname = current_database() AND pid != pg_backend_pid();
	DO $$ DECLARE r record; BEGIN
		FOR r IN SELECT tablename AS t FROM pg_tables
			WHERE schemaname = 'public' AND tablename != 'goose_db_version' LOOP
			EXECUTE format('DELETE FROM %I', r.t);
		END LOOP;
		FOR r IN SELECT sequencename AS s FROM pg_sequences
			WHERE schemaname = 'public' AND last_value IS NOT NULL
				AND sequencename NOT LIKE 'goose%' LOOP
			EXECUTE format('ALTER SEQUENCE %I RESTART', r.s);
		END LOOP;
	END $$`

// raw runs statements behind a store's back.
func raw(t *testing.T, path string, queries ...string) {
	t.Helper()
	driver := "sqlite3"
	if path = place(t, path); postgres.IsURL(path) {
		driver = "pgx"
	}
	db, err := sql.Open(driver, path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range queries {
		if _, err := db.Exec(q); err != nil {
			t.Fatalf("%s: %v", q, err)
		}
	}
}

// failInserts has every INSERT into a table fail until what it returns is called.
func failInserts(t *testing.T, db *DB, table, words string) (mend func()) {
	t.Helper()
	make, drop := []string{`CREATE TEMP TRIGGER fails BEFORE INSERT ON main.` + table + `
		BEGIN SELECT RAISE(ABORT, '` + words + `'); END`}, `DROP TRIGGER IF EXISTS fails`
	if server != nil {
		make = []string{`CREATE OR REPLACE FUNCTION fails() RETURNS trigger LANGUAGE plpgsql AS
			$$ BEGIN RAISE EXCEPTION '` + words + `'; END $$`,
			`CREATE TRIGGER fails BEFORE INSERT ON ` + table + ` EXECUTE FUNCTION fails()`}
		drop = `DROP TRIGGER IF EXISTS fails ON ` + table
	}
	for _, q := range make {
		if _, err := db.write.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	mend = func() {
		if _, err := db.write.Exec(drop); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(mend)
	return mend
}

// tables returns a store's tables with their columns, "name type not-null".
func tables(t *testing.T, db *DB) map[string][]string {
	t.Helper()
	query := `SELECT m.name, c.name, c.type, c."notnull" OR c.pk > 0
		FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table'
		ORDER BY m.name, c.cid`
	if db.onServer() {
		query = `SELECT table_name, column_name, data_type, is_nullable = 'NO'
			FROM information_schema.columns
			WHERE table_schema = 'public'
			ORDER BY table_name, ordinal_position`
	}
	rows, err := db.read.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	list := make(map[string][]string)
	for rows.Next() {
		var table, column, kind string
		var never bool
		if err := rows.Scan(&table, &column, &kind, &never); err != nil {
			t.Fatal(err)
		}
		list[table] = append(list[table], fmt.Sprintf("%s %s %t", column, kind, never))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}
