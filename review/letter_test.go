package review

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

func TestLetterIsDecoded(t *testing.T) {
	source := strings.Join([]string{
		"From: =?ISO-2022-JP?B?GyRCOGUbKEI=?= <goto@example.jp>",
		"To: a@example.org, b@example.org",
		"Date: Tue, 17 Nov 2026 10:12:00 +0900",
		"Subject: =?UTF-8?B?6KuL5rGC5pu444Gu5Lu2?=",
		"Message-ID: <1@example.jp>",
		"MIME-Version: 1.0",
		`Content-Type: multipart/mixed; boundary="b"`,
		"",
		"--b",
		"Content-Type: text/plain; charset=utf-8",
		"Content-Transfer-Encoding: base64",
		"",
		base64.StdEncoding.EncodeToString([]byte("請求書をご確認ください。\nhttps://lure.example.org/x\n")),
		"--b",
		`Content-Type: application/pdf; name="=?UTF-8?B?6KuL5rGC5pu4LnBkZg==?="`,
		"Content-Disposition: attachment",
		"Content-Transfer-Encoding: base64",
		"",
		base64.StdEncoding.EncodeToString([]byte("%PDF-1.4 nothing")),
		"--b--", ""}, "\r\n")
	l := ReadLetter([]byte(source), time.Now)
	fields := ""
	for _, f := range l.Fields {
		fields += f.Name + ": " + f.Value + "\n"
	}
	want := "From: 後 <goto@example.jp>\nTo: a@example.org, b@example.org\n" +
		"Date: 2026-11-17 10:12:00 +0900\nSubject: 請求書の件\nMessage-ID: <1@example.jp>\n"
	if fields != want {
		t.Errorf("header:\n%swant:\n%s", fields, want)
	}
	if !strings.Contains(l.Text, "請求書をご確認ください。") || len(l.Links) != 0 {
		t.Errorf("text %q, links %q", l.Text, l.Links)
	}
	if len(l.Files) != 1 || !strings.HasPrefix(l.Files[0], "請求書.pdf, document, 16 bytes") {
		t.Errorf("files %q", l.Files)
	}
}

// The target of a link is shown where the text shows something else, and text that only
// programs see is counted.
func TestLetterShowsWhereLinksLead(t *testing.T) {
	l := ReadLetter([]byte("Content-Type: text/html\r\n\r\n"+
		`<p>see <a href="https://lure.example.org/x">our bank</a></p><p style="display:none">`+
		strings.Repeat("x", 50)+"</p>\r\n"), time.Now)
	if len(l.Links) != 1 || l.Links[0] != "https://lure.example.org/x" {
		t.Errorf("links %q", l.Links)
	}
	if notes := strings.Join(l.Notes, "; "); !strings.Contains(notes, "50 characters are hidden") {
		t.Errorf("notes %q", notes)
	}
}

func TestLetterIsBounded(t *testing.T) {
	huge := "Subject: " + strings.Repeat("s", 1<<20) + "\r\n\r\n" + strings.Repeat("line of text\r\n", 1<<20)
	l := ReadLetter([]byte(huge), time.Now)
	if len(l.Text) > maxLetterText || len(l.Notes) == 0 {
		t.Errorf("%d bytes of text, notes %q", len(l.Text), l.Notes)
	}
	for _, source := range []string{"", "\x00", "\r\n\r\n", strings.Repeat("(", 1<<16)} {
		ReadLetter([]byte(source), time.Now) // must not panic
	}
}
