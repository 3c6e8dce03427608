package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
)

// Logs overlap: what is in mail.log is in journald and often in syslog too, and whoever changes
// from one to another, or follows two, reads every attempt twice. So the attempts of a row of
// login are counted for each log, and the highest count is the row's.

// attempts is how many attempts a log told of: by the password database, and by services in front
// of it.
type attempts [2]int

// logCounts are the counts of a row by log.
type logCounts map[string]attempts

// maxLogs bounds how many logs a row counts for; the rest are one.
const maxLogs = 8

// rotation is what a log's name gets when it is rotated and compressed: "mail.log.1",
// "mail.log.2.gz", "mail.log-20261124", "mail-20261124.log".
var rotation = regexp.MustCompile(`[.-][0-9][0-9.-]*(\.log)?(\.gz|\.bz2)?$|(\.gz|\.bz2)$`)

// logName is the name that a log keeps through its rotations, wherever it lies.
func logName(source string) string {
	name := filepath.Base(source)
	return rotation.ReplaceAllString(name, "$1")
}

// with adds attempts that a log told of, and returns how many the row has.
func (c logCounts) with(source string, add attempts) (most attempts) {
	name := logName(source)
	if _, known := c[name]; !known && len(c) >= maxLogs {
		name = "*"
	}
	sum := c[name]
	c[name] = attempts{sum[0] + add[0], sum[1] + add[1]}
	for _, t := range c {
		most = attempts{max(most[0], t[0]), max(most[1], t[1])}
	}
	return most
}

// addTo adds an attempt to a row.
func (r *loginRow) addTo(tx *sql.Tx, id int64) error {
	var was attempts
	var text string
	if err := tx.QueryRow(`SELECT backend, front, sources FROM login WHERE id = ?`, id).
		Scan(&was[0], &was[1], &text); err != nil {
		return err
	}
	counts := logCounts{}
	if text == "" {
		counts[logName(r.source)] = was
	} else if err := json.Unmarshal([]byte(text), &counts); err != nil {
		return fmt.Errorf("read the counts of login %d: %w", id, err)
	}
	now := counts.with(r.source, attempts{r.backend, r.front})
	data, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	_, err = tx.Exec(`UPDATE login SET
			at = min(at, ?1),
			last = max(last, ?1),
			backend = ?2,
			front = ?3,
			sources = ?4,
			service = CASE WHEN service = 'auth' THEN ?5 ELSE service END
		WHERE id = ?6`, r.l.At.Unix(), now[0], now[1], string(data), r.l.Service, id)
	return err
}
