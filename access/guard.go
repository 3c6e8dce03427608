package access

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"time"
)

// Settings of a Guard.
type Settings struct {
	Idle     time.Duration // a session without a use ends
	Absolute time.Duration // and so does every other one
	// PasswordOnly lets a reviewer without a second factor in.
	PasswordOnly bool
}

// Guard lets reviewers in. It is safe for use by many at once.
type Guard struct {
	Store    Store
	Settings Settings
	Now      func() time.Time
	Rand     io.Reader // of tokens

	throttle throttle
	hashing  chan struct{}
}

// NewGuard returns a guard; random is where tokens come from.
func NewGuard(s Store, set Settings, now func() time.Time, random io.Reader) *Guard {
	return &Guard{Store: s, Settings: set, Now: now, Rand: random, hashing: make(chan struct{}, maxHashing)}
}

const (
	// maxHashing bounds the passwords that are compared at once, 64 MiB each.
	maxHashing = 2
	// knownFor is how long a network is a reviewer's own after a login.
	knownFor = 30 * 24 * time.Hour
	// touchAfter is how old a session's last use may be before it is written again.
	touchAfter = time.Minute
	tokenLen   = 32
	// LinkFor is how long a link lets in.
	LinkFor = 15 * time.Minute
)

// Attempt is what somebody gives to be let in.
type Attempt struct {
	Name, Password, Code string
	From                 netip.Addr
	Browser              string
}

// Login lets a reviewer in and returns the token of his session. The error is ErrRefused or a
// WaitError where it is the attempt's fault.
//
// A name that somebody else guesses at waits only for networks that are new to its owner: he
// himself is not locked out.
func (g *Guard) Login(ctx context.Context, a Attempt) (token string, s *Session, err error) {
	now, net := g.Now(), Network(a.From)
	place, name := "from "+net.String(), "for "+a.Name[:min(len(a.Name), 64)]
	keys := []string{place}
	known := false
	if CheckName(a.Name) == nil {
		if known, err = g.Store.KnownNetwork(ctx, a.Name, net); err != nil {
			return "", nil, err
		}
	}
	if !known {
		keys = append(keys, name)
	}
	if wait := g.throttle.begin(now, keys...); wait > 0 {
		return "", nil, WaitError{wait}
	}
	account, err := g.verify(ctx, a)
	if err != nil {
		if ctx.Err() == nil { // who goes away before he is answered may have guessed
			g.throttle.back(keys...)
		}
		return "", nil, err
	}
	if account == nil {
		return "", nil, ErrRefused
	}
	g.throttle.forget(place, name)
	return g.open(ctx, account, a)
}

// verify returns the account that an attempt may use, nil for none.
func (g *Guard) verify(ctx context.Context, a Attempt) (*Account, error) {
	account := &Account{}
	if CheckName(a.Name) == nil {
		found, err := g.Store.Account(ctx, a.Name)
		if err != nil {
			return nil, err
		}
		if found != nil {
			account = found
		}
	}
	select {
	case g.hashing <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ok := verify(account.Password, a.Password)
	<-g.hashing
	switch {
	case !ok:
		return nil, nil
	case account.Secret == "" && !g.Settings.PasswordOnly:
		return nil, nil
	case account.Secret == "":
		return account, nil
	}
	step, ok := stepOf(account.Secret, a.Code, g.Now())
	if !ok {
		return nil, nil
	}
	fresh, err := g.Store.TakeStep(ctx, account.Name, step)
	if err != nil || !fresh { // a code that somebody saw is of no use to him
		return nil, err
	}
	return account, nil
}

// LoginByLink lets in who has a link that was not used before.
func (g *Guard) LoginByLink(ctx context.Context, link string, a Attempt) (string, *Session, error) {
	var account *Account
	err := g.Guess(a.From, func() (bool, error) {
		name, err := g.Store.TakeLink(ctx, hash(link), g.Now())
		if err == nil && name != "" {
			account, err = g.Store.Account(ctx, name)
		}
		return account != nil, err
	})
	if err != nil {
		return "", nil, err
	}
	return g.open(ctx, account, a)
}

// LoginBySubject lets in whom a provider of ours has let in: subject says who he is there, whatever
// he is called. His account here has the role that the provider gives him; without one he has none.
// An account of the same name that is not this subject's is never his.
func (g *Guard) LoginBySubject(ctx context.Context, name string, role Role, subject string, a Attempt) (
	string, *Session, error) {
	account, err := g.Store.Account(ctx, name)
	if err != nil {
		return "", nil, err
	}
	switch {
	case subject == "" || account != nil && account.Subject != subject:
		return "", nil, ErrRefused
	case !role.Valid():
		if account != nil {
			_, err = g.Store.RemoveAccount(ctx, name, "provider", "he is in no group that has a role")
		}
		return "", nil, errors.Join(ErrRefused, err)
	case account == nil:
		if err := g.first(ctx, subject); err != nil {
			return "", nil, err
		}
		fallthrough
	case account.Role != role:
		account = &Account{Name: name, Role: role, Subject: subject, By: "provider"}
		if err := g.Store.PutAccount(ctx, *account, "provider", "change-reviewer"); err != nil {
			return "", nil, err
		}
	}
	return g.open(ctx, account, a)
}

// first refuses a subject that has an account already. Providers let people change what they are
// called, and one person under two names would be two reviewers, who agree with each other.
func (g *Guard) first(ctx context.Context, subject string) error {
	list, err := g.Store.Accounts(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].Subject == subject {
			return fmt.Errorf("%w: at the provider it is %s, who is called otherwise now", ErrRefused, list[i].Name)
		}
	}
	return nil
}

// Admit lets in a reviewer who has proved who he is by more than a password: by a passkey.
func (g *Guard) Admit(ctx context.Context, name string, a Attempt) (string, *Session, error) {
	account, err := g.Store.Account(ctx, name)
	if err != nil {
		return "", nil, err
	}
	if account == nil || account.Subject != "" {
		return "", nil, ErrRefused
	}
	return g.open(ctx, account, a)
}

// Guess lets somebody try a token that try knows or not, and has the network wait longer for each
// one that it does not: the error is ErrRefused then, or a WaitError.
func (g *Guard) Guess(from netip.Addr, try func() (known bool, err error)) error {
	place := "from " + Network(from).String()
	if wait := g.throttle.begin(g.Now(), place); wait > 0 {
		return WaitError{wait}
	}
	known, err := try()
	switch {
	case known || err != nil:
		g.throttle.back(place)
	default:
		err = ErrRefused
	}
	return err
}

// NewLink returns a link's token that lets a reviewer in once, within LinkFor.
func (g *Guard) NewLink(ctx context.Context, name, by string) (string, error) {
	token, err := g.token()
	if err != nil {
		return "", err
	}
	return token, g.Store.PutLink(ctx, hash(token), name, g.Now().Add(LinkFor), by)
}

// open begins a session.
func (g *Guard) open(ctx context.Context, account *Account, a Attempt) (string, *Session, error) {
	token, err := g.token()
	if err != nil {
		return "", nil, err
	}
	now := g.Now()
	s := Session{Hash: hash(token), Name: account.Name, Role: account.Role, Created: now, Seen: now,
		Address: a.From, Browser: a.Browser[:min(len(a.Browser), 200)]}
	return token, &s, g.Store.AddSession(ctx, s, now.Add(-knownFor))
}

func (g *Guard) token() (string, error) {
	b := make([]byte, tokenLen)
	if _, err := io.ReadFull(g.Rand, b); err != nil {
		return "", fmt.Errorf("draw a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b), nil
}

func hash(token string) []byte {
	h := sha256.Sum256([]byte(token))
	return h[:]
}

// Check returns the session of a token, nil when there is none or it is over. used says that a
// person uses it, which keeps it from ending.
func (g *Guard) Check(ctx context.Context, token string, used bool) (*Session, error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(tokenLen) {
		return nil, nil
	}
	s, err := g.Store.Session(ctx, hash(token))
	if s == nil || err != nil {
		return nil, err
	}
	now := g.Now()
	if g.Over(s) || !s.Role.Valid() {
		return nil, nil
	}
	if used && now.Sub(s.Seen) >= touchAfter {
		s.Seen = now
		err = g.Store.Touch(ctx, s.Hash, now)
	}
	return s, err
}

// Over says whether a session is too old, or was not used for too long.
func (g *Guard) Over(s *Session) bool {
	now := g.Now()
	return now.Sub(s.Created) > g.Settings.Absolute || now.Sub(s.Seen) > g.Settings.Idle ||
		s.Created.After(now.Add(time.Minute)) // the clock was set back
}

// End ends a session.
func (g *Guard) End(ctx context.Context, s *Session, by string) error {
	_, err := g.Store.EndSession(ctx, s.Hash, by)
	return err
}
