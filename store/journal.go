package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"time"

	"hisseki/analyzer"
)

// detail is what of a record is kept as JSON.
type detail struct {
	Evidence   evidence `json:"evidence,omitempty"` // of mail from before schema 8
	PassIf     string   `json:"pass_if,omitempty"`
	Incident   bool     `json:"incident,omitempty"`
	LittleHist bool     `json:"little_history,omitempty"`
	URLs       []string `json:"urls,omitempty"`
	Hosts      []string `json:"hosts,omitempty"`
	Files      []string `json:"files,omitempty"`
	Login      string   `json:"login,omitempty"` // where it is not the sender's name
	ClientName string   `json:"client_name,omitempty"`
	Helo       string   `json:"helo,omitempty"`
	TLS        string   `json:"tls,omitempty"`
	Daemon     string   `json:"daemon,omitempty"`
	AuthType   string   `json:"auth,omitempty"`
	Lure       float64  `json:"lure,omitempty"`
	Repeat     bool     `json:"repeat,omitempty"`
	Few        bool     `json:"few,omitempty"`
	Cause      string   `json:"cause,omitempty"`
	Relay      string   `json:"relay,omitempty"` // that named the account, and where
	NamedBy    string   `json:"named_by,omitempty"`
	Automatic  bool     `json:"automatic,omitempty"`
	Failure    string   `json:"failure,omitempty"` // of mail that was not judged in time
	Content    string   `json:"content,omitempty"`
	Kept       int64    `json:"kept,omitempty"`
	Judged     int64    `json:"judged_late,omitempty"`
}

// Begin gives one judged mail its place among the writes: its row, its recipients, its
// hold and the incident that the sender's first hold opens, its lesson, and the delayed
// mails that become holds with it, in one transaction. What it returns waits until that is
// durable, and says what was kept.
func (db *DB) Begin(ctx context.Context, r *analyzer.Record) analyzer.Pending {
	// Encoded by whoever waits for the record, while neither the sender's next mail nor the
	// one writer waits for it; by the writer only when its turn comes first.
	row := sync.OnceValues(func() ([]any, error) { return db.row(r) })
	var kept analyzer.Recorded // the writer's until wait returns, as is in
	var in opening
	rows := 1 + len(r.Envelope.Recipients) + 4*len(r.Observation.Marks)
	do := func(tx *sql.Tx) error {
		values, err := row()
		if err == nil {
			kept, in, err = db.record(tx, r, values)
		}
		return err
	}
	j := job{ctx: ctx, do: do, shares: true, done: make(chan error, 1), sender: r.Envelope.Sender, rows: rows}
	if needsNothing(r) {
		j.record = &recording{r, row, &kept}
	}
	wait := db.enqueue(j)
	return func() (analyzer.Recorded, error) {
		ahead(row)
		err := wait()
		if err != nil {
			return analyzer.Recorded{}, fmt.Errorf("keep record: %w", err)
		}
		if in.is {
			db.book.opened(in, &r.Envelope)
		}
		return kept, nil
	}
}

// ahead encodes a row. What goes wrong the writer meets again, and says.
func ahead(row func() ([]any, error)) {
	defer func() { _ = recover() }()
	_, _ = row()
}

// record is Begin's write. It returns the incident of a mail that would be kept.
func (db *DB) record(tx *sql.Tx, r *analyzer.Record, row []any) (k analyzer.Recorded,
	in opening, err error) {
	if !r.Late.Judged.IsZero() {
		return db.recordLate(tx, r, row)
	}
	if k.ID, k.Lesson, err = db.insertRecord(tx, r, row); err != nil {
		return k, in, err
	}
	db.others.wrote(k.ID)
	if r.Verdict.Would == analyzer.Unjudged {
		return k, in, keepUnjudged(tx, k.ID, r.Verdict.Action)
	}
	if r.Verdict.Action != analyzer.Pass || r.ObservedHold {
		if in, err = db.insertHold(tx, k.ID, r); err != nil {
			return k, in, err
		}
	}
	if r.Verdict.Action == analyzer.Hold {
		if k.Promoted, err = db.promote(tx, r); err != nil {
			return k, in, err
		}
	}
	return k, in, nil
}

// insertRecord inserts a record with what hangs on it, and returns its id and that of its lesson, 0
// without.
func (db *DB) insertRecord(tx *sql.Tx, r *analyzer.Record, row []any) (id, lesson int64, err error) {
	if db.onServer() {
		return db.insertAtOnce(tx, r, row)
	}
	if id, err = insertRows(tx, r, row); err == nil && r.Learn {
		lesson, err = teachNew(tx, id, r, db.now())
	}
	return id, lesson, err
}

// row returns a record's values for the columns of insertRecord.
func (db *DB) row(r *analyzer.Record) ([]any, error) {
	e, v := &r.Envelope, &r.Verdict
	obs, err := r.Observation.MarshalBinary()
	if err != nil {
		return nil, err
	}
	reasons, err := db.packer.pack(storedEvidence(v))
	if err != nil {
		return nil, err
	}
	login := e.Login
	if login == e.Sender {
		login = ""
	}
	more, err := json.Marshal(detail{nil, v.PassIf, v.Incident, v.LittleHist, r.URLs, r.Hosts,
		r.Files, login, e.ClientName, e.Helo, e.TLS, e.Daemon, e.AuthType, v.Lure, v.Repeat, v.Few,
		v.Cause, e.Relay, e.NamedBy, e.Automatic, r.Late.Failure, r.Late.Content, r.Late.Kept, unix(r.Late.Judged)})
	if err != nil {
		return nil, err
	}
	client := ""
	if e.Client.IsValid() {
		client = e.Client.String()
	}
	return []any{e.Time.Unix(), e.Host, e.QueueID, e.Sender, e.Class, e.MailFrom, r.HeaderFrom,
		client, r.MessageID, r.Subject, r.Bytes, v.Action, v.Would, v.Points, v.Sum, unix(r.Due),
		r.Learn, obs, string(more), int64(r.Observation.SimHash), reasons}, nil
}

// journalColumns are those that a record fills.
const journalColumns = `at, host, queue_id, sender, class, mail_from, header_from, client, message_id, subject,
	bytes, action, would, points, sum, due, learned, observation, detail, simhash, evidence`

func insertRows(tx *sql.Tx, r *analyzer.Record, row []any) (int64, error) {
	var id int64
	err := tx.QueryRow(`INSERT INTO journal (`+journalColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		RETURNING id`, row...).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert journal row: %w", err)
	}
	if err := insertRecipients(tx, id, r.Envelope.Recipients); err != nil {
		return 0, err
	}
	return id, insertMarks(tx, id, r.Observation.Marks)
}

// manyRows are inserted by one statement where there are as many: a mail to a thousand people holds
// the one writer up for half as long.
const manyRows = 50

var insertMany = insertRecipient + strings.Repeat(`, (?, ?, ?)`, manyRows-1)

const insertRecipient = `INSERT INTO recipient (journal, address, domain) VALUES (?, ?, ?)`

func insertRecipients(tx *sql.Tx, journal int64, list []string) error {
	var err error
	for err == nil && len(list) > 0 {
		n, query := 1, insertRecipient
		if len(list) >= manyRows {
			n, query = manyRows, insertMany
		}
		values := make([]any, 0, 3*n)
		for _, addr := range list[:n] {
			values = append(values, journal, addr, domainOf(addr))
		}
		_, err = tx.Exec(query, values...)
		list = list[n:]
	}
	return wrapped("insert recipient", err)
}

// teachNew adds the lesson of a journal row that was inserted as learned.
func teachNew(tx *sql.Tx, journal int64, r *analyzer.Record, at time.Time) (int64, error) {
	id, err := oneID(tx.QueryRow(`INSERT INTO lesson (journal, sender, sign, at)
		VALUES (?, ?, 1, ?)
		RETURNING id`, journal, r.Envelope.Sender, at.Unix()))
	return id, wrapped("insert lesson", err)
}

// teach adds a lesson and marks the journal row.
func teach(tx *sql.Tx, journal int64, sign int, at time.Time) (int64, error) {
	lesson, err := oneID(tx.QueryRow(`INSERT INTO lesson (journal, sender, sign, at)
		SELECT id, sender, ?, ? FROM journal WHERE id = ? AND learned != ?
		RETURNING id`, sign, at.Unix(), journal, max(sign, 0)))
	if err != nil || lesson == 0 { // already so
		return 0, wrapped("insert lesson", err)
	}
	if _, err := tx.Exec(`UPDATE journal SET learned = ? WHERE id = ?`, max(sign, 0),
		journal); err != nil {
		return 0, fmt.Errorf("mark journal row: %w", err)
	}
	return lesson, nil
}

const recordColumns = `j.id, j.at, j.host, j.queue_id, j.sender, j.class, j.mail_from,
	j.header_from, j.client, j.message_id, j.subject, j.bytes, j.action, j.would, j.points,
	j.sum, j.due, j.learned, j.observation, j.detail, j.evidence`

// scanRecord reads recordColumns, and more columns into extra.
func (db *DB) scanRecord(rows scanner, extra ...any) (*analyzer.Record, error) {
	var r analyzer.Record
	var at, due int64
	var client string
	var obs, more, reasons []byte
	e, v := &r.Envelope, &r.Verdict
	if err := rows.Scan(append([]any{&r.ID, &at, &e.Host, &e.QueueID, &e.Sender, &e.Class,
		&e.MailFrom, &r.HeaderFrom, &client, &r.MessageID, &r.Subject, &r.Bytes, &v.Action,
		&v.Would, &v.Points, &v.Sum, &due, &r.Learned, &obs, &more,
		&reasons}, extra...)...); err != nil {
		return nil, fmt.Errorf("read journal row: %w", err)
	}
	if err := r.Observation.UnmarshalBinary(obs); err != nil {
		return nil, fmt.Errorf("journal row %d: %w", r.ID, err)
	}
	d, err := db.packer.detail(more, reasons)
	if err != nil {
		return nil, fmt.Errorf("journal row %d: %w", r.ID, err)
	}
	v.Evidence, v.PassIf, v.Incident, v.LittleHist = d.Evidence, d.PassIf, d.Incident, d.LittleHist
	r.URLs, r.Hosts, r.Files = d.URLs, d.Hosts, d.Files
	e.Login, e.ClientName, e.Helo, e.TLS, e.Daemon = d.Login, d.ClientName, d.Helo, d.TLS, d.Daemon
	e.Relay, e.NamedBy, e.Automatic = d.Relay, d.NamedBy, d.Automatic
	if e.Login == "" && e.Class == analyzer.Account && e.Relay == "" {
		e.Login = e.Sender
	}
	r.Late = analyzer.Late{Failure: d.Failure, Content: d.Content, Kept: d.Kept, Judged: fromUnix(d.Judged)}
	e.AuthType, v.Lure, v.Cause, v.Repeat, v.Few = d.AuthType, d.Lure, d.Cause, d.Repeat, d.Few
	e.Time, r.Due = time.Unix(at, 0).UTC(), fromUnix(due)
	if client != "" {
		e.Client, _ = netip.ParseAddr(client)
	}
	return &r, nil
}

// recipientsColumn, behind recordColumns, is what addressed reads.
const recipientsColumn = `,
	(SELECT ` + addressLines + ` FROM recipient WHERE journal = j.id)`

// addressed reads and closes rows of recordColumns and recipientsColumn.
func (db *DB) addressed(rows *sql.Rows) (out []*analyzer.Record, err error) {
	defer rows.Close()
	for rows.Next() {
		var to string
		r, err := db.scanRecord(rows, &to)
		if err != nil {
			return nil, err
		}
		if to != "" {
			r.Envelope.Recipients = strings.Split(to, "\n")
		}
		out = append(out, r)
	}
	return out, rows.Err()
}

// Recent returns a sender's records since a time, oldest first, without recipients,
// URLs, files and evidence; "" means every sender.
func (db *DB) Recent(ctx context.Context, sender string, since time.Time) (
	[]analyzer.Record, error) {
	cond, args := "j.at >= ?", []any{unix(since)}
	if sender != "" { // not "? = '' OR": that would hide the index from SQLite
		cond, args = "j.sender = ? AND j.at >= ?", []any{sender, unix(since)}
	}
	rows, err := db.read.QueryContext(ctx, `SELECT `+strings.TrimSuffix(recordColumns,
		"j.detail, j.evidence")+`'{}', ''
		FROM journal j
		WHERE `+cond+`
		ORDER BY j.at, j.id`, args...)
	if err != nil {
		return nil, fmt.Errorf("read recent mail: %w", err)
	}
	defer rows.Close()
	var out []analyzer.Record
	for rows.Next() {
		r, err := db.scanRecord(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, *r)
	}
	return out, rows.Err()
}
