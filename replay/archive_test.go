package replay

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
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
	acts, err := all(a)
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
			"broken.eml.gz: decompress; notes.txt: not mail; undated.eml: no usable date; " +
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

func TestArchiveSender(t *testing.T) {
	dir := writeFiles(t, map[string]string{"Sent": inMbox(dated("alias@example.org", 1))})
	got, _ := brief(t, dir, ArchiveOptions{Sender: "Boss@example.org"}, "Sent")
	if want := "Sent:44 1 boss@example.org\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestArchiveRefuses(t *testing.T) {
	dir := writeFiles(t, map[string]string{"notes.txt": "eggs", "bad.gz": "x", "big.mbox.gz": gz("x"),
		"empty.zst": ""})
	if err := os.Symlink("/dev/zero", filepath.Join(dir, "zero.eml")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.txt", "bad.gz", "absent", "zero.eml", "empty.zst"} {
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
	acts, err := all(a)
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
