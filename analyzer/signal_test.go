package analyzer_test

import (
	"fmt"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/replay"
)

// usual returns what an office's analyzer says of one mail of b@example.jp, sent from
// the usual place.
func usual(t *testing.T, a *analyzer.Analyzer, body string, head ...string) *analyzer.Record {
	t.Helper()
	m := letter("b@example.jp", attackDay, "192.0.2.11", "p1@partner1.example.org", body, head...)
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// points returns what a signal added to a verdict.
func points(r *analyzer.Record, signal analyzer.Signal) float64 {
	for _, e := range r.Verdict.Evidence {
		if e.Signal == signal {
			return e.Points
		}
	}
	return 0
}

const signed = "--b\r\nContent-Type: text/plain\r\n\r\n" + honest + "\r\n--b\r\n" +
	"Content-Type: application/pgp-signature; name=signature.asc\r\n\r\n"

// What looks unusual and is no lure: each beside the same thing that is one.
func TestNoLure(t *testing.T) {
	multipart := `Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256`
	tests := []struct {
		name   string
		signal analyzer.Signal
		body   string
		head   []string
		fires  bool
	}{
		{"answers to a colleague", "reply-to-new", honest,
			[]string{"Reply-To: seminar@example.jp"}, false},
		{"answers to a stranger", "reply-to-new", honest,
			[]string{"Reply-To: b.ando@freemail.test"}, true},
		{"an hour beside the known zone", "zone-new", honest,
			[]string{"Date: Fri, 06 Nov 2026 01:00:00 +0100"}, false},
		{"a zone far away", "zone-new", honest,
			[]string{"Date: Fri, 06 Nov 2026 05:30:00 +0530"}, true},
		{"a signature", "file-new",
			signed + "-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n-----END PGP SIGNATURE-----\r\n--b--",
			[]string{multipart}, false},
		{"a mail that anybody can read", "unread", honest, nil, false},
		{"a mail that only its reader can open", "unread", "--b\r\n" +
			"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b\r\n" +
			"Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----\r\n\r\n" +
			"hQEM\r\n-----END PGP MESSAGE-----\r\n--b--",
			[]string{"Content-Type: multipart/encrypted; boundary=b; " +
				"protocol=\"application/pgp-encrypted\""}, true},
		{"a program called a signature", "file-new", signed + "MZ\x90\x00program\r\n--b--",
			[]string{multipart}, true},
	}
	for _, tt := range tests {
		a := office(t, replay.NewMemory())
		r := usual(t, a, tt.body, tt.head...)
		if got := points(r, tt.signal) > 0; got != tt.fires {
			t.Errorf("%s: %s fires %v, want %v: %+v", tt.name, tt.signal, got, tt.fires,
				r.Verdict.Evidence)
		}
	}
}

// A mail whose end nobody read may ask for anything there.
func TestUnreadEnd(t *testing.T) {
	a := office(t, replay.NewMemory())
	m := letter("b@example.jp", attackDay, "192.0.2.11", "p1@partner1.example.org", honest)
	m.BodySize += 20 << 20
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil {
		t.Fatal(err)
	}
	if points(r, analyzer.Unread) < 1 {
		t.Errorf("%d bytes of %d were read: %+v", len(m.Body), m.BodySize, r.Verdict.Evidence)
	}
}

// A page on a shared host is new although the host is known, however the host is
// spelled, and a site of the organisation is hardly a lure.
func TestKnownHosts(t *testing.T) {
	memory := replay.NewMemory()
	office(t, memory)
	watch := analyzer.New(analyzer.Config{Salt: []byte("test"), // learns whatever comes: nothing waits
		Thresholds: analyzer.Thresholds{Delay: 99, Hold: 99, Sum: 99}}, memory)
	for _, ago := range []time.Duration{60 * time.Hour, 30 * time.Hour} { // known is earned: two days
		for _, link := range []string{"https://www.dropbox.com/s/Ab12Cd34/plan.pdf", "https://intra.works.test/"} {
			m := letter("a@example.jp", attackDay.Add(-ago), "192.0.2.10", "p1@partner1.example.org",
				honest+link+"\n")
			if _, err := watch.Judge(t.Context(), m, analyzer.Conditions{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	a := analyzer.New(analyzer.Config{Salt: []byte("test")}, memory)
	page := usual(t, a, honest+"https://dropbox.com/s/Zz98Yy76/invoice.zip\n")
	if got := points(page, "url-unknown"); got < 1 {
		t.Errorf("a new page on a shared host has %.2f points: %+v", got, page.Verdict.Evidence)
	}
	site := usual(t, a, honest+"https://intra.works.test/\n")
	if got := points(site, "url-unknown"); got <= 0 || got > 0.9 {
		t.Errorf("a site known in the organisation has %.2f points: %+v", got, site.Verdict.Evidence)
	}
}

// During an incident the owner's own mail passes even when it is a little unusual: the
// sum is the thief's, and only likeness or a mail's own weight may hold.
func TestOwnerWritesDuringTheIncident(t *testing.T) {
	a := office(t, replay.NewMemory())
	for i := range 20 {
		if _, err := a.Judge(t.Context(), attack(i), analyzer.Conditions{CanDelay: true}); err != nil {
			t.Fatal(err)
		}
	}
	m := letter("b@example.jp", attackDay.Add(20*time.Minute), "192.0.2.11", "new@partner1.example.org",
		honest, "X-Mailer: Example Phone Mail")
	r, err := a.Judge(t.Context(), m, analyzer.Conditions{CanDelay: true})
	if err != nil || r.Verdict.Action == analyzer.Hold {
		t.Errorf("the owner's mail: %+v %v", r.Verdict, err)
	}
	lines, err := a.InForce(t.Context())
	if err != nil || r.Verdict.Sum < lines.Sum || r.Verdict.Points < 3 {
		t.Errorf("the test shows nothing: %+v %v %+v", lines, err, r.Verdict)
	}
	again := attack(20)
	again.Time = attackDay.Add(25 * time.Minute)
	again.Client = m.Client // the thief by way of the owner's own computer
	r, err = a.Judge(t.Context(), again, analyzer.Conditions{CanDelay: true})
	if err != nil || r.Verdict.Action != analyzer.Hold {
		t.Errorf("mail like the incident's: %+v %v", r.Verdict, err)
	}
}

// A link below a line that looks like an old mail's header is a partner's; the same link
// "quoted" to one partner after another is a lure.
func TestQuotedToHide(t *testing.T) {
	a := office(t, replay.NewMemory())
	body := honest + "\nOn Monday, A. Partner wrote:\n> see https://kakunin.lure.test/view/77\n"
	for i, full := range []bool{false, true} {
		m := letter("b@example.jp", attackDay.Add(time.Duration(i)*time.Minute), "192.0.2.11",
			fmt.Sprintf("p%d@partner%d.example.org", i, i), body, "In-Reply-To: <1@partner.example.org>")
		r, err := a.Judge(t.Context(), m, analyzer.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := points(r, "url-unknown"); got > 3.9 != full {
			t.Errorf("mail %d: %.2f points for the quoted link: %+v", i, got, r.Verdict.Evidence)
		}
	}
}
