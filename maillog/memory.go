package maillog

import (
	"net/netip"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// guess names one attempt to log in, and the password database that judged it, "" when the
// service in front of it reports.
type guess struct {
	account  string // as the line has it
	client   netip.Addr
	session  string // "" for none
	database string
}

// attempt is what lines of one attempt have in common.
type attempt struct {
	account string
	client  netip.Addr
	session string
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
	pending map[string]ledger.Outcome // by process of a session
	tallies map[attempt]*tally
	ends    map[string][]ledger.LogLine // outcomes by queue id
	kept    int                         // of them
	since   time.Time                   // when all three were begun
}

// tally counts what each database said of one attempt.
type tally struct {
	told  map[string]int // by database
	most  int            // what was counted: the highest of them
	other bool           // a database refused it whatever the password, or could not judge
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
	if e.guess.account != "" {
		if n := m.fresh(&e); n == 0 {
			e.login = nil
		} else if e.login != nil {
			e.login.Count = n
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

// fresh returns how many attempts of a line no database has told of yet: each of several
// passdbs refuses one wrong password in a line of its own, while a second password is told by
// the same database again. The service in front only says that it was refused, also where a
// database has said that the account is locked, or that it could not judge.
func (m *memory) fresh(e *entry) int {
	g := e.guess
	key := attempt{strings.ToLower(g.account), g.client, g.session}
	t := m.tallies[key]
	n := 0
	if e.login != nil {
		n = e.login.Count
	}
	switch {
	case len(g.account)+len(g.session) > maxKey:
		return n
	case g.database == "" && t != nil && t.other && e.login.Result == analyzer.LoginFailure:
		return 0
	case g.database == "" || n == 0 && !e.trouble:
		return n
	case t == nil:
		t = &tally{told: make(map[string]int)}
		if m.tallies == nil {
			m.tallies = make(map[attempt]*tally)
		}
		m.tallies[key] = t
	}
	t.other = t.other || e.trouble || e.login.Result == analyzer.LoginLockout
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
