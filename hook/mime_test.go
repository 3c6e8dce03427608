package hook

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/htmlindex"
)

var noon = time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)

func theft() *Brief {
	return &Brief{Incident: "I3", Sender: "bando@example.jp", State: "open", Opened: noon, Holds: 5,
		Waiting: 4, Last: noon, Recipients: 12, Domains: 4, Hosts: []string{"file-kakunin.test"},
		Lures: []string{"file-kakunin.test"},
		Evidence: []Finding{{"url-unknown", 4, "file-kakunin.test", "a link to file-kakunin.test"},
			{"invented", 1, "", "something new"}}}
}

func letterOf(t *testing.T, c *Brief, language string) *letter {
	t.Helper()
	subject, body, err := alert(c, language, "", false)
	if err != nil {
		t.Fatal(err)
	}
	return &letter{From: "hisseki@example.jp", To: []string{"postmaster@example.jp", "soc@example.jp"},
		Subject: subject, Body: body, MessageID: "<hisseki.1@example.jp>", Date: noon,
		InReplyTo: "<hisseki.0@example.jp>", Japanese: language == Japanese}
}

// decode reads a mail with Go's own library.
func decode(t *testing.T, raw []byte) (h mail.Header, subject, body string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	reader := func(charset string, r io.Reader) (io.Reader, error) {
		e, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return e.NewDecoder().Reader(r), nil
	}
	words := mime.WordDecoder{CharsetReader: reader}
	if subject, err = words.DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	r := m.Body
	switch m.Header.Get("Content-Transfer-Encoding") {
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, m.Body)
	case "quoted-printable":
		r = quotedprintable.NewReader(m.Body)
	}
	if r, err = reader(strings.Replace(params["charset"], "us-ascii", "utf-8", 1), r); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, subject, strings.ReplaceAll(string(text), "\r\n", "\n")
}

// wellFormed checks what strict mail programs insist on.
func wellFormed(t *testing.T, raw []byte, seven bool) {
	t.Helper()
	header, _, _ := bytes.Cut(raw, []byte("\n\n"))
	for _, line := range strings.Split(string(header), "\n") {
		if len(line) > 76 && strings.Contains(line, "=?") {
			t.Errorf("a line of %d characters with an encoded word: %s", len(line), line)
		}
	}
	for _, line := range strings.Split(string(raw), "\n") {
		if len(line) > 998 || strings.Contains(line, "\r") {
			t.Errorf("a line of %d bytes or with a CR: %.80q", len(line), line)
		}
		if seven && strings.IndexFunc(line, func(r rune) bool { return r > 0x7e }) >= 0 {
			t.Errorf("8-bit characters: %q", line)
		}
		// RFC 1468: every line begins and ends in ASCII.
		if i := strings.LastIndex(line, "\x1b"); i >= 0 && line[i:i+3] != "\x1b(B" {
			t.Errorf("a line that does not end in ASCII: %q", line)
		}
	}
}

func TestAlertMailIsReadableEverywhere(t *testing.T) {
	t.Parallel()
	vendor := theft()
	vendor.Sender = "坂東①@example.jp"
	kana := theft()
	kana.Evidence[0].Observed = "ﾌｧｲﾙ.test"
	long := theft()
	long.Sender = strings.Repeat("非常に長い名前", 20) + "@example.jp"
	for name, c := range map[string]struct {
		c                 *Brief
		language, charset string
	}{
		"english": {theft(), English, "us-ascii"}, "japanese": {theft(), Japanese, "iso-2022-jp"},
		"vendor character": {vendor, Japanese, "utf-8"}, "half-width kana": {kana, Japanese, "utf-8"},
		"long name": {long, Japanese, "iso-2022-jp"}, "foreign name": {long, English, "utf-8"},
	} {
		t.Run(name, func(t *testing.T) {
			l := letterOf(t, c.c, c.language)
			raw := l.compose()
			wellFormed(t, raw, true)
			h, subject, body := decode(t, raw)
			if subject != l.Subject || body != l.Body {
				t.Errorf("read back subject %q\nwant %q\nbody %q\nwant %q", subject, l.Subject, body, l.Body)
			}
			if want := "text/plain; charset=" + c.charset; h.Get("Content-Type") != want {
				t.Errorf("%s, want %s", h.Get("Content-Type"), want)
			}
			to, err := h.AddressList("To")
			if err != nil || len(to) != 2 || h.Get("Auto-Submitted") != "auto-generated" ||
				h.Get("References") != l.InReplyTo {
				t.Errorf("header %v, %v", h, err)
			}
			pythonReads(t, raw, l)
		})
	}
}

const python = `import email, email.policy, json, sys
m = email.message_from_binary_file(sys.stdin.buffer, policy=email.policy.default)
json.dump({"subject": m["Subject"], "body": m.get_content().replace("\r\n", "\n"),
           "defects": [str(d) for d in m.defects + list(m["Subject"].defects)]}, sys.stdout)`

// pythonReads has a second implementation read the mail.
func pythonReads(t *testing.T, raw []byte, l *letter) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("needs python3: apt-get install python3 and run again")
		}
		return // Go's library has read it
	}
	cmd := exec.Command("python3", "-c", python)
	cmd.Stdin = bytes.NewReader(raw)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python: %v", err)
	}
	var got struct {
		Subject, Body string
		Defects       []string
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	if got.Subject != l.Subject || got.Body != l.Body || len(got.Defects) > 0 {
		t.Errorf("python reads %+v\nwant subject %q\nbody %q", got, l.Subject, l.Body)
	}
}
