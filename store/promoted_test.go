package store

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/pgtest"
)

// promotions is how often TestStandbyIsPromoted promotes, once for each way of a primary's end;
// promotionsVariable says otherwise in the environment ("make soak").
const (
	promotions         = 2
	promotionsVariable = "HISSEKI_PROMOTIONS"
)

// A primary with a synchronous standby dies under load, or freezes for good, and the standby is
// promoted: every hold that was answered is there, once, and the nodes go on without a restart, each
// with the URL of both servers.
func TestStandbyIsPromoted(t *testing.T) {
	onlyServer(t)
	primary, err := pgtest.StartTCP("wal_level=replica", "max_wal_senders=4")
	if err != nil {
		t.Fatal(err)
	}
	end := func(c *pgtest.Cluster) {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	t.Cleanup(func() { end(primary) })
	if _, err := primary.Database(""); err != nil {
		t.Fatal(err)
	}
	standby, err := primary.Standby(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { end(standby) })
	l := newLoad(t, pgtest.URLOf("t1", primary, standby))
	rounds := promotions
	if text := os.Getenv(promotionsVariable); text != "" {
		if rounds, err = strconv.Atoi(text); err != nil {
			t.Fatalf("%s=%s is no number", promotionsVariable, text)
		}
	}
	var first []time.Duration
	for round := range rounds {
		l.goesOn(20)
		if round%2 == 0 {
			err = primary.Down(os.Kill)
		} else {
			err = primary.Signal(syscall.SIGSTOP)
		}
		if err == nil {
			err = standby.Promote()
		}
		if err != nil {
			t.Fatal(err)
		}
		promoted := time.Now()
		l.goesOn(1)
		first = append(first, time.Since(promoted))
		if round%2 == 1 { // the old one is switched off for good
			if err := primary.Down(os.Kill); err != nil {
				t.Fatal(err)
			}
		}
		old := primary
		primary = standby
		if standby, err = primary.Standby(old); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(old.Dir); err != nil {
			t.Fatal(err)
		}
	}
	l.goesOn(20)
	l.check()
	t.Logf("%d promotions; the first hold after each was answered after %v", rounds, first)
}

// load records holds, and mail that passes, on three nodes until check.
type load struct {
	t        *testing.T
	nodes    []*DB
	stop     func()
	writers  sync.WaitGroup
	answered atomic.Int64
	failed   atomic.Int64
	mu       sync.Mutex
	promised map[string]bool  // by Message-ID
	heard    map[int64]string // senders of the others' records, as the last node heard of them
}

func newLoad(t *testing.T, url string) *load {
	l := &load{t: t, promised: map[string]bool{}, heard: map[int64]string{}}
	for range 3 {
		db, err := Open(t.Context(), url, Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		l.nodes = append(l.nodes, db)
	}
	ctx, stop := context.WithCancel(t.Context())
	l.stop = stop
	for i := range 6 {
		l.writers.Go(func() { l.write(ctx, i) })
	}
	for i, db := range l.nodes {
		l.writers.Go(func() {
			db.Others(ctx, func(list []analyzer.Elsewhere) {
				for _, e := range list {
					if i == len(l.nodes)-1 {
						l.heard[e.ID] = e.Sender
					}
				}
			}, func(error) {})
		})
	}
	t.Cleanup(l.writers.Wait)
	t.Cleanup(stop)
	return l
}

// write is one mail after the other as a milter judges it: it asks for what is usual, and records.
func (l *load) write(ctx context.Context, i int) {
	for n := 0; ctx.Err() == nil; n++ {
		action := analyzer.Hold
		if i < len(l.nodes) { // one of each node's two writers
			action = analyzer.Pass
		}
		r := record(fmt.Sprintf("u%d@example.jp", i), action)
		r.MessageID = fmt.Sprintf("<%d.%d@example.jp>", i, n)
		db := l.nodes[i%len(l.nodes)]
		budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		_, err := db.Past(budget, r.Envelope.Sender, noon, 10)
		if err == nil {
			_, err = db.Begin(budget, r)()
		}
		cancel()
		if err != nil { // the mail got the failure action
			l.failed.Add(1)
			time.Sleep(20 * time.Millisecond)
			continue
		}
		l.mu.Lock()
		l.promised[r.MessageID] = true
		l.mu.Unlock()
		l.answered.Add(1)
	}
}

// goesOn waits until n more mails are answered.
func (l *load) goesOn(n int64) {
	l.t.Helper()
	want := l.answered.Load() + n
	for since := time.Now(); l.answered.Load() < want; time.Sleep(10 * time.Millisecond) {
		if time.Since(since) > time.Minute {
			l.t.Fatal("the nodes do not go on")
		}
	}
}

// check ends the load, and holds what is in the database against what was promised.
func (l *load) check() {
	l.t.Helper()
	l.stop()
	l.writers.Wait()
	for l.nodes[0].gate.Open() != nil { // others went on first
		time.Sleep(10 * time.Millisecond)
	}
	rows, err := l.nodes[0].read.Query(`SELECT j.message_id, count(*), count(h.id),
			(SELECT count(*) FROM recipient r WHERE r.journal = min(j.id)),
			(SELECT count(*) FROM lesson l WHERE l.journal = min(j.id))
		FROM journal j
		LEFT JOIN hold h ON h.journal = j.id
		GROUP BY j.message_id`)
	if err != nil {
		l.t.Fatal(err)
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var id string
		var records, holds, recipients, lessons int
		if err := rows.Scan(&id, &records, &holds, &recipients, &lessons); err != nil {
			l.t.Fatal(err)
		}
		if records != 1 || holds+lessons != 1 || recipients != 2 {
			l.t.Errorf("mail %s has %d records, %d holds, %d lessons, %d recipients", id, records, holds, lessons,
				recipients)
		}
		if l.promised[id] {
			found++
		}
	}
	l.knew()
	l.t.Logf("%d mails promised, %d not recorded in time", len(l.promised), l.failed.Load())
	if err := rows.Err(); err != nil || found != len(l.promised) || l.failed.Load() == 0 {
		l.t.Errorf("%d of %d promised mails are there, %d failed, %v", found, len(l.promised), l.failed.Load(), err)
	}
}

// knew checks that a node heard of nothing that a crash or a promotion took back.
func (l *load) knew() {
	l.t.Helper()
	if len(l.heard) == 0 {
		l.t.Error("a node heard of nothing")
	}
	for id, sender := range l.heard {
		var is string
		if err := l.nodes[0].read.QueryRow(`SELECT sender FROM journal WHERE id = ?`, id).Scan(&is); err != nil ||
			is != sender {
			l.t.Errorf("record %d of %s was heard of, and is of %q, %v", id, sender, is, err)
		}
	}
}
