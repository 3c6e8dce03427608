package analyzer_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"hisseki/analyzer"
	"hisseki/replay"
)

// What a reader can act on beside links: each beside what says nothing.
func TestContacts(t *testing.T) {
	quoted := "Yes, thank you.\r\n\r\nOn Mon, 2 Nov 2026, P wrote:\r\n> call 03-1234-5678\r\n"
	for _, tt := range []struct {
		name   string
		signal analyzer.Signal
		body   string
		head   []string
		fires  bool
	}{
		{"a number to call", "phone-new", "Please call +1 555 0100 at once.\r\n", nil, true},
		{"a name in a messenger", "phone-new", "Write to me on Telegram: @acc_dept.\r\n", nil, true},
		{"a messenger without a name", "phone-new", "The telegram was sent, the signal is weak.\r\n", nil, false},
		{"a date", "phone-new", "We meet on 2026-11-06 10:15.\r\n", nil, false},
		{"the partner's number in an answer", "phone-new", quoted, []string{"In-Reply-To: <p@partner1.example.org>"}, false},
		{"a quoted number without a mail that is answered", "phone-new", quoted, nil, true},
		{"a bank account", "account-new", "Please pay to DE89 3704 0044 0532 0130 00.\r\n", nil, true},
		{"a Japanese bank account", "account-new", "振込先　みどり銀行　本店　普通　１２３４５６７\r\n", nil, true},
		{"a wallet", "account-new", "Send it to 1BoatSLRHtKNngkdXEeobR76b53LETtpyT\r\n", nil, true},
		{"answers to another box of the own domain", "answer-address-new", honest, []string{"Reply-To: helpdesk-2@example.jp"}, true},
		{"answers to the sender", "answer-address-new", honest, []string{"Reply-To: b@example.jp"}, false},
		{"answers to a known partner", "answer-address-new", honest, []string{"Reply-To: p1@partner1.example.org"}, false},
		{"an address in the text to answer to", "answer-address-new", "Please answer to office@freemail.test today.\r\n", nil, true},
		{"a colleague's address in the text", "answer-address-new", "Please answer to a@example.jp today.\r\n", nil, false},
		{"a partner's address in the text", "answer-address-new", "Please answer to p1@partner1.example.org.\r\n", nil, false},
		{"an address in the partner's quote", "answer-address-new", "Yes.\r\n\r\nOn Mon, 2 Nov 2026, P wrote:\r\n> write to x@freemail.test\r\n", []string{"In-Reply-To: <p@partner1.example.org>"}, false},
		{"an address that looks like the partner's", "address-lookalike", honest, []string{"Reply-To: p1@partnerl.example.org, p1@partner1.exarnple.org"}, true},
		{"an address of another domain", "address-lookalike", honest, []string{"Reply-To: p1@freemail.test"}, false},
	} {
		a := office(t, replay.NewMemory())
		r := usual(t, a, tt.body, tt.head...)
		if got := points(r, tt.signal) > 0; got != tt.fires {
			t.Errorf("%s: %s fires %v, want %v: %+v", tt.name, tt.signal, got, tt.fires, r.Verdict.Evidence)
		}
		if r.Verdict.Would != analyzer.Pass {
			t.Errorf("%s: %s by the owner's own hand", tt.name, r.Verdict.Would)
		}
	}
}

// codeMail is the body of a mail with a QR code in a picture.
func codeMail(t *testing.T, link string) string {
	t.Helper()
	m, err := qrcode.NewQRCodeWriter().Encode(link, gozxing.BarcodeFormat_QR_CODE, 160, 160, nil)
	if err != nil {
		t.Fatal(err)
	}
	var picture bytes.Buffer
	if err := png.Encode(&picture, m); err != nil {
		t.Fatal(err)
	}
	return withFile("image/png; name=a.png", picture.Bytes())
}

// withFile is the body of a mail with a file.
func withFile(kind string, data []byte) string {
	return "--b\r\nContent-Type: text/plain\r\n\r\n" + honest + "\r\n--b\r\nContent-Type: " + kind +
		"\r\nContent-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
		base64.StdEncoding.EncodeToString(data) + "\r\n--b--\r\n"
}

// Links in pictures and files are links: unknown ones are evidence that says where they stand,
// may be blocked, and are held by a rule.
func TestLinksInFiles(t *testing.T) {
	const link = "https://lure.example.net/login"
	pdf := []byte("%PDF-1.4\n1 0 obj << /S /URI /URI (" + link + ") >> endobj\ntrailer << >>\n%%EOF\n")
	for where, body := range map[string]string{
		"a QR code":        codeMail(t, link),
		"an attached file": withFile("application/pdf; name=a.pdf", pdf),
	} {
		memory := &ruled{Memory: replay.NewMemory(), sender: analyzer.Override{}}
		a := office(t, memory)
		r := usual(t, a, body, "Content-Type: multipart/mixed; boundary=b")
		if points(r, analyzer.URLUnknown) < 2 || !slices.ContainsFunc(r.Verdict.Evidence, func(e analyzer.Evidence) bool {
			return strings.Contains(e.Text, where)
		}) {
			t.Errorf("%s: %+v", where, r.Verdict.Evidence)
		}
		if lures := analyzer.Lures(r); len(lures) != 1 {
			t.Errorf("%s: may be blocked: %v", where, lures)
		}
		memory.set(t, analyzer.Hold, "lure.example.net", time.Time{})
		if err := a.Apply(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r = usual(t, a, body, "Content-Type: multipart/mixed; boundary=b"); r.Verdict.Action != analyzer.Hold ||
			points(r, analyzer.URLBlocked) != 0 || r.Verdict.Evidence[0].Signal != analyzer.URLBlocked {
			t.Errorf("%s: not held by the rule: %+v", where, r.Verdict)
		}
	}
}

// A number that the account gave before is its own; one that a colleague gave says little.
func TestContactsBecomeKnown(t *testing.T) {
	a := office(t, replay.NewMemory())
	const call = "Please call +1 555 0100.\r\n"
	first := points(usual(t, a, call), "phone-new")
	for day := 1; day <= 3; day++ {
		m := letter("b@example.jp", attackDay.AddDate(0, 0, day), "192.0.2.11", "p1@partner1.example.org", call)
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
		if err != nil {
			t.Fatal(err)
		}
		if got := points(r, "phone-new"); day == 3 && (got >= first || got > 0.5) {
			t.Errorf("first %v points, on the third day still %v", first, got)
		}
	}
}
