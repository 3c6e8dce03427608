package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"hisseki/baseline"
	"hisseki/ledger"
)

// reach is how far a look at incidents goes, in rows. What is not reached the scope says.
type reach struct {
	mails, to int // of one incident, and their recipients; 0 is all
	whole     int // of these, that are read with all that was seen in them
	own       int // mails of one sender
	clients   int // addresses that suspects are looked for by
	ofClient  int // mails of one address
	ofClients int // mails of all addresses, about
	keys      int // marks that suspects are looked for by; 0 is all
	alike     int // suspects that are read; 0 is as many as are looked at
	sent      int // mails that are asked whether somebody else sent a link before
	logins    [3]int
}

var (
	// wholeReach is that of a report, which may take seconds. Where webmail names nobody's address all
	// mail comes from one.
	wholeReach = reach{own: 100_000, clients: 1 << 30, ofClient: 5000, ofClients: maxLookedAt, sent: 100_000, logins: loginsShown}
	// glanceReach is that of what somebody waits for: a page, a command. Of each list the oldest say when
	// it began and the newest what goes on.
	glanceReach = reach{mails: 1000, to: 2500, whole: 200, own: 2000, clients: 20, ofClient: 500, ofClients: 2000,
		keys: 100, alike: 200, sent: 4000, logins: [3]int{200, 200, 200}}
)

// Glance returns what is known of an incident, which must be there, as far as it can be read while
// somebody waits: the scope says what of it was not.
func (db *DB) Glance(ctx context.Context, incident int64) (*ledger.Scope, error) {
	return db.scope(ctx, glanceReach, incident)
}

// holds returns an incident's mail: of much the oldest and the newest, and of these but a few without what
// was seen in them.
func (c *collector) holds(ctx context.Context, i *ledger.Incident) ([]ledger.Hold, error) {
	if c.far.mails == 0 {
		return c.db.Holds(ctx, ledger.HoldFilter{Incident: i.ID})
	}
	ids, err := c.db.holdEnds(ctx, i.ID, c.far)
	if err != nil {
		return nil, err
	}
	c.scope.Unread.Mails += max(0, i.Holds-len(ids))
	if len(ids) <= c.far.whole {
		return c.db.Holds(ctx, ledger.HoldFilter{IDs: ids})
	}
	nothing, err := (&baseline.Observation{}).MarshalBinary()
	if err != nil {
		return nil, err
	}
	list, err := c.db.holdsWith(ctx, ledger.HoldFilter{IDs: ids}, recordOutline, nothing)
	if err != nil {
		return nil, err
	}
	c.scope.Unread.More = true // the attack is known by some of its mail
	return list, c.fill(ctx, list)
}

// fill reads the oldest and the newest of some mails whole, and the one by which the attack was noticed.
func (c *collector) fill(ctx context.Context, list []ledger.Hold) error {
	half := c.far.whole / 2
	var ids []int64
	at := make(map[int64]int)
	take := func(k int) {
		id := list[k].Record.ID
		if _, ok := at[id]; !ok {
			ids, at[id] = append(ids, id), k
		}
	}
	for k := range half {
		take(k)
		take(len(list) - 1 - k)
	}
	if k := slices.IndexFunc(list, func(h ledger.Hold) bool { return h.Notices() }); k >= 0 {
		take(k)
	}
	records, err := c.db.records(ctx, ids)
	for _, r := range records {
		h := &list[at[r.ID]]
		r.Excerpt, h.Record = h.Excerpt, r
	}
	return err
}

// recordOutline is recordColumns without what was seen in a mail; its argument is an observation of nothing.
var recordOutline = strings.Replace(recordColumns, "j.observation, j.detail, j.evidence", "?, '{}', ''", 1)

// holdEnds returns the oldest and the newest of an incident's holds, rising, and no more than a reach has
// room for the recipients of.
func (db *DB) holdEnds(ctx context.Context, incident int64, far reach) ([]int64, error) {
	const end = `SELECT id FROM (SELECT id FROM hold WHERE incident = ?1 ORDER BY id %s LIMIT ?2) %s`
	rows, err := db.read.QueryContext(ctx, `SELECT h.id,
			(SELECT count(*) FROM (SELECT 1 FROM recipient WHERE journal = h.journal LIMIT ?3) r)
		FROM hold h
		WHERE h.id IN (`+fmt.Sprintf(end, "", "a")+" UNION "+fmt.Sprintf(end, "DESC", "b")+`)
		ORDER BY h.id`, incident, far.mails/2, far.to)
	if err != nil {
		return nil, fmt.Errorf("read the incident's mail: %w", err)
	}
	defer rows.Close()
	var ids []int64
	var to []int
	for rows.Next() {
		var id int64
		var n int
		if err := rows.Scan(&id, &n); err != nil {
			return nil, fmt.Errorf("read the incident's mail: %w", err)
		}
		ids, to = append(ids, id), append(to, n)
	}
	return ends(ids, to, far.to), wrapped("read the incident's mail", rows.Err())
}

// ends takes from both ends of a list, in turn, as long as their weights have room; one it takes always.
func ends(ids []int64, weights []int, room int) []int64 {
	low, high := 0, len(ids)
	for first := true; low < high; first = !first {
		k := low
		if !first {
			k = high - 1
		}
		if room -= weights[k]; room < 0 && high-low < len(ids) {
			break
		}
		if first {
			low++
		} else {
			high--
		}
	}
	return slices.Concat(ids[:low], ids[high:])
}

// foundSuspects is the mail that may be suspect.
type foundSuspects struct {
	ids  []int64 // that should be read whole, rising in time
	all  int     // that was found
	more bool    // that there may be
}

// alike returns the mail of a list and with some marks that no incident keeps.
func (db *DB) alike(ctx context.Context, list, keys []int64, since time.Time, far reach) (found foundSuspects, err error) {
	if far.alike == 0 {
		found.ids, err = db.allAlike(ctx, list, keys, since)
		found.all, found.more = len(found.ids), len(found.ids) == maxLookedAt
		return found, err
	}
	found.more = len(keys) > far.keys
	keys = keys[:min(len(keys), far.keys)]
	first, err := db.firstSince(ctx, since)
	if err != nil {
		return found, err
	}
	each := maxLookedAt / 2 / max(1, len(keys))
	rows, err := db.read.QueryContext(ctx, alikeQuery, listOf(list), listOf(keys), first, each, far.alike/2)
	if err != nil {
		return found, err
	}
	defer rows.Close()
	for rows.Next() {
		var kind int
		var n int64
		if err := rows.Scan(&kind, &n); err != nil {
			return found, err
		}
		switch kind {
		case 0:
			found.more = found.more || n > int64(2*each)
		case 1:
			found.all = int(n)
		default:
			found.ids = append(found.ids, n)
		}
	}
	return found, rows.Err()
}

// alikeQuery counts what is alike, and has the oldest and the newest of it: so many of a mark are looked at
// from either end.
const alikeQuery = `WITH marked AS (
		SELECT m.journal AS id
		FROM json_each(?2) k
		CROSS JOIN mark m
		WHERE m.key = CAST(k.value AS BIGINT)
		  AND m.journal >= ?3
		  AND m.journal <= coalesce((SELECT n.journal
			FROM mark n
			WHERE n.key = CAST(k.value AS BIGINT) AND n.journal >= ?3
			ORDER BY n.journal
			LIMIT 1 OFFSET ?4), 9223372036854775807)
		UNION
		SELECT m.journal
		FROM json_each(?2) k
		CROSS JOIN mark m
		WHERE m.key = CAST(k.value AS BIGINT)
		  AND m.journal >= coalesce((SELECT n.journal
			FROM mark n
			WHERE n.key = CAST(k.value AS BIGINT) AND n.journal >= ?3
			ORDER BY n.journal DESC
			LIMIT 1 OFFSET ?4), ?3)),
	found AS MATERIALIZED (
		SELECT f.id
		FROM (SELECT CAST(value AS BIGINT) AS id FROM json_each(?1) UNION SELECT id FROM marked) f
		WHERE NOT EXISTS (SELECT 1
			FROM hold h
			WHERE h.journal = f.id
			  AND h.incident IS NOT NULL))
	SELECT 0 AS kind, count(*) AS n FROM marked
	UNION ALL
	SELECT 1, count(*) FROM found
	UNION ALL
	SELECT 2, id FROM (
		SELECT id FROM (SELECT id FROM found ORDER BY id LIMIT ?5) oldest
		UNION
		SELECT id FROM (SELECT id FROM found ORDER BY id DESC LIMIT ?5) newest) ends
	ORDER BY 1, 2`

// firstSince returns an id below which no mail came since a time. Ids rise with time, but for mail of
// connections that meet, and a clock that was set back.
func (db *DB) firstSince(ctx context.Context, since time.Time) (id int64, err error) {
	const about = 1000
	err = db.read.QueryRowContext(ctx, `SELECT coalesce(min(id), 0)
		FROM (SELECT id FROM journal WHERE at >= ? ORDER BY at LIMIT ?) f`, unix(since), about).Scan(&id)
	return id, err
}

// paceStep divides every width of a report's chart.
const paceStep = 5 * time.Minute

// pace returns when a sender sent mail in [since, until), to paceStep: of more than maxPace the newest.
func (db *DB) pace(ctx context.Context, sender string, since, until time.Time) ([]time.Time, error) {
	const maxPace = 20_000
	rows, err := db.read.QueryContext(ctx, `SELECT at / ?5, count(*)
		FROM (SELECT at
			FROM journal
			WHERE sender = ?1
			  AND at >= ?2
			  AND at < ?3
			ORDER BY at DESC
			LIMIT ?4) own
		GROUP BY 1
		ORDER BY 1`, sender, unix(since), unix(until), maxPace, int64(paceStep/time.Second))
	if err != nil {
		return nil, fmt.Errorf("count mail of %s: %w", sender, err)
	}
	defer rows.Close()
	var out []time.Time
	for rows.Next() {
		var step int64
		var n int
		if err := rows.Scan(&step, &n); err != nil {
			return nil, fmt.Errorf("count mail of %s: %w", sender, err)
		}
		at := time.Unix(step*int64(paceStep/time.Second), 0).UTC()
		out = append(out, slices.Repeat([]time.Time{at}, n)...)
	}
	return out, wrapped("count mail of "+sender, rows.Err())
}
