package ledger

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hisseki/analyzer"
)

// Statement is what somebody decided, in the one form in which it is signed: what a row of the
// store means, and not how it is kept. A signature by a key that serve cannot read shows
// root's agent that a reviewer wrote the row, whoever could have written to the file.
type Statement struct {
	Kind   string   // no two kinds are ever taken for each other
	Fields []string // always as many of one kind
}

// Bytes is the statement as it is signed: the kind and each field behind its length, so that
// no two statements have the same bytes.
func (s Statement) Bytes() []byte {
	out := []byte("hisseki statement 1\n")
	for _, field := range append([]string{s.Kind}, s.Fields...) {
		out = binary.BigEndian.AppendUint64(out, uint64(len(field)))
		out = append(out, field...)
	}
	return out
}

// Signer signs what somebody decided; it is only there for those who may decide.
type Signer interface{ Sign(Statement) string }

// Verifier says whether somebody who may decide has signed a statement; its error says why
// it does not look so.
type Verifier interface {
	Verify(s Statement, signature string) error
}

// Signs is what whoever may decide can do.
type Signs interface {
	Signer
	Verifier
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.Unix(), 10)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// Statement is the decision about a kept mail. It names the mail, so that it counts for no
// other one, and the earliest moment at which it may be carried out. What was carried out is
// the same decision as before.
func (h *Hold) Statement() Statement {
	to := h.State
	for _, s := range []State{Releasing, Discarding} {
		if done, _ := StepDone.To(s); done == h.State {
			to = s
		}
	}
	e := &h.Record.Envelope
	return Statement{"decision", []string{number(h.ID), e.Host, e.QueueID, instant(e.Time), string(to), h.By,
		h.Reason, instant(h.Decided), instant(h.NotBefore)}}
}

// Statement is that an incident was ended, or opened again.
func (e *Event) Statement() Statement {
	return Statement{"event", []string{number(e.N), e.ID, number(e.Incident), e.Sender, string(e.Kind),
		instant(e.At), e.By, e.Reason, strconv.FormatBool(e.Kept)}}
}

// Statement is a rule for the mail of senders, or for links.
func (r *Rule) Statement() Statement {
	return Statement{"rule", []string{r.Subject, string(r.Action), string(r.Mode), instant(r.Until), r.By,
		r.Reason, instant(r.Created)}}
}

// Statement is an exception from declared habits.
func (e *Exception) Statement() Statement {
	zone := "UTC"
	if e.Zone != nil {
		zone = e.Zone.String()
	}
	s := Statement{"exception", []string{number(e.ID), strings.Join(e.Senders, "\n"),
		strings.Join(e.Countries, "\n"), joined(e.Networks), joinedHours(e.Hours), zone, instant(e.Until), e.By,
		e.Reason, instant(e.Created)}}
	if len(e.Programs)+len(e.Devices) > 0 { // another kind: those that were signed before have no such fields
		s.Kind = "exception with programs"
		s.Fields = append(s.Fields, strings.Join(e.Programs, "\n"), strings.Join(e.Devices, "\n"))
	}
	if e.Change.Names() {
		s.Kind, s.Fields = "change of "+s.Kind, append(s.Fields, instant(e.From), joined(e.Links))
	}
	return s
}

func joined[T fmt.Stringer](list []T) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = x.String()
	}
	return strings.Join(out, "\n")
}

func joinedHours(list []analyzer.Hours) string {
	return joined(slices.Clone(list))
}

// Statement is a line of the audit log.
func (a *Act) Statement() Statement {
	return Statement{"act", []string{number(a.ID), instant(a.At), a.Actor, a.Verb, a.Object, a.Reason}}
}
