package analyzer

import "hisseki/baseline"

// Elsewhere is a mail that another node judged and recorded in the same memory.
type Elsewhere struct {
	Sender string
	Recent
}

// Heard takes in what other nodes recorded, in the order of their ids: a burst over several nodes is
// one burst. It goes into the state of senders that are in memory; the rest is read with their next
// mail. Who sent a mark is read again.
func (a *Analyzer) Heard(list []Elsewhere) {
	for i := range list {
		h := &list[i]
		if len(h.Observation.Marks) > 0 {
			a.campaigns.forget(h.Observation.Marks)
		}
		a.mu.Lock()
		e, here := a.senders.peek(h.Sender)
		a.mu.Unlock()
		if here {
			a.hear(e, &h.Recent)
		}
	}
}

// hear folds a mail of another node into a sender's state, once.
func (a *Analyzer) hear(e *entry, r *Recent) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.profile == nil || r.ID <= e.heard {
		return // it is read with the next mail, or was
	}
	e.heard = r.ID
	a.shared.RLock()
	lines := a.shared.lines
	a.shared.RUnlock()
	e.state.hear(r, e.profile.Profile, lines)
	e.size.Store(e.room())
}

// hear is add for a mail that another node judged meanwhile. Its sum may not know what was added
// here, nor ours what was added there, so what it added comes on top, and the higher one counts.
func (s *state) hear(r *Recent, p *baseline.Profile, l lines) {
	at := r.Observation.At
	sum, last := s.decayed(at), s.last
	if r.Observation.Sum > 0 { // the mail raised it
		sum += min(max(0, r.Points-l.drift), l.sum*oneMail)
	}
	s.add(r, p)
	s.sum = max(s.sum, sum)
	if s.last.Before(last) { // two nodes' mails of one moment
		s.last = last
	}
}
