package daemon

import (
	"context"
	"fmt"
	"time"

	"hisseki/hook"
	"hisseki/ledger"
)

// eventsOf is the store in the words of hooks.
type eventsOf struct {
	HookStore
	// Signed says whether somebody who may decide has signed an event; nil believes all.
	Signed ledger.Verifier
}

// alertsOf is the store in the words of alert mail.
type alertsOf struct{ AgentStore }

// Claim implements hook.Store.
func (s eventsOf) Claim(ctx context.Context, name string, lease time.Duration) (
	*hook.Event, error) {
	e, err := s.ClaimEvent(ctx, name, lease)
	if err != nil || e == nil {
		return nil, err
	}
	b, err := briefOf(ctx, s, e.Incident)
	if err != nil {
		return nil, err
	}
	out := &hook.Event{Schema: 1, Kind: "incident", ID: e.ID, Event: string(e.Kind), Time: e.At,
		By: e.By, Reason: e.Reason, Run: e.Runs, Brief: *b, Logins: []string{}, N: e.N,
		Number: e.Incident, First: e.First}
	out.Sender = e.Sender // the one that is signed
	if s.Signed != nil {
		if err := s.Signed.Verify(e.Statement(), e.Signature); err != nil {
			out.Doubt = err.Error()
		}
	}
	return out, nil
}

// maxBriefLures bounds the links that an event suggests to block.
const maxBriefLures = 20

// briefOf is an incident in short, with what of its links may be suggested to be blocked: nothing that
// others sent before.
func briefOf(ctx context.Context, s interface {
	Brief(ctx context.Context, incident int64) (*ledger.Brief, error)
	Lures(ctx context.Context, incidents ...int64) ([]ledger.Lure, error)
}, incident int64) (*hook.Brief, error) {
	b, err := s.Brief(ctx, incident)
	if err != nil {
		return nil, err
	}
	lures, err := s.Lures(ctx, incident)
	if err != nil {
		return nil, err
	}
	out := &hook.Brief{Incident: fmt.Sprintf("I%d", b.ID), Case: fmt.Sprintf("C%d", b.Case), Sender: b.Sender,
		State: string(b.State), Opened: b.Opened, Holds: b.Holds, Waiting: b.Waiting, Passed: b.Passed,
		Last: b.Last, Recipients: b.Recipients, Domains: b.Domains, Hosts: append([]string{}, b.Hosts...),
		Lures: []string{}, Evidence: []hook.Finding{}, Answer: string(b.Answer)}
	for i := range lures[:min(len(lures), maxBriefLures)] {
		if !lures[i].Elsewhere {
			out.Lures = append(out.Lures, lures[i].Pattern)
		}
	}
	for _, e := range b.Evidence {
		out.Evidence = append(out.Evidence, hook.Finding{Signal: string(e.Signal), Points: e.Points,
			Observed: e.Observed, Text: e.Text})
	}
	return out, nil
}

// Retry implements hook.Store.
func (s eventsOf) Retry(ctx context.Context, name string, e *hook.Event, r hook.Result,
	next time.Time) error {
	return s.RetryEvent(ctx, name, e.N, ledger.HookRun(r), next)
}

// Done implements hook.Store.
func (s eventsOf) Done(ctx context.Context, name string, e *hook.Event, r hook.Result) error {
	run := ledger.HookRun(r)
	return s.EndEvent(ctx, name, e.N, &run, ledger.HookDone)
}

// Skip implements hook.Store.
func (s eventsOf) Skip(ctx context.Context, name string, e *hook.Event) error {
	return s.EndEvent(ctx, name, e.N, nil, ledger.HookSkipped)
}

// GiveUp implements hook.Store.
func (s eventsOf) GiveUp(ctx context.Context, name string, e *hook.Event, r hook.Result) error {
	run := ledger.HookRun(r)
	return s.EndEvent(ctx, name, e.N, &run, ledger.HookFailed)
}

// ClaimAlert implements hook.Alerts.
func (s alertsOf) ClaimAlert(ctx context.Context, name string, every, lease time.Duration) (
	*hook.Alert, error) {
	a, err := s.AgentStore.ClaimAlert(ctx, name, every, lease)
	if err != nil || a == nil {
		return nil, err
	}
	b, err := briefOf(ctx, s, a.Incident)
	if err != nil {
		return nil, err
	}
	return &hook.Alert{FirstID: a.FirstID, Tries: a.Tries, N: a.Incident, Brief: *b}, nil
}

// Expect implements hook.Alerts.
func (s alertsOf) Expect(ctx context.Context, messageID string, to []string) error {
	return s.ExpectOwnMail(ctx, messageID, to)
}

// Sent implements hook.Alerts.
func (s alertsOf) Sent(ctx context.Context, a *hook.Alert, messageID string) error {
	return s.AlertSent(ctx, &ledger.Brief{ID: a.N, State: ledger.IncidentState(a.Brief.State),
		Holds: a.Brief.Holds}, messageID)
}

// RetryAlert implements hook.Alerts.
func (s alertsOf) RetryAlert(ctx context.Context, a *hook.Alert, cause error,
	next time.Time) error {
	return s.AgentStore.RetryAlert(ctx, a.N, cause, next)
}
