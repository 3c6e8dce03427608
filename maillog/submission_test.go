package maillog

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestSubmissions: who gave which mail, from where; mail of nobody who had logged in is no
// account's.
func TestSubmissions(t *testing.T) {
	const log = `Jan  5 09:00:00 mx postfix/submission/smtpd[1]: 4CtzQW1rYJzXk: client=p1.example.net[192.0.2.1], sasl_method=PLAIN, sasl_username=Bob
Jan  5 09:00:00 mx postfix/smtpd[2]: 4CtzQW1rYJzXl: client=mail.example.net[192.0.2.9]
Jan  5 09:00:01 mx postfix/cleanup[3]: 4CtzQW1rYJzXl: message-id=<2@example.net>
Jan  5 09:00:01 mx postfix/cleanup[3]: 4CtzQW1rYJzXk: message-id=<1@example.org>
Jan  5 09:00:01 mx postfix/qmgr[4]: 4CtzQW1rYJzXk: from=<bob@example.org>, size=1, nrcpt=1 (queue active)
Jan  5 09:00:02 mx postfix/submission/smtpd[1]: warning: p1.example.net[192.0.2.1]: SASL PLAIN authentication failed: x, sasl_username=bob
Jan  5 09:00:03 mx postfix/cleanup[3]: 4CtzQW1rYJzXk: message-id=<again@example.org>
Jan  5 09:00:04 mx postfix/smtps/smtpd[1]: 4CtzQW1rYJzXm: client=unknown[2001:db8::1], sasl_method=LOGIN, sasl_username=eve, sasl_sender=bob@example.org
Jan  5 09:00:04 mx postfix/cleanup[3]: 4CtzQW1rYJzXm: message-id=<3@example.org>
`
	path := filepath.Join(t.TempDir(), "mail.log")
	if err := os.WriteFile(path, []byte(log), 0o600); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 6, 0, 0, 0, 0, time.UTC)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	p := &Parser{Zone: time.UTC, Normal: func(login string) string {
		return strings.ToLower(login) + "@example.org"
	}}
	var got []string
	err := Submissions(t.Context(), p, path, func(s Submission) error {
		got = append(got, fmt.Sprintf("%s %s %s %s", s.At.Format(time.DateTime), s.MessageID, s.Sender,
			s.Client))
		return nil
	})
	want := []string{"2026-01-05 09:00:00 1@example.org bob@example.org 192.0.2.1",
		"2026-01-05 09:00:04 3@example.org eve@example.org 2001:db8::1"}
	if err != nil || strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%v: got\n%s\nwant\n%s", err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	stop := errors.New("stop")
	if err := Submissions(t.Context(), p, path, func(Submission) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("error %v, want that of the caller", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Submissions(ctx, p, path, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

// TestSubmissionsRefuses: a file of another kind is an error that shows a line.
func TestSubmissionsRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.txt")
	if err := os.WriteFile(path, []byte("eggs\nbutter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := Submissions(t.Context(), &Parser{}, path, nil)
	if !errors.Is(err, errUnreadable) || !strings.Contains(err.Error(), "eggs") {
		t.Errorf("error %v", err)
	}
}

// TestSubmissionsAreBounded: sessions whose mail never comes are forgotten.
func TestSubmissionsAreBounded(t *testing.T) {
	s := submissions{young: make(map[string]Submission)}
	for i := range 3 * maxSubmitting {
		e := login("bob", netip.MustParseAddr("192.0.2.1"), "success", "submission")
		e.mail = fmt.Sprint("4Cx", i)
		if err := s.take(&e); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(s.young) + len(s.old); n > 2*maxSubmitting {
		t.Errorf("%d sessions are remembered, at most %d should be", n, 2*maxSubmitting)
	}
}
