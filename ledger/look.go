package ledger

import "context"

type soonKey struct{}

// Soon returns a context with which a line of the audit log is written at once and durable within a second. That
// is for who looked at what is known of mail; whoever is given what a mail says, or a file, has it durable first.
func Soon(ctx context.Context) context.Context { return context.WithValue(ctx, soonKey{}, true) }

// IsSoon says whether a context is one of Soon.
func IsSoon(ctx context.Context) bool { return ctx.Value(soonKey{}) != nil }
