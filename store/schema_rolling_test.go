package store

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"hisseki/analyzer"
	"hisseki/ledger"
	"hisseki/store/postgres"
)

// newerHisseki brings a database up as a hisseki would that has more migrations than this one.
// steps are how many of these are new to it.
func newerHisseki(t *testing.T, url string, steps int, more map[string]string) {
	t.Helper()
	plain, err := postgres.Plain(url)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	files := fstest.MapFS{}
	ours, err := fs.Glob(migrations, "migrations/postgres/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range ours {
		text, err := fs.ReadFile(migrations, path)
		if err != nil {
			t.Fatal(err)
		}
		files[path[strings.LastIndexByte(path, '/')+1:]] = &fstest.MapFile{Data: text}
	}
	for name, text := range more {
		files[name] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
	}
	one, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
	if err != nil {
		t.Fatal(err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, plain, files, goose.WithDisableGlobalRegistry(true),
		goose.WithSessionLocker(one))
	if err != nil {
		t.Fatal(err)
	}
	if done, err := p.Up(t.Context()); err != nil || len(done) != steps {
		t.Fatalf("%d steps, %v; want %d", len(done), err, steps)
	}
}

// ownDatabase is a database that no other test uses after this one.
func ownDatabase(t *testing.T) string {
	t.Helper()
	onlyServer(t)
	url, err := server.Database(template)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Drop(url); err != nil {
			t.Error(err)
		}
	})
	return url + patience
}

// A newer hisseki takes a step that only adds, under load: this one goes on meanwhile and afterwards, is
// restarted, records, holds and releases. After a step that does not say that it only adds it is refused.
func TestRollingUpgrade(t *testing.T) {
	url := ownDatabase(t)
	db := open(t, url)
	stop, fails := make(chan struct{}), make(chan error, 1)
	written := 0
	var load sync.WaitGroup
	load.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			action := analyzer.Pass
			if written%10 == 9 {
				action = analyzer.Hold
			}
			r := record(fmt.Sprintf("u%d@example.jp", written%7), action)
			if _, err := db.Begin(context.Background(), r)(); err != nil {
				fails <- err
				return
			}
			written++
		}
	})
	step := db.known + 1
	name := fmt.Sprintf("%04d_later.sql", step)
	more := map[string]string{name: fmt.Sprintf(`ALTER TABLE journal ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
		CREATE TABLE later (journal BIGINT NOT NULL REFERENCES journal (id) ON DELETE CASCADE, said TEXT NOT NULL);
		COMMENT ON TABLE goose_db_version IS 'schema %d may be written by %d';`, step, db.known)}
	newerHisseki(t, url, 1, more)
	time.Sleep(2 * versionAge) // each node has looked at the schema since
	close(stop)
	load.Wait()
	select {
	case err := <-fails:
		t.Fatalf("beside the newer schema: %v", err)
	default:
	}

	again := open(t, url) // restarted, before its own turn comes
	id := keep(t, again, record("held@example.jp", analyzer.Hold))
	held, err := again.Holds(t.Context(), ledger.HoldFilter{Sender: "held@example.jp"})
	if err != nil || len(held) != 1 || held[0].Record.ID != id {
		t.Fatalf("holds %+v, %v", held, err)
	}
	if ok, err := again.Decide(t.Context(), held[0].ID, ledger.Releasing, "admin", ""); err != nil || !ok {
		t.Fatalf("released: %t, %v", ok, err)
	}
	if err := again.Finish(t.Context(), held[0].ID); err != nil {
		t.Fatal(err)
	}
	if c, err := Check(t.Context(), url); err != nil || c.Mails != int64(written+1) {
		t.Errorf("check: %+v, %v; want %d mails", c, err, written+1)
	}

	more[fmt.Sprintf("%04d_other.sql", step+1)] = `ALTER TABLE journal ADD COLUMN other BIGINT NOT NULL DEFAULT 0;`
	newerHisseki(t, url, 1, more)
	time.Sleep(2 * versionAge)
	want := fmt.Sprintf("has schema %d, this hisseki knows %d", step+1, db.known)
	if _, err := db.Begin(context.Background(), record("a@example.jp", analyzer.Pass))(); err == nil ||
		!strings.Contains(err.Error(), want) {
		t.Errorf("written after a step that says nothing of itself: %v", err)
	}
	if _, err := Open(t.Context(), url, Options{}); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("opened after it: %v", err)
	}
}

// What the tables' comment allows is for the schema that it names alone.
func TestAllowed(t *testing.T) {
	for comment, want := range map[string]int64{
		"schema 34 may be written by 33": 33, "schema 34 may be written by 30": 30,
		"schema 33 may be written by 32": 0, "": 0, "schema 34": 0, "who knows": 0,
	} {
		if got := allowed(comment, 34); got != want {
			t.Errorf("%q: %d, want %d", comment, got, want)
		}
	}
}

// A migration's comment names its own number and an older one that there is.
func TestMigrationsAllowWhatTheySay(t *testing.T) {
	files, err := fs.Glob(migrations, "migrations/postgres/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	numbers := map[int64]bool{}
	for _, path := range files {
		var n int64
		if _, err := fmt.Sscanf(path, "migrations/postgres/%d_", &n); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		text, err := fs.ReadFile(migrations, path)
		if err != nil {
			t.Fatal(err)
		}
		if _, comment, ok := strings.Cut(string(text), "COMMENT ON TABLE goose_db_version IS '"); ok {
			if oldest := allowed(comment, n); !numbers[oldest] {
				t.Errorf("%s allows %d", path, oldest)
			}
		}
		numbers[n] = true
	}
}
