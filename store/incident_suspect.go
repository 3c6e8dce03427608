package store

import (
	"cmp"
	"context"
	"maps"
	"net/netip"
	"slices"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

const (
	// maxSuspects bounds how many mails a scope lists. They are found where the attack was, so
	// more of them means that a trait is nobody's.
	maxSuspects = 5000
	// maxLookedAt bounds how many mails are looked at to find them.
	maxLookedAt = 20_000
)

// glimpse is what of a sender's own mail says at once whether it may be a suspect.
type glimpse struct {
	id   int64
	at   time.Time
	text uint64
	from netip.Addr

	unjudged bool
}

// own returns the newest mail of a sender since a time, at most so many, oldest first.
func (db *DB) own(ctx context.Context, sender string, since time.Time, most int) ([]glimpse, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT id, at, simhash, client, would = 'unjudged'
		FROM journal
		WHERE sender = ?
		  AND at >= ?
		ORDER BY at DESC, id DESC
		LIMIT ?`, sender, unix(since), most)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []glimpse
	for rows.Next() {
		var g glimpse
		var at, text int64
		var client string
		if err := rows.Scan(&g.id, &at, &text, &client, &g.unjudged); err != nil {
			return nil, err
		}
		g.at, g.text = time.Unix(at, 0).UTC(), uint64(text)
		if client != "" {
			g.from, _ = netip.ParseAddr(client)
		}
		out = append(out, g)
	}
	slices.Reverse(out)
	return out, rows.Err()
}

// attack is what the mail of one incident showed.
type attack struct {
	trail    *analyzer.Trail
	since    time.Time // of the mail to be looked at
	own      []glimpse
	texts    []uint64
	networks map[netip.Prefix]bool // that were new to the sender
}

// attacks is what the incidents of a scope showed, and where each thing was seen: which of
// list, rising.
type attacks struct {
	list              []attack
	key               map[int64][]int
	client, ofAccount map[string][]int
}

// add takes an incident in, with its holds and its sender's own mail. Mail that was found by
// its likeness, or that is the owner's after all, shows nothing.
func (x *attacks) add(i *ledger.Incident, holds []ledger.Hold, own []glimpse, since time.Time) {
	a := attack{since: since, own: own, networks: make(map[netip.Prefix]bool)}
	n := len(x.list)
	var mails []*analyzer.Record
	for k := range holds {
		h := &holds[k]
		if !h.OfAttack() {
			continue
		}
		mails = append(mails, h.Record)
		if !slices.Contains(a.texts, h.Record.Observation.SimHash) {
			a.texts = append(a.texts, h.Record.Observation.SimHash)
		}
		for _, key := range h.Record.Observation.Marks {
			note(x.key, int64(key), n)
		}
		if h.Record.Verdict.Shows(analyzer.NetworkNew) {
			a.networks[network(h.Record.Envelope.Client)] = true
			note(x.client, h.Record.Envelope.Client.String(), n)
		}
	}
	if len(mails) == 0 {
		return
	}
	note(x.ofAccount, i.Sender, n)
	a.trail = analyzer.NewTrail(mails)
	x.list = append(x.list, a)
}

// note adds a number to a rising list, once.
func note[K comparable](m map[K][]int, key K, n int) {
	if list := m[key]; len(list) == 0 || list[len(list)-1] != n {
		m[key] = append(list, n)
	}
}

// network is an address's network as it is looked at in a mail.
func network(a netip.Addr) netip.Prefix {
	bits := 24
	if a = a.Unmap(); a.Is6() {
		bits = 48
	}
	p, _ := a.Prefix(bits) // none of no address
	return p
}

// suspects looks at the past again with what the incidents' mail showed: the senders' own
// mail with the same link, text or new network, and anybody's with the same link or from the
// very same address. They come oldest first. Mail that an incident keeps is not among them.
func (db *DB) suspects(ctx context.Context, x *attacks, far reach, s *ledger.Scope) error {
	found, err := db.suspectIDs(ctx, x, far)
	if err != nil {
		return err
	}
	s.Unread.Suspects = found.all - len(found.ids)
	s.Unread.More = s.Unread.More || found.more
	for part := range slices.Chunk(found.ids, 500) {
		records, err := db.records(ctx, part)
		if err != nil {
			return err
		}
		for _, r := range records {
			if len(s.Suspects) == maxSuspects {
				s.Unread.More = true
				return nil
			}
			if x, ok := x.suspect(r); ok {
				s.Suspects = append(s.Suspects, x)
			}
		}
	}
	return nil
}

// suspect says what a mail shares with the first incident that it shares something with.
func (x *attacks) suspect(r *analyzer.Record) (ledger.Suspect, bool) {
	e := &r.Envelope
	near := slices.Concat(x.ofAccount[e.Sender], x.client[e.Client.String()])
	for _, key := range r.Observation.Marks {
		near = append(near, x.key[int64(key)]...)
	}
	slices.Sort(near)
	for _, n := range slices.Compact(near) {
		a := &x.list[n]
		if e.Time.Before(a.since) {
			continue
		}
		if r.Verdict.Would == analyzer.Unjudged && slices.Contains(x.ofAccount[e.Sender], n) {
			return ledger.Suspect{Record: r, Traits: []analyzer.Trait{analyzer.NotJudged}}, true
		}
		if traits := a.trail.Traits(&r.Observation); len(traits) > 0 {
			return ledger.Suspect{Record: r, Traits: traits,
				Points: analyzer.Rescore(r, traits)}, true
		}
	}
	return ledger.Suspect{}, false
}

// suspectIDs returns the mail that should be read whole, oldest first.
func (db *DB) suspectIDs(ctx context.Context, x *attacks, far reach) (found foundSuspects, err error) {
	if len(x.list) == 0 {
		return found, nil
	}
	since := x.list[0].since
	own := make(map[int64]bool)
	for n := range x.list {
		a := &x.list[n]
		if a.since.Before(since) {
			since = a.since
		}
		for _, g := range a.own {
			if g.unjudged || a.networks[network(g.from)] && g.from.IsValid() ||
				slices.ContainsFunc(a.texts, func(t uint64) bool {
					return analyzer.SameText(t, g.text)
				}) {
				own[g.id] = true
			}
		}
	}
	alike, cut, err := db.ofClients(ctx, slices.Sorted(maps.Keys(x.client)), since, far)
	if err != nil {
		return found, err
	}
	for id := range own {
		alike = append(alike, id)
	}
	slices.Sort(alike)
	found, err = db.alike(ctx, slices.Compact(alike), slices.Sorted(maps.Keys(x.key)), since, far)
	found.more = found.more || cut
	return found, err
}

// allAlike returns the newest mail of a list and with some marks that no incident keeps, as far as it is
// looked at, oldest first.
func (db *DB) allAlike(ctx context.Context, alike, keys []int64, since time.Time) ([]int64, error) {
	rows, err := db.read.QueryContext(ctx, `WITH found AS (
			SELECT CAST(value AS BIGINT) AS id FROM json_each(?1)
			UNION
			SELECT m.journal FROM json_each(?2) k CROSS JOIN mark m WHERE m.key = CAST(k.value AS BIGINT))
		SELECT j.id
		FROM found f
		CROSS JOIN journal j
		WHERE j.id = f.id
		  AND j.at >= ?3
		  AND NOT EXISTS (SELECT 1
			FROM hold h
			WHERE h.journal = j.id
			  AND h.incident IS NOT NULL)
		ORDER BY j.at DESC, j.id DESC
		LIMIT ?4`, listOf(alike), listOf(keys), unix(since), maxLookedAt)
	if err != nil {
		return nil, err
	}
	ids, err := ints(rows)
	slices.Reverse(ids)
	return ids, err
}

// ofClients returns the newest mail that came from each of some addresses, and whether there may be more.
// Each address is asked for by itself: in one statement PostgreSQL looked at the whole journal for every one.
func (db *DB) ofClients(ctx context.Context, clients []string, since time.Time, far reach) (ids []int64, cut bool, err error) {
	type seen struct{ at, id int64 }
	var list []seen
	cut = len(clients) > far.clients
	clients = clients[:min(len(clients), far.clients)]
	newest := func() {
		slices.SortFunc(list, func(a, b seen) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(b.id, a.id)) })
		cut = cut || len(list) > far.ofClients
		list = list[:min(len(list), far.ofClients)]
	}
	one := func(client string) error {
		rows, err := db.read.QueryContext(ctx, `SELECT at, id
			FROM journal
			WHERE client = ?
			  AND client != ''
			  AND at >= ?
			ORDER BY at DESC
			LIMIT ?`, client, unix(since), far.ofClient)
		if err != nil {
			return err
		}
		defer rows.Close()
		had := len(list)
		for rows.Next() {
			var s seen
			if err := rows.Scan(&s.at, &s.id); err != nil {
				return err
			}
			list = append(list, s)
		}
		cut = cut || len(list)-had == far.ofClient
		return rows.Err()
	}
	for _, client := range clients {
		if err := one(client); err != nil {
			return nil, false, err
		}
		if len(list) > 2*far.ofClients {
			newest()
		}
	}
	newest()
	for _, s := range list {
		ids = append(ids, s.id)
	}
	return ids, cut, nil
}

// records returns recorded mails with their recipients, in order of time.
func (db *DB) records(ctx context.Context, ids []int64) ([]*analyzer.Record, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT
			`+recordColumns+recipientsColumn+`
		FROM journal j
		WHERE j.id IN `+anyID, listOf(ids))
	if err != nil {
		return nil, err
	}
	out, err := db.addressed(rows)
	slices.SortFunc(out, func(a, b *analyzer.Record) int {
		return cmp.Or(a.Envelope.Time.Compare(b.Envelope.Time), cmp.Compare(a.ID, b.ID))
	})
	return out, err
}
