package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"hisseki/analyzer"
	"hisseki/store/postgres"
)

// Tests of PostgreSQL alone.

func onlyServer(t *testing.T) {
	t.Helper()
	if server == nil {
		t.Skip("PostgreSQL alone")
	}
}

// TestSchemasAreTheSame: both engines' migrations have the same numbers from the first one of
// PostgreSQL on, and come to the same tables and columns.
func TestSchemasAreTheSame(t *testing.T) {
	onlyServer(t)
	file, err := Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	theirs := openFor(t)
	if file.known != theirs.known {
		t.Errorf("SQLite has schema %d, PostgreSQL %d: a migration of one has no twin in "+
			"migrations/postgres", file.known, theirs.known)
	}
	want, got := tables(t, file), tables(t, theirs)
	for _, list := range []map[string][]string{want, got} {
		delete(list, "goose_db_version") // goose's own
		delete(list, "sqlite_sequence")
	}
	got["recipient"] = slices.DeleteFunc(got["recipient"], func(c string) bool {
		return strings.HasPrefix(c, "rowid ") // which SQLite has unasked
	})
	spelled := strings.NewReplacer(" bigint ", " INTEGER ", " text ", " TEXT ", " bytea ", " BLOB ",
		" double precision ", " REAL ")
	for table, columns := range got {
		for i := range columns {
			columns[i] = spelled.Replace(columns[i])
		}
		slices.Sort(columns)
		slices.Sort(want[table])
	}
	for _, table := range slices.Sorted(maps.Keys(want)) {
		if !slices.Equal(got[table], want[table]) {
			t.Errorf("table %s:\nPostgreSQL %q\nSQLite     %q", table, got[table], want[table])
		}
		delete(got, table)
	}
	if len(got) > 0 {
		t.Errorf("tables of PostgreSQL alone: %v", got)
	}
}

// Nodes that start together on an empty database: one makes the tables, the others wait.
func TestNodesStartTogether(t *testing.T) {
	onlyServer(t)
	url, err := server.Database("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Drop(url) })
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() {
			db, err := Open(context.Background(), url, Options{Migrate: true})
			if err == nil {
				_, err = db.Begin(context.Background(), record("a@example.jp", analyzer.Pass))()
				err = errors.Join(err, db.Close())
			}
			errs[i] = err
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	c, err := Check(t.Context(), url)
	if err != nil || c.Mails != 3 {
		t.Errorf("%v, %v; want 3 mails", c, err)
	}
}

// A schema of a newer hisseki is refused at the start, and by who writes already.
func TestNewerSchemaOnServer(t *testing.T) {
	onlyServer(t)
	db := openFor(t)
	raw(t, db.path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, true)`)
	t.Cleanup(func() { raw(t, db.path, `DELETE FROM goose_db_version WHERE version_id = 9999`) })
	want := fmt.Sprintf("has schema 9999, this hisseki knows %d", db.known)
	if _, err := Open(t.Context(), db.path, Options{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("opened: %v", err)
	}
	db.looked = db.looked.Add(-2 * versionAge)
	if _, err := db.Begin(t.Context(), record("a@example.jp", analyzer.Pass))(); err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("written: %v", err)
	}
	raw(t, db.path, `UPDATE goose_db_version SET version_id = 1 WHERE version_id > 1`)
	t.Cleanup(func() {
		raw(t, db.path, fmt.Sprintf(`UPDATE goose_db_version SET version_id = %d
		WHERE version_id = 1`, db.known))
	})
	if _, err := OpenReadOnly(t.Context(), db.path, Options{}); !errors.Is(err, ErrOlder) {
		t.Errorf("an older schema: %v", err)
	}
}

// What a database cannot be used for is said with what to do, and without the password.
func TestUnfitDatabases(t *testing.T) {
	onlyServer(t)
	if err := server.Exec("postgres", "CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'",
		"CREATE ROLE nobody_much LOGIN"); err != nil {
		t.Fatal(err)
	}
	db := openFor(t)
	as := func(url, user string) string { return strings.Replace(url, "user=postgres", "user="+user, 1) }
	for name, c := range map[string]struct{ url, want string }{
		"encoding":    {server.URL("latin"), "has the encoding LATIN1"},
		"no database": {server.URL("nowhere"), "createdb"},
		"no server":   {"postgres://hisseki@127.0.0.1:1/hisseki", "is the server up"},
		"no right":    {as(db.path, "nobody_much"), "name it with --db"},
		"no role":     {as(db.path, "who"), "passwordfile"},
		"password":    {"postgres://hisseki:geheim@db/hisseki", "passwordfile"},
		"no URL":      {"postgres://hisseki:geheim@[::1/hisseki", "no URL"},
		"no number":   {"postgres://hisseki:geheim@db:port/hisseki", "no URL"},
	} {
		_, err := Open(t.Context(), c.url, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: error %v, want one with %q and without the password", name, err, c.want)
		}
	}
	if got := postgres.Shown("postgres://u:geheim@h/d?password=geheim&sslpassword=geheim"); strings.Contains(got, "geheim") {
		t.Errorf("the password is shown: %s", got)
	}
}
