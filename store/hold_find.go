package store

import (
	"context"
	"fmt"
	"strings"

	"hisseki/analyzer"
	"hisseki/ledger"
)

func whereHolds(f *ledger.HoldFilter) *where {
	var w where
	in(&w, "h.id", f.IDs)
	in(&w, "h.state", f.States)
	if f.Sender != "" { // accounts are in lower case, class keys as they came
		w.add("j.sender IN (?, ?)", f.Sender, strings.ToLower(f.Sender))
	}
	if f.Incident != 0 {
		w.add("h.incident = ?", f.Incident)
	}
	w.between("j.at", f.Since, f.Until)
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
	if f.Before != 0 {
		w.add("h.id < ?", f.Before)
	}
	if f.Worst && f.Past.ID != 0 {
		w.add("(j.points, h.id) < (?, ?)", f.Past.Points, f.Past.ID)
	}
	if f.After != 0 {
		w.add("h.id > ?", f.After)
	}
	if !f.DueBy.IsZero() {
		w.add("h.due <= ?", f.DueBy.Unix())
	}
	return &w
}

// maxCounted is how many holds are counted for a list.
const maxCounted = 10_000

// CountHolds sums the holds up that a filter chooses.
func (db *DB) CountHolds(ctx context.Context, f ledger.HoldFilter) (n ledger.HoldCount, err error) {
	w := whereHolds(&f)
	if f.Roughly {
		err = db.read.QueryRowContext(ctx, `SELECT count(*), count(DISTINCT sender), coalesce(max(id), 0)
			FROM (SELECT h.id, j.sender
				FROM hold h
				JOIN journal j ON j.id = h.journal
				WHERE `+w.text()+`
				ORDER BY h.id DESC
				LIMIT ?) newest`, append(w.args, maxCounted+1)...).Scan(&n.Mails, &n.Senders, &n.Last)
		n.More = n.Mails > maxCounted
		n.Mails = min(n.Mails, maxCounted)
		return n, wrapped("count holds", err)
	}
	err = db.read.QueryRowContext(ctx, `SELECT count(*), count(DISTINCT j.sender), coalesce(max(h.id), 0)
		FROM hold h
		JOIN journal j ON j.id = h.journal
		WHERE `+w.text(), w.args...).Scan(&n.Mails, &n.Senders, &n.Last)
	if err != nil || n.Mails == 0 {
		return n, wrapped("count holds", err)
	}
	err = db.read.QueryRowContext(ctx, `SELECT count(DISTINCT r.address)
		FROM hold h
		JOIN journal j ON j.id = h.journal
		JOIN recipient r ON r.journal = j.id
		WHERE `+w.text(), w.args...).Scan(&n.Recipients)
	return n, wrapped("count holds", err)
}

// Holds returns the holds that a filter chooses, oldest first, with their records.
func (db *DB) Holds(ctx context.Context, f ledger.HoldFilter) ([]ledger.Hold, error) {
	return db.holdsWith(ctx, f, recordColumns)
}

// holdsWith is Holds with other columns in the place of the record's, whose arguments come first.
func (db *DB) holdsWith(ctx context.Context, f ledger.HoldFilter, record string, args ...any) ([]ledger.Hold, error) {
	w := whereHolds(&f)
	order := "h.id"
	switch {
	case f.Worst:
		order = "j.points DESC, h.id DESC"
	case f.Newest:
		order = "h.id DESC"
	}
	cond := w.text()
	if f.Limit > 0 { // else all that the filter chooses would be read whole, to be sorted
		cond = "h.id IN (SELECT h.id FROM hold h JOIN journal j ON j.id = h.journal WHERE " + cond + " ORDER BY " + order + " LIMIT ?)"
		w.args = append(w.args, f.Limit)
	}
	rows, err := db.read.QueryContext(ctx, `SELECT
			`+record+`,
			h.id,
			h.state,
			coalesce(h.incident, 0),
			h.due,
			h.by,
			h.reason,
			h.decided,
			h.promoted,
			h.recalled,
			h.defines_campaign,
			h.attempts,
			h.error,
			h.excerpt,
			h.excerpt_until,
			h.not_before,
			h.signature,
			(SELECT `+addressLines+` FROM recipient WHERE journal = j.id)
		FROM hold h
		JOIN journal j ON j.id = h.journal
		WHERE `+cond+`
		ORDER BY `+order, append(args, w.args...)...)
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
	var due, decided, promoted, recalled, until, notBefore int64
	var rcpts string
	r, err := db.scanRecord(rows, &h.ID, &h.State, &h.Incident, &due, &h.By, &h.Reason, &decided,
		&promoted, &recalled, &h.DefinesCampaign, &h.Attempts, &h.Error, &h.Excerpt, &until,
		&notBefore, &h.Signature, &rcpts)
	if err != nil {
		return nil, err
	}
	h.Due, h.Decided = fromUnix(due), fromUnix(decided)
	h.Promoted, h.Recalled = fromUnix(promoted), fromUnix(recalled)
	h.ExcerptUntil, h.NotBefore = fromUnix(until), fromUnix(notBefore)
	if rcpts != "" {
		h.Recipients = strings.Split(rcpts, "\n")
	}
	h.Record, r.Excerpt, r.Envelope.Recipients = r, h.Excerpt, h.Recipients
	return &h, nil
}

// goesOn is where a mail j goes on by now: a content filter gave it back, postsuper -r, or another
// MTA took it that asks too. An id under which it was judged again does not count: that record's
// own hold speaks for it.
const goesOn = `FROM requeued r
	WHERE r.journal = j.id
	  AND (r.host != j.host OR r.queue_id != j.queue_id)
	  AND NOT EXISTS (SELECT 1 FROM journal again
		WHERE again.queue_id = r.queue_id AND again.host = r.host)
	ORDER BY r.at DESC, r.queue_id DESC, r.host
	LIMIT 1`

// Queued returns the holds whose mail is in the queue of an MTA host by now, with what the agent
// needs of their mail: where and when it was judged, envelope sender, the decision, and the queue
// id under which it goes on (QueueID).
func (db *DB) Queued(ctx context.Context, host string) ([]ledger.Hold, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			h.id,
			h.state,
			h.due,
			h.attempts,
			h.error,
			h.by,
			h.reason,
			h.decided,
			h.not_before,
			h.signature,
			j.queue_id,
			coalesce((SELECT r.queue_id `+goesOn+`), j.queue_id),
			j.at,
			j.mail_from,
			j.host
		FROM hold h
		JOIN journal j ON j.id = h.journal
		WHERE h.state IN `+anyOf+`
		  AND coalesce((SELECT r.host `+goesOn+`), j.host) = ?
		ORDER BY h.id`, listOf(ledger.InQueue), host)
	if err != nil {
		return nil, fmt.Errorf("read holds of %s: %w", host, err)
	}
	defer rows.Close()
	var list []ledger.Hold
	for rows.Next() {
		h := ledger.Hold{Record: &analyzer.Record{}}
		var due, decided, notBefore, at int64
		e := &h.Record.Envelope
		if err := rows.Scan(&h.ID, &h.State, &due, &h.Attempts, &h.Error, &h.By, &h.Reason, &decided,
			&notBefore, &h.Signature, &e.QueueID, &h.QueueID, &at, &e.MailFrom, &e.Host); err != nil {
			return nil, fmt.Errorf("read holds of %s: %w", host, err)
		}
		e.Time, h.Due = fromUnix(at), fromUnix(due)
		h.Decided, h.NotBefore = fromUnix(decided), fromUnix(notBefore)
		list = append(list, h)
	}
	return list, rows.Err()
}
