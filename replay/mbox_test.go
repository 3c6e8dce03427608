package replay

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// mboxMails reads an mbox and returns its mails as they were before they were kept.
func mboxMails(t testing.TB, text string) (mails []string, times []string) {
	t.Helper()
	r := strings.NewReader(text)
	err := scanMbox(r, r.Size(), func(p piece) error {
		b, err := io.ReadAll(newUnquoter(io.NewSectionReader(r, p.offset, p.length)))
		mails = append(mails, string(b))
		at := ""
		if !p.from.IsZero() {
			at = p.from.UTC().Format("2006-01-02 15:04:05")
		}
		times = append(times, at)
		if raw := text[p.offset : p.offset+p.length]; !strings.HasPrefix(raw, string(p.head)) {
			t.Errorf("head %q does not begin mail %q", p.head, raw)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return mails, times
}

func TestMbox(t *testing.T) {
	const from = "From a@example.org Mon Jan  5 09:00:00 2026\n"
	body := func(subject string) string {
		return "Subject: " + subject + "\nDate: 5 Jan 2026 09:00:00 +0000\nFrom: a@example.org\n\n"
	}
	head := func(subject string) string { return from + body(subject) }
	undated := func(subject string) string { return "From a@example.org\n" + body(subject) }
	counted := func(text string) string {
		return fmt.Sprintf("Content-Length: %d\n\n%s", len(text), text)
	}
	long := strings.Repeat("x", 200<<10)
	for name, c := range map[string]struct {
		text  string
		mails []string
	}{
		"empty": {"", nil},
		"mmdf": {fence + "\n" + from + "Subject: 1\n\none\n" + fence + "\n" + fence + "\n" + from + "Subject: 2\n\ntwo\n" + fence + "\n",
			[]string{"Subject: 1\n\none\n", "Subject: 2\n\ntwo\n"}},
		"mark":        {bom + from + "Subject: 1\n\none\n", []string{"Subject: 1\n\none\n"}},
		"empty lines": {"\n\n" + from + "Subject: 1\n\none\n", []string{"Subject: 1\n\none\n"}},
		"two": {from + "Subject: 1\n\none\n\n" + from + "Subject: 2\n\ntwo\n\n",
			[]string{"Subject: 1\n\none\n", "Subject: 2\n\ntwo\n"}},
		"crlf": {"From a@example.org Mon Jan  5 09:00:00 2026\r\nSubject: 1\r\n\r\none\r\n\r\n" +
			"From a@example.org Mon Jan  5 09:00:00 2026\r\nSubject: 2\r\n\r\n>From two\r\n",
			[]string{"Subject: 1\r\n\r\none\r\n", "Subject: 2\r\n\r\nFrom two\r\n"}},
		"mboxrd": {from + "Subject: 1\n\n>From me\n>>From him\n> From\n >From\n>>> x\n\n",
			[]string{"Subject: 1\n\nFrom me\n>From him\n> From\n >From\n>>> x\n"}},
		"mboxo leaves From in the middle of a paragraph": {
			from + "Subject: 1\n\ntext\nFrom b@example.org Mon Jan  5 09:00:00 2026\nX: y\n",
			[]string{"Subject: 1\n\ntext\nFrom b@example.org Mon Jan  5 09:00:00 2026\nX: y\n"}},
		"unquoted From without a date": {from + "Subject: 1\n\n\nFrom the desk of\nTo: all\n",
			[]string{"Subject: 1\n\n\nFrom the desk of\nTo: all\n"}},
		"unquoted From without a header": {
			from + "Subject: 1\n\n\nFrom 10:30 on we meet\nin the hall\n",
			[]string{"Subject: 1\n\n\nFrom 10:30 on we meet\nin the hall\n"}},
		"Content-Length lies": {
			from + "Content-Length: 99999\n\none\n\n" + from + "Content-Length: 0\n\ntwo\n",
			[]string{"Content-Length: 99999\n\none\n", "Content-Length: 0\n\ntwo\n"}},
		"thunderbird": {"From - Mon Jan 05 09:00:00 2026\nA: 1\n\n1\n\nFrom \nA: 2\n\n2\n",
			[]string{"A: 1\n\n1\n", "A: 2\n\n2\n"}},
		"dirt in front":  {"dirt\n\n" + from + "A: 1\n\n1\n", []string{"A: 1\n\n1\n"}},
		"no end of line": {from + "A: 1\n\n1", []string{"A: 1\n\n1"}},
		"only one blank": {from + "A: 1\n\n1\n\n\n\n", []string{"A: 1\n\n1\n\n\n"}},
		"header only":    {from + "A: 1\n", []string{"A: 1\n"}},
		"overlong lines": {from + "A: 1\n\n" + long + "\nb\n\n" + from + "A: 2\n\n" + long, nil},
		"no empty line between mails": {head("1") + "one\n" + head("2") + "two\n",
			[]string{body("1") + "one\n", body("2") + "two\n"}},
		"no date": {undated("1") + "one\n\n" + undated("2") + "two\n",
			[]string{body("1") + "one\n", body("2") + "two\n"}},
		"neither date nor empty line": {undated("1") + "one\n" + undated("2") + "two\n",
			[]string{body("1") + "one\n", body("2") + "two\n"}},
		"Mailman's address": {"From a at example.org  Mon Jan  5 09:00:00 2026\nA: 1\n\n1\n\n" +
			"From a at example.org  Mon Jan  5 09:00:00 2026\nA: 2\n\n2\n",
			[]string{"A: 1\n\n1\n", "A: 2\n\n2\n"}},
		"Takeout's zone": {"From 17@xxx Mon Jan 05 09:00:00 +0000 2026\r\nA: 1\r\n\r\n1\r\n",
			[]string{"A: 1\r\n\r\n1\r\n"}},
		"a time but no date": {from + "A: 1\n\nSee below.\n\nFrom accounts on Mon at 10:30:\nNote: text\n",
			[]string{"A: 1\n\nSee below.\n\nFrom accounts on Mon at 10:30:\nNote: text\n"}},
		"a date in a sentence": {
			from + "A: 1\n\n\nFrom the two of us Mon Jan  5 09:00:00 2026\nNote: text\n",
			[]string{"A: 1\n\n\nFrom the two of us Mon Jan  5 09:00:00 2026\nNote: text\n"}},
		"a date with words behind": {
			from + "A: 1\n\n\nFrom accounts Mon Jan  5 09:00:00 2026 we\nNote: text\n",
			[]string{"A: 1\n\n\nFrom accounts Mon Jan  5 09:00:00 2026 we\nNote: text\n"}},
		"UUCP": {"From a Mon Jan  5 09:00:00 2026 remote from mx\nA: 1\n\n1\n",
			[]string{"A: 1\n\n1\n"}},
		"an answer that names its author": {
			from + "A: 1\n\n\nFrom bob\nTo: all\nSubject: x\n\nFrom: bob\n",
			[]string{"A: 1\n\n\nFrom bob\nTo: all\nSubject: x\n\nFrom: bob\n"}},
		// mboxcl2 quotes nothing: a whole mail within a mail is text as far as the length says.
		"Content-Length": {from + counted(head("2")+"two\n") + "\n" + head("3") + "three\n",
			[]string{counted(head("2") + "two\n"), body("3") + "three\n"}},
		"Content-Length of the last": {from + counted(head("2")+"two\n"),
			[]string{counted(head("2") + "two\n")}},
		"Content-Length too long": {from + "Content-Length: 90\n\none\n\n" + head("2") + "two\n",
			[]string{"Content-Length: 90\n\none\n", body("2") + "two\n"}},
		"Content-Length in a line": {from + "Content-Length: 5\n\none\nFrom \nA: 2\n",
			[]string{"Content-Length: 5\n\none\nFrom \nA: 2\n"}},
		"Content-Length beyond numbers": {
			from + "Content-Length: 9223372036854775807\n\none\n\n" + head("2") + "two\n",
			[]string{"Content-Length: 9223372036854775807\n\none\n", body("2") + "two\n"}},
		"quoted header line": {from + ">From x y\nA: 1\n\n1\n", []string{"From x y\nA: 1\n\n1\n"}},
	} {
		if name == "overlong lines" {
			c.mails = []string{"A: 1\n\n" + long + "\nb\n", "A: 2\n\n" + long}
		}
		mails, times := mboxMails(t, c.text)
		if strings.Join(mails, "|") != strings.Join(c.mails, "|") || len(mails) != len(c.mails) {
			t.Errorf("%s: mails %.300q, want %.300q", name, mails, c.mails)
		}
		for i, at := range times {
			if at != "2026-01-05 09:00:00" && !(name == "thunderbird" && i == 1 && at == "") &&
				!strings.Contains(c.text, "From a@example.org\n") {
				t.Errorf("%s: From line of mail %d says %q", name, i, at)
			}
		}
	}
}

// TestMboxRoundTrip: what mboxrd's writer quotes comes back as it was.
func TestMboxRoundTrip(t *testing.T) {
	body := "A: 1\n\nFrom me\n>From you\n\n\nFrom x Mon Jan  5 09:00:00 2026\nB: 2\n>>From\n\n"
	var kept strings.Builder
	for range 3 {
		kept.WriteString("From a@example.org Mon Jan  5 09:00:00 2026\n")
		for _, line := range strings.SplitAfter(body, "\n") {
			if strings.HasPrefix(strings.TrimLeft(line, ">"), "From ") {
				kept.WriteByte('>')
			}
			kept.WriteString(line)
		}
		kept.WriteByte('\n')
	}
	mails, _ := mboxMails(t, kept.String())
	if len(mails) != 3 || mails[0] != body || mails[2] != body {
		t.Errorf("mails %q, want thrice %q", mails, body)
	}
}

func FuzzMbox(f *testing.F) {
	f.Add([]byte("From a@example.org Mon Jan  5 09:00:00 2026\nA: 1\n\n>From x\n\nFrom \nA: 2\n\n"))
	f.Add([]byte("\n\nFrom - 1:00\r\nA:\r\n\r\n>>>From \r\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		end := int64(0)
		err := scanMbox(bytes.NewReader(b), int64(len(b)), func(p piece) error {
			if p.offset < end || p.length < 0 || p.offset+p.length > int64(len(b)) {
				t.Fatalf("mail at %d+%d after %d in %d bytes", p.offset, p.length, end, len(b))
			}
			end = p.offset + p.length
			raw := b[p.offset:end]
			got, err := io.ReadAll(newUnquoter(bytes.NewReader(raw)))
			if err != nil {
				t.Fatal(err)
			}
			if len(got) > len(raw) {
				t.Fatalf("%q became %q", raw, got)
			}
			if strings.ReplaceAll(strings.TrimRight(string(raw), "\r\n"), ">", "") !=
				strings.ReplaceAll(strings.TrimRight(string(got), "\r\n"), ">", "") {
				t.Fatalf("%q became %q", raw, got)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestMMDF holds that MMDF needs no "From " lines.
func TestMMDF(t *testing.T) {
	mails, _ := mboxMails(t, fence+"\nFrom: a@b\n\n1\n"+fence+"\n"+fence+"\nFrom: c@d\n\n2\n"+fence+"\n")
	if len(mails) != 2 || mails[0] != "From: a@b\n\n1\n" || mails[1] != "From: c@d\n\n2\n" {
		t.Errorf("mails %q", mails)
	}
}

// TestBeginsMbox holds that a file without a telling name is known by how it begins.
func TestBeginsMbox(t *testing.T) {
	for head, want := range map[string]bool{"From a@b\n": true, bom + "From a@b\n": true, "\r\n\nFrom a@b\n": true,
		fence + "\nFrom: a@b\n": true, "From: a@b\n": false, "hello\n": false, "": false} {
		if got := beginsMbox([]byte(head)); got != want {
			t.Errorf("%q: %v", head, got)
		}
	}
}
