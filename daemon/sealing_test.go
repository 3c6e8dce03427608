package daemon

import (
	"path/filepath"
	"testing"

	"hisseki/analyzer"
	"hisseki/analyzer/memorytest"
	"hisseki/store"
)

// TestSealingIsAMemory: what stands before the store keeps the store's promises. What people
// do goes past it.
func TestSealingIsAMemory(t *testing.T) {
	memorytest.Run(t, func(t *testing.T) *memorytest.Subject {
		path := filepath.Join(t.TempDir(), "h.db")
		open := func() *store.DB {
			db, err := store.Open(t.Context(), path, store.Options{})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { db.Close() })
			return db
		}
		db := open()
		return &memorytest.Subject{Memory: Sealing{To: db}, Restart: func() analyzer.Memory {
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			return Sealing{To: open()}
		}}
	})
}

// TestExcerptsAreSealedOrDropped: without a key none reaches the store.
func TestExcerptsAreSealedOrDropped(t *testing.T) {
	r := &analyzer.Record{Excerpt: "words of the author"}
	if got := (Sealing{}).sealed(r); got.Excerpt != "" || r.Excerpt == "" {
		t.Errorf("without a key the store gets %q, and the caller's is %q", got.Excerpt, r.Excerpt)
	}
}
