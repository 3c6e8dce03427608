package abuse

import (
	"context"
	"database/sql"
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
	"hisseki/internal/config"
	"hisseki/internal/logbuffer"
	"hisseki/internal/mta"
	"hisseki/internal/wiring"
	"hisseki/ledger"
	"hisseki/proof"
	"hisseki/store"
)

// A captured serve: whoever attacks has serve's rights, so he writes to the store's file whatever
// he likes and has Postfix hold what passes the milter. Root's agent is the real one, on a real
// Postfix, and follows its log.

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

// marked waits until the agent's record, which doctor prints, and its log say something.
func (h *house) marked(words ...string) {
	h.t.Helper()
	h.await("mark with "+strings.Join(words, ", "), func() bool { return h.hasMark(words) })
}

func (h *house) hasMark(words []string) bool {
	h.t.Helper()
	marks, err := proof.Marks(wiring.KeyFolder(h.cfg))
	if err != nil {
		h.t.Fatal(err)
	}
	for _, m := range marks {
		if containsAll(m.What, words) && strings.Contains(h.log.String(), words[0]) {
			return true
		}
	}
	return false
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
	kept, keptHold := h.send("eve", "x@partner.test", analyzer.Hold)
	kept2, kept2Hold := h.send("eve", "x@partner.test", analyzer.Hold)
	kept3, kept3Hold := h.send("eve", "x@partner.test", analyzer.Hold)
	delayed, _ := h.send("frank", "x@partner.test", analyzer.Delay)
	h.rounds(2)
	where := map[string]string{deferred: "deferred", byHand: "hold", byMap: "hold", kept: "hold", kept2: "hold",
		kept3: "hold", delayed: "hold"}
	unmoved := func(attempt string) {
		t.Helper()
		h.rounds(2)
		for id, want := range where {
			if q := h.queue(id); q != want {
				t.Errorf("%s: mail %s is in %q, want %q\n%s", attempt, id, q, want, h.log)
			}
		}
	}

	h.forge(deferred, "carol@example.org", "discarding", past)
	h.forge(byHand, "dave@example.org", "discarding", past)
	unmoved("delete mail that was never held, or not by hisseki")
	h.marked("refused to discard mail "+byHand, "postsuper")

	h.forge(byHand, "dave@example.org", "releasing", past)
	h.forge(byHand, "dave@example.org", "delayed", past)
	h.forge(byMap, "map@example.org", "releasing", past)
	h.forge(byMap, "map@example.org", "delayed", past)
	unmoved("release mail that others hold")
	h.marked("refused to release mail " + byHand)
	h.marked("refused to end-delay mail " + byHand)
	h.marked("refused to release mail " + byMap)

	set := func(hold int64, state string) {
		h.sql(fmt.Sprintf(`UPDATE hold SET state = '%s', due = 1, by = 'alice', decided = 1 WHERE id = %d`, state, hold))
	}
	set(keptHold, "discarding")
	set(kept2Hold, "releasing")
	unmoved("decide in a reviewer's place")
	h.marked("refused to discard mail "+kept, "nobody has signed it")
	h.marked("refused to release mail "+kept2, "nobody has signed it")
	set(keptHold, "delayed")
	unmoved("have the timer let held mail go")
	h.marked("refused to end-delay mail "+kept, "nobody has")
	set(keptHold, "discarded") // still on hold: the agent would delete it once more
	set(kept2Hold, "released")
	unmoved("have it found where it should be gone")

	// A reviewer has one mail deleted, with grace, and takes that back.
	incident := oneHold(t, h, kept3Hold).Incident
	end := ledger.Ending{To: ledger.IncidentConfirmed, By: "alice", Grace: time.Hour}
	if _, ok, err := h.reviews.EndIncident(t.Context(), incident, end); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.rounds(2)
	signed := h.row(`SELECT signature FROM hold WHERE id = ?`, kept3Hold)
	notBefore := h.row(`SELECT not_before FROM hold WHERE id = ?`, kept3Hold)
	decided := h.row(`SELECT decided FROM hold WHERE id = ?`, kept3Hold)
	h.sql(fmt.Sprintf(`UPDATE hold SET due = 1 WHERE id = %d`, kept3Hold))
	unmoved("shorten the time of grace")
	h.sql(fmt.Sprintf(`UPDATE hold SET due = 1, not_before = 1 WHERE id = %d`, kept3Hold))
	unmoved("shorten the time of grace in what is signed")
	h.marked("refused to discard mail "+kept3, "signature is not")
	putBack := func(hold int64) {
		h.sql(fmt.Sprintf(`UPDATE hold SET state = 'discarding', due = 1, by = 'alice', reason = '', decided = %s,
			not_before = %s, signature = '%s' WHERE id = %d`, decided, notBefore, signed, hold))
	}
	putBack(keptHold)
	unmoved("use a reviewer's signature for another mail")
	if _, ok, err := h.reviews.ReopenIncident(t.Context(), incident, "alice", ""); !ok || err != nil {
		t.Fatal(ok, err)
	}
	h.rounds(1)
	putBack(kept3Hold)
	h.sql(fmt.Sprintf(`UPDATE hold SET not_before = %s WHERE id = %d`, decided, kept3Hold)) // and no grace
	unmoved("put a decision back that was taken back")

	// Reviewers decide as before, about what is hisseki's.
	h.sql(fmt.Sprintf(`UPDATE hold SET state = 'held', signature = '' WHERE id IN (%d, %d, %d)`, keptHold, kept2Hold, kept3Hold))
	for hold, to := range map[int64]ledger.State{keptHold: ledger.Discarding, kept2Hold: ledger.Releasing} {
		if done, err := h.reviews.DecideHolds(t.Context(), []int64{hold},
			ledger.Decision{To: to, By: "alice"}); len(done) != 1 || err != nil {
			t.Fatal(done, err)
		}
	}
	h.await("decisions to be carried out", func() bool {
		return oneHold(t, h, keptHold).State == ledger.Discarded && oneHold(t, h, kept2Hold).State == ledger.Released
	})
	if h.queue(kept) != "" || h.queue(kept2) == "hold" {
		t.Errorf("the deleted mail is in %q, the released one in %q", h.queue(kept), h.queue(kept2))
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
	for _, words := range [][]string{{"ceo2@example.org", "confirmed", "signed"},
		{"ceo3@example.org", "dismissed", "signed"}, {"ceo@example.org", "opened", "hold queue has 0"},
		{"ceo4@example.org", "opened"}} {
		h.await("refusal of "+words[0], func() bool {
			h.sql(`UPDATE hook_event SET first = 1, due = 1 WHERE state = 'due'`) // no patience is left
			return h.hasMark(append([]string{"no command was told"}, words...))
		})
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
	h.sql(fmt.Sprintf(`DELETE FROM hook_event WHERE event = %s`, dismissed))
	h.marked("no command was told", "mallory@example.org", "dismissed", "newer decision")
	h.sql(fmt.Sprintf(`UPDATE event SET kind = 'dismissed' WHERE n = %s`, confirmed),
		fmt.Sprintf(`DELETE FROM hook_event WHERE event = %s`, confirmed))
	h.marked("no command was told", "mallory@example.org", "dismissed", "not by the key")
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
	h.sql(`DROP TRIGGER audit_adds`, `DROP TRIGGER audit_keeps`, `DROP TRIGGER audit_stays`,
		`INSERT INTO override (subject, action, mode, until, by, reason) VALUES ('url:partner.test', 'hold', '', 0, 'alice', '')`,
		`DELETE FROM override WHERE subject = 'sender:a@example.org'`,
		`UPDATE override SET action = 'pass' WHERE subject = 'sender:b@example.org'`,
		`UPDATE habit SET senders = '["*"]'`,
		`INSERT INTO audit (at, actor, verb, object, reason) VALUES (unixepoch(), 'alice', 'release', 'H1', '')`,
		triggers)
	h.marked("partner.test", "nobody has signed it")
	h.marked("sender:a@example.org", "is gone")
	h.marked("sender:b@example.org", "does not count")
	h.marked("T1", "does not count")
	h.marked("of the audit log", "written by nobody who may decide")

	last := h.row(`SELECT max(id) FROM audit`)
	h.sql(`DROP TRIGGER audit_adds`, `DROP TRIGGER audit_keeps`, `DROP TRIGGER audit_stays`,
		`DELETE FROM audit WHERE id = `+last, triggers)
	h.marked("line " + last + " of the audit log is not what it was")
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
