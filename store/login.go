package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// Attempts of one account from one address with the same end are one row while none is
// further than loginGap from the row, and the row spans at most loginSpan: guessing by the
// thousand must not fill the store, nor a phone that asks for mail every minute.
const (
	loginGap  = 60   // seconds
	loginSpan = 3600 // seconds
)

// keepLogin keeps an attempt. It returns false for a failure of an account of which
// nothing shows that it exists: guessed names are endless.
func keepLogin(tx *sql.Tx, l *ledger.LogLogin) (bool, error) {
	at, client := l.At.Unix(), ""
	if l.Client.IsValid() {
		client = l.Client.Unmap().String()
	}
	backend, front := 0, max(l.Count, 1)
	if l.Backend {
		backend, front = front, 0
	}
	if l.Result != analyzer.LoginSuccess && !l.Exists {
		if ok, err := knownAccount(tx, l.Sender); err != nil || !ok {
			return false, err
		}
	}
	var id int64
	err := tx.QueryRow(`SELECT id
		FROM login
		WHERE sender = ?1
		  AND client = ?2
		  AND result = ?3
		  AND last BETWEEN ?4 - ?5 AND ?4 + ?5 + ?6
		  AND at <= ?4 + ?5
		  AND max(last, ?4) - min(at, ?4) <= ?6
		ORDER BY last DESC
		LIMIT 1`, l.Sender, client, l.Result, at, loginGap, loginSpan).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		_, err = tx.Exec(`INSERT INTO login (sender, client, result, service, at, last, backend, front)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, l.Sender, client, l.Result, l.Service, at, at, backend,
			front)
	case err == nil:
		_, err = tx.Exec(`UPDATE login SET
				at = min(at, ?1),
				last = max(last, ?1),
				backend = backend + ?2,
				front = front + ?3,
				service = iif(service = 'auth', ?4, service)
			WHERE id = ?5`, at, backend, front, l.Service, id)
	}
	if err != nil {
		return false, fmt.Errorf("keep login: %w", err)
	}
	return true, nil
}

func knownAccount(tx *sql.Tx, sender string) (known bool, err error) {
	err = tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM journal WHERE sender = ?1)
		OR EXISTS (SELECT 1 FROM login WHERE sender = ?1)
		OR EXISTS (SELECT 1 FROM profile WHERE sender = ?1)`, sender).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("look account up: %w", err)
	}
	return known, nil
}

// Logins returns the attempts to log in to an account in [since, until), oldest first; a
// zero until is no end.
func (db *DB) Logins(ctx context.Context, sender string, since, until time.Time) (
	[]analyzer.Login, error) {
	logs := false
	if err := db.consult(ctx, func(b *rulebook) { logs = b.logs }); err != nil || !logs {
		return nil, err
	}
	end := until.Unix()
	if until.IsZero() {
		end = 1 << 62
	}
	rows, err := db.read.QueryContext(ctx, `SELECT
			at,
			last,
			max(backend, front),
			sender,
			client,
			result,
			service
		FROM login
		WHERE sender = ?
		  AND last >= ?
		  AND at < ?
		ORDER BY at, id`, sender, unix(since), end)
	if err != nil {
		return nil, fmt.Errorf("read logins of %s: %w", sender, err)
	}
	defer rows.Close()
	var out []analyzer.Login
	for rows.Next() {
		var l analyzer.Login
		var at, last int64
		var client string
		if err := rows.Scan(&at, &last, &l.Count, &l.Sender, &client, &l.Result,
			&l.Service); err != nil {
			return nil, fmt.Errorf("read logins of %s: %w", sender, err)
		}
		l.At, l.Last = fromUnix(at), fromUnix(last)
		if client != "" {
			l.Client, _ = netip.ParseAddr(client)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}
