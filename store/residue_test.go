package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// residues says which words any file of a folder holds: database, -wal, -shm, and whatever
// else lies beside them.
func residues(t *testing.T, dir string, words []string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range words {
			if bytes.Contains(data, []byte(w)) {
				found = append(found, e.Name()+": "+w)
			}
		}
	}
	return found
}

// tracer fills a store with mail whose every text is found nowhere else.
type tracer struct {
	t       *testing.T
	db      *DB
	rnd     *rand.Rand
	pending []analyzer.Pending
	log     ledger.LogBatch
}

// mail records one, and what the log says of it, and returns its texts.
func (tr *tracer) mail(n int, sender string, at time.Time) []string {
	var words []string
	word := func(kind string) string {
		words = append(words, fmt.Sprintf("%s%06d", kind, n))
		return words[len(words)-1]
	}
	r := record(sender, analyzer.Pass)
	r.Envelope.Time, r.Observation.At, r.Envelope.Login = at, at, sender
	r.Envelope.QueueID, r.Envelope.MailFrom = word("4Q"), word("from")+"@example.jp"
	r.Subject = word("subject") + strings.Repeat(" about it", tr.rnd.IntN(30))
	r.MessageID, r.Hosts = word("msgid")+"@example.jp", []string{word("host") + ".test"}
	r.Envelope.Recipients = nil
	for i := range 1 + tr.rnd.IntN(4) {
		to := word(fmt.Sprintf("to%d-", i)) + "@example.org"
		r.Envelope.Recipients = append(r.Envelope.Recipients, to)
		tr.log.Lines = append(tr.log.Lines, ledger.LogLine{At: at, QueueID: r.Envelope.QueueID,
			Event: ledger.LogOutcome, Recipient: to, Original: to, Outcome: ledger.OutcomeDelivered,
			Reply: word(fmt.Sprintf("reply%d-", i))})
	}
	tr.log.Logins = append(tr.log.Logins, ledger.LogLogin{Backend: true, Exists: true,
		Login: analyzer.Login{At: at, Sender: sender, Result: analyzer.LoginFailure, Service: "auth",
			Client: netip.AddrFrom4([4]byte{198, 51, byte(n >> 8), byte(n)})}})
	tr.log.Host = r.Envelope.Host
	tr.pending = append(tr.pending, tr.db.Begin(tr.t.Context(), r))
	if len(tr.pending) == 50 {
		tr.flush()
	}
	return words
}

func (tr *tracer) flush() {
	tr.t.Helper()
	for _, wait := range tr.pending {
		if _, err := wait(); err != nil {
			tr.t.Fatal(err)
		}
	}
	if _, err := tr.db.KeepLog(tr.t.Context(), &tr.log); err != nil {
		tr.t.Fatal(err)
	}
	tr.pending, tr.log = nil, ledger.LogBatch{}
}

// TestNothingIsLeft: what forget and purge delete is in no file any more, not in free pages,
// not between the rows of others, not in the write-ahead log, while serve still runs.
func TestNothingIsLeft(t *testing.T) {
	onlySQLite(t, "it looks into the file")
	db, now := clocked(t)
	ctx, dir := t.Context(), filepath.Dir(db.path)
	tr := &tracer{t: t, db: db, rnd: rand.New(rand.NewPCG(1, 2))}
	var forgotten, old, kept, names []string
	at := *now // of the mail; the store's clock stands while records are under way
	for n := range 1500 {
		if n == 500 { // what came before is over its time
			tr.flush()
			at = at.Add(30 * day)
			*now = at
		}
		i := tr.rnd.IntN(30)
		words := tr.mail(n, fmt.Sprintf("login%03d@example.jp", i), at)
		switch {
		case i < 15:
			forgotten = append(forgotten, words...)
		case n < 500:
			old = append(old, words...)
		default:
			kept = append(kept, words...)
		}
		at = at.Add(time.Minute)
	}
	tr.flush()
	*now = at
	for i := range 15 {
		names = append(names, fmt.Sprintf("login%03d@example.jp", i))
		if _, err := db.Forget(ctx, names[i], "root", "asked for it"); err != nil {
			t.Fatal(err)
		}
	}
	if left := residues(t, dir, kept); len(left) < len(kept) {
		t.Fatalf("%d of the %d texts of others are found: the test looks in the wrong place",
			len(left), len(kept))
	}
	*now = now.Add(2 * time.Hour)
	if _, err := db.Purge(ctx, *now, 21*day); err != nil {
		t.Fatal(err)
	}
	for what, words := range map[string][]string{"forgotten": forgotten, "old": old} {
		if left := residues(t, dir, words); len(left) > 0 {
			t.Errorf("of %d %s texts %d are left, such as %q", len(words), what, len(left),
				left[:min(5, len(left))])
		}
	}
	// The audit log says by design who was forgotten, once each; nothing else does.
	data, err := os.ReadFile(db.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if n := bytes.Count(data, []byte(name)); n != 1 {
			t.Errorf("%s is found %d times, once in the audit log", name, n)
		}
	}
}

// TestWipeWaitsForReaders: a purge while somebody reads does not fail, and the next one does
// what it could not.
func TestWipeWaitsForReaders(t *testing.T) {
	onlySQLite(t, "the write-ahead log is SQLite's")
	db, now := clocked(t)
	tr := &tracer{t: t, db: db, rnd: rand.New(rand.NewPCG(1, 2))}
	words := tr.mail(1, account, *now)
	tr.flush()
	reader, err := db.read.Begin()
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := reader.QueryRow(`SELECT count(*) FROM journal`).Scan(&n); err != nil || n != 1 {
		t.Fatal(n, err)
	}
	*now = now.Add(30 * day)
	begun := time.Now()
	if _, err := db.Purge(t.Context(), *now, day); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("the purge waited %s for a reader", took)
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Purge(t.Context(), *now, day); err != nil {
		t.Fatal(err)
	}
	if left := residues(t, filepath.Dir(db.path), words); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// marked keeps and deletes rows that carry a word, by a connection of its own or the store's.
func marked(t *testing.T, run func(query string)) {
	t.Helper()
	run(`WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
		INSERT INTO login (sender, client, result, service, at, last, backend, front, note)
		SELECT 'marked' || i || '@example.jp', '192.0.2.1', 'failure', 'imap', i, i, 1, 0, 'marked' || i FROM n`)
	run(`DELETE FROM login WHERE sender LIKE 'marked%'`)
	run(`PRAGMA wal_checkpoint(TRUNCATE)`)
}

// TestDeletedRowsAreOverwritten: before any wipe, what the store deletes is in no free page.
func TestDeletedRowsAreOverwritten(t *testing.T) {
	onlySQLite(t, "pages are the server's")
	db, _ := clocked(t)
	marked(t, func(query string) {
		if _, err := db.write.Exec(query); err != nil {
			t.Fatal(err)
		}
	})
	if found := residues(t, filepath.Dir(db.path), []string{"marked"}); len(found) > 0 {
		t.Error(found)
	}
}

// TestWipeEmptiesPages: a wipe that was asked for leaves nothing of what was deleted and not overwritten, as by a program of
// before.
func TestWipeEmptiesPages(t *testing.T) {
	onlySQLite(t, "pages are the server's")
	db, _ := clocked(t)
	marked(t, func(query string) { raw(t, db.path, `PRAGMA secure_delete = OFF;`+query) })
	if found := residues(t, filepath.Dir(db.path), []string{"marked"}); len(found) == 0 {
		t.Fatal("nothing was left to wipe")
	}
	if _, err := db.write.Exec(`INSERT INTO setting (key, value) VALUES (?, 'due')`, rewriteKey); err != nil {
		t.Fatal(err)
	}
	if err := db.wipe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found := residues(t, filepath.Dir(db.path), []string{"marked"}); len(found) > 0 {
		t.Error(found)
	}
}
