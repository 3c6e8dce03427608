package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/ledger"
)

// exceptionName is an exception's stable id for people, such as "T3".
func exceptionName(id int64) string { return fmt.Sprintf("T%d", id) }

// AddHabit keeps an exception, notes it in the audit log, and returns it with its id and
// name. It needs senders, an end in the future, and something that it names.
func (db *DB) AddHabit(ctx context.Context, h analyzer.Habit) (ledger.Exception, error) {
	e := ledger.Exception{Habit: h, Created: db.now().UTC().Truncate(time.Second)}
	if err := e.Check(db.now()); err != nil {
		return e, fmt.Errorf("add exception: %w", err)
	}
	hours := make([]string, len(h.Hours))
	for i, s := range h.Hours {
		hours[i] = s.String()
	}
	links := make([]string, len(h.Links))
	for i, l := range h.Links {
		links[i] = l.String()
	}
	zone := time.UTC
	if h.Zone != nil {
		zone = h.Zone
	}
	err := db.update(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRow(`INSERT INTO habit (senders, countries, networks, hours, zone, until,
				by, reason, created, programs, devices, since, links)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			RETURNING id`, listOf(h.Senders), listOf(h.Countries),
			listOf(h.Networks), listOf(hours), zone.String(), h.Until.Unix(), h.By, h.Reason,
			e.Created.Unix(), listOf(h.Programs), listOf(h.Devices), unix(h.From), listOf(links)).Scan(&e.ID)
		if err != nil {
			return err
		}
		e.Habit.Name = exceptionName(e.ID)
		e.Signature = db.sign(e.Statement())
		if _, err := tx.Exec(`UPDATE habit SET signature = ? WHERE id = ?`, e.Signature, e.ID); err != nil {
			return err
		}
		return db.audit(tx, db.now(), h.By, "add-habit", e.Habit.Name, fmt.Sprintf("%v: %s until %s: %s",
			h.Senders, h.Declares(), h.Until.UTC().Format(time.RFC3339), h.Reason))
	})
	if err != nil {
		return e, fmt.Errorf("add exception: %w", err)
	}
	return e, nil
}

// RemoveHabit ends an exception now. It returns false when there is none of that id.
func (db *DB) RemoveHabit(ctx context.Context, id int64, by, reason string) (bool, error) {
	done := false
	err := db.update(ctx, func(tx *sql.Tx) error {
		var err error
		done, err = changed(tx.Exec(`DELETE FROM habit WHERE id = ?`, id))
		if err != nil || !done {
			return err
		}
		return db.audit(tx, db.now(), by, "remove-habit", exceptionName(id), reason)
	})
	if err != nil {
		return false, fmt.Errorf("remove exception %s: %w", exceptionName(id), err)
	}
	return done, nil
}

// Habits returns all exceptions, for the analyzer.
func (db *DB) Habits(ctx context.Context) ([]analyzer.Habit, error) {
	all, err := db.Exceptions(ctx)
	var out []analyzer.Habit
	for i := range all {
		out = append(out, all[i].Habit)
	}
	return out, err
}

// Exceptions returns all exceptions, also those that are over, by id.
func (db *DB) Exceptions(ctx context.Context) ([]ledger.Exception, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			id,
			senders,
			countries,
			networks,
			hours,
			zone,
			until,
			by,
			reason,
			created,
			signature,
			programs,
			devices,
			since,
			links
		FROM habit
		ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("read exceptions: %w", err)
	}
	defer rows.Close()
	var out []ledger.Exception
	for rows.Next() {
		e, err := scanException(rows)
		if err != nil {
			return nil, fmt.Errorf("read exceptions: %w", err)
		}
		out = append(out, e)
	}
	return out, rows.Err()
}

func scanException(rows scanner) (e ledger.Exception, err error) {
	var senders, countries, networks, hours, programs, devices, links []byte
	var zone string
	var until, created, since int64
	if err := rows.Scan(&e.ID, &senders, &countries, &networks, &hours, &zone, &until, &e.By,
		&e.Reason, &created, &e.Signature, &programs, &devices, &since, &links); err != nil {
		return e, err
	}
	var spans, patterns []string
	var prefixes []netip.Prefix
	err = errors.Join(json.Unmarshal(senders, &e.Senders), json.Unmarshal(countries, &e.Countries),
		json.Unmarshal(networks, &prefixes), json.Unmarshal(hours, &spans),
		json.Unmarshal(programs, &e.Programs), json.Unmarshal(devices, &e.Devices), json.Unmarshal(links, &patterns))
	for _, text := range patterns {
		e.Links = append(e.Links, content.KeptPattern(text))
	}
	for _, s := range spans {
		h, bad := analyzer.ParseHours(s)
		e.Hours, err = append(e.Hours, h), errors.Join(err, bad)
	}
	var bad error
	e.Zone, bad = time.LoadLocation(zone)
	if err = errors.Join(err, bad); err != nil {
		return e, fmt.Errorf("exception %s: %w", exceptionName(e.ID), err)
	}
	e.Name, e.Networks = exceptionName(e.ID), prefixes
	e.Until, e.Created, e.From = fromUnix(until), fromUnix(created), fromUnix(since)
	return e, nil
}
