package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"hisseki/access"
)

// reviewers is the room of those who may use the review page.
type reviewers struct{ db *DB }

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
		`SELECT name, role, password, secret, created, by FROM reviewer `+cond, args...)
	if err != nil {
		return nil, fmt.Errorf("read reviewers: %w", err)
	}
	defer rows.Close()
	var out []access.Account
	for rows.Next() {
		var a access.Account
		var created int64
		if err := rows.Scan(&a.Name, &a.Role, &a.Password, &a.Secret, &created, &a.By); err != nil {
			return nil, fmt.Errorf("read reviewers: %w", err)
		}
		a.Created = fromUnix(created)
		out = append(out, a)
	}
	return out, rows.Err()
}

func (r reviewers) PutAccount(ctx context.Context, a access.Account, by, verb string) error {
	err := r.db.update(ctx, func(tx *sql.Tx) error {
		now := r.db.now()
		_, err := tx.Exec(`INSERT INTO reviewer (name, role, password, secret, step, created, by)
			VALUES (?, ?, ?, ?, 0, ?, ?)
			ON CONFLICT (name) DO UPDATE SET
				role = excluded.role,
				password = excluded.password,
				step = iif(secret = excluded.secret, step, 0),
				secret = excluded.secret`,
			a.Name, a.Role, a.Password, a.Secret, now.Unix(), by)
		if err != nil {
			return err
		}
		if _, err = tx.Exec(`UPDATE session SET ended = ? WHERE reviewer = ? AND ended = 0`,
			now.Unix(), a.Name); err != nil {
			return err
		}
		return audit(tx, now, by, verb, "reviewer:"+a.Name, string(a.Role))
	})
	return wrapped("keep reviewer "+a.Name, err)
}

func (r reviewers) RemoveAccount(ctx context.Context, name, by, reason string) (ok bool, err error) {
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		if ok, err = changed(tx.Exec(`DELETE FROM reviewer WHERE name = ?`, name)); err != nil || !ok {
			return err
		}
		return audit(tx, r.db.now(), by, "remove-reviewer", "reviewer:"+name, reason)
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
				(hash, reviewer, created, seen, ended, address, network, browser)
			VALUES (?, ?, ?, ?, 0, ?, ?, ?)`, s.Hash, s.Name, s.Created.Unix(), s.Seen.Unix(),
			s.Address.String(), access.Network(s.Address).String(), s.Browser)
		if err != nil {
			return err
		}
		return audit(tx, s.Created, s.Name, "login", "session:"+s.ID(), "from "+s.Address.String())
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
		return r.sessions(ctx, `1 ORDER BY s.seen DESC`)
	}
	return r.sessions(ctx, `s.reviewer = ? ORDER BY s.created DESC`, name)
}

func (r reviewers) sessions(ctx context.Context, cond string, args ...any) ([]access.Session, error) {
	rows, err := r.db.read.QueryContext(ctx, `SELECT s.hash, s.reviewer, a.role, s.created, s.seen,
			s.address, s.browser
		FROM session s
		JOIN reviewer a ON a.name = s.reviewer
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
		var address string
		if err := rows.Scan(&s.Hash, &s.Name, &s.Role, &created, &seen, &address, &s.Browser); err != nil {
			return nil, fmt.Errorf("read sessions: %w", err)
		}
		s.Created, s.Seen = fromUnix(created), fromUnix(seen)
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
		return audit(tx, now, by, "logout", "session:"+(&access.Session{Hash: hash}).ID(), "")
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
		if _, err := tx.Exec(`INSERT INTO login_link (hash, reviewer, until) VALUES (?, ?, ?)`, hash, name,
			until.Unix()); err != nil {
			return err
		}
		return audit(tx, now, by, "link-reviewer", "reviewer:"+name, "until "+until.UTC().Format(time.RFC3339))
	})
	return wrapped("keep link of "+name, err)
}

func (r reviewers) TakeLink(ctx context.Context, hash []byte, now time.Time) (name string, err error) {
	err = r.db.update(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRow(`DELETE FROM login_link WHERE hash = ? RETURNING iif(until > ?, reviewer, '')`,
			hash, now.Unix()).Scan(&name)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	return name, wrapped("use link", err)
}
