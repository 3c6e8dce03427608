package daemon

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/daemon/spool"
	"hisseki/internal/config"
	"hisseki/ledger"
	"hisseki/milter"
	"hisseki/store"
)

// ill is a serve whose mail gets the failure action, in mode enforce, where any surprise is held.
func ill(t *testing.T) (*Serve, *store.DB) {
	t.Helper()
	folder := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(folder, "h.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	cfg := config.Default(folder)
	cfg.Mode, cfg.Verdict.Hold, cfg.Verdict.Delay = config.Mode(analyzer.Enforce), 0.1, 0.1
	d := NewServe(ServeOptions{Clock: time.Now, Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
		Level: new(slog.LevelVar)})
	d.db, d.watch.db = db, db
	d.settings.Store(&cfg)
	if err := d.use(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.endWebhooks() })
	waiting, err := spool.Open(cfg.SpoolFolder(), int64(cfg.Milter.KeepUnjudged))
	if err != nil {
		t.Fatal(err)
	}
	d.unjudged = &unjudged{db: db, spool: waiting}
	return d, db
}

// failed is a lure of bob's that was not judged.
func failed(id string, action analyzer.Action) *milter.Unjudged {
	return &milter.Unjudged{Reason: "no verdict within 5s", Action: action, Bytes: 60, Who: "bob@example.org",
		Read: func() {},
		Envelope: analyzer.Envelope{Time: time.Now().Add(-time.Minute), Host: "mx.example.org", QueueID: id,
			Sender: "bob@example.org", Login: "bob@example.org", Class: analyzer.Account,
			MailFrom: "bob@example.org", Client: netip.MustParseAddr("203.0.113.9"),
			Recipients: []string{"x@partner.test", "y@partner.test"}},
		Source: &content.Source{Header: []content.Field{{Name: "Subject", Value: " invoice"},
			{Name: "From", Value: " bob@example.org"}, {Name: "Message-ID", Value: " <" + id + "@lure.test>"}},
			Body: []byte("please pay at https://pay.lure.test/x\r\n"), BodySize: 39}}
}

func keepFailed(t *testing.T, d *Serve, u *milter.Unjudged) {
	t.Helper()
	if err := d.unjudged.keep(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// lateAll judges what waits, and returns how many mails that were.
func lateAll(t *testing.T, d *Serve) int {
	t.Helper()
	mails := d.unjudged.spool.Mails()
	for _, w := range mails {
		d.late(t.Context(), w)
	}
	return len(mails)
}

func holdsOf(t *testing.T, db *store.DB) []ledger.Hold {
	t.Helper()
	list, err := db.Holds(t.Context(), ledger.HoldFilter{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestUnjudgedMailIsJudgedLater: mail that passed for want of a verdict gets it later. What would
// have been held opens the incident and is asked back from the queue; its file is gone.
func TestUnjudgedMailIsJudgedLater(t *testing.T) {
	d, db := ill(t)
	keepFailed(t, d, failed("4Cabc123XYz", analyzer.Pass))
	folder := d.settings.Load().SpoolFolder()
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	for path, want := range map[string]os.FileMode{folder: 0o700, filepath.Join(folder, files[0].Name()): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	s, err := db.Status(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || s.Would[analyzer.Unjudged] != 1 || s.Later != 1 || s.Incidents != 0 {
		t.Errorf("before: %+v, %v", s, err)
	}
	if n := lateAll(t, d); n != 1 {
		t.Fatalf("%d mails waited", n)
	}
	s, err = db.Status(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || s.Would[analyzer.Unjudged] != 0 || s.Later != 0 || s.Would[analyzer.Hold] != 1 ||
		s.Did[analyzer.Pass] != 1 || s.Incidents != 1 {
		t.Errorf("after: %+v, %v", s, err)
	}
	list := holdsOf(t, db)
	if len(list) != 1 || list[0].State != ledger.Recalling || list[0].Incident == 0 ||
		!list[0].DefinesCampaign || list[0].Due.IsZero() {
		t.Fatalf("holds %+v", list)
	}
	r := list[0].Record
	if r.Subject != "invoice" || r.Late.Failure != "no verdict within 5s" || r.Late.Judged.IsZero() ||
		r.Late.Content != "" || len(r.Verdict.Evidence) == 0 || r.Verdict.Action != analyzer.Pass ||
		!slices.Contains(r.Hosts, "lure.test") || len(list[0].Recipients) != 2 {
		t.Errorf("record %+v", r)
	}
	if files, err := os.ReadDir(folder); err != nil || len(files) != 0 {
		t.Errorf("left in the folder: %v, %v", files, err)
	}
	// The queue does not have it any more: it belongs to the incident all the same.
	scope, err := db.Scope(t.Context(), list[0].Incident)
	if err != nil || len(scope.Holds) != 1 || len(scope.Suspects) != 0 {
		t.Errorf("scope %+v, %v", scope, err)
	}
}

// A crash between the verdict's record and the removal of the file judges nothing twice.
func TestLateVerdictCountsOnce(t *testing.T) {
	d, db := ill(t)
	u := failed("4Cabc123XYz", analyzer.Pass)
	keepFailed(t, d, u)
	if err := d.unjudged.spool.Keep(&spool.Mail{Mail: analyzer.Mail{Envelope: u.Envelope, Source: *u.Source},
		Action: analyzer.Pass}, time.Now()); err != nil {
		t.Fatal(err)
	}
	if n := lateAll(t, d); n != 2 {
		t.Fatalf("%d mails waited", n)
	}
	if list := holdsOf(t, db); len(list) != 1 {
		t.Errorf("holds %+v", list)
	}
	if n, _ := d.unjudged.spool.Waiting(); n != 0 {
		t.Errorf("%d mails still wait", n)
	}
}

// What the failure action holds stays held until somebody decides, and is its incident's.
func TestHeldUnjudgedMailJoinsItsIncident(t *testing.T) {
	d, db := ill(t)
	keepFailed(t, d, failed("4Cabc123XYz", analyzer.Hold))
	lateAll(t, d)
	list := holdsOf(t, db)
	if len(list) != 1 || list[0].State != ledger.Held || list[0].Incident == 0 || !list[0].DefinesCampaign ||
		list[0].Record.Verdict.Would != analyzer.Hold || list[0].Record.Verdict.Action != analyzer.Hold {
		t.Errorf("holds %+v", list)
	}
}

// TestKeptMailIsSwept: what was forgotten or purged goes from the folder too, and what waited for
// too long is given up; the record says why.
func TestKeptMailIsSwept(t *testing.T) {
	d, db := ill(t)
	keepFailed(t, d, failed("4Cabc123XYz", analyzer.Pass))
	d.sweepLate(t.Context())
	if n, _ := d.unjudged.spool.Waiting(); n != 1 {
		t.Fatalf("%d mails wait", n)
	}
	if _, err := db.Forget(t.Context(), "bob@example.org", "test", ""); err != nil {
		t.Fatal(err)
	}
	d.sweepLate(t.Context())
	if n, _ := d.unjudged.spool.Waiting(); n != 0 {
		t.Errorf("%d mails of a forgotten account wait", n)
	}
	old := failed("4Cdef456XYz", analyzer.Pass)
	keepFailed(t, d, old)
	w := d.unjudged.spool.Mails()[0]
	m, err := d.unjudged.spool.Head(w)
	if err != nil {
		t.Fatal(err)
	}
	d.giveUp(t.Context(), w, m, errors.New("it waited for too long"))
	recent, err := db.Recent(t.Context(), "bob@example.org", time.Time{})
	if err != nil || len(recent) != 1 {
		t.Fatalf("records %v, %v", recent, err)
	}
	s, err := db.Status(t.Context(), time.Now().Add(-time.Hour))
	if n, _ := d.unjudged.spool.Waiting(); n != 0 || err != nil || s.Later != 0 || s.Would[analyzer.Unjudged] != 1 {
		t.Errorf("%d wait; %+v, %v", n, s, err)
	}
}

// TestWhatIsNotKept: where a mail's text is not kept, its row says why.
func TestWhatIsNotKept(t *testing.T) {
	d, _ := ill(t)
	for want, change := range map[string]func(u *milter.Unjudged){
		"there was no memory for it":            func(u *milter.Unjudged) { u.Source = nil },
		"the client was asked to send it again": func(u *milter.Unjudged) { u.Action = milter.TempFail },
		"it had no queue id":                    func(u *milter.Unjudged) { u.Envelope.QueueID = "" },
		"privacy.no_text":                       func(*milter.Unjudged) { d.unjudged.text = func() bool { return false } },
		"milter.keep_unjudged is 0":             func(*milter.Unjudged) { d.unjudged.spool = nil },
	} {
		d.unjudged.text = nil
		kept := d.unjudged.spool
		read := false
		u := failed("4Cabc123XYz", analyzer.Pass)
		u.Read = func() { read = true }
		change(u)
		if got, kept := d.unjudged.content(u); got != want || kept != 0 || !read {
			t.Errorf("it says %q, want %q; given back: %v", got, want, read)
		}
		d.unjudged.spool = kept
	}
}

// broken is a memory that cannot be asked.
type broken struct{ *store.DB }

func (broken) Incident(context.Context, string) (bool, time.Time, error) {
	return false, time.Time{}, errors.New("no answer")
}

// A mail that cannot be judged is not tried for ever.
func TestLateMailIsTriedThrice(t *testing.T) {
	d, db := ill(t)
	d.core.Store(analyzer.New(analyzer.Config{}, broken{db}))
	keepFailed(t, d, failed("4Cabc123XYz", analyzer.Pass))
	for range lateTries {
		if n := lateAll(t, d); n != 1 {
			t.Fatalf("%d mails waited", n)
		}
	}
	if n := lateAll(t, d); n != 0 {
		t.Errorf("it still waits")
	}
	mails := 0
	for _, r := range mustRecent(t, db) {
		if r.Verdict.Would == analyzer.Unjudged {
			mails++
		}
	}
	if mails != 1 {
		t.Errorf("%d mails without a verdict", mails)
	}
}

func mustRecent(t *testing.T, db *store.DB) []analyzer.Record {
	t.Helper()
	list, err := db.Recent(t.Context(), "", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestLateWaitsUntilWell: nothing is judged later while mail is still not judged in time, nor
// before its record is durable.
func TestLateWaitsUntilWell(t *testing.T) {
	k := &unjudged{}
	if !k.well() {
		t.Error("not well without a failure")
	}
	for name, change := range map[string]func(k *unjudged){
		"a failure of a moment ago": func(k *unjudged) { k.failed = time.Now() },
		"a record that waits":       func(k *unjudged) { k.later = []*analyzer.Record{{}} },
		"a record under way":        func(k *unjudged) { k.asked = 1 },
	} {
		k := &unjudged{}
		if change(k); k.well() {
			t.Errorf("well with %s", name)
		}
	}
}

// TestMailThatCannotBeReadNowWaits: what the disk or the system does not give for a while is judged when
// it does, and no try is counted; a damaged file goes.
func TestMailThatCannotBeReadNowWaits(t *testing.T) {
	d, db := ill(t)
	keepFailed(t, d, failed("4Cabc123XYz", analyzer.Pass))
	folder := d.settings.Load().SpoolFolder()
	files, err := os.ReadDir(folder)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	file := filepath.Join(folder, files[0].Name())
	if err := errors.Join(os.Rename(file, folder+".aside"), os.Symlink(file, file)); err != nil { // ELOOP
		t.Fatal(err)
	}
	for range lateTries + 1 {
		lateAll(t, d)
		d.sweepLate(t.Context())
	}
	if waiting := d.unjudged.spool.Mails(); len(waiting) != 1 || waiting[0].Tries != 0 {
		t.Fatalf("mails that wait: %+v", waiting)
	}
	if err := os.Rename(folder+".aside", file); err != nil {
		t.Fatal(err)
	}
	lateAll(t, d)
	s, err := db.Status(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || s.Would[analyzer.Hold] != 1 || s.Later != 0 {
		t.Errorf("%+v, %v", s, err)
	}

	keepFailed(t, d, failed("4Cabc123XYy", analyzer.Pass))
	if files, err = os.ReadDir(folder); err != nil || len(files) != 1 {
		t.Fatalf("files %v, %v", files, err)
	}
	if err := os.WriteFile(filepath.Join(folder, files[0].Name()), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	lateAll(t, d)
	if waiting := d.unjudged.spool.Mails(); len(waiting) != 0 {
		t.Errorf("a damaged file waits: %+v", waiting)
	}
}

// TestLostMailIsSaidToBeLost: the record of a mail whose file is damaged, gone, or never reached the disk
// does not say for ever that it waits: it says that it was lost, and stays among the mail that nobody
// judged. Records of mail that waits elsewhere stay as they are.
func TestLostMailIsSaidToBeLost(t *testing.T) {
	d, db := ill(t)
	folder := d.settings.Load().SpoolFolder()
	raw, err := sql.Open("sqlite3", "file:"+filepath.Join(filepath.Dir(folder), "h.db")+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	told := func(id string) (content string) {
		t.Helper()
		if err := raw.QueryRow(`SELECT json_extract(detail, '$.content') FROM journal WHERE queue_id = ? AND would = 'unjudged'`,
			id).Scan(&content); err != nil {
			t.Fatal(err)
		}
		return content
	}
	keepFailed(t, d, failed("4Cabc123XYa", analyzer.Pass))
	first, err := os.ReadDir(folder)
	if err != nil || len(first) != 1 {
		t.Fatalf("files %v, %v", first, err)
	}
	keepFailed(t, d, failed("4Cabc123XYb", analyzer.Pass))
	if err := os.WriteFile(filepath.Join(folder, first[0].Name()), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.sweepLate(t.Context())
	if a, b := told("4Cabc123XYa"), told("4Cabc123XYb"); a != contentLost || b != analyzer.Waits {
		t.Errorf("the damaged mail: %q, the one beside it: %q", a, b)
	}
	s, err := db.Status(t.Context(), time.Now().Add(-time.Hour))
	if err != nil || s.Would[analyzer.Unjudged] != 2 || s.Later != 1 {
		t.Errorf("status %+v, %v", s, err)
	}
	rest, err := os.ReadDir(folder)
	if err != nil || len(rest) != 1 {
		t.Fatalf("files %v, %v", rest, err)
	}
	if err := os.Remove(filepath.Join(folder, rest[0].Name())); err != nil {
		t.Fatal(err)
	}
	d.sweepLate(t.Context())
	if b := told("4Cabc123XYb"); b != contentLost {
		t.Errorf("the mail that was removed: %q", b)
	}

	// A crash lost the file, and this serve has never heard of it.
	old := failed("4Cabc123XYc", analyzer.Pass)
	old.Envelope.Time = time.Now().Add(-lateAge - 2*lateLost)
	keepFailed(t, d, old)
	keepFailed(t, d, failed("4Cabc123XYd", analyzer.Pass))
	d.unjudged.looked = time.Time{}
	d.sweepLost(t.Context())
	if c, e := told("4Cabc123XYc"), told("4Cabc123XYd"); c != contentLost || e != analyzer.Waits {
		t.Errorf("the old mail: %q, the new one: %q", c, e)
	}
}
