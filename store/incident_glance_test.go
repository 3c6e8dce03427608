package store

import (
	"context"
	"database/sql"
	sqldriver "database/sql/driver"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/mattn/go-sqlite3"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// counted is the driver "counted-sqlite3": it counts the rows that queries return.
type counted struct{ *sqlite3.SQLiteDriver }

var rowsReturned int

func init() { sql.Register("counted-sqlite3", counted{&sqlite3.SQLiteDriver{}}) }

func (d counted) Open(name string) (sqldriver.Conn, error) {
	c, err := d.SQLiteDriver.Open(name)
	if err != nil {
		return nil, err
	}
	return countedConn{c.(*sqlite3.SQLiteConn)}, nil
}

type countedConn struct{ *sqlite3.SQLiteConn }

func (c countedConn) QueryContext(ctx context.Context, query string, args []sqldriver.NamedValue) (sqldriver.Rows, error) {
	rows, err := c.SQLiteConn.QueryContext(ctx, query, args)
	return countedRows{rows}, err
}

type countedRows struct{ sqldriver.Rows }

func (r countedRows) Next(dest []sqldriver.Value) error {
	err := r.Rows.Next(dest)
	if err == nil {
		rowsReturned++
	}
	return err
}

// What somebody waits for reads the same number of rows of an incident twice as large, with twice as much mail that
// shares its link, its client and its sender; what it leaves out it says.
func TestGlanceIsBounded(t *testing.T) {
	onlySQLite(t, "rows are counted below database/sql")
	db := openFor(t)
	far := reach{mails: 40, to: 100, whole: 10, own: 50, clients: 2, ofClient: 20, ofClients: 30, keys: 1, alike: 20, sent: 40,
		logins: [3]int{10, 10, 10}}
	const mails = 400
	n := 0
	double := func() {
		for _, hold := range []bool{false, true} {
			keepMany(t, db, mails, func(int) *analyzer.Record {
				n++
				r := from(mailOf(who, analyzer.Pass, uint64(n)*0x9e3779b97f4a7c15, 7, baseline.Key(1000+n)), noon.Add(time.Duration(n)*time.Second), thief, true)
				if hold {
					r.Verdict.Action, r.Verdict.Would = analyzer.Hold, analyzer.Hold
				}
				return r
			})
		}
	}
	double()
	read := db.read
	t.Cleanup(func() { db.read = read })
	var err error
	if db.read, err = sql.Open("counted-sqlite3", dsn(db.path, "ro", url.Values{})); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.read.Close() })
	var rows [2]int
	for i := range rows {
		rowsReturned = 0
		s, err := db.scope(t.Context(), far, 1)
		if err != nil {
			t.Fatal(err)
		}
		rows[i] = rowsReturned
		all := mails * (i + 1)
		u := s.Unread
		if len(s.Holds) != far.mails || u.Mails != all-far.mails {
			t.Errorf("%d holds are read, %d not, of %d", len(s.Holds), u.Mails, all)
		}
		if got := len(s.Suspects) + u.Suspects; got != all || len(s.Suspects) != far.alike || !u.More {
			t.Errorf("%d suspects are read of %d, there are %d; said to be more: %t", len(s.Suspects), got, all, u.More)
		}
		if first := s.Holds[0].Record; s.Holds[0].ID != 1 || len(first.Verdict.Evidence) == 0 || len(first.Observation.Marks) == 0 {
			t.Errorf("the first mail is %d, with what was seen in it: %v", s.Holds[0].ID, first.Verdict.Evidence)
		}
		if last := s.Holds[len(s.Holds)-1]; last.ID != int64(all) || len(last.Record.Observation.Marks) == 0 {
			t.Errorf("the newest mail is %d of %d", last.ID, all)
		}
		if len(s.Fates) != far.mails+far.alike {
			t.Errorf("fates of %d mails", len(s.Fates))
		}
		whole, err := db.Scope(t.Context(), 1)
		if err != nil || len(whole.Holds) != all || len(whole.Suspects) != all || whole.Unread.Mails+whole.Unread.Suspects > 0 {
			t.Errorf("the whole has %d holds, %d suspects, %v", len(whole.Holds), len(whole.Suspects), err)
		}
		if i == 0 {
			double()
		}
	}
	t.Logf("%d rows", rows[0])
	if rows[0] == 0 || rows[1] > rows[0] {
		t.Errorf("%d rows are returned, of twice as much mail %d", rows[0], rows[1])
	}
}

// A small incident's glance is all that is known of it.
func TestGlanceOfLittle(t *testing.T) {
	db, _ := clocked(t)
	attacked(t, db)
	glance, err := db.Glance(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := db.Scope(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	ids := func(list []int64) []int64 { slices.Sort(list); return list }
	var a, b []int64
	for _, x := range glance.Suspects {
		a = append(a, x.Record.ID)
	}
	for _, x := range whole.Suspects {
		b = append(b, x.Record.ID)
	}
	if !slices.Equal(ids(a), ids(b)) || len(glance.Holds) != len(whole.Holds) || glance.Unread != whole.Unread || len(glance.Lures) != len(whole.Lures) {
		t.Errorf("a glance finds suspects %v and leaves out %+v; there are %v", a, glance.Unread, b)
	}
}

// From both ends of a list as much is taken as there is room for.
func TestEnds(t *testing.T) {
	ids := []int64{1, 2, 3, 4, 5}
	for _, c := range []struct {
		weights []int
		room    int
		want    []int64
	}{
		{[]int{1, 1, 1, 1, 1}, 9, ids},
		{[]int{1, 1, 1, 1, 1}, 3, []int64{1, 2, 5}},
		{[]int{9, 1, 1, 1, 1}, 3, []int64{1}}, // one always
		{[]int{1, 1, 9, 1, 1}, 4, []int64{1, 2, 4, 5}},
		{nil, 4, nil},
	} {
		if got := ends(ids[:len(c.weights)], c.weights, c.room); !slices.Equal(got, c.want) {
			t.Errorf("of %v with room for %d: %v, want %v", c.weights, c.room, got, c.want)
		}
	}
}
