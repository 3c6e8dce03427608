package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"hisseki/analyzer"
)

// bookAge is how old the rule book may be: other processes, such as the command line,
// are heard that much later. Two reads for every mail were a twentieth of its CPU time.
const bookAge = 20 * time.Millisecond

// rulebook is what every mail is judged by and what changes seldom: open incidents,
// admins' rules for senders and classes, and whether logs of logins are read at all. It is
// read from memory, and from the file when it is old or when this process changed it.
type rulebook struct {
	mu      sync.Mutex
	changes int // of this process
	now     *rules
}

type rules struct {
	read time.Time // by the real clock: a simulated one runs too fast
	open map[string]time.Time
	of   map[string]analyzer.Override // by subject, also those that are over
	logs bool                         // of logins: there are any
}

// changed says that a write may have touched the rules.
func (b *rulebook) changed() {
	b.mu.Lock()
	b.changes++
	b.now = nil
	b.mu.Unlock()
}

// look returns the rules in force. ctx does not end the read, which takes far less than the
// goroutines that would watch it.
func (db *DB) look(ctx context.Context) (*rules, error) {
	b := &db.book
	b.mu.Lock()
	now, changes := b.now, b.changes
	b.mu.Unlock()
	if now != nil && time.Since(now.read) < bookAge {
		return now, nil
	}
	now, err := db.readRules(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	if b.changes == changes { // nothing was written while it was read
		b.now = now
	}
	b.mu.Unlock()
	return now, nil
}

func (db *DB) readRules(ctx context.Context) (*rules, error) {
	now := &rules{read: time.Now(), open: make(map[string]time.Time),
		of: make(map[string]analyzer.Override)}
	rows, err := db.read.QueryContext(ctx, `SELECT
			'incident',
			sender,
			opened,
			'',
			'',
			'',
			''
		FROM incident
		WHERE state = 'open'
		UNION ALL
		SELECT
			'override',
			subject,
			until,
			action,
			mode,
			by,
			reason
		FROM override
		WHERE subject LIKE 'sender:%'
		   OR subject LIKE 'class:%'
		UNION ALL
		SELECT 'logins', '', 0, '', '', '', ''
		WHERE EXISTS (SELECT 1 FROM login)`)
	if err != nil {
		return nil, fmt.Errorf("read incidents and rules: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var kind, subject string
		var at int64
		var o analyzer.Override
		if err := rows.Scan(&kind, &subject, &at, &o.Action, &o.Mode, &o.By,
			&o.Reason); err != nil {
			return nil, fmt.Errorf("read incidents and rules: %w", err)
		}
		switch kind {
		case "incident":
			now.open[subject] = time.Unix(at, 0).UTC()
		case "override":
			o.Until = fromUnix(at)
			now.of[subject] = o
		case "logins":
			now.logs = true
		}
	}
	return now, rows.Err()
}

// Incident says whether a sender has an open incident, and since when.
func (db *DB) Incident(ctx context.Context, sender string) (bool, time.Time, error) {
	now, err := db.look(ctx)
	if err != nil {
		return false, time.Time{}, err
	}
	since, open := now.open[sender]
	return open, since, nil
}

// Override returns the rule that is valid now for a sender, or else for its class.
func (db *DB) Override(ctx context.Context, sender string, class analyzer.Class, at time.Time) (
	analyzer.Override, bool, error) {
	now, err := db.look(ctx)
	if err != nil {
		return analyzer.Override{}, false, err
	}
	for _, subject := range []string{"sender:" + sender, "class:" + string(class)} {
		if o, ok := now.of[subject]; ok && o.Until.Unix() > at.Unix() {
			return o, true, nil
		}
	}
	return analyzer.Override{}, false, nil
}
