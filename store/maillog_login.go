package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
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

// Failures of one account in one hour have at most exactFailures rows of single addresses,
// then as many rows of networks, one each, as failedNetworks leaves, then one more for all
// others: an outsider who owns a /32 of IPv6 has more addresses than we have memory.
//
// Whoever is in may log in from as many. No owner does so from hundreds in an hour, and where each of his
// devices was he can be shown: exactSignins and signinNetworks are those bounds.
const (
	exactFailures  = 20
	failedNetworks = 50
	exactSignins   = 200
	signinNetworks = 400
	anyNetwork     = "*"
)

// keepLogin keeps an attempt. It returns false for a failure of an account of which
// nothing shows that it exists: guessed names are endless.
func keepLogin(tx *sql.Tx, l *ledger.LogLogin, source string) (bool, error) {
	if l.Result != analyzer.LoginSuccess && !l.Exists {
		if ok, err := knownAccount(tx, l.Sender); err != nil || !ok {
			return false, err
		}
	}
	if seen, err := seenBefore(tx, l); err != nil || seen {
		return false, err
	}
	if l.Log != "" {
		source = l.Log
	}
	row := loginRow{l: l, source: source}
	if l.Client.IsValid() {
		row.client = l.Client.Unmap().String()
	}
	if l.Backend {
		row.backend = max(l.Count, 1)
	} else {
		row.front = max(l.Count, 1)
	}
	if err := row.keep(tx); err != nil {
		return false, fmt.Errorf("keep login: %w", err)
	}
	return true, nil
}

// loginRow is an attempt on its way into a row.
type loginRow struct {
	l               *ledger.LogLogin
	client, network string
	source          string // the log
	backend, front  int
}

func (r *loginRow) keep(tx *sql.Tx) error {
	id, err := r.near(tx)
	if err == nil && id == 0 {
		id, err = r.crowded(tx)
	}
	if err != nil {
		return err
	}
	if id != 0 {
		return r.addTo(tx, id)
	}
	at := r.l.At.Unix()
	sources, err := json.Marshal(logCounts{logName(r.source): {r.backend, r.front}})
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO login (sender, client, network, result, service, at, last, backend,
			front, sources, country, device, program, note, flags)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, r.l.Sender, r.client, r.network, r.l.Result,
		r.l.Service, at, at, r.backend, r.front, string(sources), r.l.Country, r.l.Device, r.l.Program, r.l.Note,
		loginFlags(&r.l.Login))
	return err
}

const nearLogin = `SELECT id
	FROM login
	WHERE sender = ?1
	  AND client = ?2
	  AND network = ''
	  AND ` + loginKind + ` = ?11
	  AND result = ?3
	  AND last BETWEEN CAST(?4 AS BIGINT) - ?5 AND ?4 + ?5 + ?6
	  AND at <= ?4 + ?5
	  AND max(last, ?4) - min(at, ?4) <= ?6
	  AND (?7 = 1 OR device = ?8 AND program = ?9 AND note = ?10)
	ORDER BY ?4 BETWEEN at AND last DESC, last DESC
	LIMIT 1`

// near returns the row of the same address that the attempt is close to, first one that it lies
// within: another log's line of an attempt comes to the same row. 0 is for none.
func (r *loginRow) near(tx *sql.Tx) (int64, error) {
	return oneID(tx.QueryRow(nearLogin, r.l.Sender, r.client, r.l.Result, r.l.At.Unix(), loginGap, loginSpan,
		r.l.Result.Failed(), r.l.Device, r.l.Program, r.l.Note, kindOf(r.l.Result)))
}

// crowded finds a row, 0 for a new one, where its account has many attempts in its hour: that
// of its network, and where there are too many of these, that of all others. Rows of a network ended
// in the hour they began in. Only these rows are looked at: an old log is read with newer rows there.
func (r *loginRow) crowded(tx *sql.Tx) (int64, error) {
	near, kinds := anyNetwork, "(0)"
	exact, networks := exactFailures, failedNetworks
	if r.l.Result == analyzer.LoginSuccess {
		exact, networks = exactSignins, signinNetworks
	}
	if r.l.Result.Failed() {
		kinds = "(1, 2)"
	}
	if r.l.Client.IsValid() {
		near = network(r.l.Client).String()
	}
	hour := r.l.At.Truncate(time.Hour).Unix()
	var n int
	var same, other int64
	err := tx.QueryRow(`SELECT
			count(*),
			coalesce(min(CASE WHEN network = ?1 AND result = ?2 AND at >= ?3 THEN id END), 0),
			coalesce(min(CASE WHEN network = ?4 AND result = ?2 AND at >= ?3 THEN id END), 0)
		FROM login
		WHERE sender = ?5
		  AND `+loginKind+` IN `+kinds+`
		  AND last BETWEEN ?3 AND ?3 + 3599
		  AND result IN `+anyOf, near, r.l.Result, hour, anyNetwork, r.l.Sender,
		listOf(crowding(r.l.Result))).Scan(&n, &same, &other)
	if err != nil || n < exact {
		return 0, err
	}
	if r.l.Client.IsValid() {
		r.network = near
		if same != 0 || n < networks {
			return same, nil
		}
	}
	r.network, r.client = anyNetwork, ""
	return other, nil
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

// Of an account the newest rows are read. maxLogins is how many for people, and of what is no
// failure for a mail; of guessing, which anybody can do, a mail reads maxGuesses and maxLockouts:
// the newest say whether somebody is at it from many networks, the rest says it again.
const (
	maxLogins   = 1000
	maxGuesses  = 200
	maxLockouts = 50
	maxDetailed = 20 // of either: of more a mail reads what stands in the index
)

// loginsShown is how many rows of others, failures and lockouts people see.
var loginsShown = [...]int{maxLogins, maxLogins, maxLogins}

// Logins returns the attempts to log in to an account in [since, until), oldest first; a
// zero until means without end. They are the newest 200 rows of failures, 50 of lockouts and 1000 of
// all else, each read apart: guessing must not put what somebody who is in did out of sight. Of more
// than 20 failures or lockouts only when, from where and how many is told.
func (db *DB) Logins(ctx context.Context, sender string, since, until time.Time) (
	[]analyzer.Login, error) {
	return db.logins(ctx, sender, since, until, [...]int{maxLogins, maxGuesses, maxLockouts})
}

// logins returns at most so many rows of each kind: others, failures, lockouts.
func (db *DB) logins(ctx context.Context, sender string, since, until time.Time, most [3]int) (
	out []analyzer.Login, err error) {
	logs := false
	if err := db.consult(ctx, func(b *rulebook) { logs = b.logs }); err != nil || !logs {
		return nil, err
	}
	end := until.Unix()
	if until.IsZero() {
		end = 1 << 62
	}
	var found []loginFound
	for kind, limit := range most {
		rows, err := db.newestOf(ctx, kind, limit, sender, unix(since), end)
		if err != nil {
			return nil, fmt.Errorf("read logins of %s: %w", sender, err)
		}
		found = append(found, rows...)
	}
	slices.SortFunc(found, func(a, b loginFound) int {
		return cmp.Or(a.At.Compare(b.At), a.Last.Compare(b.Last), cmp.Compare(a.id, b.id))
	})
	for i := range found {
		out = append(out, found[i].Login)
	}
	return out, nil
}

// newestOf returns the newest rows of one kind.
func (db *DB) newestOf(ctx context.Context, kind, limit int, sender string, since, end int64) (
	rows []loginFound, err error) {
	args := []any{sender, kind, since, end + loginSpan, end, limit}
	if kind > 0 && limit < maxLogins {
		rows, err = db.loginRows(ctx, newestGuesses, args...)
		if err != nil || len(rows) > maxDetailed {
			for i := range rows {
				rows[i].Result = failures[kind-1]
			}
			return rows, err
		}
	}
	return db.loginRows(ctx, newestLogins, args...)
}

// loginFound is a row of login as it is read.
type loginFound struct {
	analyzer.Login
	id int64
}

// loginKind is what the rows of an account are ordered by first in login_sender. It is written there
// and in queries in the same words: an engine compares the text.
const loginKind = `CASE result WHEN 'failure' THEN 1 WHEN 'lockout' THEN 2 ELSE 0 END`

// failures are the results with a loginKind of their own, from 1 on.
var failures = []analyzer.LoginResult{analyzer.LoginFailure, analyzer.LoginLockout}

// kindOf is loginKind of a result.
func kindOf(r analyzer.LoginResult) int { return 1 + slices.Index(failures, r) }

// newestLogins looks at no row that it does not return, but for those of the hour after its end.
const newestLogins = `SELECT
			id,
			at,
			last,
			max(backend, front),
			sender,
			client,
			result,
			service,
			country,
			device,
			program,
			note,
			flags
		FROM login
		WHERE sender = ?
		  AND ` + loginKind + ` = ?
		  AND last BETWEEN ? AND ?
		  AND at < ?
		ORDER BY last DESC
		LIMIT ?`

// newestGuesses is the same with what a mail asks of failures, all of which stands in the index: their
// rows lie all over a table that may have millions.
const newestGuesses = `SELECT
			0,
			at,
			last,
			max(backend, front),
			sender,
			client,
			'',
			'',
			'',
			'',
			'',
			'',
			0
		FROM login
		WHERE sender = ?
		  AND ` + loginKind + ` = ?
		  AND last BETWEEN ? AND ?
		  AND at < ?
		ORDER BY last DESC
		LIMIT ?`

// loginRows reads rows of newestLogins, the newest first.
func (db *DB) loginRows(ctx context.Context, query string, args ...any) (out []loginFound, err error) {
	rows, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var l loginFound
		var at, last int64
		var client string
		var flags int
		if err := rows.Scan(&l.id, &at, &last, &l.Count, &l.Sender, &client, &l.Result, &l.Service, &l.Country,
			&l.Device, &l.Program, &l.Note, &flags); err != nil {
			return nil, err
		}
		l.At, l.Last = fromUnix(at), fromUnix(last)
		setFlags(&l.Login, flags)
		if client != "" {
			l.Client, _ = netip.ParseAddr(client)
		}
		out = append(out, l)
	}
	return out, rows.Err()
}
