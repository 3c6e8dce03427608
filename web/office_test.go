package web_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/access"
	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/company"
	"hisseki/internal/logbuffer"
	"hisseki/ledger"
	"hisseki/review"
	"hisseki/store"
	"hisseki/web"
)

// office is a review page on a real store, with reviewers who can log in.
type office struct {
	t      testing.TB
	db     *store.DB
	judge  *analyzer.Analyzer
	server *httptest.Server
	url    string
	clock  func() time.Time
	log    *logbuffer.Buffer
	secret map[string]string // of the reviewers' second factors
	review *review.Service
	guard  *access.Guard
	sent   int
}

// anywhere believes everybody about who asks.
var anywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

const password = "correct horse battery staple"

// newOffice opens an office whose time is now, unless a clock says otherwise.
func newOffice(t testing.TB, clock func() time.Time) *office {
	t.Helper()
	return officeAt(t, filepath.Join(t.TempDir(), "hisseki.db"), clock)
}

func officeAt(t testing.TB, path string, clock func() time.Time) *office {
	t.Helper()
	if clock == nil {
		clock = time.Now
	}
	db, err := store.Open(t.Context(), path, store.Options{Now: clock, Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	o := &office{t: t, db: db, clock: clock, log: new(logbuffer.Buffer), secret: map[string]string{}}
	o.review = &review.Service{Store: db, Findings: db.Findings(), Now: clock, Normal: strings.ToLower,
		Unseal: func(s string) (string, error) { return s, nil },
		Settings: review.Settings{Journal: 21 * 24 * time.Hour, StaleAfter: 30 * time.Second, Grace: time.Hour,
			Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce,
				analyzer.Application: analyzer.Observe, analyzer.Null: analyzer.Observe},
			Hooks: map[ledger.EventKind][]string{ledger.EventConfirmed: {"lock-dovecot"}}}}
	o.guard = access.NewGuard(db.Reviewers(), access.Settings{Idle: time.Hour, Absolute: 12 * time.Hour}, clock, rand.Reader)
	o.serve(nil)
	return o
}

// serve answers browsers; change may change how.
func (o *office) serve(change func(*web.Options)) {
	opt := web.Options{Review: o.review, Guard: o.guard, Zone: company.Tokyo, Version: "test",
		Log: o.logger()}
	if change != nil {
		change(&opt)
	}
	o.server = httptest.NewServer(web.New(opt))
	o.t.Cleanup(o.server.Close)
	o.url = strings.Replace(o.server.URL, "127.0.0.1", "localhost", 1)
}

func (o *office) logger() *slog.Logger { return slog.New(slog.NewTextHandler(o.log, nil)) }

// hire adds a reviewer.
func (o *office) hire(name string, role access.Role) {
	o.t.Helper()
	hash, err := access.HashPassword(password, rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	secret, _, err := access.NewSecret(name, rand.Reader)
	if err != nil {
		o.t.Fatal(err)
	}
	o.secret[name] = secret
	err = o.db.Reviewers().PutAccount(o.t.Context(), access.Account{Name: name, Role: role, Password: hash,
		Secret: secret}, "test", "add-reviewer")
	if err != nil {
		o.t.Fatal(err)
	}
}

// code is what a reviewer's second factor shows now.
func (o *office) code(name string) string {
	o.t.Helper()
	code, err := access.Code(o.secret[name], o.clock())
	if err != nil {
		o.t.Fatal(err)
	}
	return code
}

// token lets a reviewer in without a browser and returns what his cookie holds.
func (o *office) token(name string) string {
	o.t.Helper()
	link, err := o.guard.NewLink(o.t.Context(), name, "test")
	if err != nil {
		o.t.Fatal(err)
	}
	token, _, err := o.guard.LoginByLink(o.t.Context(), link, access.Attempt{From: netip.MustParseAddr("127.0.0.1")})
	if err != nil {
		o.t.Fatal(err)
	}
	return token
}

// agent says that somebody carries decisions out.
func (o *office) agent() {
	o.t.Helper()
	if err := o.db.Heartbeat(o.t.Context(), "mail.example.jp", "test"); err != nil {
		o.t.Fatal(err)
	}
}

// carryOut does what the agent does, without a Postfix.
func (o *office) carryOut() (n int) {
	o.t.Helper()
	o.agent()
	list, err := o.db.Holds(o.t.Context(), ledger.HoldFilter{States: []ledger.State{ledger.Releasing, ledger.Discarding}})
	if err != nil {
		o.t.Fatal(err)
	}
	for i := range list {
		if err := o.db.Finish(o.t.Context(), list[i].ID); err != nil {
			o.t.Fatal(err)
		}
	}
	return len(list)
}

// learn has ordinary mail judged and learned, as serve does in mode observe.
func (o *office) learn(list ...company.Mail) {
	o.t.Helper()
	o.judge = nil
	o.mode(analyzer.Observe, list)
	o.judge = nil
}

// send has mail judged and kept, as serve does in mode enforce.
func (o *office) send(list ...company.Mail) {
	o.t.Helper()
	o.mode(analyzer.Enforce, list)
}

func (o *office) mode(mode analyzer.Mode, list []company.Mail) {
	o.t.Helper()
	if o.judge == nil {
		salt, err := o.db.Salt(o.t.Context())
		if err != nil {
			o.t.Fatal(err)
		}
		o.judge = analyzer.New(analyzer.Config{Salt: salt, Excerpt: 200,
			Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: mode}}, o.db)
		if err := o.judge.Load(o.t.Context()); err != nil {
			o.t.Fatal(err)
		}
	}
	for i := range list {
		o.sent++
		if err := o.judgeOne(o.t.Context(), &list[i]); err != nil {
			o.t.Fatal(err)
		}
	}
}

func (o *office) judgeOne(ctx context.Context, m *company.Mail) error {
	src, err := content.ReadSource(bytes.NewReader(m.Message), 0)
	if err != nil {
		return err
	}
	_, err = o.judge.Judge(ctx, &analyzer.Mail{Source: src, Envelope: analyzer.Envelope{Time: m.Time.UTC(),
		Host: "mail.example.jp", QueueID: fmt.Sprintf("4Ctest%05dz", o.sent), Sender: strings.ToLower(m.Login),
		Class: analyzer.Account, Login: m.Login, AuthType: "PLAIN", MailFrom: m.Login, Recipients: m.Recipients,
		Client: netip.MustParseAddr(m.Client), Helo: m.Helo}}, analyzer.Conditions{CanDelay: true})
	return err
}

// theft is a company's three weeks and the 20 minutes in which one account is stolen, so that
// it ends a moment ago.
func (o *office) theft() {
	o.t.Helper()
	past, burst := o.story()
	o.learn(past...)
	o.send(burst...)
}

// story is the mail of theft.
func (o *office) story() (past, burst []company.Mail) {
	start := o.clock().Add(-25 * time.Minute)
	firm := company.New(11)
	past = firm.Weeks(3, start)
	burst, ordinary := firm.Incident(start, 20*time.Minute, 40)
	return append(past, ordinary...), burst
}

// storyWith is a theft whose mails have a subject, as it stands in the header.
func (o *office) storyWith(subject string) (past, burst []company.Mail) {
	o.t.Helper()
	past, burst = o.story()
	for i := range burst {
		head, rest, _ := bytes.Cut(burst[i].Message, []byte("\r\nSubject: "))
		_, rest, ok := bytes.Cut(rest, []byte("\r\n"))
		for ok && (bytes.HasPrefix(rest, []byte(" ")) || bytes.HasPrefix(rest, []byte("\t"))) {
			_, rest, ok = bytes.Cut(rest, []byte("\r\n"))
		}
		burst[i].Message = bytes.Join([][]byte{head, []byte("Subject: " + subject), rest}, []byte("\r\n"))
	}
	return past, burst
}

func body(t testing.TB, r io.Reader) string {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
