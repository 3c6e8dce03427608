package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hisseki/ledger"
)

// where collects conditions of a query; all must hold.
type where struct {
	parts []string
	args  []any
}

func (w *where) add(cond string, args ...any) {
	w.parts = append(w.parts, cond)
	w.args = append(w.args, args...)
}

// in adds a choice of values; none is no condition.
func (w *where) in(column string, values []any) {
	if len(values) > 0 {
		w.add(column+" IN ("+marks(len(values))+")", values...)
	}
}

func (w *where) text() string {
	if len(w.parts) == 0 {
		return "1"
	}
	return strings.Join(w.parts, " AND ")
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?,", n), ",") }

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}

func whereHolds(f *ledger.HoldFilter) *where {
	var w where
	w.in("h.id", anys(f.IDs))
	w.in("h.state", anys(f.States))
	if f.Sender != "" { // accounts are in lower case, class keys as they came
		w.in("j.sender", []any{f.Sender, strings.ToLower(f.Sender)})
	}
	if f.Incident != 0 {
		w.add("h.incident = ?", f.Incident)
	}
	if !f.Since.IsZero() {
		w.add("j.at >= ?", f.Since.Unix())
	}
	if !f.Until.IsZero() {
		w.add("j.at < ?", f.Until.Unix())
	}
	if f.MinPoints > 0 {
		w.add("j.points >= ?", f.MinPoints)
	}
	if f.MTA != "" {
		w.add("j.host = ?", f.MTA)
	}
	if f.QueueID != "" {
		w.add("j.queue_id = ?", f.QueueID)
	}
	if f.Host != "" {
		w.add("EXISTS (SELECT 1 FROM json_each(j.detail, '$.hosts') WHERE value = ?)",
			strings.ToLower(f.Host))
	}
	if !f.DueBy.IsZero() {
		w.add("h.due <= ?", f.DueBy.Unix())
	}
	return &w
}

// Holds returns the holds that a filter chooses, oldest first, with their records.
func (db *DB) Holds(ctx context.Context, f ledger.HoldFilter) ([]ledger.Hold, error) {
	w := whereHolds(&f)
	limit := f.Limit
	if limit <= 0 {
		limit = -1 // none
	}
	rows, err := db.read.QueryContext(ctx, `SELECT
			`+recordColumns+`,
			h.id,
			h.state,
			coalesce(h.incident, 0),
			h.due,
			h.by,
			h.reason,
			h.decided,
			h.promoted,
			h.recalled,
			h.tells,
			h.attempts,
			h.error,
			h.excerpt,
			h.excerpt_until,
			(SELECT coalesce(group_concat(address, char(10)), '')
				FROM recipient WHERE journal = j.id)
		FROM hold h
		JOIN journal j ON j.id = h.journal
		WHERE `+w.text()+`
		ORDER BY h.id
		LIMIT ?`, append(w.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	defer rows.Close()
	var out []ledger.Hold
	for rows.Next() {
		h, err := db.scanHold(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, *h)
	}
	return out, rows.Err()
}

func (db *DB) scanHold(rows scanner) (*ledger.Hold, error) {
	var h ledger.Hold
	var due, decided, promoted, recalled, until int64
	var rcpts string
	r, err := db.scanRecord(rows, &h.ID, &h.State, &h.Incident, &due, &h.By, &h.Reason, &decided,
		&promoted, &recalled, &h.Tells, &h.Attempts, &h.Error, &h.Excerpt, &until, &rcpts)
	if err != nil {
		return nil, err
	}
	h.Due, h.Decided = fromUnix(due), fromUnix(decided)
	h.Promoted, h.Recalled = fromUnix(promoted), fromUnix(recalled)
	h.ExcerptUntil = fromUnix(until)
	if rcpts != "" {
		h.Recipients = strings.Split(rcpts, "\n")
	}
	h.Record, r.Excerpt, r.Envelope.Recipients = r, h.Excerpt, h.Recipients
	return &h, nil
}

// DueHolds returns what the agent of an MTA host should act on now: delays that are
// over, and releases, discards and recalls whose next try is due.
func (db *DB) DueHolds(ctx context.Context, host string, now time.Time) ([]ledger.Hold, error) {
	return db.Holds(ctx, ledger.HoldFilter{MTA: host, DueBy: now,
		States: []ledger.State{ledger.Delayed, ledger.Releasing, ledger.Discarding, ledger.Recalling}})
}
