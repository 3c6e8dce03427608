package store

import (
	"context"
	"fmt"

	"hisseki/ledger"
)

// lately is how many of the newest mails are looked at for MTAs.
const lately = 20_000

// MTAs returns what is known of each MTA host that had one of the newest 20,000 mails, keeps
// mail for us, or has an agent.
func (db *DB) MTAs(ctx context.Context) ([]ledger.MTA, error) {
	rows, err := db.read.QueryContext(ctx, `WITH
		judged AS (SELECT host, count(*) AS mails, max(at) AS last,
				max(CASE WHEN class = 'account' THEN at ELSE 0 END) AS account
			FROM (SELECT host, at, class, queue_id
				FROM journal
				WHERE at != 0
				ORDER BY at DESC
				LIMIT ?1) newest
			WHERE host != '' OR queue_id != '' -- else it was taught from an archive
			GROUP BY host),
		waiting AS (SELECT j.host, count(*) AS holds
			FROM hold h
			JOIN journal j ON j.id = h.journal
			WHERE h.state IN (SELECT value FROM json_each(?2))
			GROUP BY j.host)
		SELECT
			m.host,
			coalesce(j.mails, 0),
			coalesce(j.last, 0),
			coalesce(j.account, 0),
			coalesce(w.holds, 0),
			coalesce(b.at, 0)
		FROM (SELECT host FROM judged UNION SELECT host FROM waiting
			UNION SELECT host FROM heartbeat) m
		LEFT JOIN judged j ON j.host = m.host
		LEFT JOIN waiting w ON w.host = m.host
		LEFT JOIN heartbeat b ON b.host = m.host
		ORDER BY m.host`, lately, listOf(ledger.InQueue))
	if err != nil {
		return nil, fmt.Errorf("read MTA hosts: %w", err)
	}
	defer rows.Close()
	var list []ledger.MTA
	for rows.Next() {
		var m ledger.MTA
		var last, account, beat int64
		if err := rows.Scan(&m.Host, &m.Mails, &last, &account, &m.Waiting, &beat); err != nil {
			return nil, fmt.Errorf("read MTA hosts: %w", err)
		}
		m.Last, m.Account, m.Beat = fromUnix(last), fromUnix(account), fromUnix(beat)
		list = append(list, m)
	}
	return list, rows.Err()
}
