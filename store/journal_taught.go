package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	// liveReach is how far the time in a mail's header and that of its recording are apart at
	// most: a PC's clock, a mail that waited in the outbox.
	liveReach = time.Hour
	// liveRows bounds the mails of a busy sender that are looked at for one Message-ID.
	liveRows = 2000
)

// Taught says whether a sender's mail with a Message-ID was taught from an archive, whenever,
// or recorded within an hour of a time. Mail that serve recorded and that the journal has
// purged since is not known any more.
func (db *DB) Taught(ctx context.Context, sender, messageID string, at time.Time) (bool, error) {
	salt, err := db.Salt(ctx)
	if err != nil {
		return false, err
	}
	var known bool
	err = db.read.QueryRowContext(ctx, `SELECT
			EXISTS (SELECT 1 FROM taught WHERE sender = ?1 AND key = ?2)
			OR EXISTS (SELECT 1
				FROM (SELECT message_id
					FROM journal
					WHERE sender = ?1
					  AND at >= ?3
					  AND at <= ?4
					LIMIT ?5) near
				WHERE message_id = ?6)`,
		sender, taughtKey(salt, sender, messageID), at.Add(-liveReach).Unix(), at.Add(liveReach).Unix(), liveRows, messageID).
		Scan(&known)
	return known, wrapped("look for mail that was taught before", err)
}

// NoteTaught notes mail as taught from an archive: the Message-IDs of each sender.
func (db *DB) NoteTaught(ctx context.Context, mails map[string][]string) error {
	type row struct {
		sender string
		key    int64
	}
	salt, err := db.Salt(ctx)
	if err != nil {
		return err
	}
	var rows []row
	for sender, ids := range mails {
		for _, id := range ids {
			rows = append(rows, row{sender, taughtKey(salt, sender, id)})
		}
	}
	err = db.update(ctx, func(tx *sql.Tx) error {
		for _, r := range rows {
			if _, err := tx.Exec(`INSERT INTO taught (sender, key) VALUES (?, ?)
		ON CONFLICT DO NOTHING`, r.sender,
				r.key); err != nil {
				return err
			}
		}
		return nil
	})
	return wrapped("note what was taught", err)
}

// taughtKey is a hash that only this store can make: a Message-ID is not kept as it is
// beyond what the journal keeps.
func taughtKey(salt []byte, sender, messageID string) int64 {
	h := hmac.New(sha256.New, salt)
	fmt.Fprintf(h, "%s\x00%s", sender, messageID)
	return int64(binary.BigEndian.Uint64(h.Sum(nil)))
}
