package store

import (
	"strings"
	"testing"
)

// What is asked in steps or of all mail must be answered in the order of an index: a sort would
// read everything for every step.
func TestPlans(t *testing.T) {
	onlySQLite(t, "plans of PostgreSQL go by statistics")
	db := openFor(t)
	for name, query := range map[string]string{
		"purge": `SELECT at, id FROM journal WHERE (at, id) > (1, 2) AND at < 9 ORDER BY at, id LIMIT 5`,
		"senders": `SELECT sender, count(*), min(at), max(at) FROM journal WHERE at >= 1
			GROUP BY sender`,
		"unlearned": `SELECT sender, count(*) FROM journal WHERE at >= 1 AND learned = 0
			GROUP BY sender`,
		"own mail":  `SELECT id FROM journal WHERE sender = 'a' AND at >= 1 ORDER BY at DESC, id DESC LIMIT 5`,
		"incidents": `SELECT state, count(*) FROM hold WHERE incident = 1 GROUP BY state`,
		"client":    `SELECT id FROM journal WHERE client = '192.0.2.1' AND client != '' AND at >= 1`,
		"odd mail":  `SELECT action, count(*) FROM journal j WHERE at >= 1 AND ` + oddMail,
	} {
		rows, err := db.read.Query("EXPLAIN QUERY PLAN " + query)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, parent, unused int
			var plan string
			if err := rows.Scan(&id, &parent, &unused, &plan); err != nil {
				t.Fatal(err)
			}
			if strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "INDEX") {
				t.Errorf("%s: %s", name, plan)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}

// What every held mail, or every first mail of a sender, asks must look only at what it is
// about.
func TestPlansOfAMail(t *testing.T) {
	onlySQLite(t, "plans of PostgreSQL go by statistics")
	db := openFor(t)
	for _, c := range []struct {
		index, query string
		args         []any
	}{
		{"COVERING INDEX profile_extent", `SELECT lesson, extent
			FROM profile INDEXED BY profile_extent
			WHERE sender = ?`, []any{"a"}},
		{"hold_recalled", takeHomeQuery, []any{1, "a"}},
		{"journal_waiting", `SELECT h.journal FROM journal j JOIN hold h ON h.journal = j.id
			WHERE j.sender = ? AND j.due != 0 AND j.due > ? AND h.state = 'delayed'
			ORDER BY h.journal`, []any{"a", 1}},
		{"journal_sender", `SELECT observation FROM journal WHERE sender = ? AND at >= ?
			ORDER BY at DESC, id DESC LIMIT ?`, []any{"a", 1, 2}},
		{"PRIMARY KEY (key=?)", `SELECT journal FROM mark WHERE key = ? ORDER BY journal DESC LIMIT ?`,
			[]any{1, 2}},
		{"login_sender (sender=? AND <expr>=? AND last>? AND last<?)", newestLogins, []any{"a", 1, 2, 3, 4, 5}},
		{"COVERING INDEX login_sender (sender=? AND <expr>=? AND last>? AND last<?)", newestGuesses,
			[]any{"a", 1, 2, 3, 4, 5}},
		{"login_sender (sender=? AND <expr>=? AND last>? AND last<?)", nearLogin,
			[]any{"a", "192.0.2.1", "failure", 1, 2, 3, false, "", "", "", 1}},
	} {
		rows, err := db.read.Query("EXPLAIN QUERY PLAN "+c.query, c.args...)
		if err != nil {
			t.Fatal(err)
		}
		var plans []string
		for rows.Next() {
			var id, parent, unused int
			var plan string
			if err := rows.Scan(&id, &parent, &unused, &plan); err != nil {
				t.Fatal(err)
			}
			plans = append(plans, plan)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(plans, "; "); !strings.Contains(all, c.index) ||
			strings.Contains(all, "SCAN") || strings.Contains(all, "TEMP B-TREE") && (c.query == newestLogins || c.query == newestGuesses) {
			t.Errorf("%s: %s", c.index, all)
		}
	}
}

// A step of forgetting must look only at its own rows: through all of the sender's, in every
// step, 20,000 mails took two minutes instead of two seconds.
func TestPlansOfForgetting(t *testing.T) {
	onlySQLite(t, "plans of PostgreSQL go by statistics")
	db := openFor(t)
	queries := []string{untaught, emptied}
	for _, l := range forgetLists {
		queries = append(queries, l.erase)
	}
	for _, query := range queries {
		rows, err := db.write.Query("EXPLAIN QUERY PLAN "+query, "[1]", "a", 1)
		if err != nil {
			t.Fatal(err)
		}
		var plan string
		for first := true; rows.Next(); first = false {
			var id, parent, unused int
			var line string
			if err := rows.Scan(&id, &parent, &unused, &line); err != nil {
				t.Fatal(err)
			}
			if first {
				plan = line
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(plan, "rowid=?") && !strings.Contains(plan, "PRIMARY KEY (sender=? AND key=?)") &&
			!strings.Contains(plan, "unlearned_journal (journal=?)") {
			t.Errorf("%s: %s", query, plan)
		}
	}
}
