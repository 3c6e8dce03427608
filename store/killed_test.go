package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/pgtest"
)

// killRounds is how often TestServerIsKilled kills.
const killRounds = 10

// PostgreSQL is killed (SIGKILL, with all its processes) at random moments while three nodes record:
// what was promised is there, once, with its recipients, and the nodes go on without a restart.
func TestServerIsKilled(t *testing.T) {
	onlyServer(t)
	pg, err := pgtest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := pg.Close(); err != nil {
			t.Error(err)
		}
	})
	url, err := pg.Database("")
	if err != nil {
		t.Fatal(err)
	}
	var list []*DB
	for range 3 {
		db, err := Open(t.Context(), url, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		list = append(list, db)
	}
	var mu sync.Mutex
	promised, failed := map[string]bool{}, 0
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	for i := range 6 {
		writers.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				r := record(fmt.Sprintf("u%d@example.jp", i), analyzer.Hold)
				r.MessageID = fmt.Sprintf("<%d.%d@example.jp>", i, n)
				_, err := list[i%len(list)].Begin(context.WithoutCancel(ctx), r)()
				mu.Lock()
				if err == nil {
					promised[r.MessageID] = true
				} else {
					failed++
				}
				mu.Unlock()
				if err != nil {
					time.Sleep(20 * time.Millisecond) // its mail got the failure action
				}
			}
		})
	}
	for range killRounds {
		time.Sleep(time.Duration(50+rand.IntN(250)) * time.Millisecond)
		if err := pg.Down(os.Kill); err != nil {
			t.Fatal(err)
		}
		if err := pg.Up(); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		before := len(promised)
		mu.Unlock()
		for up := time.Now(); ; time.Sleep(10 * time.Millisecond) {
			mu.Lock()
			now := len(promised)
			mu.Unlock()
			if now > before {
				break
			}
			if time.Since(up) > 30*time.Second {
				t.Fatal("the nodes do not go on")
			}
		}
	}
	stop()
	writers.Wait()
	for list[0].gate.Open() != nil { // others went on first
		time.Sleep(10 * time.Millisecond)
	}
	rows, err := list[0].read.Query(`SELECT j.message_id, count(*), count(h.id),
			(SELECT count(*) FROM recipient r WHERE r.journal = min(j.id))
		FROM journal j
		LEFT JOIN hold h ON h.journal = j.id
		GROUP BY j.message_id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var id string
		var records, holds, recipients int
		if err := rows.Scan(&id, &records, &holds, &recipients); err != nil {
			t.Fatal(err)
		}
		if records != 1 || holds != 1 || recipients != 2 {
			t.Errorf("mail %s has %d records, %d holds, %d recipients", id, records, holds, recipients)
		}
		if promised[id] {
			found++
		}
	}
	t.Logf("%d kills: %d mails promised, %d not recorded in time", killRounds, len(promised), failed)
	if err := rows.Err(); err != nil || found != len(promised) || failed == 0 {
		t.Errorf("%d of %d promised mails are there, %d failed, %v", found, len(promised), failed, err)
	}
}
