package signin_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hisseki/internal/logbuffer"
	"hisseki/signin"
	"hisseki/store"
)

// reader follows the logs of a folder into a store.
type reader struct {
	t    *testing.T
	dir  string
	db   *store.DB
	log  logbuffer.Buffer
	stop func()
}

func newReader(t *testing.T) *reader {
	t.Helper()
	r := &reader{t: t, dir: t.TempDir(), stop: func() {}}
	db, err := store.Open(t.Context(), t.TempDir()+"/h.db", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r.db = db
	t.Cleanup(func() { r.stop(); db.Close() })
	return r
}

// start follows, after it has stopped what followed before, as a new agent does.
func (r *reader) start() {
	r.stop()
	f := &signin.Follower{Importer: signin.Importer{Parser: &signin.Parser{Zone: time.UTC}, Store: r.db},
		Files: []string{r.dir}, Log: slog.New(slog.NewTextHandler(&r.log, nil)), Now: time.Now, Interval: 50 * time.Millisecond}
	r.stop = running(r.t, f)
}

func running(t *testing.T, f *signin.Follower) func() {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f.Run(ctx) }()
	return sync.OnceFunc(func() { cancel(); <-done })
}

func (r *reader) path(name string) string { return filepath.Join(r.dir, name) }

func (r *reader) write(name, text string) {
	r.t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.path(name)), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(r.path(name), []byte(text), 0o644); err != nil {
		r.t.Fatal(err)
	}
}

func (r *reader) append(name, text string) {
	r.t.Helper()
	f, err := os.OpenFile(r.path(name), os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString(text); err != nil {
		r.t.Fatal(err)
	}
}

// has waits until an account has so many sign-ins.
func (r *reader) has(n int, account string) {
	r.t.Helper()
	got := -1
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(5 * time.Millisecond) {
		if got = r.count(account); got == n {
			return
		}
	}
	r.t.Fatalf("%s has %d sign-ins, want %d\n%s", account, got, n, &r.log)
}

func (r *reader) count(account string) (n int) {
	r.t.Helper()
	list, err := r.db.Logins(r.t.Context(), account, noon.Add(-time.Hour), time.Time{})
	if err != nil {
		r.t.Fatal(err)
	}
	for i := range list {
		n += list[i].Count
	}
	return n
}

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// zimbraOf is a line without an id: read twice, it counts twice.
func zimbraOf(account string, n int) string {
	return noon.Add(time.Duration(n)*time.Second).Format("2006-01-02 15:04:05,000") + " INFO  [qtp1] [name=" + account +
		";oip=203.0.113.9;ua=x;] security - cmd=Auth; account=" + account + "; protocol=soap;\n"
}

func entraOf(account string, n int) string {
	return fmt.Sprintf(`{"id":"%s-%d","createdDateTime":%q,"userPrincipalName":%q,"ipAddress":"203.0.113.9","status":{"errorCode":0}}`,
		account, n, noon.Add(time.Duration(n)*time.Second).Format(time.RFC3339), account) + "\n"
}

// A log of lines is read on where it grew: through half lines, rotations of both kinds, restarts of
// the agent in between, lines that are none. No line counts twice, none is lost.
func TestLinesAreFollowed(t *testing.T) {
	r := newReader(t)
	const a = "a@example.jp"
	const log = "audit.log"
	r.write(log, "ava.lang.IllegalStateException: half a line of the day before\n"+zimbraOf(a, 0))
	r.start()
	r.has(1, a)
	line := zimbraOf(a, 1)
	r.append(log, line[:len(line)-20])
	r.append(log, line[len(line)-20:]+zimbraOf(a, 2))
	r.has(3, a)

	// Renamed while its writer goes on for a while.
	if err := os.Rename(r.path(log), r.path(log+".1")); err != nil {
		t.Fatal(err)
	}
	r.append(log+".1", zimbraOf(a, 3))
	r.has(4, a)
	r.write("notes.1", zimbraOf("other@example.jp", 1)) // of nothing that is there
	r.has(1, "other@example.jp")
	r.write(log, zimbraOf(a, 4))
	r.append(log+".1", zimbraOf(a, 5))
	r.has(6, a)

	// Copied and emptied in place, with what nobody has read yet.
	r.stop()
	r.append(log, zimbraOf(a, 6))
	whole, err := os.ReadFile(r.path(log))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(r.path(log+".1"), r.path(log+".2")); err != nil {
		t.Fatal(err)
	}
	r.write(log+".1", string(whole))
	r.write(log, zimbraOf(a, 7))
	r.start()
	r.has(8, a)

	// Compressed when it rests.
	var b strings.Builder
	z := gzip.NewWriter(&b)
	fmt.Fprint(z, string(whole))
	z.Close()
	r.write(log+".3.gz", b.String())
	r.append(log, zimbraOf(a, 8))
	r.has(9, a)
	r.start()
	r.append(log, zimbraOf(a, 9))
	r.has(10, a)
	time.Sleep(300 * time.Millisecond) // some looks: nothing is read again
	r.has(10, a)
}

// What azcopy fetches lies hours deep, and is no more written to; documents and tables are written
// anew. Each event counts once, in whatever file.
func TestFoldersAreFollowed(t *testing.T) {
	r := newReader(t)
	const a, b, c = "a@example.jp", "b@example.jp", "c@example.jp"
	for h := range 130 { // more than are followed at once
		name := fmt.Sprintf("insights-logs-signinlogs/tenantId=1/y=2026/m=11/d=%02d/h=%02d/m=00/PT1H.json", 20+h/24, h%24)
		r.write(name, entraOf(a, h))
		if h%2 == 0 { // azcopy --preserve-last-modified-time
			old := time.Now().Add(-time.Duration(h+1) * time.Hour)
			if err := os.Chtimes(r.path(name), old, old); err != nil {
				t.Fatal(err)
			}
		}
	}
	r.write(".hidden/x.jsonl", entraOf(a, 1000))
	r.start()
	r.has(130, a)
	r.append("insights-logs-signinlogs/tenantId=1/y=2026/m=11/d=20/h=00/m=00/PT1H.json", entraOf(a, 200))
	r.append("insights-logs-signinlogs/tenantId=1/y=2026/m=11/d=25/h=09/m=00/PT1H.json", entraOf(a, 201))
	r.has(132, a)

	// A table and a document that something writes anew, longer each time.
	const head = "#TYPE Selected.X\r\nRecordType,CreationDate,AuditData\r\n"
	row := func(n int) string {
		data := fmt.Sprintf(`{"Id":"r%d","CreationTime":%q,"Operation":"UserLoggedIn","UserId":%q,"ClientIP":"203.0.113.9"}`, n,
			noon.Add(time.Duration(n)*time.Second).Format("2006-01-02T15:04:05"), b)
		return `15,x,"` + strings.ReplaceAll(data, `"`, `""`) + "\"\r\n"
	}
	r.write("audit.csv", head+row(1))
	r.has(1, b)
	r.write("audit.csv", head+row(1)+row(2)+row(3))
	r.has(3, b)
	r.write("graph.json", "{\n \"@odata.context\": \"x\",\n \"value\": [\n"+entraOf(c, 1)+",\n"+entraOf(c, 2)+"]}")
	r.has(2, c)
	r.write("graph.json", "{\n \"value\": [\n"+entraOf(c, 2)+",\n"+entraOf(c, 3)+"]}")
	r.write("one.json", strings.TrimSpace(entraOf(c, 4))) // without a line's end
	r.has(4, c)
	r.start()
	r.append("later.jsonl", entraOf(c, 4)+entraOf(c, 5))
	r.has(5, c)
	if r.count(a) != 132 || r.count(b) != 3 {
		t.Errorf("%d and %d sign-ins", r.count(a), r.count(b))
	}
}

// A log of which nothing is understood is named once with a piece of it, and the others are read.
func TestStrangeLogsAreNamed(t *testing.T) {
	r := newReader(t)
	r.write("strange.txt", strings.Repeat("x", 3<<20)+"\nwhat is this\n")
	r.write("broken.json", "[\n"+entraOf("a@example.jp", 1)+",\n{\"id\":")
	r.write("empty", "")
	r.write("good.jsonl", entraOf("b@example.jp", 1))
	r.start()
	r.has(1, "a@example.jp")
	r.has(1, "b@example.jp")
	for _, want := range []string{"broken.json", "event 2, byte", "no known form of sign-in log"} {
		for deadline := time.Now().Add(time.Minute); !strings.Contains(r.log.String(), want); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%q is not said:\n%s", want, &r.log)
			}
		}
	}
}

// BenchmarkImport reads a day's sign-ins of 1,000 accounts, a tenth of them guesses, into a store.
func BenchmarkImport(b *testing.B) {
	db, err := store.Open(b.Context(), b.TempDir()+"/h.db", store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	in := signin.Importer{Parser: &signin.Parser{}, Store: db}
	round, events := 0, 0
	for b.Loop() {
		round++
		var text strings.Builder
		for i := range 20_000 {
			account, code := i%1000, 0
			if i%10 == 0 {
				account, code = 7, 50126
			}
			fmt.Fprintf(&text, `{"id":"%d-%d","createdDateTime":%q,"userPrincipalName":"p%d@example.jp","ipAddress":"203.0.%d.%d",`+
				`"status":{"errorCode":%d},"deviceDetail":{"deviceId":"d%d"}}`+"\n", round, i,
				noon.AddDate(0, 0, round).Add(time.Duration(i)*4*time.Second).Format(time.RFC3339), account, i%50, i%250, code, i%3)
		}
		k, err := in.Import(b.Context(), strings.NewReader(text.String()))
		if err != nil || k.New != 20_000 {
			b.Fatal(k, err)
		}
		events += k.New
	}
	b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
}
