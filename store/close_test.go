package store

import (
	"context"
	"path/filepath"
	"testing"
	"time"
)

// Close returns when the connections have ended, those too whose transaction was given up with its
// context, or that somebody still reads with: a file is free then for whoever opens it alone.
func TestCloseEndsConnections(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "hisseki.db"))
	reading, err := db.read.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := db.read.BeginTx(ctx, nil); err != nil {
		t.Fatal(err)
	}
	cancel()
	go func() {
		<-db.closed
		time.Sleep(50 * time.Millisecond) // so that Close has come to the connections: too soon shows less
		_ = reading.Close()
	}()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if n := db.read.Stats().OpenConnections; n > 0 {
		t.Errorf("%d connections are open after Close", n)
	}
	if db.url == "" {
		if err := db.alone(); err != nil {
			t.Error(err)
		}
	}
}
