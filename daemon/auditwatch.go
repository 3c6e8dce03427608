package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"hisseki/ledger"
	"hisseki/proof"
)

// auditWatch compares the audit log and the rules with what the agent saw of them before. Whoever
// owns the store's file can change both; this is how it is noticed. A line or rule that was
// written and taken away again between two looks is not.
type auditWatch struct {
	store  auditStore
	signed ledger.Verifier
	record *proof.Record
	log    *slog.Logger
	now    func() time.Time
	every  time.Duration

	old time.Time // when what is old was last looked at
}

// auditStore is what it reads.
type auditStore interface {
	AuditList(ctx context.Context, f ledger.ActFilter) ([]ledger.Act, error)
	Overrides(ctx context.Context, kind string, now time.Time) ([]ledger.Rule, error)
	Exceptions(ctx context.Context) ([]ledger.Exception, error)
}

// auditEvery is how often it looks: a sudo session takes longer.
const auditEvery = 2 * time.Second

// oldEvery is how often it looks at the rules when nothing is new, and at a piece of what is old.
const oldEvery = 30 * time.Second

// run looks until ctx ends.
func (w *auditWatch) run(ctx context.Context) {
	tick := time.NewTicker(w.every)
	defer tick.Stop()
	last := ""
	for ctx.Err() == nil {
		err := w.once(ctx)
		switch {
		case ctx.Err() != nil:
		case err == nil:
			last = ""
		case err.Error() != last:
			last = err.Error()
			w.log.Error("the audit log could not be compared", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		}
	}
}

// once looks at what is new, and now and then at the rules and at one piece of what is old.
func (w *auditWatch) once(ctx context.Context) error {
	chain := w.record.Chain()
	changed, err := w.tail(ctx, &chain)
	if err != nil {
		return err
	}
	news, err := w.store.AuditList(ctx, ledger.ActFilter{After: chain.Last, Oldest: true, Limit: 1})
	due := w.now().Sub(w.old).Abs() >= oldEvery
	if err != nil || len(news) == 0 && !changed && !due {
		return err
	}
	// The rules first: one that is cleared meanwhile has its line by then.
	found, err := w.rules(ctx)
	if err != nil {
		return err
	}
	cleared, grown, err := w.grow(ctx, &chain)
	if err != nil {
		return err
	}
	if due {
		w.old = w.now()
		if changed, err = w.again(ctx, &chain, changed); err != nil {
			return err
		}
	}
	if changed || grown {
		err = w.record.Anchor(chain)
	}
	if err != nil {
		return err
	}
	return w.compare(found, cleared)
}

func (w *auditWatch) mark(format string, args ...any) {
	what := fmt.Sprintf(format, args...)
	if fresh, err := w.record.Mark(w.now(), what); fresh || err != nil {
		w.log.Error(what, "hint", "hisseki doctor")
	}
}

func lineOf(a *ledger.Act) proof.Line { return proof.Line{ID: a.ID, Bytes: a.Statement().Bytes()} }

// tail looks whether the last line is there as it was. One that is not is marked once, and the
// chain goes on from what is there now.
func (w *auditWatch) tail(ctx context.Context, c *proof.Chain) (changed bool, err error) {
	if c.Last == 0 {
		return false, nil
	}
	list, err := w.store.AuditList(ctx, ledger.ActFilter{After: c.Last - 1, Oldest: true, Limit: 1})
	if err != nil || len(list) == 1 && c.Ends(lineOf(&list[0])) {
		return false, err
	}
	now, err := w.store.AuditList(ctx, ledger.ActFilter{Limit: 1})
	if err != nil {
		return false, err
	}
	w.mark("line %d of the audit log is not what it was, or is missing", c.Last)
	switch {
	case len(list) == 1: // that line, or the next one that is there
		c.Break(lineOf(&list[0]))
	case len(now) == 1:
		c.Break(lineOf(&now[0]))
	default:
		*c = proof.Chain{Begun: true}
	}
	return true, nil
}

// grow takes in the lines that are new, and returns the subjects of rules that somebody who may
// decide has cleared.
func (w *auditWatch) grow(ctx context.Context, c *proof.Chain) (cleared map[string]bool, grown bool, err error) {
	cleared = make(map[string]bool)
	for {
		list, err := w.store.AuditList(ctx, ledger.ActFilter{After: c.Last, Oldest: true, Limit: proof.Slice})
		if err != nil {
			return nil, false, err
		}
		for i := range list {
			a := &list[i]
			if a.ID != c.Last+1 {
				w.mark("lines %d to %d of the audit log are missing", c.Last+1, a.ID-1)
			}
			*c = c.Add(lineOf(a))
			signed := w.signed.Verify(a.Statement(), a.Signature) == nil
			switch {
			case signed && (a.Verb == "clear" || a.Verb == "forget" || a.Verb == "remove-habit"):
				cleared[a.Object] = true
			case !signed && !byServe(a) && c.Begun:
				w.mark("line %d of the audit log (%.60q: %.30q %.60q) was written by nobody who may decide", a.ID,
					a.Actor, a.Verb, a.Object)
			}
		}
		if grown = grown || len(list) > 0; len(list) < proof.Slice {
			grown = grown || !c.Begun
			c.Begun = true
			return cleared, grown, nil
		}
	}
}

// byServe says whether serve writes such lines, which has no key: what it gave up or ended by
// itself.
func byServe(a *ledger.Act) bool {
	return a.Verb == "end" && a.Actor == "hisseki" || a.Verb == "give-up" && strings.HasPrefix(a.Actor, "hook ")
}

// again looks at an old piece of the log.
func (w *auditWatch) again(ctx context.Context, c *proof.Chain, changed bool) (bool, error) {
	after, ok := c.From()
	if !ok {
		return changed, nil
	}
	list, err := w.store.AuditList(ctx, ledger.ActFilter{After: after, Oldest: true, Limit: proof.Slice})
	if err != nil {
		return false, err
	}
	lines := make([]proof.Line, len(list))
	for i := range list {
		lines[i] = lineOf(&list[i])
	}
	if !c.Holds(lines) {
		w.mark("lines %d to %d of the audit log are not what they were", after+1, after+proof.Slice)
	}
	c.Next++
	return true, nil
}

// maxWatched bounds how many rules and exceptions are compared.
const maxWatched = 20_000

// rules reads what is in force, each with its own verdict: nil, or why it does not count.
func (w *auditWatch) rules(ctx context.Context) (map[string]watched, error) {
	out := make(map[string]watched)
	for _, kind := range []string{"", "url"} {
		list, err := w.store.Overrides(ctx, kind, w.now())
		if err != nil {
			return nil, err
		}
		for i := range list[:min(len(list), maxWatched)] {
			r := &list[i]
			out[r.Subject] = watched{proof.Rule{Subject: r.Subject, Created: r.Created.Unix(), Until: unixOf(r.Until),
				Mac: r.Signature}, w.signed.Verify(r.Statement(), r.Signature)}
		}
	}
	list, err := w.store.Exceptions(ctx)
	for i := range list[:min(len(list), maxWatched)] {
		e := &list[i]
		if e.Until.After(w.now()) {
			out[e.Name] = watched{proof.Rule{Subject: e.Name, Created: e.Created.Unix(), Until: unixOf(e.Until),
				Mac: e.Signature}, w.signed.Verify(e.Statement(), e.Signature)}
		}
	}
	return out, err
}

type watched struct {
	proof.Rule
	doubt error
}

func unixOf(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

// compare marks rules that nobody who may decide has set, put back or taken away.
func (w *auditWatch) compare(found map[string]watched, cleared map[string]bool) error {
	known := w.record.Rules()
	var changed []proof.Rule
	var forget []string
	for subject, r := range found {
		was, ok := known[subject]
		switch {
		case r.doubt != nil:
			w.mark("the rule for %.100q does not count: %v: set it again, or clear it", subject, r.doubt)
		case ok && was.Mac == r.Mac:
		case ok && r.Created < was.Created:
			w.mark("an older rule for %.100q was put back", subject)
		default:
			changed = append(changed, r.Rule)
		}
	}
	for subject, was := range known {
		_, there := found[subject]
		switch {
		case there:
		case was.Over(w.now()):
			forget = append(forget, subject)
		case was.Mac != "" && !cleared[subject]:
			w.mark("the rule for %.100q is gone, and nobody who may decide has cleared it", subject)
			fallthrough
		case was.Mac != "":
			was.Created, was.Mac = w.now().Unix(), "" // an older one does not come back
			changed = append(changed, was)
		}
	}
	if len(changed)+len(forget) == 0 {
		return nil
	}
	return w.record.KeepRules(changed, forget)
}
