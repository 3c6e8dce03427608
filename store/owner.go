package store

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"hisseki/ask"
	"hisseki/ledger"
)

// questions is the room of what owners of accounts are asked.
type questions struct{ db *DB }

// Questions returns where it is kept what owners of accounts were asked.
func (db *DB) Questions() ask.Store { return questions{db} }

func (s questions) PutQuestion(ctx context.Context, q ask.Question, most int, since time.Time) error {
	err := s.db.update(ctx, func(tx *sql.Tx) error {
		var asked, brought int
		err := tx.QueryRow(`SELECT count(*), count(CASE WHEN q.answer != ? THEN 1 END)
			FROM incident i
			JOIN question q ON q.incident = i.id
			WHERE i.sender = ?
			  AND q.asked > ?`, ask.Undelivered, q.Sender, since.Unix()).Scan(&asked, &brought)
		if err != nil {
			return err
		}
		if brought >= most || asked >= ask.MostTries {
			return ask.ErrEnough
		}
		// The link before is over, but its row stays: it was an asking, and counts as one.
		if _, err := tx.Exec(`UPDATE question SET until = 0, signature = ''
			WHERE incident = ? AND hook = ? AND answer = ''`, q.Incident, q.Hook); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO question (hash, incident, hook, asked, until, answer, answered, signature)
			VALUES (?, ?, ?, ?, ?, '', 0, ?)`, q.Hash, q.Incident, q.Hook, q.Asked.Unix(), q.Until.Unix(),
			s.db.sign(q.Statement()))
		if err != nil {
			return err
		}
		return s.db.audit(tx, s.db.now(), "hook "+q.Hook, "ask", fmt.Sprintf("I%d", q.Incident),
			"until "+q.Until.UTC().Format(time.RFC3339))
	})
	return wrapped(fmt.Sprintf("keep a question about I%d", q.Incident), err)
}

func (s questions) NotBrought(ctx context.Context, hash []byte) error {
	err := s.db.update(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE question SET answer = ? WHERE hash = ? AND answer = ''`, ask.Undelivered, hash)
		return err
	})
	return wrapped("note that a question was not brought", err)
}

func (s questions) Question(ctx context.Context, hash []byte) (*ask.Question, error) {
	q, err := s.read(s.db.read.QueryRowContext(ctx, questionRow, hash), hash)
	return q, wrapped("read a question", err)
}

const questionRow = `SELECT q.incident, i.sender, q.hook, q.asked, q.until, q.answer, q.answered,
		i.state = 'open', q.signature
	FROM question q
	JOIN incident i ON i.id = q.incident
	WHERE q.hash = ?`

// read returns nil for a row that nobody with the key for decisions wrote.
func (s questions) read(row scanner, hash []byte) (*ask.Question, error) {
	q := ask.Question{Hash: hash}
	var asked, until, answered int64
	var signature string
	err := row.Scan(&q.Incident, &q.Sender, &q.Hook, &asked, &until, &q.Answer, &answered, &q.Open, &signature)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	q.Asked, q.Until, q.Answered = fromUnix(asked), fromUnix(until), fromUnix(answered)
	if !reviewers(s).believed(q.Statement(), signature) {
		return nil, nil
	}
	return &q, nil
}

func (s questions) Answer(ctx context.Context, hash []byte, answer ledger.EventKind, by, reason string,
) (ok bool, err error) {
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return false, err
	}
	verb := map[ledger.EventKind]string{ledger.EventClaimed: "claim", ledger.EventDenied: "deny"}[answer]
	err = s.db.update(ctx, func(tx *sql.Tx) error {
		ok = false
		now := s.db.now()
		q, err := s.read(tx.QueryRow(questionRow, hash), hash)
		if err != nil || q == nil || !q.May(answer, now) {
			return err
		}
		if said, err := s.db.answer(tx.Query, q.Incident); err != nil || said == ledger.EventDenied {
			return err
		}
		if _, err := tx.Exec(`UPDATE question SET answer = ?, answered = ? WHERE hash = ?`, answer, now.Unix(),
			hash); err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO event (id, incident, kind, at, by, reason) VALUES (?, ?, ?, ?, ?, ?)`,
			hex.EncodeToString(id), q.Incident, answer, now.Unix(), by, reason); err != nil {
			return err
		}
		if err := s.db.signEvent(tx, q.Incident); err != nil {
			return err
		}
		ok = true
		return s.db.audit(tx, now, by, verb, fmt.Sprintf("I%d", q.Incident), reason)
	})
	return ok, wrapped("keep an answer", err)
}

// maxAnswers bounds how many answers about one incident are looked at: two a link.
const maxAnswers = 100

// answers returns what an incident's owner said, oldest first: events that whoever has the key for
// decisions wrote.
func (db *DB) answers(query func(string, ...any) (*sql.Rows, error), incident int64) (list []ledger.Event, err error) {
	rows, err := query(`SELECT `+eventStatement+`
		FROM event e
		JOIN incident i ON i.id = e.incident
		WHERE e.incident = ?
		  AND e.kind IN ('claimed', 'denied')
		ORDER BY e.n
		LIMIT ?`, incident, maxAnswers)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return nil, err
		}
		if (reviewers{db}).believed(e.Statement(), e.Signature) {
			list = append(list, e)
		}
	}
	return list, rows.Err()
}

// answer is what an incident's owner said: a denial stands, whatever was said besides.
func (db *DB) answer(query func(string, ...any) (*sql.Rows, error), incident int64) (ledger.EventKind, error) {
	list, err := db.answers(query, incident)
	var said ledger.EventKind
	for i := range list {
		if said != ledger.EventDenied {
			said = list[i].Kind
		}
	}
	return said, err
}

// inContext is the store's reader for one request.
func (db *DB) inContext(ctx context.Context) func(string, ...any) (*sql.Rows, error) {
	return func(query string, args ...any) (*sql.Rows, error) { return db.read.QueryContext(ctx, query, args...) }
}

func (db *DB) briefAnswer(ctx context.Context, b *ledger.Brief) (err error) {
	b.Answer, err = db.answer(db.inContext(ctx), b.ID)
	return err
}
