// Package passkey lets reviewers in by passkeys (WebAuthn level 2): something that they have, which
// asks for their finger or PIN, and which no other site can use. It is both factors at once.
package passkey

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
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

	party *webauthn.WebAuthn
	key   []byte // of the tickets, drawn at the start
	mu    sync.Mutex
	used  map[string]answered // by the challenge of the question
}

// ceremony is a question to a browser that was not answered yet. It stands in the ticket, under our
// MAC, and not here: everybody may ask, so what is kept of each question would let whoever asks
// without end push others' questions out.
type ceremony struct {
	Session  webauthn.SessionData
	Reviewer string // who adds a passkey, "" for a login
	Until    time.Time
}

const (
	// AnswerWithin is how long a browser may take.
	AnswerWithin = 5 * time.Minute
	maxUsed      = 200  // answers of one reviewer that count within AnswerWithin
	maxKeys      = 20   // of one reviewer
	maxTicket    = 3000 // bytes: browsers keep 4096 of a cookie
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
	key := make([]byte, sha256.Size)
	if _, err := io.ReadFull(random, key); err != nil {
		return nil, fmt.Errorf("draw the key of tickets: %w", err)
	}
	return &Desk{Store: store, Now: now, party: party, key: key, used: map[string]answered{}}, nil
}

// answered is a question whose answer counted: whose, and until when it would again.
type answered struct {
	who   string
	until time.Time
}

// ErrRefused says that an answer does not count.
var ErrRefused = errors.New("the passkey does not count")

var errAgain = fmt.Errorf("%w: its question was answered before, or too many were", ErrRefused)

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

// ticket returns a question as its browser keeps it: JSON, a dot and our MAC of it.
func (d *Desk) ticket(session *webauthn.SessionData, reviewer string) (string, error) {
	text, err := json.Marshal(ceremony{*session, reviewer, d.Now().Add(AnswerWithin)})
	if err != nil {
		return "", fmt.Errorf("write a ticket: %w", err)
	}
	enc := base64.RawURLEncoding
	ticket := enc.EncodeToString(text) + "." + enc.EncodeToString(d.mac(text))
	if len(ticket) > maxTicket {
		return "", fmt.Errorf("a ticket has %d bytes", len(ticket))
	}
	return ticket, nil
}

func (d *Desk) mac(text []byte) []byte {
	h := hmac.New(sha256.New, d.key)
	h.Write(text)
	return h.Sum(nil)
}

// read returns the question of a ticket that is ours, and still good.
func (d *Desk) read(ticket string) (c ceremony, ok bool) {
	first, last, _ := strings.Cut(ticket[:min(len(ticket), maxTicket)], ".")
	text, err := base64.RawURLEncoding.DecodeString(first)
	mac, err2 := base64.RawURLEncoding.DecodeString(last)
	if err != nil || err2 != nil || !hmac.Equal(mac, d.mac(text)) || json.Unmarshal(text, &c) != nil {
		return ceremony{}, false
	}
	return c, d.Now().Before(c.Until)
}

// once notes that an answer to a question counts, and says whether none did before. It is asked when
// the passkey was found good, so that nobody without one fills it, and no reviewer beyond his share.
func (d *Desk) once(c *ceremony, who string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, his := d.Now(), 0
	for t, a := range d.used {
		switch {
		case now.After(a.until):
			delete(d.used, t)
		case a.who == who:
			his++
		}
	}
	if _, again := d.used[c.Session.Challenge]; again || his >= maxUsed {
		return false
	}
	d.used[c.Session.Challenge] = answered{who, c.Until}
	return true
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
	if ticket, err = d.ticket(session, name); err != nil {
		return nil, "", err
	}
	question, err = json.Marshal(creation)
	return question, ticket, err
}

// FinishAdd keeps the passkey of a browser's answer.
func (d *Desk) FinishAdd(ctx context.Context, name, ticket, label, by string, answer []byte) error {
	c, ok := d.read(ticket)
	if !ok || c.Reviewer != name || name == "" {
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
	made, err := d.party.CreateCredential(p, c.Session, parsed)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if !d.once(&c, name) {
		return errAgain
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
	if ticket, err = d.ticket(session, ""); err != nil {
		return nil, "", err
	}
	question, err = json.Marshal(assertion)
	return question, ticket, err
}

// FinishLogin returns whose passkey has answered. An error that is ErrRefused says nobody's.
func (d *Desk) FinishLogin(ctx context.Context, ticket string, answer []byte) (string, error) {
	c, ok := d.read(ticket)
	if !ok || c.Reviewer != "" {
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
	}, c.Session, parsed)
	switch {
	case failed != nil:
		return "", failed
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrRefused, err)
	case used.Authenticator.CloneWarning:
		return "", fmt.Errorf("%w: its counter went back: it may have been copied", ErrRefused)
	case !d.once(&c, whose.name):
		return "", errAgain
	}
	return whose.name, d.Store.UseKey(ctx, used.ID, used.Authenticator.SignCount, d.Now())
}
