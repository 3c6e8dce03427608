// Package access says who may use the review page: reviewers with their roles, passwords and
// second factors, and the sessions that they log in to. Clock, randomness and store come in.
//
// hisseki exists because passwords are stolen, so one alone opens nothing here.
package access

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"time"

	"hisseki/ledger"
)

// Role is what a reviewer may do.
type Role string

// Roles, each may what the one before it may.
const (
	Viewer   Role = "viewer"   // looks
	Reviewer Role = "reviewer" // decides kept mail and incidents
	Admin    Role = "admin"    // sets rules, forgets accounts
)

// Roles are all of them, the least first.
var Roles = []Role{Viewer, Reviewer, Admin}

// rank is a role's place among the roles, 0 for none.
func (r Role) rank() int {
	for i, x := range Roles {
		if r == x {
			return i + 1
		}
	}
	return 0
}

// Valid says whether it is a role at all.
func (r Role) Valid() bool { return r.rank() > 0 }

// May says whether a role may do what another one may.
func (r Role) May(need Role) bool { return r.rank() >= need.rank() && need.Valid() }

// Account is a reviewer as the store keeps it.
type Account struct {
	Name     string
	Role     Role
	Password string // Argon2id in PHC form, "" for none: links alone let in
	Secret   string // of TOTP (RFC 6238) in base32, "" for none
	Created  time.Time
	By       string // who added it
	Subject  string // of him who logs in at a provider: its issuer and his number there; else ""
}

// Session is a login of a reviewer.
type Session struct {
	Hash    []byte // of its token, SHA-256: who reads the store can not use it
	Name    string
	Role    Role // of the account, now
	Created time.Time
	Seen    time.Time // the last use, to the minute
	Address netip.Addr
	Browser string // as it names itself: hostile
}

// Key is a passkey of a reviewer.
type Key struct {
	ID       []byte
	Reviewer string
	Label    string // as he calls it
	Data     string // the public key, as package passkey writes it
	Count    uint32 // of its uses, as it says; 0 where it does not count
	Created  time.Time
	Used     time.Time // zero for never
}

// ID names a session for people and the audit log: of no use to who wants to use it.
func (s *Session) ID() string { return fmt.Sprintf("%x", s.Hash[:min(len(s.Hash), 4)]) }

// Store is where reviewers and their sessions are.
type Store interface {
	// Account returns a reviewer, nil for none.
	Account(ctx context.Context, name string) (*Account, error)
	Accounts(ctx context.Context) ([]Account, error)
	// PutAccount adds or changes a reviewer; a change ends his sessions.
	PutAccount(ctx context.Context, a Account, by, verb string) error
	// RemoveAccount removes a reviewer with his sessions; false for none.
	RemoveAccount(ctx context.Context, name, by, reason string) (bool, error)
	// TakeStep notes that a reviewer's code of a time step was used, and says whether no
	// code of this step or a later one had been.
	TakeStep(ctx context.Context, name string, step int64) (bool, error)

	// AddSession keeps a session and forgets the reviewer's that began before a time.
	AddSession(ctx context.Context, s Session, forget time.Time) error
	// Session returns the session with a hash that nobody ended, nil for none.
	Session(ctx context.Context, hash []byte) (*Session, error)
	Touch(ctx context.Context, hash []byte, at time.Time) error
	// Sessions returns the sessions that nobody ended, of a reviewer or, for "", of all.
	Sessions(ctx context.Context, name string) ([]Session, error)
	// EndSession ends a session; false when it was over.
	EndSession(ctx context.Context, hash []byte, by string) (bool, error)
	// KnownNetwork says whether the reviewer logged in from a network, also in sessions that
	// have ended.
	KnownNetwork(ctx context.Context, name string, network netip.Prefix) (bool, error)

	// PutLink keeps a link that lets a reviewer in once, until a time.
	PutLink(ctx context.Context, hash []byte, name string, until time.Time, by string) error
	// PutKey keeps a passkey, Keys are a reviewer's, Key is the one with an id, nil for none.
	PutKey(ctx context.Context, k Key, by string) error
	Keys(ctx context.Context, name string) ([]Key, error)
	Key(ctx context.Context, id []byte) (*Key, error)
	// UseKey notes a use, RemoveKey removes a reviewer's passkey; false for none.
	UseKey(ctx context.Context, id []byte, count uint32, at time.Time) error
	RemoveKey(ctx context.Context, name string, id []byte, by string) (bool, error)
	// AddRequest, Requests and EndRequest keep releases that need a second reviewer.
	AddRequest(ctx context.Context, r ledger.Request) (int64, error)
	Requests(ctx context.Context, since time.Time) ([]ledger.Request, error)
	EndRequest(ctx context.Context, id int64, state, by, reason string) (bool, error)
	// TakeLink uses a link up and returns whose it was, "" for none that is valid.
	TakeLink(ctx context.Context, hash []byte, now time.Time) (string, error)
}

var nameForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._@+-]{0,63}$`)

// CheckName says what is wrong with a reviewer's name.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%.80q is no name for a reviewer: up to 64 of a-z, 0-9 and . _ @ + -", name)
	}
	return nil
}

// ErrRefused says no more than that a login was not accepted: which part of it was wrong is
// nobody's business.
var ErrRefused = errors.New("name, password or code is not right")

// WaitError says that there were too many attempts.
type WaitError struct{ For time.Duration }

func (e WaitError) Error() string {
	return fmt.Sprintf("too many attempts: try again in %s", e.For.Round(time.Second))
}
