// Package daemon is what runs for as long as the machine: the loops of serve and of the
// agent. Serve starts, reloads, looks after its store and stops; the agent follows the
// store's decisions and the logs, and notifies hooks.
package daemon

import (
	"context"
	"time"

	"hisseki/analyzer"
	"hisseki/ask"
	"hisseki/hook"
	"hisseki/internal/wiring"
	"hisseki/ledger"
	"hisseki/maillog"
	"hisseki/quarantine"
	"hisseki/store"
)

// ServeStore is what serve needs of the store.
type ServeStore interface {
	analyzer.Memory
	wiring.Kept
	HookStore
	// SetHooks says which hooks there are, by name.
	SetHooks(ctx context.Context, names []string) error
	// TakeOwnMail says whether a mail is one that hisseki announced, once.
	TakeOwnMail(ctx context.Context, messageID string, recipients []string) (bool, error)
	// Returned says whether a content filter gives a mail back that was judged before.
	Returned(ctx context.Context, host, queueID, messageID string, m *analyzer.Mail) (bool, error)
	// Unjudged says whether mail has a record without a verdict, and notes there why it will
	// never have one, where that is not "".
	Unjudged(ctx context.Context, w ledger.Unjudged, why string) (waits bool, err error)
	// AgentSeen returns when any host's agent was last alive, zero for never.
	AgentSeen(ctx context.Context) (time.Time, error)
	// Beats returns when the agent of each MTA host was last alive.
	Beats(ctx context.Context) (map[string]time.Time, error)
	// Standing counts holds and incidents.
	Standing(ctx context.Context) (store.Standing, error)
	// EndPassed ends incidents that mode observe opened and nobody decided.
	EndPassed(ctx context.Context, now time.Time) (int, error)
	// Purge removes mail that is older than keep.
	Purge(ctx context.Context, now time.Time, keep time.Duration) (store.Purged, error)
	// AskWriter returns when what is to be written comes to its turn. An error is the one
	// that a write would get.
	AskWriter(ctx context.Context) error
	// Others tells hear what other hosts' nodes record in the same database, until ctx ends: an empty
	// list where it looked and there was nothing.
	Others(ctx context.Context, hear func([]analyzer.Elsewhere), trouble func(error))
	// Lost says that the store's file was deleted or replaced, Rescue writes it back.
	Lost() error
	Rescue(ctx context.Context) error
}

// AgentStore is what the agent needs of the store.
type AgentStore interface {
	TaskStore
	HookStore
	AlertStore
	maillog.Store
	auditStore
	// Adopt signs rules and exceptions that were there before there was a key.
	Adopt(ctx context.Context) (int, error)
	// Questions returns where it is kept what owners of accounts were asked.
	Questions() ask.Store
	// HookKnown says whether serve has named a hook.
	HookKnown(ctx context.Context, name string) (bool, error)
	// Lost says that the store's file was deleted or replaced.
	Lost() error
}

// TaskStore is where holds lie.
type TaskStore interface {
	// Recall asks back mail of open incidents' campaigns; it returns how many.
	Recall(ctx context.Context, now time.Time) (int, error)
	// Queued returns the holds of an MTA host whose mail is still in its queue.
	Queued(ctx context.Context, host string) ([]ledger.Hold, error)
	Holds(ctx context.Context, f ledger.HoldFilter) ([]ledger.Hold, error)
	quarantine.Changes
	// Reopen says that mail of a hold that was over is still on hold.
	Reopen(ctx context.Context, hold int64) error
}

// HookStore is where events lie until hooks were told.
type HookStore interface {
	ClaimEvent(ctx context.Context, hook string, lease time.Duration) (*ledger.Event, error)
	RetryEvent(ctx context.Context, hook string, n int64, run ledger.HookRun, next time.Time) error
	EndEvent(ctx context.Context, hook string, n int64, run *ledger.HookRun, state string) error
	Brief(ctx context.Context, incident int64) (*ledger.Brief, error)
	Lures(ctx context.Context, incidents ...int64) ([]ledger.Lure, error)
}

// AlertStore is where it is noted what the postmaster was told.
type AlertStore interface {
	ClaimAlert(ctx context.Context, hook string, every, lease time.Duration) (*ledger.Alert, error)
	AlertSent(ctx context.Context, b *ledger.Brief, messageID string) error
	RetryAlert(ctx context.Context, incident int64, cause error, next time.Time) error
	ExpectOwnMail(ctx context.Context, messageID string, recipients []string) error
}

var (
	_ hook.Store  = eventsOf{}
	_ hook.Alerts = alertsOf{}
)
