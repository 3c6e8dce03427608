package store

import (
	"testing"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// SQLite takes 32,766 bound variables; a filter may name more ids than that.
func TestManyIDs(t *testing.T) {
	db, _ := clocked(t)
	ctx := t.Context()
	keep(t, db, record("b@example.jp", analyzer.Hold))
	ids := make([]int64, 40_000)
	for i := range ids {
		ids[i] = int64(len(ids) - i)
	}
	if got, err := db.Holds(ctx, ledger.HoldFilter{IDs: ids}); err != nil || len(got) != 1 {
		t.Errorf("%d holds, %v", len(got), err)
	}
	if got, err := db.FindIncidents(ctx, ledger.IncidentFilter{IDs: ids}); err != nil || len(got) != 1 {
		t.Errorf("%d incidents, %v", len(got), err)
	}
	if got, err := db.Fates(ctx, ids...); err != nil || len(got) != 2 {
		t.Errorf("%d fates, %v", len(got), err)
	}
	if got, err := db.Holds(ctx, ledger.HoldFilter{IDs: ids[:1]}); err != nil || len(got) != 0 {
		t.Errorf("%d holds of another id, %v", len(got), err)
	}
}
