package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

func gz(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func zst(s string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		panic(err)
	}
	return string(w.EncodeAll([]byte(s), nil))
}

func xzip(s string) string {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		panic(err)
	}
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

// bzipped is dated("a@example.org", 23) as bzip2 writes it; Go only reads that.
const bzipped = "QlpoOTFBWSZTWfM7/OcAACDfgEAQQAtZNUUyjAA+l95gIAB0GlNAADRoaA00M1CJ6kzU0aGgAANADY9ilzEbePnAFG" +
	"CgbqogiFCxKlxqBFQmBBA6n8+LVOGhjBsoLkQBpc4y5v9Ex4oFrywf40jGKk+EuID58sgo3KUOzSdJwkgfi7kinChI" +
	"eZ3+c4A="

func unbase64(s string) string {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// dated is a mail of a sender on a day of January 2026 at 09:00 UTC.
func dated(from string, day int) string {
	return fmt.Sprintf("From: <%s>\nTo: b@example.jp\nDate: %d Jan 2026 09:00:00 +0000\n"+
		"Message-ID: <%d.%s>\nSubject: day %d\n\nOn day %d.\n", from, day, day, from, day, day)
}

func inMbox(mails ...string) string {
	var b strings.Builder
	for _, m := range mails {
		b.WriteString("From x@example.org Thu Jan  1 00:00:00 2026\n" + m + "\n")
	}
	return b.String()
}

// brief lists what an archive yields: name, day and sender a mail.
func brief(t *testing.T, dir string, opt ArchiveOptions, paths ...string) (string, []Skip) {
	t.Helper()
	for i := range paths {
		paths[i] = filepath.Join(dir, paths[i])
	}
	a, err := OpenPaths(context.Background(), paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	count := a.Count()
	acts, err := readAll(a)
	if err != nil {
		t.Fatal(err)
	}
	if len(acts) != count && len(a.Skipped()) == 0 {
		t.Errorf("%d acts, but Count is %d", len(acts), count)
	}
	var b strings.Builder
	for _, x := range acts {
		want := fmt.Sprintf("On day %d.\n", x.Time.Day())
		if !strings.HasSuffix(string(x.Mail.Body), want) {
			t.Errorf("%s: body %q does not belong to %v", x.Name, x.Mail.Body, x.Time)
		}
		fmt.Fprintf(&b, "%s %d %s\n", strings.TrimPrefix(x.Name, dir+"/"), x.Time.Day(), x.Mail.Sender)
	}
	return b.String(), a.Skipped()
}

func TestArchive(t *testing.T) {
	a, c := "a@example.org", "c@example.org"
	dir := writeFiles(t, map[string]string{
		"eml/z.eml":            dated(a, 1),
		"eml/b/y.eml":          dated(c, 4),
		"eml/x.eml.gz":         gz(dated(a, 3)),
		"eml/w.eml.zst":        zst(dated(a, 2)),
		"eml/notes.txt":        "shopping: eggs\n",
		"eml/copy.eml":         dated(a, 1),
		"eml/undated.eml":      "From: a@example.org\n\nx\n",
		"eml/broken.eml.gz":    "no gzip",
		"mh/1":                 dated(a, 6),
		"mh/2":                 dated(a, 5),
		"Sent":                 inMbox(dated(a, 9), dated(a, 7)),
		"box.mbox.gz":          gz(inMbox(dated(c, 8), dated(c, 10))),
		"box2.zst":             zst(inMbox(dated(c, 11))),
		"md/cur/1.h:2,S":       dated(a, 12),
		"md/new/2.h":           dated(a, 13),
		"md/tmp/3.h":           dated(a, 14),
		"md/.Sent/cur/4.h:2,S": dated(a, 15),
		"md/.Sent/new/.keep":   dated(a, 16),
		"md/dovecot.index":     "\x01\x02",
	})
	for name, c := range map[string]struct {
		paths []string
		want  string
		skips string
	}{
		"folder": {[]string{"eml"},
			"eml/copy.eml 1 a@example.org\neml/w.eml.zst 2 a@example.org\n" +
				"eml/x.eml.gz 3 a@example.org\neml/b/y.eml 4 c@example.org\n",
			"broken.eml.gz: not mail; notes.txt: not mail; undated.eml: no usable date; " +
				"z.eml: the same mail"},
		"mh": {[]string{"mh"}, "mh/2 5 a@example.org\nmh/1 6 a@example.org\n", ""},
		"mboxes": {[]string{"Sent", "box.mbox.gz", "box2.zst"},
			"Sent:216 7 a@example.org\nbox.mbox.gz:44 8 c@example.org\nSent:44 9 a@example.org\n" +
				"box.mbox.gz:216 10 c@example.org\nbox2.zst:44 11 c@example.org\n", ""},
		"maildir": {[]string{"md"},
			"md/cur/1.h:2,S 12 a@example.org\nmd/new/2.h 13 a@example.org\n" +
				"md/.Sent/cur/4.h:2,S 15 a@example.org\nmd/.Sent/new/.keep 16 a@example.org\n",
			"dovecot.index: not mail"},
		"one file twice": {[]string{"mh/1", "mh/1"}, "mh/1 6 a@example.org\n",
			"1: the same mail"},
		"one folder twice": {[]string{"mh", "mh"}, "mh/2 5 a@example.org\nmh/1 6 a@example.org\n",
			"1: the same mail; 2: the same mail"},
	} {
		got, skipped := brief(t, dir, ArchiveOptions{}, c.paths...)
		if got != c.want {
			t.Errorf("%s: got\n%swant\n%s", name, got, c.want)
		}
		for _, s := range skipped {
			short := filepath.Base(s.Name) + ": " + s.Why
			found := false
			for _, want := range strings.Split(c.skips, "; ") {
				found = found || want != "" && strings.HasPrefix(short, want)
			}
			if !found {
				t.Errorf("%s: skipped %s, want one of %s", name, short, c.skips)
			}
		}
		if n := len(strings.Split(c.skips, "; ")); c.skips != "" && len(skipped) != n {
			t.Errorf("%s: skipped %v, want %d", name, skipped, n)
		}
	}
}

// TestArchiveCompressed: Dovecot keeps compressed mail under names that do not say so.
func TestArchiveCompressed(t *testing.T) {
	a := "a@example.org"
	dir := writeFiles(t, map[string]string{
		"md/cur/1.M1P1.mx,S=200,W=210:2,S":  dated(a, 20),
		"md/cur/2.M2P1.mx,S=200,W=210:2,SZ": gz(dated(a, 21)),
		"md/cur/3.M3P1.mx,S=200,W=210:2,S":  zst(dated(a, 22)),
		"md/cur/4.M4P1.mx,S=200,W=210:2,S":  unbase64(bzipped),
		"md/new/5.M5P1.mx,S=200,W=210":      xzip(dated(a, 24)),
		"md/new/6.M6P1.mx":                  "Dovecot-LZ4\x0d\x2a\x9b\xc5\xff\x01\x00\x00", // asks for too much
		"md/new/7.M7P1.mx":                  gz(dated(a, 25))[:60],
		"Sent":                              xzip(inMbox(dated(a, 26), dated(a, 27))),
		"kept.mbox.bz2":                     inMbox(dated(a, 28)), // not even compressed
	})
	got, skipped := brief(t, dir, ArchiveOptions{}, "md", "Sent", "kept.mbox.bz2")
	if n := strings.Count(got, " a@example.org\n"); n != 8 {
		t.Errorf("%d mails, want 8:\n%s", n, got)
	}
	if len(skipped) != 2 || !strings.Contains(skipped[0].Why, "lz4") ||
		!strings.Contains(skipped[1].Why, "unexpected EOF") {
		t.Errorf("left out: %v", skipped)
	}
	hungry := []byte(xzip(dated(a, 1)))
	hungry[12+4] = 40 // the dictionary's code: 4 GiB
	path := filepath.Join(dir, "hungry")
	if err := os.WriteFile(path, hungry, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenPaths(context.Background(), []string{path}, ArchiveOptions{})
	if err == nil || !strings.Contains(err.Error(), "4294967295 bytes of memory") {
		t.Errorf("a file that asks for 4 GiB of memory: %v", err)
	}
}

// TestArchiveUnsent: drafts, trash and what programs keep for themselves teach nothing, and
// are judged like other mail.
func TestArchiveUnsent(t *testing.T) {
	a := "a@example.org"
	with := func(field string, day int) string { return field + "\n" + dated(a, day) }
	internal := "From: Mail System Internal Data <MAILER-DAEMON@mx.example.org>\n" +
		"Date: 1 Jan 2026 00:00:00 +0000\nX-IMAP: 1700000000 2\n" +
		"Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\nOn day 1.\n"
	dir := writeFiles(t, map[string]string{
		"md/cur/1.h:2,S":   dated(a, 1),
		"md/cur/2.h:2,DS":  dated(a, 2),
		"md/cur/3.h;2,ST":  dated(a, 3),
		"md/cur/D.h,S=2":   dated(a, 4),
		"md/cur/5.h:2,RSa": dated(a, 5),
		"Sent": inMbox(internal, with("X-Status: T", 6), with("X-Status: AD", 7),
			with("X-Mozilla-Status: 0009", 8), with("X-Mozilla-Status: 0001", 9),
			with("X-Status: A", 10)),
		"Takeout.mbox": inMbox(with("X-Gmail-Labels: Sent,Opened", 11),
			with("X-Gmail-Labels: Opened,Drafts", 12), with("X-Gmail-Labels: Chat", 13),
			with("X-Gmail-Labels: =?UTF-8?B?5LiL5pu444GN?=", 14), // 下書き
			with("X-Gmail-Labels: \"Papierkorb\",Gesendet", 15), internal),
	})
	for all, want := range map[bool]string{
		false: "1 4 5 9 10 11 1", true: "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 1"} {
		paths := []string{filepath.Join(dir, "md"), filepath.Join(dir, "Sent"),
			filepath.Join(dir, "Takeout.mbox")}
		arch, err := OpenPaths(context.Background(), paths, ArchiveOptions{All: all})
		if err != nil {
			t.Fatal(err)
		}
		defer arch.Close()
		acts, err := readAll(arch)
		if err != nil {
			t.Fatal(err)
		}
		days := map[string]int{}
		for _, act := range acts {
			days[strings.TrimSpace(strings.TrimPrefix(string(act.Mail.Body), "On day "))]++
		}
		for _, d := range strings.Fields(want) {
			days[d+"."]--
		}
		for d, n := range days {
			if n != 0 {
				t.Errorf("with All %v: %+d of day %s", all, n, d)
			}
		}
	}
}

func TestArchiveSender(t *testing.T) {
	dir := writeFiles(t, map[string]string{"Sent": inMbox(dated("alias@example.org", 1))})
	got, _ := brief(t, dir, ArchiveOptions{Sender: "Boss@example.org"}, "Sent")
	if want := "Sent:44 1 boss@example.org\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestArchiveRefuses(t *testing.T) {
	dir := writeFiles(t, map[string]string{"notes.txt": "eggs", "bad.gz": "x", "big.mbox.gz": gz("x"),
		"empty.zst": "", "none.mbox": "From the desk\nof Bob\n"})
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero.eml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "none.mbox"), filepath.Join(dir, "folder/none.mbox")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.txt", "bad.gz", "absent", "zero.eml", "empty.zst", "folder"} {
		_, err := OpenPaths(context.Background(), []string{filepath.Join(dir, name)}, ArchiveOptions{})
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: error %v, want one that names it", name, err)
		}
	}
}

// TestArchiveBomb: a compressed mbox is cut at its bound, and said to be.
func TestArchiveBomb(t *testing.T) {
	text := inMbox(dated("a@example.org", 1), dated("a@example.org", 2)+strings.Repeat("0\n", 1<<20))
	dir := writeFiles(t, map[string]string{"s/b.mbox.zst": zst(text)})
	a, err := OpenPaths(context.Background(), []string{dir}, ArchiveOptions{MaxFile: 400})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	acts, err := readAll(a)
	if err != nil || len(acts) != 2 || string(acts[0].Mail.Body) != "On day 1.\n" ||
		acts[1].Mail.BodySize > 400 {
		t.Errorf("acts %v, error %v: want both mails, the second one cut", acts, err)
	}
	if s := a.Skipped(); len(s) != 1 || !strings.Contains(s[0].Why, "more than 400 bytes") {
		t.Errorf("skipped %v", s)
	}
}

// Judging takes every mail, learning a mail with the same ids once.
func TestArchiveCopies(t *testing.T) {
	head := "From: a@example.org\nDate: Mon, 05 Jan 2026 09:00:00 +0000\nMessage-ID: <1@example.org>\n"
	dir := writeFiles(t, map[string]string{"1.eml": head + "\nOn day 5.\n", "2.eml": head + "\nOn day 5.\n",
		"3.eml": head + "Subject: another\n\nOn day 5.\n"})
	for all, want := range map[bool]int{true: 3, false: 1} {
		got, skipped := brief(t, dir, ArchiveOptions{All: all}, ".")
		if n := strings.Count(got, "\n"); n != want || len(skipped) != 3-want {
			t.Errorf("with All %v: %d mails, %d left out, want %d and %d", all, n, len(skipped), want,
				3-want)
		}
	}
}
