package access

import (
	"context"
	"crypto/rand"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// book is a store in memory. What a test does not expect is missing and panics.
type book struct {
	Store
	accounts map[string]Account
	sessions map[string]Session
	steps    map[string]int64
	links    map[string]string
	touched  int
}

func (b *book) Account(_ context.Context, name string) (*Account, error) {
	if a, ok := b.accounts[name]; ok {
		return &a, nil
	}
	return nil, nil
}

func (b *book) Accounts(context.Context) (out []Account, _ error) {
	for _, a := range b.accounts {
		out = append(out, a)
	}
	return out, nil
}

func (b *book) PutAccount(_ context.Context, a Account, _, _ string) error {
	b.accounts[a.Name] = a
	return nil
}

func (b *book) TakeStep(_ context.Context, name string, step int64) (bool, error) {
	if b.steps[name] >= step {
		return false, nil
	}
	b.steps[name] = step
	return true, nil
}

func (b *book) AddSession(_ context.Context, s Session, _ time.Time) error {
	b.sessions[string(s.Hash)] = s
	return nil
}

func (b *book) Session(_ context.Context, hash []byte) (*Session, error) {
	if s, ok := b.sessions[string(hash)]; ok {
		return &s, nil
	}
	return nil, nil
}

func (b *book) Touch(_ context.Context, hash []byte, at time.Time) error {
	s := b.sessions[string(hash)]
	s.Seen = at
	b.sessions[string(hash)] = s
	b.touched++
	return nil
}

func (b *book) KnownNetwork(_ context.Context, name string, network netip.Prefix) (bool, error) {
	for _, s := range b.sessions {
		if s.Name == name && Network(s.Address) == network {
			return true, nil
		}
	}
	return false, nil
}

func (b *book) PutLink(_ context.Context, hash []byte, name string, _ time.Time, _ string) error {
	b.links[string(hash)] = name
	return nil
}

func (b *book) TakeLink(_ context.Context, hash []byte, _ time.Time) (string, error) {
	name := b.links[string(hash)]
	delete(b.links, string(hash))
	return name, nil
}

const word = "correct horse battery staple"

// door is a guard with one reviewer, and a clock that the test moves.
func door(t *testing.T) (*Guard, *book, *time.Time, func(a Attempt) error) {
	t.Helper()
	hash, err := HashPassword(word, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	secret, _, err := NewSecret("ada", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := &book{accounts: map[string]Account{"ada": {Name: "ada", Role: Reviewer, Password: hash, Secret: secret},
		"eve": {Name: "eve", Role: Viewer, Password: hash}}, sessions: map[string]Session{}, steps: map[string]int64{},
		links: map[string]string{}}
	now := time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC)
	g := NewGuard(b, Settings{Idle: time.Hour, Absolute: 12 * time.Hour}, func() time.Time { return now }, rand.Reader)
	return g, b, &now, func(a Attempt) error {
		if a.Code == "now" {
			if a.Code, err = Code(secret, now); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := g.Login(t.Context(), a)
		return err
	}
}

var home = netip.MustParseAddr("192.0.2.7")

func TestLogin(t *testing.T) {
	_, _, now, try := door(t)
	for _, a := range []Attempt{{"ada", word, "", home, ""}, {"ada", word, "000000", home, ""}, {"ada", "wrong", "now", home, ""},
		{"nobody", word, "now", home, ""}, {"eve", word, "", home, ""}} { // eve has no second factor
		if err := try(a); !errors.Is(err, ErrRefused) {
			t.Errorf("%+v: %v", a, err)
		}
		*now = now.Add(time.Hour + time.Second)
	}
	if err := try(Attempt{"ada", word, "now", home, ""}); err != nil {
		t.Fatal(err)
	}
	if err := try(Attempt{"ada", word, "now", home, ""}); !errors.Is(err, ErrRefused) {
		t.Errorf("the same code again: %v", err)
	}
	*now = now.Add(period)
	if err := try(Attempt{"ada", word, "now", home, ""}); err != nil {
		t.Errorf("the next code: %v", err)
	}
}

func TestGuessesWaitLonger(t *testing.T) {
	_, _, now, try := door(t)
	var wait WaitError
	waits := 0
	for i := range 20 {
		err := try(Attempt{"ada", "guess" + strings.Repeat("x", i), "000000", home, ""})
		if errors.As(err, &wait) {
			waits++
			*now = now.Add(wait.For)
		}
	}
	if waits < 6 || wait.For < 10*time.Second || wait.For > longestWait {
		t.Errorf("%d waits, the last %s", waits, wait.For)
	}
}

// TestOneNameOfASubject: who changes what he is called at the provider gets no second account, with
// which he would agree to his own requests.
func TestOneNameOfASubject(t *testing.T) {
	g, b, _, _ := door(t)
	login := func(name string, role Role) error {
		_, _, err := g.LoginBySubject(t.Context(), name, role, "https://sso.example.jp 17", Attempt{From: home})
		return err
	}
	if err := login("rei", Reviewer); err != nil {
		t.Fatal(err)
	}
	if err := login("rei.2", Reviewer); !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "rei") {
		t.Errorf("under another name: %v", err)
	}
	if _, ok := b.accounts["rei.2"]; ok {
		t.Error("there is a second account")
	}
	if err := login("rei", Admin); err != nil || b.accounts["rei"].Role != Admin {
		t.Errorf("with another role: %v, %s", err, b.accounts["rei"].Role)
	}
	delete(b.accounts, "rei") // an admin removed him
	if err := login("rei.2", Reviewer); err != nil {
		t.Errorf("after the old account was removed: %v", err)
	}
}

func TestSessionsEnd(t *testing.T) {
	g, b, now, _ := door(t)
	link, err := g.NewLink(t.Context(), "ada", "test")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := g.LoginByLink(t.Context(), link, Attempt{From: home})
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := g.LoginByLink(t.Context(), link, Attempt{From: home}); !errors.Is(err, ErrRefused) {
		t.Errorf("a link again: %v", err)
	}
	check := func(used bool) bool {
		t.Helper()
		s, err := g.Check(t.Context(), token, used)
		if err != nil {
			t.Fatal(err)
		}
		return s != nil
	}
	for range 20 { // used every 50 minutes, it lasts until its absolute end
		*now = now.Add(50 * time.Minute)
		if !check(true) {
			break
		}
	}
	if began := time.Date(2026, 11, 17, 12, 0, 0, 0, time.UTC); now.Sub(began) < 12*time.Hour || now.Sub(began) > 13*time.Hour {
		t.Errorf("it ended after %s", now.Sub(began))
	}
	for hash, s := range b.sessions {
		s.Created, s.Seen = *now, *now
		b.sessions[hash] = s
	}
	b.touched = 0
	*now = now.Add(50 * time.Minute)
	if !check(false) || b.touched != 0 {
		t.Error("a page that asks by itself uses the session")
	}
	*now = now.Add(20 * time.Minute)
	if check(true) {
		t.Error("an idle session goes on")
	}
	for _, bad := range []string{"", "x", strings.Repeat("a", 43), strings.Repeat("a", 10_000)} {
		if s, err := g.Check(t.Context(), bad, true); s != nil || err != nil {
			t.Errorf("%.10q is a session: %v", bad, err)
		}
	}
}

func TestRoles(t *testing.T) {
	for _, c := range []struct {
		have, need Role
		want       bool
	}{{Viewer, Viewer, true}, {Viewer, Reviewer, false}, {Reviewer, Admin, false}, {Admin, Viewer, true}, {"", Viewer, false},
		{"root", Viewer, false}, {Admin, "", false}} {
		if got := c.have.May(c.need); got != c.want {
			t.Errorf("%q may what %q may: %v", c.have, c.need, got)
		}
	}
}

func TestPasswords(t *testing.T) {
	hash, err := HashPassword(word, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if !verify(hash, word) || verify(hash, word+"x") || verify("", "") || verify("", word) {
		t.Error("a password is not compared well")
	}
	// What a damaged store may ask for is refused before it costs anything.
	if verify(strings.Replace(hash, "m=65536", "m=4294967295", 1), word) || verify("$argon2id$", word) {
		t.Error("other parameters are taken")
	}
	for _, bad := range []string{"", "short", strings.Repeat("x", 2000)} {
		if CheckPassword(bad) == nil {
			t.Errorf("%.10q is a password", bad)
		}
	}
	for _, bad := range []string{"", "Ada", "a b", "../x", "a\n", strings.Repeat("a", 65), "名前"} {
		if CheckName(bad) == nil {
			t.Errorf("%q is a name", bad)
		}
	}
}

// Many guesses at once are no more than as many one after another; what was nobody's mistake costs nothing.
func TestGuessesAtOnce(t *testing.T) {
	g, _, _, try := door(t)
	var refused, waits atomic.Int64
	var all sync.WaitGroup
	for range 40 {
		all.Go(func() {
			switch err := try(Attempt{"ada", "guess", "000000", home, ""}); {
			case errors.Is(err, ErrRefused):
				refused.Add(1)
			case errors.As(err, new(WaitError)):
				waits.Add(1)
			}
		})
	}
	all.Wait()
	if refused.Load() > freeTries || refused.Load()+waits.Load() != 40 {
		t.Errorf("%d guesses were looked at, %d told to wait", refused.Load(), waits.Load())
	}
	away := netip.MustParseAddr("198.51.100.9")
	for range 20 {
		if err := g.Guess(away, func() (bool, error) { return true, nil }); err != nil {
			t.Fatal("who has what is right waits:", err)
		}
	}
}
