package maillog

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/ledger"
	"hisseki/store"
)

// desk is a log folder, a store, and a follower whose rounds and clock the test makes.
type desk struct {
	t       *testing.T
	path    string
	db      *store.DB
	now     time.Time
	source  *fileSource
	said    bytes.Buffer
	written int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, path: filepath.Join(t.TempDir(), "mail.log"), now: december}
	var err error
	d.db, err = store.Open(t.Context(), filepath.Join(t.TempDir(), "h.db"),
		store.Options{Now: func() time.Time { return d.now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.db.Close() })
	d.restart()
	return d
}

// restart ends the follower as a SIGKILL would: nothing but the store is left of it.
func (d *desk) restart() {
	if d.source != nil {
		d.source.close()
	}
	f := &Follower{Parser: &Parser{}, Store: d.db, Now: func() time.Time { return d.now },
		Log: slog.New(slog.NewTextHandler(&d.said, nil))}
	d.source = &fileSource{Follower: f, path: d.path}
}

func (d *desk) round() {
	d.t.Helper()
	if err := d.source.round(d.t.Context()); err != nil {
		d.t.Fatalf("round: %v", err)
	}
}

// line is a login of its own account, so that a lost or doubled line shows.
func (d *desk) line() string {
	d.written++
	return fmt.Sprintf("%s mx postfix/smtpd[1]: NOQUEUE: client=x[192.0.2.1], sasl_method=PLAIN, "+
		"sasl_username=u%d@example.org\n", d.now.Format(time.RFC3339), d.written)
}

// write appends text to a file; the file's time is the test's.
func (d *desk) write(path, text string) {
	d.t.Helper()
	f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		d.t.Fatal(err)
	}
	_, err = f.WriteString(text)
	if err := errors.Join(err, f.Close(), os.Chtimes(path, d.now, d.now)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) rename(from, to string) {
	d.t.Helper()
	if err := os.Rename(from, to); err != nil {
		d.t.Fatal(err)
	}
}

// complete checks that every line written counts once.
func (d *desk) complete() {
	d.t.Helper()
	for i := 1; i <= d.written; i++ {
		who := fmt.Sprintf("u%d@example.org", i)
		list, err := d.db.Logins(d.t.Context(), who, time.Time{}, time.Time{})
		if err != nil {
			d.t.Fatal(err)
		}
		n := 0
		for _, l := range list {
			n += l.Count
		}
		if n != 1 {
			d.t.Errorf("line %d of %d counts %d times\n%s", i, d.written, n, &d.said)
			return
		}
	}
}

func TestFollowGrowsAndRestarts(t *testing.T) {
	d := newDesk(t)
	first := d.line()
	d.write(d.path, first[:20]) // not even its first line is there
	d.round()
	d.write(d.path, first[20:]+d.line())
	d.round()
	d.write(d.path, strings.Repeat("x", 3*maxLine)+"\n"+d.line()+"\x00\n\n")
	d.round()
	d.restart()
	partial := d.line()
	d.write(d.path, partial[:30])
	d.round()
	d.restart()
	d.write(d.path, partial[30:])
	d.round()
	d.round()
	d.complete()
}

func TestFollowWaitsForTheFile(t *testing.T) {
	d := newDesk(t)
	if err := d.source.round(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("a missing log: %v", err)
	}
	d.write(d.path, d.line())
	d.round()
	d.rename(d.path, d.path+".1")
	d.round() // missing for a while
	d.write(d.path+".1", d.line())
	d.round()
	d.write(d.path, d.line())
	d.round()
	d.round()
	d.complete()
}

// The syslog daemon writes into the renamed file until it is told.
func TestFollowRename(t *testing.T) {
	d := newDesk(t)
	d.write(d.path, d.line())
	d.round()
	d.write(d.path, d.line())
	d.rename(d.path, d.path+".1")
	d.write(d.path, "")
	d.round()
	d.write(d.path+".1", d.line())
	d.round()
	d.write(d.path, d.line())
	d.round()
	d.now = d.now.Add(time.Hour)
	d.round()
	if len(d.source.old) != 0 {
		t.Errorf("%d renamed files stay open", len(d.source.old))
	}
	d.complete()
}

func TestFollowCopyTruncate(t *testing.T) {
	d := newDesk(t)
	d.write(d.path, d.line()+d.line())
	d.round()
	d.write(d.path, d.line()) // not seen before it is truncated
	text, err := os.ReadFile(d.path)
	if err != nil {
		t.Fatal(err)
	}
	d.write(d.path+".1", string(text))
	if err := os.Truncate(d.path, 0); err != nil {
		t.Fatal(err)
	}
	d.now = d.now.Add(time.Second)
	for range 5 { // longer than before already
		d.write(d.path, d.line())
	}
	d.round()
	d.round()
	d.complete()
}

func TestFollowCatchesUp(t *testing.T) {
	d := newDesk(t)
	d.write(d.path, d.line())
	d.round()
	d.write(d.path, d.line())
	d.now = d.now.Add(24 * time.Hour)
	d.write(d.path+".2", "") // older rotations move up
	d.rename(d.path, d.path+".2")
	d.write(d.path+".1", d.line()+d.line())
	d.compress(d.path + ".2")
	d.now = d.now.Add(24 * time.Hour)
	d.write(d.path, d.line())
	d.restart()
	d.round()
	d.complete()
	if !strings.Contains(d.said.String(), "mail.log.2.gz") {
		t.Errorf("nothing says what was caught up: %s", &d.said)
	}
}

// compress does what logrotate's compress does: the file keeps its time.
func (d *desk) compress(path string) {
	d.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		d.t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		d.t.Fatal(err)
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(text)
	z.Close()
	err = errors.Join(os.WriteFile(path+".gz", b.Bytes(), 0o600),
		os.Chtimes(path+".gz", info.ModTime(), info.ModTime()), os.Remove(path))
	if err != nil {
		d.t.Fatal(err)
	}
}

func TestFollowSaysWhatIsLost(t *testing.T) {
	d := newDesk(t)
	d.write(d.path, d.line())
	d.round()
	if err := os.Remove(d.path); err != nil {
		t.Fatal(err)
	}
	d.write(d.path, d.line())
	d.restart()
	d.round()
	d.complete()
	if !strings.Contains(d.said.String(), "rotated away before it was read") {
		t.Errorf("nothing warns: %s", &d.said)
	}
}

// A store that cannot keep a batch gets it again, all of it and once.
func TestFollowStoreFails(t *testing.T) {
	d := newDesk(t)
	broken := &failing{Store: d.db}
	d.source.Follower.Store = broken
	d.write(d.path, d.line())
	d.round()
	broken.err = errors.New("disk full")
	for range 3 {
		d.write(d.path, d.line())
		if err := d.source.round(t.Context()); err == nil {
			t.Fatal("no error from a full disk")
		}
	}
	broken.err = nil
	d.write(d.path, d.line())
	d.round()
	d.complete()
}

// failing is a store that can be made to fail.
type failing struct {
	Store
	err error
}

func (f *failing) KeepLog(ctx context.Context, b *ledger.LogBatch) (ledger.LogKept, error) {
	if f.err != nil {
		return ledger.LogKept{}, f.err
	}
	return f.Store.KeepLog(ctx, b)
}

// rotate is one turn of logrotate, with create or with copytruncate.
func (d *desk) rotate(copied bool) {
	d.t.Helper()
	for i := 8; i >= 1; i-- {
		for _, ext := range []string{"", ".gz"} { // most are not there
			os.Rename(fmt.Sprintf("%s.%d%s", d.path, i, ext), fmt.Sprintf("%s.%d%s", d.path, i+1, ext))
		}
	}
	if !copied {
		d.rename(d.path, d.path+".1")
	} else {
		text, err := os.ReadFile(d.path)
		if err != nil {
			d.t.Fatal(err)
		}
		d.write(d.path+".1", string(text))
		if err := os.Truncate(d.path, 0); err != nil {
			d.t.Fatal(err)
		}
	}
	d.write(d.path, d.line())
}

// Whatever writing, rotating, copying, compressing, dying and coming back in whatever
// order: no line is lost, none counts twice.
func TestFollowRandomly(t *testing.T) {
	for seed := range uint64(5) {
		rng := rand.New(rand.NewPCG(seed, 1))
		d := newDesk(t)
		d.write(d.path, d.line())
		d.round()
		var steps []string
		for range 40 {
			d.now = d.now.Add(time.Duration(rng.IntN(120)) * time.Second)
			switch n := rng.IntN(12); {
			case n < 5:
				steps = append(steps, "write")
				for range rng.IntN(8) {
					d.write(d.path, d.line())
				}
			case n < 8:
				steps = append(steps, "round")
				d.round()
			case n == 8:
				steps = append(steps, "rename")
				d.rotate(false)
				d.round() // twice within one look is not found
			case n == 9:
				steps = append(steps, "copytruncate")
				d.rotate(true)
				d.round()
			case n == 10:
				steps = append(steps, "restart")
				d.restart()
				if _, err := os.Stat(d.path + ".2"); err == nil {
					d.compress(d.path + ".2")
				}
			default:
				steps = append(steps, "down through rotations")
				d.restart()
				d.rotate(false)
				d.now = d.now.Add(time.Hour)
				d.rotate(rng.IntN(2) == 0)
			}
		}
		d.round()
		d.round()
		if d.complete(); t.Failed() {
			t.Fatalf("seed %d: %v", seed, slices.Compact(steps))
		}
		d.source.close()
	}
}

func TestImport(t *testing.T) {
	d := newDesk(t)
	p := &Parser{}
	d.write(d.path, d.line()+d.line())
	d.round() // followed so far
	d.write(d.path, d.line()+strings.TrimSuffix(d.line(), "\n"))
	d.rename(d.path, d.path+".1")
	d.compress(d.path + ".1")
	for i, want := range []int{2, 0} {
		c, err := Import(t.Context(), p, d.db, "", d.path+".1.gz")
		if err != nil || c.Read != want || c.Logins != want {
			t.Errorf("import %d: %+v, %v; want %d lines", i+1, c, err, want)
		}
	}
	d.complete()
	d.write(d.path+".gz", "\x1f\x8bbroken")
	d.write(d.path+".xz", "\xfd7zXZ\x00")
	for path, want := range map[string]string{"none": "no such file", ".gz": "mail.log.gz: decompress gzip",
		".xz": "mail.log.xz: decompress xz"} {
		_, err := Import(t.Context(), p, d.db, "", d.path+path)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", path, err, want)
		}
	}
	if _, err := Import(t.Context(), p, d.db, "", t.TempDir()); err == nil {
		t.Error("a folder was imported")
	}
}

func TestRotatedNames(t *testing.T) {
	for name, want := range map[string]bool{
		"mail.log.1": true, "mail.log.12.gz": true, "mail.log-20261124": true,
		"mail.log-20261124-1700000000.bz2": true, "mail-20261124.log": true,
		"mail-20261124.log.gz": true, "mail.log": false, "mail.log.old": false,
		"mail.logx": false, "mailx.log": false, "mail.log.": false, "mail.log.1.xz": true,
		"mail.log.1.zst": true, "mail.log.1.lz4": true,
	} {
		if got := rotatedName("mail.log", name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
