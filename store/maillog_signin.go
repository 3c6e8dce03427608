package store

import (
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// seenBefore notes that an event counts, and says whether it has counted before.
func seenBefore(tx *sql.Tx, l *ledger.LogLogin) (bool, error) {
	if l.ID == "" {
		return false, nil
	}
	sum := sha256.Sum256([]byte(l.ID))
	n, err := affected(tx.Exec(`INSERT INTO signin_seen (key, at) VALUES (?, ?)
		ON CONFLICT DO NOTHING`,
		int64(binary.BigEndian.Uint64(sum[:8])), l.At.Unix()))
	if err != nil {
		return false, fmt.Errorf("note event: %w", err)
	}
	return n == 0, nil
}

// crowding are the results that are counted together where there are many in an hour. Whoever
// has taken an account over may also make rules without end.
func crowding(r analyzer.LoginResult) []analyzer.LoginResult {
	if r.Failed() {
		return failures
	}
	return []analyzer.LoginResult{r}
}

// Flags of a row of login.
const (
	flagLegacy = 1 << iota
	flagOutside
	flagHides
)

func loginFlags(l *analyzer.Login) (flags int) {
	for flag, set := range map[int]bool{flagLegacy: l.Legacy, flagOutside: l.Outside, flagHides: l.Hides} {
		if set {
			flags |= flag
		}
	}
	return flags
}

func setFlags(l *analyzer.Login, flags int) {
	l.Legacy, l.Outside, l.Hides = flags&flagLegacy != 0, flags&flagOutside != 0, flags&flagHides != 0
}

// seen forgets which events have counted, once they are older than what is kept of them.
func (s *purge) seen() error {
	const old = `SELECT at, key, 1
		FROM signin_seen
		WHERE (at, key) > (?1, ?2)
		  AND at < ?4
		ORDER BY at, key
		LIMIT ?3`
	return s.oldest(old, []any{s.before}, func(keys []int64) error {
		_, err := s.steps(keys, deletion(`DELETE FROM signin_seen WHERE key IN `+anyID))
		return err
	})
}
