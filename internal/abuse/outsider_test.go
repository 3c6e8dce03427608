package abuse

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/ledger"
	"hisseki/store"
)

// TestOutsiderCannotBlind: whoever has no account fails to log in to somebody's, from as many
// addresses as IPv6 has for him, and the account's mail is judged as quickly as before.
func TestOutsiderCannotBlind(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a := analyzer.New(analyzer.Config{Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, db)
	judge := func(i int) (*analyzer.Record, time.Duration) {
		t.Helper()
		m := &analyzer.Mail{Envelope: analyzer.Envelope{Time: at.Add(time.Duration(i) * time.Minute), Host: "mx",
			QueueID: fmt.Sprintf("4jc4sD3hSbz%05d", i), Sender: "bob@example.org", Class: analyzer.Account,
			Login: "bob@example.org", MailFrom: "bob@example.org", Recipients: []string{"x@partner.test"},
			Client: netip.MustParseAddr("203.0.113.7")},
			Source: content.Source{Header: []content.Field{{Name: "Subject", Value: " hello"}}, Body: []byte("hello\r\n"), BodySize: 7}}
		begun := time.Now()
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatalf("mail %d is not judged: %v", i, err)
		}
		return r, time.Since(begun)
	}
	best := func(from int) time.Duration {
		least := time.Hour
		for i := range 20 {
			_, took := judge(from + i)
			least = min(least, took)
		}
		return least
	}
	before := best(0)
	const rounds, each = 40, 500
	for n := range rounds {
		b := ledger.LogBatch{Host: "mx", Position: ledger.LogPosition{Source: "/var/log/mail.log", Head: "h", Offset: int64(n + 1)}}
		for i := range each {
			client := netip.MustParseAddr(fmt.Sprintf("2001:db8:%x:%x::1", n, i))
			b.Logins = append(b.Logins, ledger.LogLogin{Login: analyzer.Login{At: at, Count: 1, Sender: "bob@example.org",
				Client: client, Result: analyzer.LoginFailure, Service: "smtp"}, Exists: true})
		}
		if _, err := db.KeepLog(t.Context(), &b); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := db.Logins(t.Context(), "bob@example.org", at.Add(-time.Hour), at.Add(time.Hour)); err != nil || len(list) > 1000 {
		t.Errorf("%d rows of %d attempts, %v", len(list), rounds*each, err)
	}
	if after := best(100); after > 5*before+20*time.Millisecond {
		t.Errorf("a mail took %v, and %v after %d failed logins", before, after, rounds*each)
	}
}
