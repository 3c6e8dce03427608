package replay

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const oneMail = "From: a@example.org\r\nTo: b@example.jp\r\nSubject: hello\r\n\r\nHello.\r\n"

// writeFiles makes files below a new folder: name to content.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// readAll reads a source to its end.
func readAll(s Source) ([]*Act, error) {
	var acts []*Act
	for {
		a, err := s.Next()
		if errors.Is(err, io.EOF) {
			return acts, nil
		}
		if err != nil {
			return acts, err
		}
		acts = append(acts, a)
	}
}

func readTimeline(t *testing.T, dir, text string) ([]*Act, error) {
	t.Helper()
	s, err := OpenTimeline(dir, "t.jsonl", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return readAll(s)
}

func TestTimeline(t *testing.T) {
	dir := writeFiles(t, map[string]string{"mail/1.eml": oneMail, "mail/2.eml.gz": gz(oneMail)})
	acts, err := readTimeline(t, dir, `
{"time":"2026-01-05T09:00:00+09:00","file":"mail/1.eml",`+
		`"login":"A@Example.org","client":"192.0.2.7","mail_from":"a@example.org",`+
		`"rcpt":["b@example.jp"],"later":1}
{"time":"2026-01-05T00:00:00Z","file":"mail/2.eml.gz","login":"a@example.org",`+
		`"mail_from":"","rcpt":[]}

{"time":"2026-01-05T00:00:01Z","confirm":"A@example.org"}`)
	if err != nil {
		t.Fatal(err)
	}
	if len(acts) != 3 {
		t.Fatalf("%d acts, want 3", len(acts))
	}
	m := acts[0].Mail
	if acts[0].Name != "mail/1.eml" || m.Sender != "a@example.org" || m.Login != "A@Example.org" ||
		m.Client.String() != "192.0.2.7" || len(m.Recipients) != 1 ||
		!m.Time.Equal(acts[0].Time) || acts[0].Time.Format("15:04 MST") != "00:00 UTC" {
		t.Errorf("first mail is %+v at %v", m.Envelope, acts[0].Time)
	}
	if len(m.Header) != 3 || string(m.Body) != "Hello.\r\n" {
		t.Errorf("first mail has header %q, body %q", m.Header, m.Body)
	}
	if m := acts[1].Mail; m.Client.IsValid() || string(m.Body) != "Hello.\r\n" {
		t.Errorf("second mail has client %v, body %q", m.Client, m.Body)
	}
	if acts[2].Mail != nil || acts[2].Confirm != "a@example.org" {
		t.Errorf("third act is %+v", acts[2])
	}
}

func TestTimelineRefuses(t *testing.T) {
	dir := writeFiles(t, map[string]string{"in/1.eml": oneMail, "secret.eml": oneMail})
	in := filepath.Join(dir, "in")
	for link, to := range map[string]string{"out.eml": "../secret.eml", "dir": ".."} {
		if err := os.Symlink(to, filepath.Join(in, link)); err != nil {
			t.Fatal(err)
		}
	}
	good := `{"time":"2026-01-05T09:00:00Z","file":"1.eml","login":"a@example.org"}` + "\n"
	mail := func(file string) string {
		return `{"time":"2026-01-05T09:00:00Z","file":"` + file + `","login":"a@example.org"}`
	}
	for name, c := range map[string]struct{ line, want string }{
		"not json":   {`{"time":`, "t.jsonl:2: not a JSON object"},
		"wrong type": {`{"time":"2026-01-05T09:00:00Z","file":7}`, "t.jsonl:2: not a JSON object"},
		"no time":    {`{"file":"1.eml","login":"a"}`, `t.jsonl:2: "time" is missing`},
		"bad time":   {`{"time":"yesterday","file":"1.eml","login":"a"}`, "t.jsonl:2:"},
		"back in time": {`{"time":"2026-01-05T08:59:59Z","file":"1.eml","login":"a"}`,
			"t.jsonl:2: the time 2026-01-05T08:59:59Z lies before"},
		"neither": {`{"time":"2026-01-05T09:00:00Z"}`, `t.jsonl:2: "file" or "login" is missing`},
		"both": {`{"time":"2026-01-05T09:00:00Z","file":"1.eml","confirm":"a"}`,
			`t.jsonl:2: a line has "file" or "confirm"`},
		"client": {`{"time":"2026-01-05T09:00:00Z","file":"1.eml","login":"a","client":"home"}`,
			`t.jsonl:2: "client" "home" is not an IP`},
		"missing":       {mail("2.eml"), `t.jsonl:2: open mail "2.eml"`},
		"up":            {mail("../secret.eml"), "t.jsonl:2: open mail"},
		"absolute":      {mail(filepath.Join(dir, "secret.eml")), "t.jsonl:2: open mail"},
		"link out":      {mail("out.eml"), "t.jsonl:2: open mail"},
		"folder link":   {mail("dir/secret.eml"), "t.jsonl:2: open mail"},
		"a folder":      {mail("."), "t.jsonl:2: open mail"},
		"overlong line": {strings.Repeat("x", maxLine+1), "t.jsonl:2: the line is longer"},
	} {
		acts, err := readTimeline(t, in, good+c.line+"\n")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %q in it", name, err, c.want)
		}
		if len(acts) != 1 {
			t.Errorf("%s: %d acts before the broken line, want 1", name, len(acts))
		}
	}
}

func FuzzTimeline(f *testing.F) {
	f.Add(`{"time":"2026-01-05T09:00:00Z","file":"1.eml","login":"a","client":"::1","rcpt":["b"]}`)
	f.Add(`{"time":"2026-01-05T09:00:00Z","confirm":"a"}`)
	f.Add(`{"time":"2026-01-05T09:00:00Z","file":"../x","login":"a"}` + "\n\x00")
	dir := f.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "1.eml"), []byte(oneMail), 0o600); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		acts, err := readTimeline(t, dir, text)
		for i, a := range acts {
			if (a.Mail == nil) == (a.Confirm == "") {
				t.Errorf("act %d is neither a mail nor a confirmation: %+v", i, a)
			}
			if i > 0 && a.Time.Before(acts[i-1].Time) {
				t.Errorf("act %d is before the one above", i)
			}
		}
		if err != nil && !strings.HasPrefix(err.Error(), "t.jsonl:") {
			t.Errorf("error without file and line: %v", err)
		}
	})
}
