package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"hisseki/analyzer"
	"hisseki/baseline"
	"hisseki/ledger"
)

// insertMarks keeps what was unknown in a mail, so that the same in others is found.
func insertMarks(tx *sql.Tx, journal int64, marks []baseline.Key) error {
	for _, k := range marks {
		if _, err := tx.Exec(`INSERT INTO mark (key, journal) VALUES (?, ?)
		ON CONFLICT DO NOTHING`, int64(k),
			journal); err != nil {
			return fmt.Errorf("insert mark: %w", err)
		}
	}
	return nil
}

// shown is what one mail shows of a campaign.
type shown struct {
	marks []int64
	text  int64 // SimHash, 0 without
}

func shownBy(r *analyzer.Record) shown {
	s := shown{text: int64(r.Observation.SimHash)}
	for _, k := range r.Observation.Marks {
		s.marks = append(s.marks, int64(k))
	}
	return s
}

// shownIn reads what a recorded mail shows.
func shownIn(tx *sql.Tx, journal int64) (s shown, err error) {
	rows, err := tx.Query(`SELECT key FROM mark WHERE journal = ?`, journal)
	if err == nil {
		s.marks, err = ints(rows)
	}
	if err == nil {
		err = tx.QueryRow(`SELECT simhash FROM journal WHERE id = ?`, journal).Scan(&s.text)
	}
	return s, wrapped("read the mail's marks", err)
}

// addToCampaign notes what a mail that defines an incident's campaign shows. Where that is
// new to the incident, it joins the case of others that showed the same: what a hold costs
// does not depend on how many there are.
func (db *DB) addToCampaign(tx *sql.Tx, incident int64, s shown, kept bool) error {
	var fresh []int64
	for _, key := range s.marks {
		var mails int
		err := tx.QueryRow(`INSERT INTO incident_mark (key, incident, kept, mails)
			VALUES (?, ?, ?, 1)
			ON CONFLICT (key, incident, kept) DO UPDATE SET mails = incident_mark.mails + 1
			RETURNING mails`, key, incident, kept).Scan(&mails)
		if err != nil {
			return fmt.Errorf("note a mark of the campaign: %w", err)
		}
		if mails == 1 {
			fresh = append(fresh, key)
		}
	}
	near, err := db.addText(tx, incident, s.text, kept)
	if err != nil {
		return err
	}
	return joinCase(tx, incident, fresh, near)
}

// addText notes a text of an incident's campaign. It returns other incidents' nearly same
// texts (ids of incident_text) when this one is new.
func (db *DB) addText(tx *sql.Tx, incident, text int64, kept bool) (near []int64, err error) {
	if text == 0 {
		return nil, nil
	}
	known, err := changed(tx.Exec(`UPDATE incident_text SET mails = mails + 1
		WHERE incident = ? AND simhash = ? AND kept = ?`, incident, text, kept))
	if err != nil || known {
		return nil, wrapped("note a text of the campaign", err)
	}
	if err := db.texts.catchUp(tx); err != nil {
		return nil, err
	}
	t := campaignText{incident: incident, text: uint64(text)}
	err = tx.QueryRow(`INSERT INTO incident_text (incident, simhash, kept, mails)
		SELECT ?1, ?2, ?3, 1
		WHERE (SELECT count(*) FROM incident_text WHERE incident = ?1) < ?4
		RETURNING id`, incident, text, kept, ledger.MaxTexts).Scan(&t.id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil // it has enough
	}
	if err != nil {
		return nil, fmt.Errorf("note a text of the campaign: %w", err)
	}
	near, err = db.texts.near(tx, t)
	db.texts.add(t)
	return near, err
}

// leaveCampaign takes back what the mail of a hold showed that a person let go after all.
func leaveCampaign(tx *sql.Tx, hold int64) error {
	var incident, journal int64
	err := tx.QueryRow(`SELECT incident, journal
		FROM hold
		WHERE id = ?
		  AND incident IS NOT NULL
		  AND defines_campaign = 1`, hold).Scan(&incident, &journal)
	if errors.Is(err, sql.ErrNoRows) {
		return nil // it showed nothing
	}
	if err != nil {
		return fmt.Errorf("take a mail out of the campaign: %w", err)
	}
	s, err := shownIn(tx, journal)
	if err != nil {
		return err
	}
	for _, q := range []struct {
		query string
		arg   any
	}{
		{`UPDATE incident_mark SET mails = mails - 1
			WHERE incident = ? AND kept = 1 AND key IN ` + anyID, listOf(s.marks)},
		{`DELETE FROM incident_mark
			WHERE incident = ? AND kept = 1 AND mails <= 0 AND key IN ` + anyID, listOf(s.marks)},
		{`UPDATE incident_text SET mails = mails - 1
			WHERE incident = ? AND kept = 1 AND simhash = ?`, s.text},
		{`DELETE FROM incident_text
			WHERE incident = ? AND kept = 1 AND mails <= 0 AND simhash = ?`, s.text},
	} {
		if _, err := tx.Exec(q.query, incident, q.arg); err != nil {
			return fmt.Errorf("take a mail out of the campaign: %w", err)
		}
	}
	return nil
}

// dropCampaign forgets what incidents showed, those that a condition on incident chooses.
func dropCampaign(tx *sql.Tx, cond string, args ...any) error {
	for _, table := range []string{"incident_mark", "incident_text"} {
		if _, err := tx.Exec(`DELETE FROM `+table+`
			WHERE incident IN (SELECT id FROM incident WHERE `+cond+`)`, args...); err != nil {
			return fmt.Errorf("forget what the campaign showed: %w", err)
		}
	}
	return nil
}

// renewCampaign notes once more what an incident's mail shows, after its end was taken back.
func (db *DB) renewCampaign(tx *sql.Tx, incident int64) error {
	if err := dropCampaign(tx, "id = ?", incident); err != nil {
		return err
	}
	rows, err := tx.Query(`SELECT journal, state
		FROM hold
		WHERE incident = ?
		  AND defines_campaign = 1
		ORDER BY id`, incident)
	if err != nil {
		return fmt.Errorf("read the incident's mail: %w", err)
	}
	defer rows.Close()
	type mail struct {
		journal int64
		state   ledger.State
	}
	var mails []mail
	for rows.Next() {
		var m mail
		if err := rows.Scan(&m.journal, &m.state); err != nil {
			return fmt.Errorf("read the incident's mail: %w", err)
		}
		if m.state.ShowsCampaign() {
			mails = append(mails, m)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read the incident's mail: %w", err)
	}
	for _, m := range mails {
		s, err := shownIn(tx, m.journal)
		if err != nil {
			return err
		}
		if err := db.addToCampaign(tx, incident, s, m.state != ledger.Passed); err != nil {
			return err
		}
	}
	return nil
}

// maxMates bounds how many incidents with the same mark are looked at. They share a case
// already, so that the newest ones stand for all.
const maxMates = 8

// joinCase puts an incident into one case with those that showed the same marks, or whose
// texts (ids of incident_text) are nearly the same.
func joinCase(tx *sql.Tx, incident int64, marks, texts []int64) error {
	if len(marks) == 0 && len(texts) == 0 {
		return nil
	}
	list, err := mates(tx, `i.id = ?1
		OR i.id IN (SELECT incident FROM incident_text WHERE id IN (SELECT CAST(value AS BIGINT) FROM json_each(?2)))`,
		incident, listOf(texts))
	if err != nil {
		return err
	}
	for _, key := range marks {
		more, err := mates(tx, `i.id IN (SELECT incident
				FROM incident_mark
				WHERE key = ? AND incident != ?
				ORDER BY incident DESC
				LIMIT ?)`, key, incident, maxMates)
		if err != nil {
			return err
		}
		list = append(list, more...)
	}
	own := slices.IndexFunc(list, func(i ledger.Incident) bool { return i.ID == incident })
	if own < 0 {
		return fmt.Errorf("incident %d is gone", incident)
	}
	cases := []int64{list[own].Case}
	for _, o := range list {
		if o.SharesCase(list[own].Opened) && !slices.Contains(cases, o.Case) {
			cases = append(cases, o.Case)
		}
	}
	return mergeCases(tx, cases)
}

// mates reads incidents, with what SharesCase asks.
func mates(tx *sql.Tx, cond string, args ...any) (list []ledger.Incident, err error) {
	rows, err := tx.Query(`SELECT i.id, i.state, i.opened, i.closed, i.case_id
		FROM incident i
		WHERE `+cond, args...)
	if err != nil {
		return nil, fmt.Errorf("look for the same elsewhere: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var i ledger.Incident
		var opened, closed int64
		if err := rows.Scan(&i.ID, &i.State, &opened, &closed, &i.Case); err != nil {
			return nil, fmt.Errorf("look for the same elsewhere: %w", err)
		}
		i.Opened, i.Closed = fromUnix(opened), fromUnix(closed)
		list = append(list, i)
	}
	return list, rows.Err()
}

// mergeCases makes one case, the oldest, of several.
func mergeCases(tx *sql.Tx, cases []int64) error {
	if len(cases) < 2 {
		return nil
	}
	oldest := slices.Min(cases)
	younger := slices.DeleteFunc(cases, func(c int64) bool { return c == oldest })
	// The oldest case is not looked through: it may have hundreds of incidents already.
	_, err := tx.Exec(`UPDATE incident SET case_id = ? WHERE case_id IN `+anyID, oldest,
		listOf(younger))
	if err != nil {
		return fmt.Errorf("merge cases: %w", err)
	}
	return nil
}
