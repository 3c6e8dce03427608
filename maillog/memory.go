package maillog

import (
	"time"

	"hisseki/ledger"
)

// guess names one attempt to log in, and the password database that judged it.
type guess struct {
	attempt  string // account, address and session, as the line has them
	database string
}

// Bounds of what is remembered of earlier lines.
const (
	maxRemembered = 4096
	maxKey        = 512 // bytes
	// rememberFor is how long databases need to judge one attempt, and a session to begin a
	// mail after a rule has judged it.
	rememberFor = 5 * time.Minute
)

// memory is what of a log's earlier lines the later ones need. It belongs to one source.
type memory struct {
	last    entry
	pending map[string]ledger.Outcome   // by process of a session
	tallies map[string]*tally           // by attempt
	ends    map[string][]ledger.LogLine // outcomes by queue id
	kept    int                         // of them
	since   time.Time                   // when all three were begun
}

// tally counts what each database said of one attempt.
type tally struct {
	told map[string]int // by database
	most int            // what was counted: the highest of them
}

// resolve completes an entry with what was read before it.
func (m *memory) resolve(e entry) entry {
	if e.again > 0 {
		return m.repeat(e)
	}
	m.age(e.at)
	if e.session != "" {
		e = m.inSession(e)
	}
	if e.login != nil && e.guess.attempt != "" {
		if e.login.Count = m.fresh(e.guess, e.login.Count); e.login.Count == 0 {
			e.login = nil
		}
	}
	e.lines = m.follow(e.lines)
	m.last = e
	return e
}

// follow adds what was said of a later queue id before its mail was known to be the same: a
// content filter's mail may be delivered before the filter has told that it gave it back.
func (m *memory) follow(lines []ledger.LogLine) []ledger.LogLine {
	for _, l := range lines {
		if l.Event == ledger.LogRequeued {
			for _, end := range m.ends[l.Next] {
				if end.At.Before(l.At) {
					end.At = l.At
				}
				lines = append(lines, end)
			}
			continue
		}
		if l.Event == ledger.LogOutcome {
			if m.ends == nil {
				m.ends, m.kept = make(map[string][]ledger.LogLine), 0
			}
			m.ends[l.QueueID] = append(m.ends[l.QueueID], l)
			m.kept++
		}
	}
	return lines
}

// repeat makes "last message repeated 4 times" four more of what the line before said of a
// login; what it said of a mail is so anyhow.
func (m *memory) repeat(e entry) entry {
	out := entry{kind: m.last.kind, at: e.at}
	if m.last.login != nil {
		again := *m.last.login
		again.At, again.Count = e.at, again.Count*e.again
		out.login = &again
	}
	return out
}

// inSession remembers what a rule said before the mail had a queue id, as smtpd's "NOQUEUE:
// hold: ...", and adds it when the mail has one.
func (m *memory) inSession(e entry) entry {
	if e.pending != "" {
		if m.pending == nil {
			m.pending = make(map[string]ledger.Outcome)
		}
		m.pending[e.session] = e.pending
		return e
	}
	if outcome, ok := m.pending[e.session]; ok && e.mail != "" {
		delete(m.pending, e.session)
		e.kind = telling
		e.lines = append(e.lines, ledger.LogLine{Event: ledger.LogOutcome, QueueID: e.mail, At: e.at,
			Outcome: outcome})
	}
	return e
}

// fresh returns how many of n attempts no database has told of yet: each of several passdbs
// refuses one wrong password in a line of its own. A second password is told by the same
// database again.
func (m *memory) fresh(g guess, n int) int {
	if len(g.attempt) > maxKey {
		return n
	}
	if m.tallies == nil {
		m.tallies = make(map[string]*tally)
	}
	t := m.tallies[g.attempt]
	if t == nil {
		t = &tally{told: make(map[string]int)}
		m.tallies[g.attempt] = t
	}
	t.told[g.database] += n
	news := max(t.told[g.database]-t.most, 0)
	t.most += news
	return news
}

// age forgets all when it is long ago or much.
func (m *memory) age(now time.Time) {
	if now.Sub(m.since).Abs() > rememberFor ||
		len(m.pending)+len(m.tallies)+m.kept > maxRemembered {
		m.since, m.pending, m.tallies, m.ends, m.kept = now, nil, nil, nil, 0
	}
}
