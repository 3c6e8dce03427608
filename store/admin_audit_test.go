package store

import (
	"strings"
	"testing"
	"time"

	"hisseki/ledger"
)

func TestAuditIsAppendOnly(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	for _, verb := range []string{"first", "second"} {
		if err := db.Audit(ctx, "alice", verb, "H1", "because"); err != nil {
			t.Fatal(err)
		}
		*now = now.Add(time.Minute)
	}
	attempts := []string{`DELETE FROM audit`, `UPDATE audit SET actor = 'mallory'`,
		`INSERT INTO audit VALUES (1, 0, 'mallory', '', '', '', '')
			ON CONFLICT (id) DO UPDATE SET actor = 'mallory'`}
	if server == nil {
		attempts = append(attempts, `INSERT OR REPLACE INTO audit VALUES (1, 0, 'mallory', '', '', '', '')`)
	} else {
		attempts = append(attempts, `TRUNCATE audit`)
	}
	for _, q := range attempts {
		if _, err := db.write.Exec(q); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", q, err)
		}
	}
	for _, c := range []struct {
		since time.Time
		limit int
		want  string
	}{{time.Time{}, 0, "second first"}, {time.Time{}, 1, "second"},
		{noon.Add(time.Second), 9, "second"}} {
		acts, err := db.AuditList(ctx, ledger.ActFilter{Since: c.since, Limit: c.limit})
		var got []string
		for _, a := range acts {
			got = append(got, a.Verb)
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("since %v, limit %d: %v, %v; want %s", c.since, c.limit, got, err, c.want)
		}
	}
}

func TestAuditFilters(t *testing.T) {
	db, now := clocked(t)
	ctx := t.Context()
	for _, a := range []ledger.Act{{Actor: "alice as root", Verb: "release", Object: "H1"},
		{Actor: "alice", Verb: "read", Object: "H12"},
		{Actor: "alice2 by web from 192.0.2.7, session 1f2e3d4c", Verb: "hold", Object: "sender:b@x"},
		{Actor: "bob", Verb: "block", Object: "url:lure.test"}} {
		if err := db.Audit(ctx, a.Actor, a.Verb, a.Object, ""); err != nil {
			t.Fatal(err)
		}
		*now = now.Add(time.Minute)
	}
	for name, c := range map[string]struct {
		f    ledger.ActFilter
		want string
	}{
		"all":    {ledger.ActFilter{}, "block hold read release"},
		"actor":  {ledger.ActFilter{Actor: "alice"}, "read release"},
		"by web": {ledger.ActFilter{Actor: "alice2"}, "hold"}, "without": {ledger.ActFilter{Without: []string{"read", "hold"}}, "block release"},
		"whole actor": {ledger.ActFilter{Actor: "alice as root"}, "release"},
		"verb":        {ledger.ActFilter{Verb: "hold"}, "hold"}, "object": {ledger.ActFilter{Object: "h1"}, "release"},
		"account": {ledger.ActFilter{Object: "B@x"}, "hold"}, "host": {ledger.ActFilter{Object: "lure.test"}, "block"},
		"subject": {ledger.ActFilter{Object: "url:lure.test"}, "block"},
		"span":    {ledger.ActFilter{Since: noon.Add(time.Minute), Until: noon.Add(2 * time.Minute)}, "read"},
		"limit":   {ledger.ActFilter{Limit: 2}, "block hold"},
	} {
		acts, err := db.AuditList(ctx, c.f)
		var got []string
		for _, a := range acts {
			got = append(got, a.Verb)
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, %v; want %s", name, got, err, c.want)
		}
	}
}
