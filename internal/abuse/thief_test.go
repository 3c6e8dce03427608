package abuse

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/baseline"
	"hisseki/identity"
	"hisseki/ledger"
	"hisseki/store"
)

// A thief with one account: he logs in as its owner, writes what he likes, and as much.

// thiefsMail is a mail of a stolen account.
func thiefsMail(n int, kind, coding, body string) *analyzer.Mail {
	return &analyzer.Mail{Envelope: analyzer.Envelope{Time: time.Date(2026, 11, 2, 9, n, 0, 0, time.UTC), Host: "mx",
		QueueID: fmt.Sprintf("4jc4sD3hSbz%05d", n), Sender: "bob@example.org", Class: analyzer.Account,
		Login: "bob@example.org", MailFrom: "bob@example.org", Recipients: []string{"x@partner.test"},
		Client: netip.MustParseAddr("203.0.113.7")},
		Source: content.Source{Header: []content.Field{{Name: "Subject", Value: " invoice"},
			{Name: "MIME-Version", Value: " 1.0"}, {Name: "Content-Type", Value: kind},
			{Name: "Content-Transfer-Encoding", Value: coding}},
			Body: []byte(body), BodySize: int64(len(body))}}
}

// TestThiefCannotHideALink: a blocked link is found behind whatever stands before it, and so the
// mail is held.
func TestThiefCannotHideALink(t *testing.T) {
	const lure = "https://pay.lure.test/x"
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.SetOverride(t.Context(), "url:lure.test", analyzer.Override{Action: analyzer.Hold, By: "alice"}); err != nil {
		t.Fatal(err)
	}
	a := analyzer.New(analyzer.Config{Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}}, db)
	page := " text/html; charset=utf-8"
	pdfKind := " application/pdf"
	parts := " multipart/mixed; boundary=b"
	words := strings.Repeat("all is as it was agreed upon. ", 1<<20/30)
	line := strings.Repeat("QUJD", 19) + "\r\n"
	pdf, err := os.ReadFile("../../analyzer/content/pdf/testdata/aes-256-packed.pdf")
	if err != nil {
		t.Fatal(err)
	}
	for n, c := range []struct{ what, kind, body string }{
		{"1 MiB of text", " text/plain", words + lure},
		{"1 MiB of hidden text", page, `<div style="display:none">` + words + `</div><a href="` + lure + `">pay</a>`},
		{"4 MiB of a comment", page, "<!--" + strings.Repeat(words, 4) + `--><a href="` + lure + `">pay</a>`},
		{"600 links to a known site", page, strings.Repeat(`<a href="https://known.test/a"></a>`, 600) +
			`<a href="` + lure + `">pay</a>`},
		{"3000 links to others", page, func() string {
			var b strings.Builder
			for i := range 3000 {
				fmt.Fprintf(&b, `<a href="https://site%d.test/"></a>`, i)
			}
			return b.String()
		}() + `<a href="` + lure + `">pay</a>`},
		{"a preamble of 4 MiB", parts, strings.Repeat(words, 4) + "\r\n--b\r\n\r\n" + lure + "\r\n--b--\r\n"},
		{"an attachment of 3 MiB", parts, "--b\r\nContent-Type: application/octet-stream\r\n" +
			"Content-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat(line, 3<<20/len(line)) + "\r\n--b\r\n\r\n" +
			lure + "\r\n--b--\r\n"},
		{"300 parts", parts, strings.Repeat("--b\r\n\r\nhello\r\n", 300) + "--b\r\n\r\n" + lure + "\r\n--b--\r\n"},
		{"a PDF file's encryption without a password", pdfKind,
			base64.StdEncoding.EncodeToString(pdf)},
	} {
		r, err := a.Judge(t.Context(), thiefsMail(n, c.kind, map[bool]string{true: " base64", false: " 8bit"}[c.kind == pdfKind], c.body), analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatalf("%s: %v", c.what, err)
		}
		if r.Verdict.Action != analyzer.Hold || !r.Verdict.Shows(analyzer.URLBlocked) {
			t.Errorf("behind %s: %s, %d evidence", c.what, r.Verdict.Action, len(r.Verdict.Evidence))
		}
	}
}

// TestThiefCannotHaveOthersMailDeleted: he puts a colleague's fresh link beside his lure. The
// colleague's mail is asked back, but the reviewer who confirms the theft does not delete it.
func TestThiefCannotHaveOthersMailDeleted(t *testing.T) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{Now: func() time.Time { return at }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	begin := func(sender string, action analyzer.Action, n int, marks ...baseline.Key) {
		t.Helper()
		r := &analyzer.Record{Envelope: analyzer.Envelope{Time: at, Host: "mx", Class: analyzer.Account, Sender: sender,
			QueueID: fmt.Sprintf("4jc4sD3hSbz%05d", n), MailFrom: sender, Recipients: []string{"x@partner.test"}},
			Verdict: analyzer.Verdict{Action: action, Would: action, Points: 9, Cause: "mail"}}
		r.Observation.At, r.Observation.Marks = at, marks
		if _, err := db.Begin(t.Context(), r)(); err != nil {
			t.Fatal(err)
		}
	}
	begin("alice@example.org", analyzer.Pass, 1, 7)
	begin("bob@example.org", analyzer.Hold, 2, 7, 9)
	if n, err := db.Recall(t.Context(), at); err != nil || n != 1 {
		t.Fatalf("%d mails asked back, %v", n, err)
	}
	list, err := db.Holds(t.Context(), ledger.HoldFilter{})
	if err != nil || len(list) != 2 {
		t.Fatal(list, err)
	}
	for i := range list {
		if list[i].State == ledger.Recalling {
			if err := db.Finish(t.Context(), list[i].ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, ok, err := db.EndIncident(t.Context(), list[0].Incident, ledger.Ending{To: ledger.IncidentConfirmed,
		By: "carol"}); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if list, err = db.Holds(t.Context(), ledger.HoldFilter{}); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		want := map[string]ledger.State{"alice@example.org": ledger.Held, "bob@example.org": ledger.Discarding}
		if h := &list[i]; h.State != want[h.Record.Envelope.Sender] {
			t.Errorf("mail of %s is %s", h.Record.Envelope.Sender, h.State)
		}
	}
}

// TestThiefCannotBeANewAccount: the same password lets him in as "Bob" and "bob@anything" where SASL
// ignores case and realm; his mail is bob's all the same.
func TestThiefCannotBeANewAccount(t *testing.T) {
	id := &identity.Identity{DefaultRealm: "example.org", Realms: []string{"example.org"},
		Aliases: map[string]string{"robert@example.org": "bob@example.org"}}
	for _, login := range []string{"bob", "BOB", "bob@example.org", "bob@Example.ORG", "bob@anything.test",
		" bob\t", "bob@", "Robert@example.org", "robert"} {
		m := &analyzer.Mail{Envelope: analyzer.Envelope{Login: login, MailFrom: "bob@example.org"}}
		if id.Identify(m); m.Sender != "bob@example.org" || m.Class != analyzer.Account {
			t.Errorf("login %q is %s %q", login, m.Class, m.Sender)
		}
	}
}
