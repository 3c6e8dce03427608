package abuse

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gomilter "github.com/emersion/go-milter"

	"hisseki/analyzer"
	"hisseki/daemon"
	"hisseki/doctor"
	"hisseki/internal/config"
	"hisseki/internal/logbuffer"
	"hisseki/internal/mta"
	"hisseki/internal/wiring"
	"hisseki/ledger"
	"hisseki/postfix"
	"hisseki/proof"
	"hisseki/store"
)

// A captured serve: whoever attacks has serve's rights, so he writes to the store's file whatever
// he likes and has Postfix hold what passes the milter. Root's agent is the real one, on a real
// Postfix, and follows its log.

// unsigned is why a decision without a signature does not count.
const unsigned = "nobody has signed it"

// house is an installation with its agent.
type house struct {
	*mta.Instance
	t       *testing.T
	cfg     config.Config
	serve   *store.DB // without the key, as serve opens it
	reviews *store.DB // with it, as reviewers' commands do
	raw     *sql.DB   // the attacker's
	locked  string    // file that the lock command writes to
	log     *logbuffer.Buffer
	stop    func()
	quar    sync.Map // users whose mail the milter has held
}

// milter holds mail as serve does: the record is durable before the answer.
type milter struct {
	gomilter.NoOpMilter
	h    *house
	from string
	to   []string
}

func (m *milter) MailFrom(from string, _ *gomilter.Modifier) (gomilter.Response, error) {
	m.from, m.to = from, nil
	return gomilter.RespContinue, nil
}

func (m *milter) RcptTo(to string, _ *gomilter.Modifier) (gomilter.Response, error) {
	m.to = append(m.to, to)
	return gomilter.RespContinue, nil
}

func (m *milter) Body(mod *gomilter.Modifier) (gomilter.Response, error) {
	how, _ := m.h.quar.Load(m.from)
	action, _ := how.(analyzer.Action)
	if action == "" {
		action = analyzer.Pass
	}
	r := &analyzer.Record{Envelope: analyzer.Envelope{Time: time.Now(), Host: m.h.Host, QueueID: mod.Macros["i"],
		Sender: m.from, Class: analyzer.Account, MailFrom: m.from, Recipients: m.to},
		Verdict: analyzer.Verdict{Action: action, Would: action, Points: 9}}
	if action == analyzer.Delay {
		r.Due = time.Now().Add(time.Hour)
	}
	if _, err := m.h.serve.Begin(context.Background(), r)(); err != nil {
		return nil, err
	}
	if action != analyzer.Pass {
		if err := mod.Quarantine("unusual"); err != nil {
			return nil, err
		}
	}
	return gomilter.RespContinue, nil
}

func newHouse(t *testing.T) *house {
	mta.Require(t)
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, log: new(logbuffer.Buffer)}
	server := gomilter.Server{Actions: gomilter.OptQuarantine, NewMilter: func() gomilter.Milter { return &milter{h: h} }}
	go server.Serve(ln) //nolint:errcheck // it ends with the test
	t.Cleanup(func() { server.Close() })
	dir := t.TempDir()
	h.cfg = config.Default(dir)
	h.locked = filepath.Join(dir, "locked")
	h.Instance = mta.Start(t, mta.Options{Milters: []string{"inet:" + ln.Addr().String()}, Chroot: true,
		Users: []string{"carol@example.org", "dave@example.org", "map@example.org", "eve@example.org",
			"frank@example.org", "mallory@example.org"},
		Main: []string{"smtpd_data_restrictions = check_sender_access inline:{map@example.org=HOLD}"}})
	h.Sink.Answer("busy.test", "450 4.2.0 later")
	h.cfg.Agent.PostfixConfig, h.cfg.Maillog.Files = h.Config, []string{h.Dir + "/mail.log"}
	h.cfg.Agent.Interval = config.Duration(time.Second)
	h.cfg.Hooks.Command = []config.CommandHook{{Name: "lock", User: "root",
		Run: []string{"/bin/sh", "-c", `cat >> "$1"`, "sh", h.locked}}}
	h.serve = h.open(store.Options{})
	h.reviews = h.open(store.Options{Signs: wiring.Signs(h.cfg)})
	if err := h.serve.SetHooks(t.Context(), []string{"lock"}); err != nil {
		t.Fatal(err)
	}
	if h.raw, err = sql.Open("sqlite3", "file:"+h.cfg.Database+"?_busy_timeout=5000"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.raw.Close() })
	h.start()
	t.Cleanup(func() { h.stop() })
	return h
}

func (h *house) open(o store.Options) *store.DB {
	db, err := store.Open(h.t.Context(), h.cfg.Database, o)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { db.Close() })
	return db
}

// start begins the agent.
func (h *house) start() {
	ctx, cancel := context.WithCancel(context.Background())
	db, err := store.Open(ctx, h.cfg.Database, store.Options{Signs: wiring.Signs(h.cfg)})
	if err != nil {
		h.t.Fatal(err)
	}
	agent := &daemon.Agent{Config: h.cfg, Store: db, Host: h.Host, Log: slog.New(slog.NewTextHandler(h.log, nil))}
	done := make(chan error, 1)
	go func() { done <- agent.Run(ctx) }()
	h.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("agent: %v", err)
		}
		db.Close()
	})
	h.await("the agent's first round", func() bool {
		seen, err := h.serve.AgentSeen(ctx)
		return err == nil && time.Since(seen) < 10*time.Second
	})
}

func (h *house) await(what string, ok func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("no %s within a minute\n%s", what, h.log)
		}
	}
}

// rounds waits until the agent has done some rounds from now on.
func (h *house) rounds(n int) {
	h.t.Helper()
	for range n {
		begun := time.Now()
		h.await("round", func() bool {
			seen, err := h.serve.AgentSeen(h.t.Context())
			return err == nil && seen.After(begun)
		})
	}
}

// settle waits for what is looked at beside the rounds, every two seconds: the audit log, hooks.
func (h *house) settle() {
	h.rounds(1)
	time.Sleep(2500 * time.Millisecond)
}

// send sends a mail of a user, and says what serve does with it.
func (h *house) send(user, to string, action analyzer.Action) (queueID string, hold int64) {
	h.t.Helper()
	from := user + "@example.org"
	h.quar.Store(from, action)
	id, err := h.Submit(mta.Submission{User: from, From: from, To: []string{to},
		Client: netip.MustParseAddr("203.0.113.7"), Data: []byte("From: " + from + "\r\nTo: " + to +
			"\r\nSubject: s\r\nDate: Mon, 02 Mar 2026 09:00:00 +0900\r\n\r\ntext\r\n")})
	if err != nil {
		h.t.Fatal(err)
	}
	list, err := h.serve.Holds(h.t.Context(), ledger.HoldFilter{QueueID: id})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(list) > 0 {
		hold = list[0].ID
	}
	return id, hold
}

// queue returns the queue that a mail is in, "" for none.
func (h *house) queue(id string) string {
	h.t.Helper()
	out, _ := h.Command(h.t.Context(), "postqueue", "-c", h.Config, "-j").Output()
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, `"queue_id": "`+id+`"`) {
			_, rest, _ := strings.Cut(line, `"queue_name": "`)
			name, _, _ := strings.Cut(rest, `"`)
			return name
		}
	}
	return ""
}

// sql does what a captured serve can: anything, triggers or not.
func (h *house) sql(statements ...string) {
	h.t.Helper()
	for _, s := range statements {
		if _, err := h.raw.Exec(s); err != nil {
			h.t.Fatalf("%s: %v", s, err)
		}
	}
}

// row is one value of a query.
func (h *house) row(query string, args ...any) (v string) {
	h.t.Helper()
	if err := h.raw.QueryRow(query, args...).Scan(&v); err != nil {
		h.t.Fatalf("%s: %v", query, err)
	}
	return v
}

// forge writes a record of a mail and a hold in a state, as if it were hisseki's.
func (h *house) forge(queueID, sender, state string, due time.Time) (hold string) {
	h.t.Helper()
	h.sql(fmt.Sprintf(`INSERT INTO journal (at, host, queue_id, sender, class, mail_from, header_from, client,
			message_id, subject, bytes, action, would, points, sum, due, learned, observation, detail)
		SELECT unixepoch(), '%s', '%s', '%s', 'account', '%[3]s', header_from, client, message_id, subject, bytes,
			'hold', 'hold', 9, 9, 0, 0, observation, detail
		FROM journal LIMIT 1`, h.Host, queueID, sender),
		fmt.Sprintf(`INSERT INTO hold (journal, state, due, by, reason, decided)
		VALUES ((SELECT max(id) FROM journal), '%s', %d, 'alice', 'forged', unixepoch())`, state, due.Unix()))
	return h.row(`SELECT max(id) FROM hold`)
}

// try makes an attempt that leaves a trace, and waits until one line of the agent's log that is written from then
// on, and one finding of doctor's, say these words of it.
func (h *house) try(attempt string, do func(), words ...string) {
	h.t.Helper()
	from := len(h.log.String())
	do()
	h.marked(attempt, from, words)
}

// marked waits for the traces of an attempt; from is where the log stood before it.
func (h *house) marked(attempt string, from int, words []string) {
	h.t.Helper()
	h.await("line of the log about "+attempt+": "+strings.Join(words, ", "), func() bool { return h.logged(from, words) != "" })
	var found string
	h.await("finding of doctor about "+attempt+": "+strings.Join(words, ", "), func() bool {
		found = h.found(words)
		return found != ""
	})
	h.t.Logf("%s\n  agent:  %s\n  doctor: %s", attempt, h.logged(from, words), found)
}

// logged returns a line of the agent's log, "" for none.
func (h *house) logged(from int, words []string) string {
	for line := range strings.Lines(h.log.String()[from:]) {
		if strings.Contains(line, "level=ERROR") && containsAll(line, words) {
			return strings.TrimSpace(line)
		}
	}
	return ""
}

// found returns what doctor says, "" for nothing.
func (h *house) found(words []string) string {
	h.t.Helper()
	d := doctor.Doctor{Config: h.cfg, StaleAfter: daemon.StaleAfter, Postfix: postfix.Instance{ConfigDir: h.Config},
		Dial:      func(config.Address) error { return nil },
		OpenStore: func(context.Context) (doctor.Store, error) { return nil, errors.New("not looked at") }}
	for _, f := range d.Examine(h.t.Context()) {
		if f.Check == "marks" && f.State == doctor.Bad && containsAll(f.Found, words) {
			return f.Found
		}
	}
	return ""
}

func containsAll(s string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}

func (h *house) lockedBy() string {
	text, err := os.ReadFile(h.locked)
	if err != nil && !os.IsNotExist(err) {
		h.t.Fatal(err)
	}
	return string(text)
}

// TestCapturedServeCannotCommandMail tries to have root delete mail and let mail go.
func TestCapturedServeCannotCommandMail(t *testing.T) {
	h := newHouse(t)
	past := time.Now().Add(-time.Hour)

	// What is at stake: an ordinary mail that waits for a busy site, one that the postmaster put on
	// hold by hand, one that a rule of Postfix's holds, and three that hisseki holds.
	deferred, _ := h.send("carol", "x@busy.test", "")
	byHand, _ := h.send("dave", "x@busy.test", "")
	h.await("deferred mail", func() bool { return h.queue(deferred) == "deferred" && h.queue(byHand) == "deferred" })
	if out, err := h.Command(t.Context(), "postsuper", "-c", h.Config, "-h", byHand).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	byMap, _ := h.send("map", "x@partner.test", "")
	kept, holds := make([]string, 6), make([]int64, 6)
	for i := range kept {
		kept[i], holds[i] = h.send("eve", "x@partner.test", analyzer.Hold)
	}
	short, shortHold := h.send("mallory", "x@partner.test", analyzer.Hold)
	decided, decidedHold := h.send("mallory", "x@partner.test", analyzer.Hold)
	delayed, _ := h.send("frank", "x@partner.test", analyzer.Delay)
	h.rounds(2)
	where := map[string]string{deferred: "deferred", byHand: "hold", byMap: "hold", short: "hold", decided: "hold", delayed: "hold"}
	for _, id := range kept {
		where[id] = "hold"
	}
	unmoved := func(attempt string) {
		t.Helper()
		h.rounds(2)
		for id, want := range where {
			if q := h.queue(id); q != want {
				t.Errorf("%s: mail %s is in %q, want %q\n%s", attempt, id, q, want, h.log)
			}
		}
	}
	// tried makes an attempt whose refusal names the mail.
	tried := func(attempt, verb, id, why string, do func()) {
		t.Helper()
		h.try(attempt, do, "refused to "+verb+" mail "+id, why)
		unmoved(attempt)
	}
	forge := func(id, user, state string) func() {
		return func() { h.forge(id, user+"@example.org", state, past) }
	}
	const others = "postsuper"
	tried("delete mail that was never held", "discard", deferred, unsigned, forge(deferred, "carol", "discarding"))
	tried("delete mail that the postmaster holds", "discard", byHand, others, forge(byHand, "dave", "discarding"))
	tried("let go mail that the postmaster holds", "release", byHand, others, forge(byHand, "dave", "releasing"))
	tried("let it go by the timer", "end-delay", byHand, others, forge(byHand, "dave", "delayed"))
	tried("delete mail that a rule of Postfix's holds", "discard", byMap, others, forge(byMap, "map", "discarding"))
	tried("let go mail that a rule of Postfix's holds", "release", byMap, others, forge(byMap, "map", "releasing"))
	tried("let that go by the timer", "end-delay", byMap, others, forge(byMap, "map", "delayed"))

	set := func(hold int64, state string) func() {
		return func() {
			h.sql(fmt.Sprintf(`UPDATE hold SET state = '%s', due = 1, by = 'alice', decided = 1 WHERE id = %d`, state, hold))
		}
	}
	tried("delete in a reviewer's place", "discard", kept[0], unsigned, set(holds[0], "discarding"))
	tried("let go in a reviewer's place", "release", kept[1], unsigned, set(holds[1], "releasing"))
	tried("let held mail go by the timer", "end-delay", kept[2], "nobody has", set(holds[2], "delayed"))
	tried("have it found where it should be deleted", "discard", kept[3], unsigned, set(holds[3], "discarded"))
	tried("have it found where it should be let go", "release", kept[4], unsigned, set(holds[4], "released"))

	// A reviewer has two mails deleted, with grace, and takes that back.
	incident := oneHold(t, h, decidedHold).Incident
	end := ledger.Ending{To: ledger.IncidentConfirmed, By: "alice", Grace: time.Hour}
	if _, ok, err := h.reviews.EndIncident(t.Context(), incident, end); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.rounds(2)
	signed := h.row(`SELECT signature FROM hold WHERE id = ?`, decidedHold)
	notBefore := h.row(`SELECT not_before FROM hold WHERE id = ?`, decidedHold)
	when := h.row(`SELECT decided FROM hold WHERE id = ?`, decidedHold)
	h.sql(fmt.Sprintf(`UPDATE hold SET due = 1 WHERE id = %d`, shortHold))
	unmoved("shorten the time of grace") // without a trace: what is signed says when
	tried("shorten it in what is signed", "discard", short, "signature is not", func() {
		h.sql(fmt.Sprintf(`UPDATE hold SET due = 1, not_before = 1 WHERE id = %d`, shortHold))
	})
	putBack := func(hold int64) {
		h.sql(fmt.Sprintf(`UPDATE hold SET state = 'discarding', due = 1, by = 'alice', reason = '', decided = %s,
			not_before = %s, signature = '%s' WHERE id = %d`, when, notBefore, signed, hold))
	}
	tried("use a reviewer's signature for another mail", "discard", kept[5], "signature is not", func() { putBack(holds[5]) })
	if _, ok, err := h.reviews.ReopenIncident(t.Context(), incident, "alice", ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.rounds(1)
	putBack(decidedHold)
	unmoved("put a decision back that was taken back") // before its time, there is nothing to refuse
	tried("and without its grace", "discard", decided, "signature is not", func() {
		h.sql(fmt.Sprintf(`UPDATE hold SET not_before = %s WHERE id = %d`, when, decidedHold))
	})

	// Reviewers decide as before, about what is hisseki's.
	h.sql(fmt.Sprintf(`UPDATE hold SET state = 'held', signature = '' WHERE id IN (%d, %d, %d)`, holds[0], holds[1], decidedHold))
	for hold, to := range map[int64]ledger.State{holds[0]: ledger.Discarding, holds[1]: ledger.Releasing} {
		if done, err := h.reviews.DecideHolds(t.Context(), []int64{hold},
			ledger.Decision{To: to, By: "alice"}); len(done) != 1 || err != nil {
			t.Fatal(done, err)
		}
	}
	h.await("decisions to be carried out", func() bool {
		return oneHold(t, h, holds[0]).State == ledger.Discarded && oneHold(t, h, holds[1]).State == ledger.Released
	})
	if h.queue(kept[0]) != "" || h.queue(kept[1]) == "hold" {
		t.Errorf("the deleted mail is in %q, the released one in %q", h.queue(kept[0]), h.queue(kept[1]))
	}
	// A delay ends by itself.
	h.sql(`UPDATE hold SET due = 1 WHERE state = 'delayed'`)
	h.await("end of the delay", func() bool { return h.queue(delayed) != "hold" })
}

func oneHold(t *testing.T, h *house, id int64) *ledger.Hold {
	t.Helper()
	list, err := h.serve.Holds(t.Context(), ledger.HoldFilter{IDs: []int64{id}})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return &list[0]
}

// TestCapturedServeCannotLock tries to have root lock an account, and let a thief in again.
func TestCapturedServeCannotLock(t *testing.T) {
	h := newHouse(t)
	h.send("carol", "x@partner.test", "") // some record to copy
	forged := func(sender, kind string) {
		h.sql(fmt.Sprintf(`INSERT INTO incident (sender, opened, state) VALUES ('%s', unixepoch(), 'open')`, sender))
		if kind != "opened" {
			h.sql(fmt.Sprintf(`UPDATE incident SET state = '%s', closed = unixepoch(), by = 'alice'
				WHERE id = (SELECT max(id) FROM incident)`, kind))
		}
	}
	forged("ceo@example.org", "opened")
	forged("ceo2@example.org", "confirmed")
	forged("ceo3@example.org", "dismissed")
	// One with a real mail of somebody else's behind it.
	_, hold := h.send("eve", "x@partner.test", analyzer.Hold)
	h.rounds(1)
	h.sql(fmt.Sprintf(`UPDATE incident SET sender = 'ceo4@example.org' WHERE id = %d`, oneHold(t, h, hold).Incident),
		`UPDATE event SET at = 1`)
	for attempt, words := range map[string][]string{"confirm an incident": {"ceo2@example.org", "confirmed", "signed"},
		"dismiss one": {"ceo3@example.org", "dismissed", "signed"}, "forge one": {"ceo@example.org", "opened", "hold queue has 0"},
		"give one another sender": {"ceo4@example.org", "opened"}} {
		words = append(words, "no command was told")
		h.await("refusal to "+attempt, func() bool {
			h.sql(`UPDATE hook_event SET first = 1, due = 1 WHERE state = 'due'`) // no patience is left
			return h.logged(0, words) != ""
		})
		h.marked(attempt, 0, words)
	}
	if text := h.lockedBy(); strings.Contains(text, "ceo") {
		t.Errorf("locked: %s", text)
	}

	// A theft that is real: the agent sees its mail, by the name that logged in.
	_, hold = h.send("mallory", "x@partner.test", analyzer.Hold)
	h.await("lock", func() bool { return strings.Contains(h.lockedBy(), `"logins":["mallory@example.org"]`) })
	incident := oneHold(t, h, hold).Incident
	reviewer := func(to ledger.IncidentState) string {
		t.Helper()
		if _, ok, err := h.reviews.EndIncident(t.Context(), incident, ledger.Ending{To: to, By: "alice", Keep: true}); !ok || err != nil {
			t.Fatal(ok, err)
		}
		h.await(string(to), func() bool {
			return strings.Count(h.lockedBy(), `"event":"`+string(to)+`"`) == 1
		})
		return h.row(`SELECT max(n) FROM event`)
	}
	dismissed := reviewer(ledger.IncidentDismissed)
	if _, ok, err := h.reviews.ReopenIncident(t.Context(), incident, "alice", ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	confirmed := reviewer(ledger.IncidentConfirmed)
	// Told again, the dismissal would let the thief in.
	h.try("tell an older decision again", func() {
		h.sql(fmt.Sprintf(`DELETE FROM hook_event WHERE event = %s`, dismissed))
	}, "no command was told", "mallory@example.org", "dismissed", "newer decision")
	h.try("make a confirmation a dismissal", func() {
		h.sql(fmt.Sprintf(`UPDATE event SET kind = 'dismissed' WHERE n = %s`, confirmed),
			fmt.Sprintf(`DELETE FROM hook_event WHERE event = %s`, confirmed))
	}, "no command was told", "mallory@example.org", "dismissed", "not by the key")
	if n := strings.Count(h.lockedBy(), `"event":"dismissed"`); n != 1 {
		t.Errorf("let in %d times: %s", n, h.lockedBy())
	}
}

// TestCapturedServeIsNoticed: rules and the audit log cannot be changed unnoticed.
func TestCapturedServeIsNoticed(t *testing.T) {
	h := newHouse(t)
	ctx, until := t.Context(), time.Now().Add(24*time.Hour)
	rule := analyzer.Override{Action: analyzer.Hold, Until: until, By: "alice"}
	for _, subject := range []string{"sender:a@example.org", "sender:b@example.org", "sender:c@example.org"} {
		if err := h.reviews.SetOverride(ctx, subject, rule); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := h.reviews.AddHabit(ctx, analyzer.Habit{Senders: []string{"a@example.org"}, Countries: []string{"US"},
		Until: until, By: "alice"}); err != nil {
		t.Fatal(err)
	}
	h.settle()
	if ok, err := h.reviews.ClearOverride(ctx, "sender:c@example.org", "alice", ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.settle()
	if marks, err := proof.Marks(wiring.KeyFolder(h.cfg)); len(marks) > 0 || err != nil {
		t.Fatalf("marks of what reviewers did: %v, %v", marks, err)
	}
	triggers := h.row(`SELECT group_concat(sql || ';', char(10)) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'`)
	untriggered := func(statements ...string) {
		h.sql(append(append([]string{`DROP TRIGGER audit_adds`, `DROP TRIGGER audit_keeps`, `DROP TRIGGER audit_stays`},
			statements...), triggers)...)
	}
	list := []struct {
		attempt, statement string
		words              []string
	}{
		{"make a rule", `INSERT INTO override (subject, action, mode, until, by, reason)
			VALUES ('url:partner.test', 'hold', '', 0, 'alice', '')`, []string{"partner.test", unsigned}},
		{"put a rule back that was cleared", `INSERT INTO override (subject, action, mode, until, by, reason)
			VALUES ('sender:c@example.org', 'hold', '', 0, 'alice', '')`, []string{"sender:c@example.org", "does not count"}},
		{"take a rule away", `DELETE FROM override WHERE subject = 'sender:a@example.org'`,
			[]string{"sender:a@example.org", "is gone"}},
		{"change a rule", `UPDATE override SET action = 'pass' WHERE subject = 'sender:b@example.org'`,
			[]string{"sender:b@example.org", "does not count"}},
		{"widen an exception", `UPDATE habit SET senders = '["*"]'`, []string{"T1", "does not count"}},
		{"add a line of the audit log", `INSERT INTO audit (at, actor, verb, object, reason)
			VALUES (unixepoch(), 'alice', 'release', 'H1', '')`, []string{"of the audit log", "written by nobody who may decide"}},
	}
	from := len(h.log.String())
	for _, a := range list {
		untriggered(a.statement)
	}
	for _, a := range list {
		h.marked(a.attempt, from, a.words)
	}
	last, before := h.row(`SELECT max(id) FROM audit`), h.row(`SELECT max(id) FROM audit WHERE id < (SELECT max(id) FROM audit)`)
	h.try("remove a line of the audit log", func() { untriggered(`DELETE FROM audit WHERE id = ` + last) },
		"line "+last+" of the audit log is not what it was")
	h.try("change a line of the audit log", func() { untriggered(`UPDATE audit SET actor = 'bob' WHERE id = ` + before) },
		"line "+before+" of the audit log is not what it was")
}

// TestCapturedServeCannotReadTheKey runs as serve's user.
func TestCapturedServeCannotReadTheKey(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root to be another user")
	}
	dir := t.TempDir()
	folder := filepath.Join(dir, "agent")
	cfg := config.Default(dir)
	cfg.Agent.Folder = folder
	if err := wiring.Signs(cfg).Ready(); err != nil {
		t.Fatal(err)
	}
	for p := dir; p != "/"; p = filepath.Dir(p) { // whoever serve is may come as far as the folder
		if info, err := os.Stat(p); err == nil && info.Mode().Perm()&0o001 == 0 {
			if err := os.Chmod(p, info.Mode().Perm()|0o011); err != nil {
				t.Fatal(err)
			}
		}
	}
	record, err := proof.Open(folder, "mx")
	if err != nil {
		t.Fatal(err)
	}
	defer record.Close()
	for _, script := range []string{"cat $0/decision.key", "cat $0/seen-mx.jsonl", "echo x >> $0/seen-mx.jsonl",
		"touch $0/seen-other.jsonl", "rm -f $0/decision.key && test ! -e $0/decision.key", "mv $0 $0.old", "ls $0"} {
		cmd := exec.Command("/bin/sh", "-c", script, folder)
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 4711, Gid: 4711}}
		if out, err := cmd.CombinedOutput(); err == nil {
			t.Errorf("serve's user may: %s\n%s", script, out)
		}
	}
}
