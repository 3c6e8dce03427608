package store

import (
	"database/sql"
	"errors"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/analyzer"
	"hisseki/ask"
	"hisseki/internal/pgtest"
	"hisseki/ledger"
	"hisseki/store/postgres"
)

const rolesFile = "../deploy/postgres-roles.sql"

// as is a URL for another role.
func as(url, role string) string { return strings.Replace(url, "user=postgres", "user="+role, 1) }

// withRoles returns a database whose tables a role of rolesFile made.
func withRoles(t *testing.T) string {
	t.Helper()
	onlyServer(t)
	roles, err := os.ReadFile(rolesFile)
	if err != nil {
		t.Fatal(err)
	}
	url, err := server.Database("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Drop(url) })
	raw(t, url, string(roles))
	if _, err := Open(t.Context(), as(url, "hisseki_serve"), Options{}); err == nil ||
		!strings.Contains(err.Error(), "postgres-roles.sql") {
		t.Errorf("serve made tables: %v", err)
	}
	db, err := Open(t.Context(), as(url, "hisseki_migrate"), Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	said, err := pgtest.Notices(url, string(roles), string(roles)) // as often as you like
	if err != nil || len(said) > 0 {                               // who reads notices looks for an error
		t.Errorf("the roles' file: %v, notices %q", err, said)
	}
	return url
}

// Tables and functions that a superuser made, as by a copy, become the owner's.
func TestRolesTakeOver(t *testing.T) {
	onlyServer(t)
	url, err := server.Database("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Drop(url) })
	db, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	roles, err := os.ReadFile(rolesFile)
	if err != nil {
		t.Fatal(err)
	}
	raw(t, url, string(roles), string(roles))
	keep(t, openAs(t, url, "hisseki_serve"), record("a@example.jp", analyzer.Hold))
	if err := openAs(t, url, "hisseki_migrate").Close(); err != nil {
		t.Error(err)
	}
}

func openAs(t *testing.T, url, role string) *DB {
	t.Helper()
	db, err := Open(t.Context(), as(url, role), Options{Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatalf("%s: %v", role, err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// TestRolesWork: each role does what its process does.
func TestRolesWork(t *testing.T) {
	url := withRoles(t)
	ctx := t.Context()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	serve, agent, person := openAs(t, url, "hisseki_serve"), openAs(t, url, "hisseki_agent"),
		openAs(t, url, "hisseki_reviewer")
	for range 3 {
		keep(t, serve, record("b@example.jp", analyzer.Hold))
	}
	keep(t, serve, record("a@example.jp", analyzer.Pass))
	must("hooks", serve.SetHooks(ctx, []string{"tell"}))
	p, last, err := serve.Profile(ctx, "a@example.jp")
	must("profile", err)
	data, err := p.MarshalBinary()
	must("profile", err)
	must("profiles", serve.SaveProfiles(ctx, analyzer.Saved{Sender: "a@example.jp", Last: last, Data: data,
		Extent: []byte{}}))

	must("heartbeat", agent.Heartbeat(ctx, "mx", ""))
	_, err = agent.KeepLog(ctx, &ledger.LogBatch{Host: "mx.example.jp", Position: ledger.LogPosition{Source: "log"},
		Logins: []ledger.LogLogin{{Login: analyzer.Login{Sender: "a@example.jp", At: noon, Client: netip.MustParseAddr("192.0.2.1"), Result: "success",
			Service: "smtp"}}}})
	must("log", err)
	event, err := agent.ClaimEvent(ctx, "tell", time.Minute)
	must("event", err)
	if event != nil {
		must("hook's run", agent.RetryEvent(ctx, "tell", event.N, ledger.HookRun{Error: "x"}, noon))
	}
	_, err = agent.ClaimAlert(ctx, "tell", time.Hour, time.Minute)
	must("alert", err)
	must("own mail", agent.ExpectOwnMail(ctx, "<m@example.jp>", []string{"p@example.jp"}))
	_, err = agent.Recall(ctx, noon)
	must("recall", err)
	_, err = agent.Adopt(ctx)
	must("adopt", err)
	_, err = agent.Vanish(ctx, 3)
	must("vanish", err)

	_, err = person.Decide(ctx, 1, ledger.Releasing, "p", "")
	must("decide", err)
	must("released", agent.Finish(ctx, 1))
	_, err = agent.Refuse(ctx, "x", 2)
	must("refuse", err)
	_, _, err = person.EndIncident(ctx, 1, ledger.Ending{To: ledger.IncidentConfirmed, By: "p"})
	must("end an incident", err)
	_, _, err = person.ReopenIncident(ctx, 1, "p", "")
	must("reopen it", err)
	must("rule", person.SetOverride(ctx, "sender:a@example.jp", analyzer.Override{Action: analyzer.Pass, By: "p", Until: noon.Add(time.Hour)}))
	_, err = person.ClearOverride(ctx, "sender:a@example.jp", "p", "")
	must("rule's end", err)
	_, err = person.AddHabit(ctx, analyzer.Habit{Senders: []string{"a@example.jp"}, Countries: []string{"FR"}, Until: noon.Add(time.Hour)})
	must("exception", err)
	must("thresholds", person.SetThresholds(ctx, analyzer.Thresholds{}, "p", ""))
	must("reviewer", person.Reviewers().PutAccount(ctx, access.Account{Name: "p", Role: access.Admin}, "root", "add"))
	id, err := person.Reviewers().AddRequest(ctx, ledger.Request{Holds: []int64{1}, By: "p", Asked: noon})
	must("request", err)
	_, err = person.Reviewers().EndRequest(ctx, id, "done", "q", "")
	must("its end", err)
	must("question", agent.Questions().PutQuestion(ctx, ask.Question{Hash: []byte{2}, Incident: 1, Hook: "tell",
		Sender: "b@example.jp", Asked: noon, Until: noon.Add(time.Hour)}, 3, noon.Add(-time.Hour)))
	_, err = person.Questions().Answer(ctx, []byte{2}, ledger.EventDenied, "owner", "")
	must("answer", err)
	must("link", person.Reviewers().PutLink(ctx, []byte{1}, "p", noon, "root"))
	must("teach", person.NoteTaught(ctx, map[string][]string{"a@example.jp": {"<x@example.jp>"}}))
	keep(t, person, record("taught@example.jp", analyzer.Pass)) // replay --teach

	_, err = serve.TakeOwnMail(ctx, "<m@example.jp>", []string{"p@example.jp"})
	must("own mail met", err)
	_, err = serve.EndPassed(ctx, noon)
	must("end what passed", err)
	_, err = serve.Purge(ctx, noon.Add(1000*24*time.Hour), 24*time.Hour)
	must("purge", err)
	owner := openAs(t, url, "hisseki_migrate")
	_, err = owner.Forget(ctx, "a@example.jp", "p", "asked to")
	must("forget", err)
	_, err = serve.Purge(ctx, noon.Add(1000*24*time.Hour), 24*time.Hour)
	must("purge what was forgotten", err)
}

// TestRolesRefuse: what no process of a role does, its role cannot do either.
func TestRolesRefuse(t *testing.T) {
	url := withRoles(t)
	owner := openAs(t, url, "hisseki_migrate")
	keep(t, owner, record("b@example.jp", analyzer.Hold))
	if err := owner.Audit(t.Context(), "p", "look", "store", ""); err != nil {
		t.Fatal(err)
	}
	all := []string{"hisseki_serve", "hisseki_agent", "hisseki_reviewer"}
	for _, c := range []struct {
		statement string
		roles     []string
	}{
		{`CREATE TABLE public.x (a INTEGER)`, all},
		{`CREATE SCHEMA x`, all},
		{`CREATE TEMP TABLE x (a INTEGER)`, all},
		{`ALTER TABLE journal ADD x INTEGER`, all},
		{`DROP TABLE journal`, all},
		{`TRUNCATE mark`, all},
		{`ALTER TABLE audit DISABLE TRIGGER ALL`, all},
		{`CREATE TRIGGER x BEFORE INSERT ON journal EXECUTE FUNCTION audit_is_append_only()`, all},
		{`SET session_replication_role = replica`, all},
		{`SET ROLE hisseki_migrate`, all},
		{`CREATE ROLE x`, all},
		{`UPDATE audit SET reason = 'x'`, all},
		{`DELETE FROM audit`, all},
		{`UPDATE goose_db_version SET version_id = 1`, all},
		{`DELETE FROM journal`, []string{"hisseki_agent", "hisseki_reviewer"}},
		{`DELETE FROM lesson`, []string{"hisseki_agent", "hisseki_reviewer"}},
		{`DELETE FROM hold`, []string{"hisseki_agent", "hisseki_reviewer"}},
		{`DELETE FROM incident`, []string{"hisseki_agent", "hisseki_reviewer"}},
		{`DELETE FROM event`, []string{"hisseki_agent", "hisseki_reviewer"}},
		{`DELETE FROM profile`, []string{"hisseki_agent", "hisseki_reviewer"}},
		{`INSERT INTO journal SELECT * FROM journal`, []string{"hisseki_agent"}},
		{`UPDATE setting SET value = ''`, []string{"hisseki_serve", "hisseki_agent"}},
		{`INSERT INTO setting ("key", "value") VALUES ('copying', '{}')`, all},
		{`INSERT INTO setting ("key", "value") VALUES ('copying', '{}') ON CONFLICT ("key") DO UPDATE SET "value" = ''`, all},
		{`UPDATE setting SET "key" = 'copying'`, all},
		{`DELETE FROM override`, []string{"hisseki_serve", "hisseki_agent"}},
		{`INSERT INTO override (subject, action, mode, until, by, reason) VALUES ('a', '', '', 0, '', '')`,
			[]string{"hisseki_serve", "hisseki_agent"}},
		{`UPDATE override SET action = 'pass'`, []string{"hisseki_serve"}},
		{`UPDATE habit SET until = 0`, []string{"hisseki_serve"}},
		{`INSERT INTO heartbeat (host, at, detail) VALUES ('x', 0, '')`, []string{"hisseki_serve", "hisseki_reviewer"}},
		{`SELECT * FROM reviewer`, []string{"hisseki_serve", "hisseki_agent"}},
		{`SELECT * FROM session`, []string{"hisseki_serve", "hisseki_agent"}},
		{`DELETE FROM login_link`, []string{"hisseki_serve", "hisseki_agent"}},
	} {
		for _, role := range c.roles {
			db, err := sql.Open("pgx", as(url, role))
			if err != nil {
				t.Fatal(err)
			}
			_, err = db.Exec(c.statement)
			var state interface{ SQLState() string }
			if !errors.As(err, &state) || state.SQLState() != "42501" { // insufficient_privilege
				t.Errorf("%s may %s: %v", role, c.statement, err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestRolesNameEveryTable: whoever adds a table says in the file of roles who writes to it.
func TestRolesNameEveryTable(t *testing.T) {
	url := withRoles(t)
	db := openAs(t, url, "hisseki_migrate")
	for table := range tables(t, db) {
		var writers int
		err := db.read.QueryRow(`SELECT count(*)
			FROM unnest(ARRAY['hisseki_serve', 'hisseki_agent', 'hisseki_reviewer']) r
			WHERE has_table_privilege(r, '` + table + `', 'INSERT')`).Scan(&writers)
		if err != nil {
			t.Fatal(err)
		}
		if (writers == 0) != (table == "goose_db_version") {
			t.Errorf("%d roles may write to table %s: name it in %s", writers, table, rolesFile)
		}
	}
}

// What hangs on the journal grows with the mail, and loses as much in a purge: autovacuum comes after a
// hundredth of it, also to a table that a later schema brings. Of short queue ids each mail leaves a row.
func TestRolesSetAutovacuum(t *testing.T) {
	url := withRoles(t)
	db, err := postgres.Plain(url)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT relname || ' ' || coalesce(array_to_string(reloptions, ' '), '')
		FROM pg_class
		WHERE oid = 'journal'::regclass
		   OR oid IN (SELECT conrelid FROM pg_constraint WHERE contype = 'f' AND confrelid = 'journal'::regclass)`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := texts(rows)
	if err != nil || len(tables) <= len(hanging) {
		t.Fatalf("%d tables, %v; want the journal and more than %d that refer to it", len(tables), err, len(hanging)-1)
	}
	for _, table := range tables {
		if !strings.Contains(table, "autovacuum_vacuum_scale_factor=0.01") {
			t.Errorf("%s: autovacuum waits for a fifth of it", table)
		}
	}
}
