package transfer

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"

	"hisseki/store/postgres"
)

// verify reads both sides again: the rows of each table, and each sender's profile.
func (r *run) verify(ctx context.Context) error {
	for _, t := range r.tables {
		if err := r.sameRows(ctx, t); err != nil {
			return err
		}
	}
	err := each(ctx, r.tx, `SELECT sender FROM profile UNION SELECT sender FROM lesson UNION SELECT ''`,
		func(rows *sql.Rows) error {
			var sender string
			if err := rows.Scan(&sender); err != nil {
				return err
			}
			return r.sameProfile(ctx, sender)
		})
	if err != nil {
		return fmt.Errorf("compare profiles: %w", err)
	}
	return nil
}

// sameRows compares how many rows a table has, and the sum of their hashes.
func (r *run) sameRows(ctx context.Context, t table) error {
	s := r.progress.Tables[t.name]
	want, sum, err := r.digest(ctx, r.tx, t)
	if err != nil {
		return fmt.Errorf("read table %s of %s: %w", t.name, r.from.name, err)
	}
	got, same, err := r.digest(ctx, r.to.read, t)
	if err != nil {
		return fmt.Errorf("read table %s of %s: %w", t.name, r.to.name, err)
	}
	if got+s.Merged != want || same+s.Sum != sum {
		return fmt.Errorf("table %s is not the same: %d rows in %s, %d in %s, %d of them as one with others: "+
			"one of them was written to between two parts of the copy: empty %[5]s and copy anew",
			t.name, want, r.from.name, got, r.to.name, s.Merged)
	}
	r.done.Tables++
	r.done.Rows += got
	r.done.Replaced += s.Replaced
	r.done.Merged += s.Merged
	return nil
}

func (r *run) digest(ctx context.Context, q querier, t table) (n int64, sum uint64, err error) {
	t.key = nil // which needs an order
	err = each(ctx, q, t.unordered(), func(rows *sql.Rows) error {
		x, err := t.scanRow(rows, r.to.server)
		if err != nil {
			return err
		}
		n++
		sum += rowSum(x.values)
		r.say("comparing %s: %d rows", t.name, n)
		return nil
	})
	return n, sum, err
}

// unordered is table.rows without an order, which a digest does not need.
func (t table) unordered() string {
	return "SELECT " + quoted(t.names()) + ` FROM "` + t.name + `" WHERE ` + t.condition()
}

// sameProfile folds a sender's lessons on both sides. A sender of a name that had to be changed is
// another one there.
func (r *run) sameProfile(ctx context.Context, sender string) error {
	if r.to.server && postgres.Text(sender) != sender {
		return nil
	}
	var folded [2][]byte
	var last [2]int64
	for i, s := range []*side{r.from, r.to} {
		p, lesson, err := s.Profile(ctx, sender)
		if err != nil {
			return fmt.Errorf("store %s: %w", s.name, err)
		}
		if folded[i], err = p.MarshalBinary(); err != nil {
			return err
		}
		last[i] = lesson
	}
	if !bytes.Equal(folded[0], folded[1]) || last[0] != last[1] {
		return fmt.Errorf("the profile of %q is not the same in %s and %s: this is a fault of hisseki's, please report it",
			sender, r.from.name, r.to.name)
	}
	r.done.Profiles++
	r.say("comparing profiles: %d", r.done.Profiles)
	return nil
}
