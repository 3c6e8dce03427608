package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hisseki/analyzer"
	"hisseki/hook"
	"hisseki/identity"
	"hisseki/ledger"
	"hisseki/postfix"
	"hisseki/proof"
	"hisseki/quarantine"
)

// commandGate decides which events the agent's commands are told. A command locks an account, or
// lets it in again, with root's rights; the event is a row of a store that serve may write to. So
// what a person decided counts by its signature, and that an incident opened by the mail that is
// on hold: as Postfix's own files name who logged in to send it.
type commandGate struct {
	record *proof.Record
	holds  func(context.Context, ledger.HoldFilter) ([]ledger.Hold, error)
	read   func(ctx context.Context, queueID string) (quarantine.Envelope, error)
	header func(ctx context.Context, queueID string) (text string, whole bool, err error)
	id     *identity.Identity
	log    *slog.Logger
	now    func() time.Time
	wait   time.Duration // for a mail to come to the hold queue, and for the agent to see it there
}

const (
	// enough is how many of an account's mails on hold show that an incident is real, where it
	// claims more.
	enough = 3
	// looksAt bounds how many queue files are read for one event.
	looksAt = 20
	// patience is how long a mail may take from its record to the hold queue.
	patience = time.Minute
	// lookEvery is how often a command's goroutine looks for it; the event is its own meanwhile.
	lookEvery = 250 * time.Millisecond
)

// allow says why a hook is not told of an event: hook.ErrRefused never, another error not yet.
func (g *commandGate) allow(ctx context.Context, name string, e *hook.Event) error {
	kind := ledger.EventKind(e.Event)
	opens := kind == ledger.EventOpened || kind == ledger.EventEnded
	proven, logins, err := g.onHold(ctx, e)
	for begun := time.Now(); err == nil && opens && proven < wanted(e) && time.Since(begun) < g.wait &&
		g.now().Sub(e.First) < patience; {
		time.Sleep(lookEvery)
		proven, logins, err = g.onHold(ctx, e)
	}
	if err != nil {
		return err
	}
	if e.Logins, err = g.record.Logins(e.Sender, logins...); err != nil {
		return err
	}
	if opens {
		return g.opened(e, proven)
	}
	if len(e.Logins) == 0 {
		e.Logins = []string{e.Sender} // a reviewer saw that name
	}
	switch {
	case e.Doubt != "":
		return g.refuse(e, e.Doubt)
	case !g.record.Newer(name, e.Sender, e.N):
		return g.refuse(e, "a newer decision about the account was told before")
	}
	return g.record.Tell(name, e.Sender, e.N)
}

// wanted is how many mails must be on hold for an incident to be told of.
func wanted(e *hook.Event) int { return min(max(e.Waiting, 1), enough) }

// opened wants as much mail on hold as the incident claims, or enough.
func (g *commandGate) opened(e *hook.Event, proven int) error {
	if proven >= wanted(e) {
		return nil
	}
	why := fmt.Sprintf("the hold queue has %d mails of this account that hisseki put there, and the incident"+
		" claims %d", proven, max(e.Waiting, 1))
	if g.now().Sub(e.First) < patience {
		return errors.New(why)
	}
	return g.refuse(e, why)
}

func (g *commandGate) refuse(e *hook.Event, why string) error {
	what := fmt.Sprintf("no command was told that %s of %.100q was %s: %s", e.Incident, e.Sender, e.Event, why)
	if fresh, err := g.record.Mark(g.now(), what); fresh || err != nil {
		g.log.Error(what, "hint", "hisseki doctor")
	}
	return fmt.Errorf("%w: %s", hook.ErrRefused, why)
}

// onHold counts an incident's mails that are really on hold, put there by hisseki, and sent by its
// account, and returns the names by which that logged in.
func (g *commandGate) onHold(ctx context.Context, e *hook.Event) (proven int, logins []string, err error) {
	holds, err := g.holds(ctx, ledger.HoldFilter{Incident: e.Number, States: ledger.InQueue, Limit: looksAt})
	if err != nil {
		return 0, nil, err
	}
	for i := range holds {
		h := &holds[i]
		if !g.record.Has(h.ID, h.Record.Envelope.QueueID) {
			continue
		}
		q, err := g.read(ctx, h.Record.Envelope.QueueID)
		if err != nil {
			return 0, nil, err
		}
		sender, login, err := g.writer(ctx, h.Record.Envelope.QueueID, &q)
		if err != nil {
			return 0, nil, err
		}
		if q.Queue == postfix.Hold && login != "" && sender == e.Sender {
			proven, logins = proven+1, append(logins, login)
		}
	}
	return proven, logins, nil
}

// writer returns whose mail a queued one is, and the name by which he logged in: Postfix's word, or
// that of a relay which is believed, "" where there is none.
func (g *commandGate) writer(ctx context.Context, queueID string, q *quarantine.Envelope) (sender, login string, err error) {
	if q.Login != "" {
		return g.id.Normal(q.Login), q.Login, nil
	}
	if len(g.id.Relays) == 0 || q.Queue == "" {
		return "", "", nil
	}
	text, whole, err := g.header(ctx, queueID)
	if err != nil || !whole {
		return "", "", err
	}
	m := analyzer.Mail{Envelope: analyzer.Envelope{MailFrom: q.From, Client: q.Client}}
	m.Header = g.id.Fields(text)
	// The first that has the mail's queue id: nobody knew that who wrote the mail.
	for i := range m.Header {
		if _, of, ok := postfix.Trace(m.Header[i].Value); ok && of == queueID && m.Header[i].Name == "Received" {
			m.CertSubject = postfix.VerifiedClient(m.Header[i].Value)
			break
		}
	}
	sender, login = g.id.OfRelay(&m)
	return sender, login, nil
}
