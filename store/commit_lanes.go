package store

// lanes keep long writes from holding up short ones. A record of a thousand recipients takes as
// long as fifty ordinary ones, and an account may have fifty such mails at once: each waits until
// no short write does, or for a few commits of these, and its sender's later mail waits behind it,
// for one sender's records are written in the order in which they were begun. The committer's.
type lanes struct {
	long   map[string][]job // by sender, in order
	turns  []string         // of the senders in long; the first is next
	passed int              // commits of short writes since the last long one
}

// mostPassed is how many commits of short writes pass a long one, which goes with the next: where a
// sync takes long, a commit of its own would hold up more than it.
const mostPassed = 3

// Rows are counted roughly: what a write inserts at random places of an index counts as four.
const (
	longRows  = 200  // of one write: it does not go with others' short ones
	batchRows = 1000 // of all that share a transaction
)

// take keeps a long write, and what must come behind one.
func (l *lanes) take(j job) bool {
	list := l.long[j.sender]
	if j.rows < longRows && len(list) == 0 {
		return false
	}
	if l.long == nil {
		l.long = make(map[string][]job)
	}
	if len(list) == 0 {
		l.turns = append(l.turns, j.sender)
	}
	l.long[j.sender] = append(list, j)
	return true
}

func (l *lanes) waiting() bool { return len(l.turns) > 0 }

// due says, before each commit of short writes, whether a long one is to go with them.
func (l *lanes) due() bool {
	if l.passed++; !l.waiting() {
		l.passed = 0
	}
	return l.passed > mostPassed
}

// next returns the writes of one sender that may share a transaction, of each sender in turn.
func (l *lanes) next() []job {
	l.passed = 0
	sender := l.turns[0]
	list := l.long[sender]
	n, rows := 1, list[0].rows
	for n < min(len(list), maxBatch) && rows+list[n].rows < longRows {
		rows += list[n].rows
		n++
	}
	l.turns = l.turns[1:]
	if l.long[sender] = list[n:]; n < len(list) {
		l.turns = append(l.turns, sender)
	} else {
		delete(l.long, sender)
	}
	return list[:n:n]
}
