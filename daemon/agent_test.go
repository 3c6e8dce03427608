package daemon

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hisseki/store"
)

// TestAgentWithoutStore deletes the store under the agent.
func TestAgentWithoutStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	db, err := store.Open(t.Context(), path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	go watchStore(ctx, db, stop)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(time.Minute):
	}
	if err := context.Cause(ctx); !errors.Is(err, store.ErrLost) {
		t.Errorf("the agent goes on: %v", err)
	}
}
