package store

import (
	"database/sql"
	"fmt"
	"slices"

	"hisseki/analyzer"
)

// campaignTexts has in memory what incident_text has, to be compared with a new text: no
// index finds SimHashes that are nearly the same, and reading them all for every new one
// would take longer the more there are. It is the committer's alone. Rows that went
// meanwhile, whichever process removed them, are in it until near finds that they are gone.
type campaignTexts struct {
	tx      *sql.Tx        // in which added was added: committed only if a later one sees it
	rows    []campaignText // committed, by id
	added   []campaignText // in tx
	gone    []int64        // ids that tx did not find: so for all only if a later one says so
	renewed int            // len(rows) when all were read last
}

type campaignText struct {
	id, incident int64
	text         uint64
}

// staleTexts is how many rows may have gone at least before all are read anew.
const staleTexts = 4096

// catchUp reads what was committed since. It must come before add in a transaction.
func (c *campaignTexts) catchUp(tx *sql.Tx) error {
	if c.tx == tx {
		return nil
	}
	c.tx, c.added = tx, nil
	if err := c.forgetGone(tx); err != nil {
		return err
	}
	all := len(c.rows) > 2*c.renewed+staleTexts
	if all {
		c.rows = nil
	}
	last := int64(0)
	if len(c.rows) > 0 {
		last = c.rows[len(c.rows)-1].id
	}
	rows, err := tx.Query(`SELECT id, incident, simhash
		FROM incident_text
		WHERE id > ?
		ORDER BY id`, last)
	if err != nil {
		return fmt.Errorf("read the campaigns' texts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var t campaignText
		var text int64
		if err := rows.Scan(&t.id, &t.incident, &text); err != nil {
			return fmt.Errorf("read the campaigns' texts: %w", err)
		}
		t.text = uint64(text)
		c.rows = append(c.rows, t)
	}
	if all {
		c.renewed = len(c.rows)
	}
	return rows.Err()
}

// forgetGone drops rows that went. A transaction that found them gone may have removed them
// itself and have been rolled back since.
func (c *campaignTexts) forgetGone(tx *sql.Tx) error {
	if len(c.gone) == 0 {
		return nil
	}
	rows, err := tx.Query(`SELECT id FROM incident_text WHERE id IN `+anyID, listOf(c.gone))
	if err != nil {
		return fmt.Errorf("read the campaigns' texts: %w", err)
	}
	back, err := ints(rows)
	if err != nil {
		return fmt.Errorf("read the campaigns' texts: %w", err)
	}
	c.rows = slices.DeleteFunc(c.rows, func(t campaignText) bool {
		return slices.Contains(c.gone, t.id) && !slices.Contains(back, t.id)
	})
	c.gone = nil
	return nil
}

// add notes a row that was inserted in the transaction of the last catchUp.
func (c *campaignTexts) add(t campaignText) { c.added = append(c.added, t) }

// maxNear bounds how many texts near returns.
const maxNear = 64

// maxGone bounds how many rows one transaction finds gone; the next one begins without them.
const maxGone = 1024

// near returns the ids of other incidents' rows whose text is nearly the same, the newest
// first and one for each text: incidents with one and the same text share a case already.
func (c *campaignTexts) near(tx *sql.Tx, t campaignText) (ids []int64, err error) {
	seen := make(map[uint64]bool)
	for _, list := range [][]campaignText{c.added, c.rows} {
		for i := len(list) - 1; i >= 0 && len(ids) < maxNear && len(c.gone) < maxGone; i-- {
			o := &list[i]
			if o.incident == t.incident || !analyzer.SameText(o.text, t.text) || seen[o.text] {
				continue
			}
			// A dismissed incident's row must not hide an older one of the same text.
			var here bool
			if err := tx.QueryRow(`SELECT EXISTS (SELECT 1 FROM incident_text WHERE id = ?)`,
				o.id).Scan(&here); err != nil {
				return nil, fmt.Errorf("read the campaigns' texts: %w", err)
			}
			if !here {
				c.gone = append(c.gone, o.id)
				continue
			}
			seen[o.text] = true
			ids = append(ids, o.id)
		}
	}
	return ids, nil
}
