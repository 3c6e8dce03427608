package signing

import (
	"sync"

	"hisseki/ledger"
)

// Lazy is the key of a folder, read or made when something is to be signed: commands that only
// look leave nothing behind. It implements ledger.Signs.
type Lazy struct {
	Folder string

	mu  sync.Mutex
	key *Key
}

var _ ledger.Signs = (*Lazy)(nil)

// Ready returns why this process may not decide, nil when it may.
func (l *Lazy) Ready() error {
	_, err := l.get()
	return err
}

func (l *Lazy) get() (key *Key, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.key == nil {
		l.key, _, err = Make(l.Folder)
	}
	return l.key, err
}

// Sign returns "" where this process may not decide.
func (l *Lazy) Sign(s ledger.Statement) string {
	key, err := l.get()
	if err != nil {
		return ""
	}
	return key.Sign(s)
}

// Verify says also why there is no key.
func (l *Lazy) Verify(s ledger.Statement, signature string) error {
	key, err := l.get()
	if err != nil {
		return err
	}
	return key.Verify(s, signature)
}
