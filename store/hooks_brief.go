package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"hisseki/ledger"
)

const maxBriefHosts = 20

// errNoIncident says that an id is nobody's.
var errNoIncident = errors.New("there is no such incident")

// Brief returns an incident in short, with the evidence of its heaviest mail.
func (db *DB) Brief(ctx context.Context, incident int64) (*ledger.Brief, error) {
	b := ledger.Brief{ID: incident}
	for _, read := range []func(context.Context, *ledger.Brief) error{
		db.briefIncident, db.briefHolds, db.briefHosts, db.briefAnswer,
	} {
		if err := read(ctx, &b); err != nil {
			return nil, fmt.Errorf("read incident I%d in short: %w", incident, err)
		}
	}
	return &b, nil
}

// Signs returns of an incident's brief what its card on a page shows: the answer of the account's owner, and the
// evidence of the heaviest of its first mails. It costs the same for every incident.
func (db *DB) Signs(ctx context.Context, incident int64) (*ledger.Brief, error) {
	const first = 100
	b := ledger.Brief{ID: incident}
	err := db.heaviest(ctx, &b, first)
	if err == nil {
		err = db.briefAnswer(ctx, &b)
	}
	return &b, wrapped(fmt.Sprintf("read the signs of incident I%d", incident), err)
}

func (db *DB) briefIncident(ctx context.Context, b *ledger.Brief) error {
	var opened int64
	err := db.read.QueryRowContext(ctx, `SELECT
			i.case_id,
			i.sender,
			i.state,
			i.opened,
			(SELECT count(DISTINCT r.address)
				FROM hold h JOIN recipient r ON r.journal = h.journal WHERE h.incident = i.id),
			(SELECT count(DISTINCT r.domain)
				FROM hold h JOIN recipient r ON r.journal = h.journal WHERE h.incident = i.id)
		FROM incident i
		WHERE i.id = ?`, b.ID).Scan(&b.Case, &b.Sender, &b.State, &opened, &b.Recipients, &b.Domains)
	if errors.Is(err, sql.ErrNoRows) {
		return errNoIncident
	}
	b.Opened = fromUnix(opened)
	return err
}

func (db *DB) briefHolds(ctx context.Context, b *ledger.Brief) error {
	var last int64
	err := db.read.QueryRowContext(ctx, `SELECT
			count(*),
			count(*) FILTER (WHERE h.state IN `+anyOf+`),
			count(*) FILTER (WHERE h.state = ?),
			coalesce(max(j.at), 0)
		FROM hold h
		JOIN journal j ON j.id = h.journal
		WHERE h.incident = ?`, listOf(ledger.StepRelease.From()), ledger.Passed, b.ID).Scan(&b.Holds, &b.Waiting, &b.Passed, &last)
	b.Last = fromUnix(last)
	if err != nil || b.Holds == 0 {
		return err
	}
	return db.heaviest(ctx, b, b.Holds)
}

// heaviest adds the evidence of the mail with the most points of an incident's first so many.
func (db *DB) heaviest(ctx context.Context, b *ledger.Brief, first int) error {
	var more, reasons []byte
	err := db.read.QueryRowContext(ctx, `SELECT j.detail, j.evidence
		FROM (SELECT journal FROM hold WHERE incident = ? ORDER BY id LIMIT ?) h
		JOIN journal j ON j.id = h.journal
		ORDER BY j.points DESC, j.id
		LIMIT 1`, b.ID, first).Scan(&more, &reasons)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	d, err := db.packer.detail(more, reasons)
	b.Evidence = d.Evidence
	return err
}

func (db *DB) briefHosts(ctx context.Context, b *ledger.Brief) error {
	rows, err := db.read.QueryContext(ctx, `SELECT host.value
		FROM hold h
		JOIN journal j ON j.id = h.journal
		CROSS JOIN json_each(j.detail, '$.hosts') host
		WHERE h.incident = ?
		GROUP BY host.value
		ORDER BY count(*) DESC, host.value
		LIMIT ?`, b.ID, maxBriefHosts)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var host string
		if err := rows.Scan(&host); err != nil {
			return err
		}
		b.Hosts = append(b.Hosts, host)
	}
	return rows.Err()
}
