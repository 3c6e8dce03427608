// Package proof is what root's agent knows by itself of the mail on hold, of whom it told what,
// and of the audit log: in files that only it may write. The store is serve's and is not
// believed where mail is deleted or let go, or accounts are locked.
package proof

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"syscall"
	"time"
)

// How says how a mail came to be on hold.
type How string

// Ways onto hold.
const (
	Quarantined How = "quarantined" // the log says that a milter asked for it
	Recalled    How = "recalled"    // the agent itself had it put on hold
	// Seen is a mail that was new on hold, had just arrived and had its record, with no word of
	// the log against it: as much as can be known where no log is followed.
	Seen How = "seen"
	// Adopted was there with its record when the agent made its file.
	Adopted How = "adopted"
	Foreign How = "foreign" // anybody else's
)

// Mail is a mail on hold.
type Mail struct {
	ID      string // queue id
	Arrived int64  // unix seconds, as Postfix says it: short ids come again
	Since   int64  // unix seconds, when the agent met it
	Hold    int64  // whose mail it is, 0 for nobody's. It never becomes another's
	How     How
	Kept    bool     // it was to stay until somebody decides; else its time ends by itself
	Order   string   // signature of the decision that was last seen to be valid
	Spent   []string // those that were taken back
}

// Ours says whether hisseki put the mail on hold.
func (m *Mail) Ours() bool { return m.Hold != 0 && m.How != Foreign && m.How != "" }

// Mark is something that should not have been, for people.
type Mark struct {
	At   time.Time
	What string
}

// Told is the newest event that a hook was told of an account.
type Told struct {
	Hook, Sender string
	N            int64
}

// Bounds of the record.
const (
	maxMails  = 1 << 20 // on hold at once
	maxMarks  = 200     // the newest
	maxTold   = 100_000
	maxLogins = 100_000
	maxOf     = 20             // logins of one account
	maxLine   = 1 << 20        // bytes
	quiet     = 24 * time.Hour // the same mark is made no more often
	// slack is how long a session may take from MAIL FROM, when Postfix says that a mail arrived,
	// to the end of the message.
	slack = 10 * time.Minute
)

// entry is one line of the file: what has changed.
type entry struct {
	Mail   *Mail    `json:"mail,omitempty"`
	Gone   string   `json:"gone,omitempty"` // queue id
	Looked int64    `json:"looked,omitempty"`
	Mark   *Mark    `json:"mark,omitempty"`
	Told   *Told    `json:"told,omitempty"`
	Logins *logins  `json:"logins,omitempty"`
	Chain  *Chain   `json:"chain,omitempty"`
	Points *points  `json:"points,omitempty"`
	Rule   *Rule    `json:"rule,omitempty"`
	Unrule []string `json:"unrule,omitempty"` // subjects
}

// points are Chain.Marks from one on; what was behind is replaced.
type points struct {
	From  int
	Marks []string
}

type logins struct {
	Sender string
	Names  []string
}

// Record is the file of one agent. Its methods may be used by several goroutines.
type Record struct {
	mu     sync.Mutex
	path   string
	file   *os.File
	broken error // of writing; nothing is believed then
	lines  int   // in the file

	mails  map[string]*Mail
	looked int64 // when the hold queue was last seen, unix seconds; 0 for never
	marks  []Mark
	told   map[string]Told // by hook and sender
	logins map[string][]string
	chain  Chain
	rules  map[string]Rule
	holder map[string]holder // who put mail on hold, by the log; not kept
}

// hostName is what may be part of a file's name.
var hostName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$`)

// Open opens the record of an MTA host's agent, in the folder of the key for decisions. A
// second agent of the same host is refused.
func Open(folder, host string) (*Record, error) {
	if !hostName.MatchString(host) {
		return nil, fmt.Errorf("%.80q is not the name of a host", host)
	}
	r := &Record{path: filepath.Join(folder, "seen-"+host+".jsonl"), mails: make(map[string]*Mail),
		told: make(map[string]Told), logins: make(map[string][]string), rules: make(map[string]Rule),
		holder: make(map[string]holder)}
	var err error
	if r.file, err = lock(r.path); err != nil {
		return nil, err
	}
	if err := r.load(r.file); err != nil {
		return nil, errors.Join(err, r.file.Close())
	}
	return r, nil
}

// waitLock is how long the record of an agent that is just ending is waited for.
const waitLock = 5 * time.Second

// lock opens the file for nobody else. It is replaced now and then, so the name must still
// be the file's when the lock is got.
func lock(path string) (*os.File, error) {
	for begun := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, fmt.Errorf("open the agent's record: %w", err)
		}
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil && same(f, path) {
			return f, nil
		}
		f.Close()
		if time.Since(begun) > waitLock {
			return nil, fmt.Errorf("another agent of this host is at work: it has locked %s", path)
		}
	}
}

func same(f *os.File, path string) bool {
	have, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(have, there)
}

// Close ends the use of the record.
func (r *Record) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.file.Close()
}

// New says whether the record has just been made: no look was ever taken.
func (r *Record) New() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.looked == 0
}

// load reads the lines of a file. The last one may be cut, when the machine died.
func (r *Record) load(f io.Reader) error {
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxLine)
	var bad error
	for lines.Scan() {
		if bad != nil {
			return bad
		}
		r.lines++
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			bad = fmt.Errorf("line %d of %s is not the agent's: %w: move the file away; mail that is on"+
				" hold is then looked at as at the agent's first start", r.lines, r.path, err)
			continue
		}
		r.apply(&e)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the agent's record %s: %w", r.path, err)
	}
	if bad != nil { // cut: written anew without it
		return r.compact()
	}
	return nil
}

func (r *Record) apply(e *entry) {
	switch {
	case e.Mail != nil:
		r.mails[e.Mail.ID] = e.Mail
	case e.Gone != "":
		delete(r.mails, e.Gone)
	case e.Looked != 0:
		r.looked = e.Looked
	case e.Mark != nil:
		r.marks = Newest(append(r.marks, *e.Mark), maxMarks)
	case e.Told != nil:
		r.told[e.Told.Hook+"\n"+e.Told.Sender] = *e.Told
	case e.Logins != nil:
		r.logins[e.Logins.Sender] = e.Logins.Names
	case e.Chain != nil:
		marks := r.chain.Marks
		r.chain = *e.Chain
		r.chain.Marks = marks
	case e.Points != nil:
		kept := r.chain.Marks[:max(0, min(len(r.chain.Marks), e.Points.From))]
		r.chain.Marks = append(slices.Clone(kept), e.Points.Marks...)
	case e.Rule != nil:
		r.rules[e.Rule.Subject] = *e.Rule
	}
	for _, subject := range e.Unrule {
		delete(r.rules, subject)
	}
}

// write applies changes and keeps them on disk before it returns. When that fails nothing is
// believed any more: what was not kept could be repeated.
func (r *Record) write(list ...entry) error {
	if r.broken != nil || len(list) == 0 {
		return r.broken
	}
	var text []byte
	for i := range list {
		r.apply(&list[i])
		line, err := json.Marshal(&list[i])
		if err != nil {
			return fmt.Errorf("keep the agent's record: %w", err)
		}
		text = append(append(text, line...), '\n')
	}
	_, err := r.file.Write(text)
	if err == nil {
		err = r.file.Sync()
	}
	r.lines += len(list)
	if err == nil && r.lines > 1000+4*r.live() {
		err = r.compact()
	}
	if err != nil {
		r.broken = fmt.Errorf("keep the agent's record %s: %w", r.path, err)
	}
	return r.broken
}

func (r *Record) live() int {
	return len(r.mails) + len(r.marks) + len(r.told) + len(r.logins) + len(r.rules) + 3
}

// compact replaces the file by one with what counts today.
func (r *Record) compact() (err error) {
	tmp, err := os.OpenFile(r.path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC|os.O_APPEND|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tmp.Close())
		}
	}()
	if err := syscall.Flock(int(tmp.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return err
	}
	out := bufio.NewWriter(tmp)
	enc := json.NewEncoder(out)
	r.lines = 0
	for e := range r.all {
		if err := enc.Encode(e); err != nil {
			return err
		}
		r.lines++
	}
	if err := errors.Join(out.Flush(), tmp.Sync()); err != nil {
		return err
	}
	if err := os.Rename(r.path+".new", r.path); err != nil {
		return err
	}
	old := r.file
	r.file = tmp
	return errors.Join(syncFolder(filepath.Dir(r.path)), old.Close())
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// all yields what counts, as lines.
func (r *Record) all(yield func(entry) bool) {
	list := []entry{{Chain: &r.chain}}
	if marks := r.chain.Marks; len(marks) > 0 {
		list = append(list, entry{Points: &points{0, marks}})
	}
	if r.looked != 0 {
		list = append(list, entry{Looked: r.looked})
	}
	for i := range r.marks {
		list = append(list, entry{Mark: &r.marks[i]})
	}
	for _, m := range r.mails {
		list = append(list, entry{Mail: m})
	}
	for _, t := range r.told {
		list = append(list, entry{Told: &t})
	}
	for sender, names := range r.logins {
		list = append(list, entry{Logins: &logins{sender, names}})
	}
	for _, rule := range r.rules {
		list = append(list, entry{Rule: &rule})
	}
	for i := range list {
		if !yield(list[i]) {
			return
		}
	}
}

// Mark notes something that should not have been. It returns false when the same was noted
// within a day.
func (r *Record) Mark(at time.Time, what string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.marks {
		if m := &r.marks[i]; m.What == what && at.Sub(m.At).Abs() < quiet {
			return false, nil
		}
	}
	return true, r.write(entry{Mark: &Mark{at.UTC().Truncate(time.Second), what}})
}
