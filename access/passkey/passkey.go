// Package passkey lets reviewers in by passkeys (WebAuthn level 2): something that they have, which
// asks for their finger or PIN, and which no other site can use. It is both factors at once.
package passkey

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"hisseki/access"
)

// Desk adds passkeys and checks them. It is safe for use by many at once.
type Desk struct {
	Store access.Store
	Now   func() time.Time
	Rand  io.Reader // of tickets

	party *webauthn.WebAuthn
	mu    sync.Mutex
	open  map[string]ceremony
}

// ceremony is a question to a browser that was not answered yet.
type ceremony struct {
	session  webauthn.SessionData
	reviewer string // who adds a passkey, "" for a login
	until    time.Time
}

const (
	// AnswerWithin is how long a browser may take.
	AnswerWithin = 5 * time.Minute
	maxOpen      = 2000 // questions at once; the oldest goes
	maxKeys      = 20   // of one reviewer
)

// New returns a desk for the page of an URL: a passkey is good for no other.
func New(page string, store access.Store, now func() time.Time, random io.Reader) (*Desk, error) {
	u, err := url.Parse(page)
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", page, err)
	}
	party, err := webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "hisseki",
		RPOrigins: []string{u.Scheme + "://" + u.Host}})
	if err != nil {
		return nil, fmt.Errorf("passkeys for %s: %w", page, err)
	}
	return &Desk{Store: store, Now: now, Rand: random, party: party, open: map[string]ceremony{}}, nil
}

// ErrRefused says that an answer does not count.
var ErrRefused = errors.New("the passkey does not count")

// person is a reviewer in the words of the library.
type person struct {
	name string
	keys []webauthn.Credential
}

// WebAuthnID implements webauthn.User. It is no name: authenticators keep it.
func (p *person) WebAuthnID() []byte {
	h := sha256.Sum256([]byte("hisseki reviewer " + p.name))
	return h[:]
}

// WebAuthnName implements webauthn.User.
func (p *person) WebAuthnName() string { return p.name }

// WebAuthnDisplayName implements webauthn.User.
func (p *person) WebAuthnDisplayName() string { return p.name }

// WebAuthnCredentials implements webauthn.User.
func (p *person) WebAuthnCredentials() []webauthn.Credential { return p.keys }

func (d *Desk) person(ctx context.Context, name string) (*person, error) {
	p := &person{name: name}
	list, err := d.Store.Keys(ctx, name)
	if err != nil {
		return nil, err
	}
	for i := range list {
		var c webauthn.Credential
		if err := json.Unmarshal([]byte(list[i].Data), &c); err != nil {
			return nil, fmt.Errorf("read a passkey of %s: %w", name, err)
		}
		c.Authenticator.SignCount = list[i].Count
		p.keys = append(p.keys, c)
	}
	return p, nil
}

// keep remembers a question and returns the ticket by which its answer is known.
func (d *Desk) keep(session *webauthn.SessionData, reviewer string) (string, error) {
	b := make([]byte, 32)
	if _, err := io.ReadFull(d.Rand, b); err != nil {
		return "", fmt.Errorf("draw a ticket: %w", err)
	}
	ticket, now := base64.RawURLEncoding.EncodeToString(b), d.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	oldest := ""
	for t, c := range d.open {
		if now.After(c.until) {
			delete(d.open, t)
		} else if oldest == "" || c.until.Before(d.open[oldest].until) {
			oldest = t
		}
	}
	if len(d.open) >= maxOpen {
		delete(d.open, oldest)
	}
	d.open[ticket] = ceremony{*session, reviewer, now.Add(AnswerWithin)}
	return ticket, nil
}

// take returns the question of a ticket, once.
func (d *Desk) take(ticket string) (ceremony, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c, ok := d.open[ticket]
	delete(d.open, ticket)
	return c, ok && d.Now().Before(c.until)
}

// BeginAdd returns what a browser is asked for, as JSON, and the ticket of the answer.
func (d *Desk) BeginAdd(ctx context.Context, name string) (question []byte, ticket string, err error) {
	p, err := d.person(ctx, name)
	if err != nil {
		return nil, "", err
	}
	if len(p.keys) >= maxKeys {
		return nil, "", fmt.Errorf("%s has %d passkeys: remove one first", name, maxKeys)
	}
	creation, session, err := d.party.BeginRegistration(p,
		webauthn.WithExclusions(webauthn.Credentials(p.keys).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, UserVerification: protocol.VerificationRequired}))
	if err != nil {
		return nil, "", fmt.Errorf("ask for a passkey: %w", err)
	}
	if ticket, err = d.keep(session, name); err != nil {
		return nil, "", err
	}
	question, err = json.Marshal(creation)
	return question, ticket, err
}

// FinishAdd keeps the passkey of a browser's answer.
func (d *Desk) FinishAdd(ctx context.Context, name, ticket, label, by string, answer []byte) error {
	c, ok := d.take(ticket)
	if !ok || c.reviewer != name || name == "" {
		return fmt.Errorf("%w: it was not asked for", ErrRefused)
	}
	p, err := d.person(ctx, name)
	if err != nil {
		return err
	}
	parsed, err := protocol.ParseCredentialCreationResponseBody(bytes.NewReader(answer))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	made, err := d.party.CreateCredential(p, c.session, parsed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	made.Attestation = webauthn.CredentialAttestation{} // nobody asks who made it
	data, err := json.Marshal(made)
	if err != nil {
		return err
	}
	return d.Store.PutKey(ctx, access.Key{ID: made.ID, Reviewer: name, Label: label, Data: string(data),
		Count: made.Authenticator.SignCount, Created: d.Now()}, by)
}

// BeginLogin returns what a browser is asked for, as JSON, and the ticket of the answer.
func (d *Desk) BeginLogin() (question []byte, ticket string, err error) {
	assertion, session, err := d.party.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return nil, "", fmt.Errorf("ask for a passkey: %w", err)
	}
	if ticket, err = d.keep(session, ""); err != nil {
		return nil, "", err
	}
	question, err = json.Marshal(assertion)
	return question, ticket, err
}

// FinishLogin returns whose passkey has answered. An error that is ErrRefused says nobody's.
func (d *Desk) FinishLogin(ctx context.Context, ticket string, answer []byte) (string, error) {
	c, ok := d.take(ticket)
	if !ok || c.reviewer != "" {
		return "", fmt.Errorf("%w: it was not asked for", ErrRefused)
	}
	parsed, err := protocol.ParseCredentialRequestResponseBody(bytes.NewReader(answer))
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	}
	var failed error // of the store
	var whose *person
	_, used, err := d.party.ValidatePasskeyLogin(func(rawID, _ []byte) (webauthn.User, error) {
		key, err := d.Store.Key(ctx, rawID)
		if err == nil && key != nil {
			whose, err = d.person(ctx, key.Reviewer)
		}
		failed = err
		if err == nil && whose == nil {
			err = ErrRefused
		}
		return whose, err
	}, c.session, parsed)
	switch {
	case failed != nil:
		return "", failed
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	case used.Authenticator.CloneWarning:
		return "", fmt.Errorf("%w: its counter went back: it may have been copied", ErrRefused)
	}
	return whose.name, d.Store.UseKey(ctx, used.ID, used.Authenticator.SignCount, d.Now())
}
