package replay

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file whose lines end with a carriage return alone holds the same mail: an mbox, a mail, and both
// compressed.
func TestOnlyReturns(t *testing.T) {
	const mail = "Date: Mon, 5 Jan 2026 09:00:00 +0000\nFrom: a@example.org\nTo: b@example.org\nSubject: 1\n\nGood\nmorning\n"
	second := strings.ReplaceAll(mail, "5 Jan", "6 Jan") // the same mail twice would count once
	const from = "From a@example.org Mon Jan  5 09:00:00 2026\n"
	dir := t.TempDir()
	for name, text := range map[string]string{"one.eml": mail, "box": from + mail + "\n" + from + second,
		"counted": from + "Content-Length: 13\n" + mail + "\n" + from + second} {
		text = strings.ReplaceAll(text, "\n", "\r")
		plain, packed := filepath.Join(dir, name), filepath.Join(dir, name+".gz")
		f, err := os.Create(packed)
		if err != nil {
			t.Fatal(err)
		}
		z := gzip.NewWriter(f)
		_, err = io.WriteString(z, text)
		if err = errors.Join(err, z.Close(), f.Close(), os.WriteFile(plain, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{plain, packed} {
			want := strings.Count(text, "Subject:")
			a, err := OpenPaths(context.Background(), []string{path}, ArchiveOptions{All: true})
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			got := 0
			for {
				act, err := a.Next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if got++; act.Mail.Login != "a@example.org" || !strings.Contains(string(act.Mail.Source.Body), "Good\nmorning\n") {
					t.Errorf("%s: mail of %q with %q", path, act.Mail.Login, act.Mail.Source.Body)
				}
			}
			if got != want {
				t.Errorf("%s: %d mails, want %d", path, got, want)
			}
			a.Close()
		}
	}
}
