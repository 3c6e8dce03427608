package store

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

func TestLogName(t *testing.T) {
	for source, want := range map[string]string{
		"/var/log/mail.log": "mail.log", "/var/log/mail.log.1": "mail.log", "/tmp/mail.log.12.gz": "mail.log",
		"/var/log/mail.log-20261124": "mail.log", "/var/log/mail-20261124.log": "mail.log", "journald": "journald",
		"/var/log/maillog-20261124.gz": "maillog", "/var/log/auth.log": "auth.log", "/var/log/mx2.log": "mx2.log",
		"/var/log/dovecot-info.log.bz2": "dovecot-info.log", "": ".",
	} {
		if got := logName(source); got != want {
			t.Errorf("%s: %s, want %s", source, got, want)
		}
	}
}

// A day's attempts that come from two logs, one after another or side by side, count once; those
// of a rotated file and of the one after it are different ones.
func TestLoginsOfTwoLogsCountOnce(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	var day []ledger.LogLogin
	for range 3000 { // some in the same second, some addresses that are crowded
		day = append(day, ledger.LogLogin{Backend: rnd.IntN(2) == 0, Exists: true, Login: analyzer.Login{
			At:     noon.Add(time.Duration(rnd.IntN(86400)/7*7) * time.Second),
			Sender: fmt.Sprintf("u%d@example.jp", rnd.IntN(3)), Result: analyzer.LoginFailure, Service: "imap",
			Client: netip.AddrFrom4([4]byte{192, 0, 2, byte(rnd.IntN(60))})}})
	}
	slices.SortStableFunc(day, func(a, b ledger.LogLogin) int { return a.At.Compare(b.At) })
	total := func(sources func(keep func(source string, list []ledger.LogLogin))) (n int) {
		db, _ := clocked(t)
		sources(func(source string, list []ledger.LogLogin) {
			if _, err := db.KeepLog(t.Context(), &ledger.LogBatch{Logins: list,
				Position: ledger.LogPosition{Source: source, Head: source}}); err != nil {
				t.Fatal(err)
			}
		})
		for u := range 3 {
			list, err := db.Logins(t.Context(), fmt.Sprintf("u%d@example.jp", u), noon, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range list {
				n += list[i].Count
			}
		}
		return n
	}
	half := len(day) / 2
	one := total(func(keep func(string, []ledger.LogLogin)) { keep("/var/log/mail.log", day) })
	for name, c := range map[string]func(keep func(string, []ledger.LogLogin)){
		"changed to journald": func(keep func(string, []ledger.LogLogin)) {
			keep("/var/log/mail.log", day)
			keep("journald", day)
		},
		"side by side": func(keep func(string, []ledger.LogLogin)) {
			for i := 0; i < len(day); i += 50 {
				keep("/var/log/mail.log", day[i:i+50])
				keep("/var/log/syslog", day[i:i+50])
			}
		},
		"rotated": func(keep func(string, []ledger.LogLogin)) {
			keep("/var/log/mail.log.1", day[:half])
			keep("/var/log/mail.log", day[half:])
		},
	} {
		if n := total(c); n < one*99/100 || n > one*101/100 {
			t.Errorf("%s: %d attempts, %d from one log", name, n, one)
		}
	}
}

func TestLogCountsEnd(t *testing.T) {
	c := logCounts{}
	for i := range 100 {
		c.with(fmt.Sprintf("/var/log/log%c%c", 'a'+i/10, 'a'+i%10), attempts{1, 0})
	}
	if len(c) > maxLogs+1 {
		t.Errorf("counts of %d logs", len(c))
	}
}
