package store

import (
	"database/sql"
	"fmt"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// caseSpan is how long after its end a confirmed incident may get company. A campaign's
// links are dead after days; a month allows for a second wave.
const caseSpan = 30 * 24 * time.Hour

// insertMarks keeps what was unknown in a mail, so that the same in others is found.
func insertMarks(tx *sql.Tx, journal int64, marks []baseline.Key) error {
	for _, k := range marks {
		if _, err := tx.Exec(`INSERT OR IGNORE INTO mark (key, journal) VALUES (?, ?)`, int64(k),
			journal); err != nil {
			return fmt.Errorf("insert mark: %w", err)
		}
	}
	return nil
}

// joinCase puts an incident into one case with those that sent the same unknown link or
// file, or nearly the same text, as a mail of its own. What was the owner's doing joins
// nothing.
func joinCase(tx *sql.Tx, incident, journal int64) error {
	const others = `i.id != ?1
		  AND h.tells = 1
		  AND i.case_id != (SELECT case_id FROM incident WHERE id = ?1)
		  AND (i.state = 'open'
			OR i.state = 'confirmed'
			AND i.closed >= (SELECT opened FROM incident WHERE id = ?1) - ?2)`
	span := int64(caseSpan / time.Second)
	rows, err := tx.Query(`SELECT DISTINCT i.case_id
		FROM mark m
		JOIN mark o ON o.key = m.key
		JOIN hold h ON h.journal = o.journal
		JOIN incident i ON i.id = h.incident
		WHERE m.journal = ?3
		  AND `+others, incident, span, journal)
	if err != nil {
		return fmt.Errorf("look for the same link elsewhere: %w", err)
	}
	cases, err := ints(rows)
	if err != nil {
		return fmt.Errorf("look for the same link elsewhere: %w", err)
	}
	var text int64
	err = tx.QueryRow(`SELECT simhash FROM journal WHERE id = ?`, journal).Scan(&text)
	if err != nil {
		return fmt.Errorf("read the mail's text mark: %w", err)
	}
	if text != 0 {
		same, err := sameText(tx, uint64(text), `SELECT i.case_id, j.simhash
			FROM incident i
			JOIN hold h ON h.incident = i.id
			JOIN journal j ON j.id = h.journal
			WHERE j.simhash != 0
			  AND `+others, incident, span)
		if err != nil {
			return err
		}
		cases = append(cases, same...)
	}
	return mergeCases(tx, incident, cases)
}

// sameText returns the numbers of a query's rows (number, SimHash) whose text is nearly
// the same.
func sameText(tx *sql.Tx, text uint64, query string, args ...any) (list []int64, err error) {
	rows, err := tx.Query(query, args...)
	if err != nil {
		return nil, fmt.Errorf("look for the same text elsewhere: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var id, other int64
		if err := rows.Scan(&id, &other); err != nil {
			return nil, fmt.Errorf("look for the same text elsewhere: %w", err)
		}
		if analyzer.SameText(text, uint64(other)) {
			list = append(list, id)
		}
	}
	return list, rows.Err()
}

// mergeCases makes one case, the oldest, of an incident's own and others.
func mergeCases(tx *sql.Tx, incident int64, cases []int64) error {
	if len(cases) == 0 {
		return nil
	}
	ids := listOf(cases)
	_, err := tx.Exec(`UPDATE incident SET
			case_id = (SELECT min(case_id) FROM incident WHERE id = ? OR case_id IN `+anyOf+`)
		WHERE case_id IN `+anyOf+`
		   OR case_id = (SELECT case_id FROM incident WHERE id = ?)`, incident, ids, ids, incident)
	if err != nil {
		return fmt.Errorf("merge cases: %w", err)
	}
	return nil
}
