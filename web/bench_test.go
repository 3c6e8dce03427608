package web_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	_ "github.com/mattn/go-sqlite3" // rows by the million are made by SQL

	"hisseki/access"
	"hisseki/analyzer"
	"hisseki/store"
)

// crowded is an office with journal rows, and 5,000 holds of 500 open incidents. Rows are made
// by SQL from some that the store wrote.
func crowded(b *testing.B, rows int) *office {
	b.Helper()
	const incidents, holds, senders = 500, 5_000, 500
	path := filepath.Join(b.TempDir(), "hisseki.db")
	now := time.Now()
	db, err := store.Open(b.Context(), path, store.Options{Migrate: true})
	if err != nil {
		b.Fatal(err)
	}
	var waits []analyzer.Pending
	for i := range holds + 2*senders {
		at := now.Add(-time.Duration(holds+2*senders-i) * time.Second)
		client := netip.MustParseAddr("192.0.2.7")
		if i < holds { // an attacker comes from somewhere else
			client = netip.AddrFrom4([4]byte{203, 0, byte(i % senders / 250), byte(i % senders % 250)})
		}
		r := &analyzer.Record{Subject: fmt.Sprintf("請求書 %d", i), Envelope: analyzer.Envelope{Time: at, Host: "mail.example.jp",
			QueueID: fmt.Sprintf("4C%09dz", i), Sender: fmt.Sprintf("user%d@example.jp", i%senders), Class: analyzer.Account,
			MailFrom: "a@example.jp", Client: client, Helo: "pc",
			Recipients: []string{fmt.Sprintf("to%d@partner.example", i), "second@partner.example"}},
			Verdict: analyzer.Verdict{Action: analyzer.Pass, Would: analyzer.Pass}}
		if i < holds {
			r.Verdict = analyzer.Verdict{Action: analyzer.Hold, Would: analyzer.Hold, Points: 9, Incident: true, Evidence: []analyzer.Evidence{
				{Signal: analyzer.URLUnknown, Points: 3, Observed: "lure.test", Usual: "12 known sites", Text: "an unknown link to lure.test"},
				{Signal: analyzer.NetworkNew, Points: 2, Observed: "192.0.2.0/24", Usual: "2 known networks", Text: "a new network"}}}
			r.Hosts, r.URLs = []string{"lure.test"}, []string{"https://lure.test/" + strconv.Itoa(i)}
		}
		waits = append(waits, db.Begin(b.Context(), r))
		if len(waits) == 200 {
			for _, wait := range waits {
				if _, err := wait(); err != nil {
					b.Fatal(err)
				}
			}
			waits = waits[:0]
		}
	}
	for _, wait := range waits {
		if _, err := wait(); err != nil {
			b.Fatal(err)
		}
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	multiply(b, path, rows, now)
	return officeAt(b, path, nil)
}

// multiply copies the rows of mail that passed, over three weeks.
func multiply(b *testing.B, path string, rows int, now time.Time) {
	b.Helper()
	raw, err := sql.Open("sqlite3", path+"?_journal_mode=WAL&_synchronous=OFF")
	if err != nil {
		b.Fatal(err)
	}
	defer raw.Close()
	names := columns(b, raw)
	list := strings.Join(names, ", ")
	from := strings.Join(slices.Collect(func(yield func(string) bool) {
		for _, n := range names {
			if n == "at" {
				n = fmt.Sprintf("%d - (abs(random()) %% 1814400)", now.Unix())
			}
			if !yield(n) {
				return
			}
		}
	}), ", ")
	for _, q := range append([]string{
		fmt.Sprintf(`INSERT INTO journal (%s) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT %s FROM n CROSS JOIN (SELECT * FROM journal WHERE action = 'pass' LIMIT 1000)`, list, rows/1000, from),
		`INSERT INTO recipient (journal, address) SELECT id, 'x@partner.example' FROM journal WHERE id % 4 = 0 AND id > 6000`},
		append(extremes(), `ANALYZE`)...) {
		if _, err := raw.ExecContext(b.Context(), q); err != nil {
			b.Fatal(q, err)
		}
	}
}

// Incidents of which there is too much.
const (
	sharedLink = 101                  // 11,000 mails share its link
	bigAttack  = 102                  // 20,000 mails of its own, to five recipients each
	bigCase    = 103                  // its case has 4,000 incidents
	busy       = "user103@example.jp" // has sent 100,000 mails; his incident is 104
	auditLines = 2_000_000
)

// extremes are statements that make what is rare and much.
func extremes() []string {
	return []string{
		// A link that 11,000 mails share, of one sender in 10 each.
		fmt.Sprintf(`INSERT INTO mark (key, journal) SELECT 4711, journal FROM hold WHERE incident = %d`, sharedLink),
		`INSERT INTO mark (key, journal) SELECT 4711, id FROM journal WHERE id BETWEEN 20001 AND 31000`,
		fmt.Sprintf(`UPDATE journal SET sender = (SELECT sender FROM incident WHERE id = %d) WHERE id BETWEEN 20001 AND 21100`, sharedLink),
		// An attack of 20,000 mails.
		`UPDATE journal SET action = 'hold', would = 'hold', sender = (SELECT sender FROM incident WHERE id = 102) WHERE id BETWEEN 40001 AND 60000`,
		fmt.Sprintf(`INSERT INTO hold (journal, incident, state, due) SELECT id, %d, 'discarded', 0 FROM journal WHERE id BETWEEN 40001 AND 60000`, bigAttack),
		`INSERT INTO recipient (journal, address, domain) WITH n(i) AS (VALUES (1), (2), (3), (4), (5))
			SELECT j.id, 'r' || (j.id * 7 % 1000) || i || '@site' || (j.id % 300) || '.example', 'site' || (j.id % 300) || '.example'
			FROM journal j, n WHERE j.id BETWEEN 40001 AND 60000`,
		// A case of 4,000 incidents.
		fmt.Sprintf(`INSERT INTO incident (id, sender, opened, state, first_journal, case_id)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
			SELECT 1000 + i, 'mate' || i || '@example.jp', unixepoch() - i, 'confirmed', 1, %d FROM n`, bigCase),
		// A sender of 100,000 mails.
		fmt.Sprintf(`UPDATE journal SET sender = '%s' WHERE id BETWEEN 100001 AND 200000`, busy),
		// A long audit log.
		fmt.Sprintf(`INSERT INTO audit (at, actor, verb, object, reason)
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
			SELECT unixepoch() - %[1]d + i, 'alice by web from 192.0.2.1, session 1f2e3d4c', 'read', 'H' || (i %% 5000), 'evidence' FROM n`, auditLines),
	}
}

// columns are the journal's, but for its key.
func columns(b *testing.B, raw *sql.DB) (out []string) {
	b.Helper()
	rows, err := raw.QueryContext(b.Context(), `SELECT name FROM pragma_table_info('journal') WHERE name != 'id'`)
	if err != nil {
		b.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			b.Fatal(err)
		}
		out = append(out, name)
	}
	return out
}

// BenchmarkPages asks for every page with 1,000,000 rows, 5,000 holds and 500 incidents (HISSEKI_ROWS
// takes another number): the first byte must come within 100 ms.
func BenchmarkPages(b *testing.B) {
	rows := 1_000_000
	if n, err := strconv.Atoi(os.Getenv("HISSEKI_ROWS")); err == nil {
		rows = n
	}
	o := crowded(b, rows)
	o.hire("ada", access.Admin)
	token := o.token("ada")
	for _, path := range append(slices.Clone(allPages), "/quarantine?sender=user7@example.jp", "/quarantine?min-points=5&since=1h",
		"/quarantine?after=3000", "/quarantine?sort=points&after=30&points=4", "/quarantine/decide?all=1&to=discard&since=1d", "/quarantine/new?after=10", "/incident/I1/live?stamp=x", "/healthz",
		// What there is too much of, and what finds nothing.
		fmt.Sprint("/incident/I", sharedLink), fmt.Sprint("/incident/I", bigAttack), fmt.Sprint("/incident/I", bigCase), "/incident/I104",
		fmt.Sprintf("/incident/I%d/confirm", sharedLink), fmt.Sprintf("/incident/I%d/confirm", bigAttack), fmt.Sprintf("/incident/I%d/live?stamp=x", bigAttack),
		fmt.Sprintf("/quarantine?incident=I%d&state=discarded", bigAttack), "/quarantine?state=discarded", "/quarantine?host=nobody.test", "/quarantine?sender=nobody@example.jp", "/quarantine?min-points=99", "/quarantine?state=discarded&host=nobody.test",
		"/sender?name="+busy, "/incidents?state=confirmed", "/incidents?state=dismissed", "/incidents?sender=nobody@example.jp",
		"/audit?actor=nobody", "/audit?verb=nothing", "/audit?object=nobody@example.jp", "/audit?since=2026-01-01&actor=alice", "/audit?below=1000", "/hooks?state=failed") {
		if path == "/sender?name=" {
			path += "user7@example.jp"
		}
		b.Run(strings.ReplaceAll(url.PathEscape(path), "%2F", "_"), func(b *testing.B) {
			var took []time.Duration
			size := 0
			for b.Loop() {
				r, err := http.NewRequestWithContext(b.Context(), "GET", o.url+path, nil)
				if err != nil {
					b.Fatal(err)
				}
				r.AddCookie(&http.Cookie{Name: "__Host-hisseki", Value: token})
				began := time.Now()
				res, err := http.DefaultTransport.RoundTrip(r)
				if err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(began)) // the header is there: pages are whole before that
				size = len(body(o.t, res.Body))
				if res.Body.Close(); res.StatusCode != http.StatusOK {
					b.Fatal(path, res.Status)
				}
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms/p50")
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "ms/p95")
			b.ReportMetric(float64(size)/1024, "KiB")
			if size > 150<<10 {
				b.Errorf("%s has %d bytes", path, size)
			}
		})
	}
}
