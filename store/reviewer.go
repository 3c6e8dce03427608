package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"hisseki/access"
	"hisseki/ledger"
)

// reviewers is the room of those who may use the review page.
type reviewers struct{ db *DB }

// believed says whether a row was written by somebody who may decide: serve may write to the
// store, and must not make itself a reviewer. Who opened the store without the key believes all.
func (r reviewers) believed(s ledger.Statement, signature string) bool {
	return r.db.opt.Signs == nil || r.db.opt.Signs.Verify(s, signature) == nil
}

func ofAccount(a *access.Account) ledger.Statement {
	if a.Subject != "" {
		return ledger.Statement{Kind: "reviewer-of-provider", Fields: []string{a.Name, string(a.Role), a.Password, a.Secret,
			a.Subject}}
	}
	return ledger.Statement{Kind: "reviewer", Fields: []string{a.Name, string(a.Role), a.Password, a.Secret}}
}

func ofSession(s *access.Session) ledger.Statement {
	return ledger.Statement{Kind: "session", Fields: []string{hex.EncodeToString(s.Hash), s.Name,
		strconv.FormatInt(s.Created.Unix(), 10)}}
}

func ofLink(hash []byte, name string, until int64) ledger.Statement {
	return ledger.Statement{Kind: "login-link", Fields: []string{hex.EncodeToString(hash), name,
		strconv.FormatInt(until, 10)}}
}

// Reviewers returns where reviewers, their sessions and links are.
func (db *DB) Reviewers() access.Store { return reviewers{db} }

func (r reviewers) Account(ctx context.Context, name string) (*access.Account, error) {
	list, err := r.accounts(ctx, `WHERE name = ?`, name)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (r reviewers) Accounts(ctx context.Context) ([]access.Account, error) {
	return r.accounts(ctx, `ORDER BY name`)
}

func (r reviewers) accounts(ctx context.Context, cond string, args ...any) ([]access.Account, error) {
	rows, err := r.db.read.QueryContext(ctx,
		`SELECT name, role, password, secret, subject, created, by, signature FROM reviewer `+cond, args...)
	if err != nil {
		return nil, fmt.Errorf("read reviewers: %w", err)
	}
	defer rows.Close()
	var out []access.Account
	for rows.Next() {
		var a access.Account
		var created int64
		var signature string
		if err := rows.Scan(&a.Name, &a.Role, &a.Password, &a.Secret, &a.Subject, &created, &a.By, &signature); err != nil {
			return nil, fmt.Errorf("read reviewers: %w", err)
		}
		if r.believed(ofAccount(&a), signature) {
			a.Created = fromUnix(created)
			out = append(out, a)
		}
	}
	return out, rows.Err()
}

func (r reviewers) PutAccount(ctx context.Context, a access.Account, by, verb string) error {
	err := r.db.update(ctx, func(tx *sql.Tx) error {
		now := r.db.now()
		err := r.beforePut(tx, &a, by)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO reviewer (name, role, password, secret, subject, step, created, by, signature)
			VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET
				role = excluded.role,
				password = excluded.password,
				step = CASE WHEN reviewer.secret = excluded.secret THEN reviewer.step ELSE 0 END,
				secret = excluded.secret,
				subject = excluded.subject,
				signature = excluded.signature`,
			a.Name, a.Role, a.Password, a.Secret, a.Subject, now.Unix(), by, r.db.sign(ofAccount(&a)))
		if err != nil {
			return err
		}
		if _, err = tx.Exec(`UPDATE session SET ended = ? WHERE reviewer = ? AND ended = 0`,
			now.Unix(), a.Name); err != nil {
			return err
		}
		if !a.Role.May(access.Reviewer) {
			if err := withdraw(tx, a.Name); err != nil {
				return err
			}
		}
		return r.db.audit(tx, now, by, verb, "reviewer:"+a.Name, string(a.Role))
	})
	return wrapped("keep reviewer "+a.Name, err)
}

// beforePut looks at what there is of a reviewer, in the transaction that changes him. Of one subject of a
// provider there is one reviewer, also where two logins come at once. With another password or
// second factor his passkeys go: whoever had stolen his session may have added one of them.
func (r reviewers) beforePut(tx *sql.Tx, a *access.Account, by string) error {
	if a.Subject != "" {
		var taken bool
		if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM reviewer WHERE subject = ? AND name != ?)`, a.Subject,
			a.Name).Scan(&taken); err != nil {
			return err
		}
		if taken {
			return fmt.Errorf("%w: at the provider he is another reviewer, who is called otherwise now", access.ErrRefused)
		}
	}
	n, err := affected(tx.Exec(`DELETE FROM passkey
		WHERE reviewer IN (SELECT name FROM reviewer WHERE name = ? AND (password != ? OR secret != ?))`, a.Name,
		a.Password, a.Secret))
	if err != nil || n == 0 {
		return err
	}
	return r.db.audit(tx, r.db.now(), by, "remove-passkey", "reviewer:"+a.Name, "his password or second factor was changed")
}

func (r reviewers) RemoveAccount(ctx context.Context, name, by, reason string) (ok bool, err error) {
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		if ok, err = changed(tx.Exec(`DELETE FROM reviewer WHERE name = ?`, name)); err != nil || !ok {
			return err
		}
		if err := withdraw(tx, name); err != nil {
			return err
		}
		return r.db.audit(tx, r.db.now(), by, "remove-reviewer", "reviewer:"+name, reason)
	})
	return ok, wrapped("remove reviewer "+name, err)
}

func (r reviewers) TakeStep(ctx context.Context, name string, step int64) (ok bool, err error) {
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		ok, err = changed(tx.Exec(`UPDATE reviewer SET step = ?2 WHERE name = ?1 AND step < ?2`, name, step))
		return err
	})
	return ok, wrapped("keep the code of "+name, err)
}

// maxSessions bounds how many sessions of a reviewer are kept, whatever they are for.
const maxSessions = 200

func (r reviewers) AddSession(ctx context.Context, s access.Session, forget time.Time) error {
	err := r.db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`DELETE FROM session
			WHERE reviewer = ?1
			  AND (created < ?2 OR hash NOT IN (SELECT hash
				FROM session
				WHERE reviewer = ?1
				ORDER BY created DESC
				LIMIT ?3))`, s.Name, forget.Unix(), maxSessions)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO session
				(hash, reviewer, created, seen, ended, address, network, browser, signature)
			VALUES (?, ?, ?, ?, 0, ?, ?, ?, ?)`, s.Hash, s.Name, s.Created.Unix(), s.Seen.Unix(),
			s.Address.String(), access.Network(s.Address).String(), s.Browser, r.db.sign(ofSession(&s)))
		if err != nil {
			return err
		}
		return r.db.audit(tx, s.Created, s.Name, "login", "session:"+s.ID(), "from "+s.Address.String())
	})
	return wrapped("keep session", err)
}

func (r reviewers) Session(ctx context.Context, hash []byte) (*access.Session, error) {
	list, err := r.sessions(ctx, `s.hash = ?`, hash)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

func (r reviewers) Sessions(ctx context.Context, name string) ([]access.Session, error) {
	if name == "" {
		return r.sessions(ctx, `TRUE ORDER BY s.seen DESC`)
	}
	return r.sessions(ctx, `s.reviewer = ? ORDER BY s.created DESC`, name)
}

func (r reviewers) sessions(ctx context.Context, cond string, args ...any) ([]access.Session, error) {
	accounts, err := r.Accounts(ctx) // a few: they are people
	if err != nil {
		return nil, err
	}
	roles := map[string]access.Role{}
	for i := range accounts {
		roles[accounts[i].Name] = accounts[i].Role
	}
	rows, err := r.db.read.QueryContext(ctx, `SELECT s.hash, s.reviewer, s.created, s.seen,
			s.address, s.browser, s.signature
		FROM session s
		WHERE s.ended = 0
		  AND `+cond, args...)
	if err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	defer rows.Close()
	var out []access.Session
	for rows.Next() {
		var s access.Session
		var created, seen int64
		var address, signature string
		if err := rows.Scan(&s.Hash, &s.Name, &created, &seen, &address, &s.Browser, &signature); err != nil {
			return nil, fmt.Errorf("read sessions: %w", err)
		}
		s.Created, s.Seen = fromUnix(created), fromUnix(seen)
		if s.Role = roles[s.Name]; s.Role == "" || !r.believed(ofSession(&s), signature) {
			continue
		}
		s.Address, _ = netip.ParseAddr(address) // of a proxy's socket there is none
		out = append(out, s)
	}
	return out, rows.Err()
}

func (r reviewers) Touch(ctx context.Context, hash []byte, at time.Time) error {
	err := r.db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE session SET seen = ? WHERE hash = ? AND ended = 0`, at.Unix(), hash)
		return err
	})
	return wrapped("keep session", err)
}

func (r reviewers) EndSession(ctx context.Context, hash []byte, by string) (ok bool, err error) {
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		now := r.db.now()
		ok, err = changed(tx.Exec(`UPDATE session SET ended = ? WHERE hash = ? AND ended = 0`, now.Unix(), hash))
		if err != nil || !ok {
			return err
		}
		return r.db.audit(tx, now, by, "logout", "session:"+(&access.Session{Hash: hash}).ID(), "")
	})
	return ok, wrapped("end session", err)
}

func (r reviewers) KnownNetwork(ctx context.Context, name string, network netip.Prefix) (known bool, err error) {
	err = r.db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1
		FROM session
		WHERE reviewer = ?
		  AND network = ?)`, name, network.String()).Scan(&known)
	return known, wrapped("read sessions", err)
}

func (r reviewers) PutLink(ctx context.Context, hash []byte, name string, until time.Time, by string) error {
	err := r.db.update(ctx, func(tx *sql.Tx) error {
		now := r.db.now()
		if _, err := tx.Exec(`DELETE FROM login_link WHERE reviewer = ? OR until < ?`, name, now.Unix()); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO login_link (hash, reviewer, until, signature)
			VALUES (?, ?, ?, ?)`, hash, name, until.Unix(), r.db.sign(ofLink(hash, name, until.Unix()))); err != nil {
			return err
		}
		return r.db.audit(tx, now, by, "link-reviewer", "reviewer:"+name, "until "+until.UTC().Format(time.RFC3339))
	})
	return wrapped("keep link of "+name, err)
}

func (r reviewers) TakeLink(ctx context.Context, hash []byte, now time.Time) (name string, err error) {
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		var until int64
		var signature string
		err := tx.QueryRow(`DELETE FROM login_link WHERE hash = ? RETURNING reviewer, until, signature`, hash).
			Scan(&name, &until, &signature)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil && (until <= now.Unix() || !r.believed(ofLink(hash, name, until), signature)) {
			name = ""
		}
		return err
	})
	return name, wrapped("use link", err)
}
