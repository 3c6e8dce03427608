package maillog_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/maillog"
	"hisseki/store"
)

// office is a real Postfix whose mails are in a store as serve would have put them there.
type office struct {
	*mta.Instance
	t  *testing.T
	db *store.DB
}

func newOffice(t *testing.T, o mta.Options) *office {
	mta.Require(t)
	return &office{mta.Start(t, o), t, openStore(t)}
}

func openStore(t *testing.T) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// send sends a mail of bob and records it; it returns the record and the queue id.
func (o *office) send(to ...string) (int64, string) {
	o.t.Helper()
	id := o.MustSubmit(o.t, mta.Submission{User: "bob@example.org", From: "bob@example.org", To: to,
		Client: netip.MustParseAddr("203.0.113.7"),
		Data:   []byte("From: bob@example.org\r\nSubject: x\r\n\r\nx\r\n")})
	kept, err := o.db.Begin(o.t.Context(), &analyzer.Record{Envelope: analyzer.Envelope{
		Time: time.Now(), Host: o.Host, QueueID: id, Sender: "bob@example.org", Recipients: to,
		Class: analyzer.Account}, Verdict: analyzer.Verdict{Action: analyzer.Pass}})()
	if err != nil {
		o.t.Fatal(err)
	}
	return kept.ID, id
}

// follow follows the real logs until the test ends or the returned function is called.
func (o *office) follow() (stop func()) {
	f := maillog.Follower{Host: o.Host, Files: []string{o.Dir + "/mail.log", o.Dir + "/dovecot.log"},
		Parser: &maillog.Parser{}, Store: o.db, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Now: time.Now, Interval: 10 * time.Millisecond}
	ctx, cancel := context.WithCancel(o.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		f.Run(ctx)
	}()
	stop = func() { cancel(); <-done }
	o.t.Cleanup(stop)
	return stop
}

// expect waits until the recipients of a record have these fates, in the envelope's order.
func (o *office) expect(journal int64, want ...ledger.Fate) {
	o.t.Helper()
	var got []ledger.Fate
	eventually(o.t, func() bool {
		list, err := o.db.Fates(o.t.Context(), journal)
		if err != nil {
			o.t.Fatal(err)
		}
		got = nil
		for _, f := range list {
			got = append(got, f.Fate)
		}
		return slices.Equal(got, want)
	}, func() string { return fmt.Sprintf("fates are %v, want %v\n%s", got, want, o.Log()) })
}

func eventually(t *testing.T, ok func() bool, say func() string) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(say())
		}
	}
}

func (o *office) postsuper(args ...string) {
	o.t.Helper()
	args = append([]string{"-c", o.Config}, args...)
	out, err := exec.Command("postsuper", args...).CombinedOutput()
	if err != nil {
		o.t.Fatalf("postsuper %v: %v: %s", args, err, out)
	}
}

// What the store says after following the log is what really happened, recipient by
// recipient.
func TestPostfixFates(t *testing.T) {
	aliases := filepath.Join(t.TempDir(), "aliases")
	if err := os.WriteFile(aliases, []byte("/^all@lists\\.test$/ x@good.test, y@bad.test\n"),
		0o644); err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, mta.Options{Main: []string{"virtual_alias_domains =",
		"virtual_alias_maps = regexp:" + aliases}})
	o.Sink.Answer("later.test", "450 4.2.0 try later")
	o.Sink.Answer("bad.test", "550 5.1.1 status=sent (250 ok), unknown")
	o.follow()
	const forged = `"a>, relay=x, dsn=2.0.0, status=sent (250 ok)"@bad.test`
	first, _ := o.send("a@good.test", "b@later.test", forged, "Big@Good.Test")
	o.expect(first, ledger.FateDelivered, ledger.FateDeferred, ledger.FateBounced, ledger.FateDelivered)
	alias, _ := o.send("all@lists.test")
	o.expect(alias, ledger.FateDelivered)
	if list, err := o.db.Deliveries(t.Context(), alias); err != nil || len(list) != 2 ||
		list[0].Original != "all@lists.test" || list[1].Reply == "" || list[1].DSN != "5.1.1" {
		t.Errorf("deliveries of the alias: %+v, %v", list, err)
	}

	held, heldID := o.send("c@later.test", "d@good.test")
	o.expect(held, ledger.FateDeferred, ledger.FateDelivered)
	o.postsuper("-h", heldID)
	o.expect(held, ledger.FateHeldByPostfix, ledger.FateDelivered)
	o.postsuper("-H", heldID)
	o.expect(held, ledger.FateDeferred, ledger.FateDelivered) // it is tried again
	o.postsuper("-r", heldID)                                 // under another queue id
	eventually(t, func() bool { return strings.Contains(o.Log(), "orig_id="+heldID) }, o.Log)
	o.Sink.Answer("later.test", "")
	o.expect(held, ledger.FateDelivered, ledger.FateDelivered)

	o.Sink.Answer("later.test", "450 4.2.0 try later")
	expired, expiredID := o.send("e@later.test")
	o.expect(expired, ledger.FateDeferred)
	o.postsuper("-e", expiredID)
	o.expect(expired, ledger.FateExpired)
	deleted, deletedID := o.send("f@later.test", "g@good.test")
	o.expect(deleted, ledger.FateDeferred, ledger.FateDelivered)
	o.postsuper("-d", deletedID)
	o.expect(deleted, ledger.FateDiscarded, ledger.FateDelivered)
}

// Failures and successes of logins, from Dovecot's own log and from Postfix's: both tell of
// each failure, and it counts once.
func TestRealLogins(t *testing.T) {
	o := newOffice(t, mta.Options{})
	o.follow()
	for i := range 6 {
		_, err := o.Dial(mta.Submission{User: "bob@example.org", Password: "guess",
			Client: netip.MustParseAddr(fmt.Sprintf("198.51.100.%d", 1+i%2))})
		if err == nil {
			t.Fatal("a wrong password was accepted")
		}
	}
	for _, name := range []string{"nobody@example.org", "bob,203.0.113.9): Password mismatch"} {
		if _, err := o.Dial(mta.Submission{User: name, Password: "guess"}); err == nil {
			t.Fatal("an unknown name was accepted")
		}
	}
	o.send("a@good.test")
	want := "failure 198.51.100.1 x3 submission\n" +
		"failure 198.51.100.2 x3 submission\n" +
		"success 203.0.113.7 x1 submission"
	var got string
	eventually(t, func() bool {
		list, err := o.db.Logins(t.Context(), "bob@example.org", time.Time{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		var lines []string
		for _, l := range list {
			lines = append(lines, fmt.Sprintf("%s %s x%d %s", l.Result, l.Client, l.Count, l.Service))
		}
		slices.Sort(lines)
		got = strings.Join(lines, "\n")
		return got == want
	}, func() string {
		return fmt.Sprintf("logins\n%s\nwant\n%s\n%s\n%s", got, want, o.Log(), o.DovecotLog())
	})
}
