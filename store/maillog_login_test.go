package store

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// attempt keeps one attempt to log in and says whether it was kept.
func attempt(t *testing.T, db *DB, sender string, result analyzer.LoginResult, client string,
	at time.Time, backend bool) bool {
	t.Helper()
	l := ledger.LogLogin{Backend: backend, Exists: backend, Login: analyzer.Login{At: at, Sender: sender,
		Client: netip.MustParseAddr(client), Result: result, Service: "imap"}}
	if backend {
		l.Service = "auth"
	}
	kept, err := db.KeepLog(t.Context(), &ledger.LogBatch{Logins: []ledger.LogLogin{l}})
	if err != nil {
		t.Fatal(err)
	}
	return kept.Logins == 1
}

// told writes logins in short: result, first and last second after noon, count, service.
func told(t *testing.T, db *DB, sender string, since, until time.Time) string {
	t.Helper()
	list, err := db.logins(t.Context(), sender, since, until, loginsShown)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, l := range list {
		out = append(out, fmt.Sprintf("%s %s %.0f-%.0f x%d %s", l.Result, l.Client,
			l.At.Sub(noon).Seconds(), l.Last.Sub(noon).Seconds(), l.Count, l.Service))
	}
	return strings.Join(out, "\n")
}

func TestLoginsCloseTogetherAreOneRow(t *testing.T) {
	db, _ := clocked(t)
	const who = "b@example.jp"
	for _, s := range []int{50, 0, 100, 155, 400, 3700} { // as two readers may bring them
		attempt(t, db, who, analyzer.LoginFailure, "192.0.2.1", noon.Add(time.Duration(s)*time.Second),
			true)
	}
	attempt(t, db, who, analyzer.LoginFailure, "192.0.2.2", noon.Add(55*time.Second), true)
	attempt(t, db, who, analyzer.LoginLockout, "192.0.2.2", noon.Add(56*time.Second), true)
	attempt(t, db, who, analyzer.LoginSuccess, "192.0.2.2", noon.Add(57*time.Second), false)
	attempt(t, db, "c@example.jp", analyzer.LoginSuccess, "192.0.2.2", noon, false)
	want := `failure 192.0.2.1 0-155 x4 auth
failure 192.0.2.2 55-55 x1 auth
lockout 192.0.2.2 56-56 x1 auth
success 192.0.2.2 57-57 x1 imap
failure 192.0.2.1 400-400 x1 auth
failure 192.0.2.1 3700-3700 x1 auth`
	if got := told(t, db, who, noon, time.Time{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	want = "failure 192.0.2.1 400-400 x1 auth"
	if got := told(t, db, who, noon.Add(200*time.Second), noon.Add(time.Hour)); got != want {
		t.Errorf("in a window: got\n%s\nwant\n%s", got, want)
	}
}

// The password database and the service in front of it tell of the same attempts.
func TestAttemptsAreNotCountedTwice(t *testing.T) {
	db, _ := clocked(t)
	const who = "b@example.jp"
	for i := range 3 {
		at := noon.Add(time.Duration(i) * time.Second)
		attempt(t, db, who, analyzer.LoginFailure, "192.0.2.1", at, true)
		attempt(t, db, who, analyzer.LoginFailure, "192.0.2.1", at.Add(2*time.Second), false)
	}
	if got := told(t, db, who, noon, time.Time{}); got != "failure 192.0.2.1 0-4 x3 imap" {
		t.Error(got)
	}
}

// A row does not grow over more than an hour, however slow the guessing.
func TestLoginRowsEnd(t *testing.T) {
	db, _ := clocked(t)
	for i := range 150 {
		attempt(t, db, "b@example.jp", analyzer.LoginFailure, "192.0.2.1",
			noon.Add(time.Duration(i)*50*time.Second), true)
	}
	want := `failure 192.0.2.1 0-3600 x73 auth
failure 192.0.2.1 3650-7250 x73 auth
failure 192.0.2.1 7300-7450 x4 auth`
	if got := told(t, db, "b@example.jp", noon, time.Time{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// However many addresses guess, an hour has a bounded number of rows: the first are exact,
// then come networks, then the rest.
func TestGuessingFromManyAddressesIsBounded(t *testing.T) {
	db, _ := clocked(t)
	const who = "b@example.jp"
	const guesses = 5000 // within 50 minutes
	for from := 0; from < guesses; from += 500 {
		b := ledger.LogBatch{}
		for i := from; i < from+500; i++ {
			at := netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(i % 100), byte(i % 7), 15: byte(i), 14: byte(i >> 8)})
			b.Logins = append(b.Logins, ledger.LogLogin{Backend: true, Exists: true, Login: analyzer.Login{
				At: noon.Add(time.Duration(i) * 600 * time.Millisecond), Sender: who, Client: at,
				Result: analyzer.LoginFailure, Service: "imap"}})
		}
		if kept, err := db.KeepLog(t.Context(), &b); err != nil || kept.Logins != 500 {
			t.Fatal(kept, err)
		}
	}
	attempt(t, db, who, analyzer.LoginLockout, "198.51.100.1", noon.Add(time.Minute), true)
	attempt(t, db, who, analyzer.LoginSuccess, "198.51.100.1", noon.Add(2*time.Minute), true)
	list, err := db.Logins(t.Context(), who, noon, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	counted, networks, kinds := 0, make(map[netip.Prefix]bool), make(map[analyzer.LoginResult]int)
	for _, l := range list {
		kinds[l.Result]++
		if l.Result == analyzer.LoginFailure {
			counted += l.Count
			networks[network(l.Client)] = true
		}
	}
	if counted != guesses {
		t.Errorf("%d failures are counted, want %d", counted, guesses)
	}
	if len(list) > failedNetworks+4 || len(networks) < 20 {
		t.Errorf("%d rows of %d networks", len(list), len(networks))
	}
	if kinds[analyzer.LoginLockout] != 1 || kinds[analyzer.LoginSuccess] != 1 {
		t.Errorf("rows %v: lockout and success are missing", kinds)
	}
}

// TestSigninsFromManyAddressesAreBounded: neither does a thief who is in fill the store by logging in from ever
// new addresses, and no row of an hour's first two hundred is less exact for it.
func TestSigninsFromManyAddressesAreBounded(t *testing.T) {
	db, _ := clocked(t)
	const who, signins = "b@example.jp", 1500
	b := ledger.LogBatch{}
	for i := range signins {
		b.Logins = append(b.Logins, ledger.LogLogin{Login: analyzer.Login{At: noon.Add(time.Duration(i) * 2 * time.Second),
			Sender: who, Client: netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, byte(i >> 8), byte(i), 15: 1}),
			Result: analyzer.LoginSuccess, Service: "imap", Device: fmt.Sprint("pc", i)}})
	}
	if kept, err := db.KeepLog(t.Context(), &b); err != nil || kept.Logins != signins {
		t.Fatal(kept, err)
	}
	list, err := db.Logins(t.Context(), who, noon, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	counted := 0
	for i, l := range list {
		counted += l.Count
		if i < exactSignins && (l.Count != 1 || l.Device != fmt.Sprint("pc", i)) {
			t.Fatalf("row %d: %+v", i, l)
		}
	}
	if counted != signins || len(list) > signinNetworks+1 {
		t.Errorf("%d sign-ins in %d rows", counted, len(list))
	}
}

// An account with a million failures costs a mail no more than one with a few: what is read
// is bounded.
func TestLoginsReadAreBounded(t *testing.T) {
	db, _ := clocked(t)
	raw(t, db.path, `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO login (sender, client, result, service, at, last, backend, front)
		SELECT 'b@example.jp', '2001:db8::' || i % 10000, 'failure', 'imap', 1767225600 + i,
			1767225600 + i, 1, 0 FROM n`)
	list, err := db.Logins(t.Context(), "b@example.jp", time.Time{}, time.Time{})
	if err != nil || len(list) != maxGuesses || list[maxGuesses-1].At.Unix() != 1767225600+100000 {
		t.Errorf("%d rows, %v; want the newest %d", len(list), err, maxGuesses)
	}
}

// TestAFailureCostsTheSameBeforeManyOthers: a failure of an hour with many rows looks at these and at none
// of those that are there of later hours, as when an old log is read, or two hosts' logs.
func TestAFailureCostsTheSameBeforeManyOthers(t *testing.T) {
	db, _ := clocked(t)
	const few, many = "few@example.jp", "many@example.jp"
	raw(t, db.path, `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
		INSERT INTO login (sender, client, result, service, at, last, backend, front)
		SELECT '`+many+`', '2001:db8::' || i % 10000, 'failure', 'imap', 1767225600 + i * 50,
			1767225600 + i * 50, 1, 0 FROM n`)
	first := time.Unix(1767225600, 0).Add(-time.Hour)
	guess := func(sender string, i int) time.Duration {
		b := ledger.LogBatch{Logins: []ledger.LogLogin{{Backend: true, Exists: true, Login: analyzer.Login{
			At: first.Add(time.Duration(i) * time.Second), Sender: sender, Result: analyzer.LoginFailure, Service: "imap",
			Client: netip.AddrFrom16([16]byte{0x20, 1, 0xd, 0xb8, 0, byte(i)})}}}}
		began := time.Now()
		if kept, err := db.KeepLog(t.Context(), &b); err != nil || kept.Logins != 1 {
			t.Fatal(kept, err)
		}
		return time.Since(began)
	}
	const limit = 8
	least := map[string]time.Duration{few: time.Hour, many: time.Hour}
	for i := range 1000 {
		if i > 2*failedNetworks && least[many] <= limit*least[few] {
			break // a busy machine needs more rounds until each account has had a quiet one
		}
		for sender := range least {
			took := guess(sender, i)
			if i > failedNetworks { // the hour's rows are all there
				least[sender] = min(least[sender], took)
			}
		}
	}
	if least[many] > limit*least[few] {
		t.Errorf("a failure took %v with many others behind it, %v with none", least[many], least[few])
	}
}

// TestGuessingHidesNothing: an outsider who guesses from a thousand networks puts neither a sign-in, a
// rule nor a lockout out of sight that came before.
func TestGuessingHidesNothing(t *testing.T) {
	db, _ := clocked(t)
	raw(t, db.path, `INSERT INTO login (sender, client, result, service, at, last, backend, front)
		VALUES ('b@example.jp', '198.51.100.7', 'success', 'imap', 1767225500, 1767225500, 1, 0),
			('b@example.jp', '198.51.100.7', 'rule', '', 1767225501, 1767225501, 1, 0),
			('b@example.jp', '198.51.100.8', 'lockout', 'imap', 1767225502, 1767225502, 1, 0);
		WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
		INSERT INTO login (sender, client, result, service, at, last, backend, front)
		SELECT 'b@example.jp', '2001:db8::' || i, 'failure', 'imap', 1767225600 + i, 1767225600 + i, 1, 0 FROM n`)
	list, err := db.Logins(t.Context(), "b@example.jp", time.Unix(1767225400, 0), time.Time{})
	if err != nil || len(list) != maxGuesses+3 || list[0].Result != analyzer.LoginSuccess ||
		list[1].Result != "rule" || list[2].Result != analyzer.LoginLockout {
		t.Errorf("%d rows, %v", len(list), err)
	}
}

// TestEndedWindow: of a time that is over, what came since is neither returned nor looked at.
func TestEndedWindow(t *testing.T) {
	db, _ := clocked(t)
	raw(t, db.path, `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
		INSERT INTO login (sender, client, result, service, at, last, backend, front)
		SELECT 'b@example.jp', '2001:db8::' || i % 10000, 'failure', 'imap', 1767225600 + i * 10,
			1767225600 + i * 10 + 3600, 1, 0 FROM n`)
	end := time.Unix(1767225600+100, 0)
	list, err := db.Logins(t.Context(), "b@example.jp", time.Time{}, end)
	if err != nil || len(list) != 10 || list[9].At != end.Add(-10*time.Second).UTC() {
		t.Errorf("%d rows, %v", len(list), err)
	}
	for _, c := range list {
		if c.Last.Sub(c.At) != loginSpan*time.Second {
			t.Errorf("a row of %v", c.Last.Sub(c.At))
		}
	}
}

func TestGuessedNamesAreNotKept(t *testing.T) {
	db, _ := clocked(t)
	if attempt(t, db, "nobody@example.jp", analyzer.LoginFailure, "192.0.2.1", noon, false) {
		t.Error("kept a failure of a name that nothing shows to exist")
	}
	if !attempt(t, db, "new@example.jp", analyzer.LoginFailure, "192.0.2.1", noon, true) {
		t.Error("the password database knows the account")
	}
	keep(t, db, record("b@example.jp", analyzer.Pass))
	if !attempt(t, db, "b@example.jp", analyzer.LoginFailure, "192.0.2.1", noon, false) {
		t.Error("the account has sent mail")
	}
}

func TestTimeline(t *testing.T) {
	db, _ := clocked(t)
	const who = "b@example.jp"
	for i := range 5 {
		attempt(t, db, who, analyzer.LoginFailure, "203.0.113.9", noon.Add(time.Duration(i)*time.Second),
			true)
	}
	attempt(t, db, who, analyzer.LoginLockout, "203.0.113.9", noon.Add(6*time.Second), true)
	attempt(t, db, who, analyzer.LoginSuccess, "203.0.113.9", noon.Add(time.Minute), false)
	for i := range 3 {
		r := record(who, analyzer.Pass)
		if i > 0 {
			r = record(who, analyzer.Hold)
		}
		r.Envelope.Time = noon.Add(time.Minute + time.Duration(i)*time.Second)
		r.Envelope.Client = netip.MustParseAddr("203.0.113.9")
		keep(t, db, r)
	}
	keep(t, db, record("c@example.jp", analyzer.Pass))
	list, err := db.Timeline(t.Context(), who, noon, noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range list {
		out = append(out, fmt.Sprintf("%.0f-%.0f %s x%d %s %s %d", m.At.Sub(noon).Seconds(),
			m.Until.Sub(noon).Seconds(), m.Kind, m.Count, m.Client, m.Action, m.Recipients))
	}
	want := `0-4 failure x5 203.0.113.9  0
6-6 lockout x1 203.0.113.9  0
60-60 success x1 203.0.113.9  0
60-60 mail x1 203.0.113.9 pass 2
61-61 mail x1 203.0.113.9 hold 2
62-62 mail x1 203.0.113.9 hold 2`
	if got := strings.Join(out, "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
