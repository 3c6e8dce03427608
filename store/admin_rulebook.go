package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// bookAge is how old the rule book may be: other processes, such as the command line,
// are heard that much later. Two reads for every mail were a twentieth of its CPU time.
const bookAge = 20 * time.Millisecond

// rulebook is what every mail is judged by and what changes seldom: open incidents,
// admins' rules for senders and classes, and whether logs of logins are read at all. It is
// kept in memory and changed in place: the events and the audit log say what is new, whoever
// wrote it. When it is old, or when this process wrote, it asks them for their last rows.
type rulebook struct {
	writes atomic.Int64 // of this process, that may have touched the rules

	mu    sync.Mutex
	read  time.Time // by the real clock: a simulated one runs too fast; zero for never
	heard int64     // writes when it was read
	event int64     // the last one that is in it
	act   int64     // the last line of the audit log that is in it
	open  map[string]standing
	of    map[string]analyzer.Override // by subject, also those that are over
	logs  bool                         // of logins: there are any
}

type standing struct {
	id    int64
	since time.Time
}

// changed says that a write may have touched the rules.
func (b *rulebook) changed() { b.writes.Add(1) }

// opened enters an incident that this process opened, instead of reading the file for each:
// a campaign from hundreds of accounts opens hundreds. When its event has been heard
// meanwhile, the book may know better: the incident may have ended since.
func (b *rulebook) opened(in opening, e *analyzer.Envelope) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.read.IsZero() && b.event < in.event {
		b.open[e.Sender] = standing{in.id, time.Unix(e.Time.Unix(), 0).UTC()}
	}
}

// consult calls ask with the rules in force, which it must not keep. ctx does not end the
// read, which takes far less than the goroutines that would watch it.
func (db *DB) consult(ctx context.Context, ask func(*rulebook)) error {
	b := &db.book
	b.mu.Lock()
	defer b.mu.Unlock()
	if writes := b.writes.Load(); writes != b.heard || time.Since(b.read) >= bookAge {
		if err := db.refreshBook(context.WithoutCancel(ctx)); err != nil {
			return fmt.Errorf("read incidents and rules: %w", err)
		}
		b.heard = writes // what was written since then is asked for next time
	}
	ask(b)
	return nil
}

// refreshBook hears of what is new, in one view of the file.
func (db *DB) refreshBook(ctx context.Context) error {
	b := &db.book
	tx, err := db.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // read only
	began := time.Now()
	var event, act int64
	if err := tx.QueryRow(`SELECT
			(SELECT coalesce(max(n), 0) FROM event),
			(SELECT coalesce(max(id), 0) FROM audit),
			? = 1 OR EXISTS (SELECT 1 FROM login)`, b.logs).Scan(&event, &act, &b.logs); err != nil {
		return err
	}
	switch {
	case b.read.IsZero():
		b.open, b.of = make(map[string]standing), make(map[string]analyzer.Override)
		err = b.readAll(tx)
	default:
		err = b.readNew(tx, event, act)
	}
	if err != nil {
		b.read = time.Time{} // half done: all of it next time
		return err
	}
	b.read, b.event, b.act = began, max(event, b.event), max(act, b.act)
	return nil
}

func (b *rulebook) readAll(tx *sql.Tx) error {
	if err := b.readIncidents(tx, `i.state = 'open'`); err != nil {
		return err
	}
	return b.readRules(tx, `o.subject LIKE 'sender:%' OR o.subject LIKE 'class:%'`)
}

// readNew reads what events and lines of the audit log after the last ones are about. Every
// change of an incident's state has an event and every rule a line, in its transaction.
func (b *rulebook) readNew(tx *sql.Tx, event, act int64) error {
	if event > b.event {
		if err := b.readIncidents(tx, `i.id IN (SELECT incident FROM event WHERE n > ?)`,
			b.event); err != nil {
			return err
		}
	}
	if act <= b.act {
		return nil
	}
	rows, err := tx.Query(`SELECT DISTINCT object
		FROM audit
		WHERE id > ?
		  AND (object LIKE 'sender:%' OR object LIKE 'class:%')`, b.act)
	if err != nil {
		return err
	}
	subjects, err := texts(rows)
	if err != nil || len(subjects) == 0 {
		return err
	}
	var senders []string
	for _, s := range subjects {
		delete(b.of, s)
		if name, ok := strings.CutPrefix(s, "sender:"); ok {
			delete(b.open, name) // a sender who was forgotten has no event
			senders = append(senders, name)
		}
	}
	if err := b.readIncidents(tx, `i.state = 'open' AND i.sender IN `+anyOf,
		listOf(senders)); err != nil {
		return err
	}
	return b.readRules(tx, `o.subject IN `+anyOf, listOf(subjects))
}

// readIncidents enters the incidents that a condition chooses, and strikes out those of them
// that are not open any more.
func (b *rulebook) readIncidents(tx *sql.Tx, cond string, args ...any) error {
	rows, err := tx.Query(`SELECT i.id, i.sender, i.opened, i.state = 'open'
		FROM incident i
		WHERE `+cond, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, opened int64
		var sender string
		var open bool
		if err := rows.Scan(&id, &sender, &opened, &open); err != nil {
			return err
		}
		switch {
		case open:
			b.open[sender] = standing{id, time.Unix(opened, 0).UTC()}
		case b.open[sender].id == id:
			delete(b.open, sender)
		}
	}
	return rows.Err()
}

func (b *rulebook) readRules(tx *sql.Tx, cond string, args ...any) error {
	rows, err := tx.Query(`SELECT o.subject, o.until, o.action, o.mode, o.by, o.reason
		FROM override o
		WHERE `+cond, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var subject string
		var until int64
		var o analyzer.Override
		if err := rows.Scan(&subject, &until, &o.Action, &o.Mode, &o.By, &o.Reason); err != nil {
			return err
		}
		o.Until = fromUnix(until)
		b.of[subject] = o
	}
	return rows.Err()
}

// Incident says whether a sender has an open incident, and since when.
func (db *DB) Incident(ctx context.Context, sender string) (open bool, since time.Time, err error) {
	err = db.consult(ctx, func(b *rulebook) {
		var i standing
		i, open = b.open[sender]
		since = i.since
	})
	return open, since, err
}

// Override returns the rule that is valid now for a sender, or else for its class.
func (db *DB) Override(ctx context.Context, sender string, class analyzer.Class, at time.Time) (
	rule analyzer.Override, ok bool, err error) {
	err = db.consult(ctx, func(b *rulebook) {
		rule, ok = ledger.InForce(func(subject string) (o analyzer.Override, ok bool) {
			o, ok = b.of[subject]
			return o, ok
		}, sender, class, at)
	})
	return rule, ok, err
}
