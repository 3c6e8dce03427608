package store

import (
	"fmt"
	"slices"
	"testing"

	"hisseki/analyzer"
)

// Recipients are all kept, in their order, whether one statement inserts many of them or each its
// own.
func TestManyRecipientsAreKept(t *testing.T) {
	db := openFor(t)
	for _, n := range []int{1, manyRows - 1, manyRows, manyRows + 1, 20*manyRows + 3} {
		r := record("a@example.org", analyzer.Pass)
		r.Envelope.Recipients = nil
		for i := range n {
			r.Envelope.Recipients = append(r.Envelope.Recipients, fmt.Sprintf("r%d@Partner%d.test", i, i%7))
		}
		id := keep(t, db, r)
		rows, err := db.read.Query(`SELECT address, domain FROM recipient WHERE journal = ? ORDER BY rowid`, id)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for rows.Next() {
			var address, domain string
			if err := rows.Scan(&address, &domain); err != nil {
				t.Fatal(err)
			}
			if want := fmt.Sprintf("partner%d.test", len(got)%7); domain != want {
				t.Fatalf("domain %q of %q, want %q", domain, address, want)
			}
			got = append(got, address)
		}
		rows.Close()
		if !slices.Equal(got, r.Envelope.Recipients) {
			t.Errorf("%d recipients: %d kept, %.200q", n, len(got), got)
		}
	}
}
