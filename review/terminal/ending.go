package terminal

import (
	"fmt"
	"io"
	"strings"

	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
	"hisseki/review"
)

// endKeys are the ends of the catalogue's keys: "plan-confirm", "did-discard".
var endKeys = map[ledger.IncidentState]struct{ end, acts string }{
	ledger.IncidentConfirmed: {"confirm", "discard"},
	ledger.IncidentDismissed: {"dismiss", "release"},
}

// Plan is what an ending is going to do, in words: "confirm I3: discard 36 mails of ...".
func Plan(t words.Reader, p *review.Preview) string {
	names := make([]string, len(p.Incidents))
	for i := range p.Incidents {
		names[i] = p.Incidents[i].Name()
	}
	keys := endKeys[p.Ending.To]
	what := t.W("plan-"+keys.end, strings.Join(names, t.W("comma")))
	mail := p.Own
	if p.Ending.To == ledger.IncidentDismissed {
		mail = append(mail, p.Others...)
	}
	var parts []string
	if len(mail) > 0 {
		acts := keys.acts
		if p.Ending.Keep {
			acts = "keep"
		}
		parts = append(parts, t.W("plan-"+acts, mails(t, len(mail)), Senders(t, mail)))
	}
	if !p.Since.IsZero() {
		parts = append(parts, t.W("plan-since", term.Stamp(p.Since)))
	}
	if p.Does.Unlearned > 0 {
		parts = append(parts, t.W("plan-unlearn", mails(t, p.Does.Unlearned)))
	}
	if p.Does.Learned > 0 {
		parts = append(parts, t.W("plan-learn", mails(t, p.Does.Learned)))
	}
	if len(p.Hooks) > 0 {
		parts = append(parts, t.W("plan-hooks", term.Few(p.Hooks, 5)))
	}
	switch {
	case len(parts) == 0:
		return what
	case len(mail) == 0 && !t.Japanese(): // "confirm I3, unlearn 7 mails"
		return what + ", " + strings.Join(parts, ", ")
	}
	return t.W("plan-of", what, strings.Join(parts, t.W("comma")))
}

// mails is a number of mails: "36 mails".
func mails(t words.Reader, n int) string { return t.Say(words.Count(n, "mail")) }

// OthersQuestion asks about recalled mail of other accounts.
func OthersQuestion(t words.Reader, p *review.Preview) string {
	return t.W("plan-others", mails(t, len(p.Others)), Senders(t, p.Others))
}

// Preview prints the mail that an ending decides and what it would do.
func Preview(screen table.Screen, t words.Reader, p *review.Preview) {
	fmt.Fprintln(screen, t.W("plan-would", Plan(t, p)))
	if n := len(p.Others); n > 0 && p.Ending.Others == "" && p.Ending.To == ledger.IncidentConfirmed {
		fmt.Fprintln(screen, t.W("plan-leave", t.Say(words.Count(n, "recalled mail")), Senders(t, p.Others)))
	}
	linkAdvice(screen, t, p)
}

// Outcome says what an ending did, and what can be done next.
func Outcome(w io.Writer, t words.Reader, p *review.Preview, out *review.Outcome) {
	keys := endKeys[p.Ending.To]
	for _, x := range out.Ended {
		acted := []string{t.W("did-"+keys.acts, mails(t, x.Discarding+x.Releasing))}
		if p.Ending.To == ledger.IncidentConfirmed && x.Releasing > 0 {
			acted = []string{t.W("did-discard", mails(t, x.Discarding)), t.W("did-released", x.Releasing)}
		}
		acted = append(acted, t.W("did-unlearn", mails(t, x.Unlearned)), t.W("did-learn", mails(t, x.Learned)))
		fmt.Fprintln(w, t.W("did-"+keys.end, x.Name, strings.Join(acted, t.W("comma"))))
		if x.Left > 0 {
			fmt.Fprintln(w, t.W("did-leave", t.Say(words.Count(x.Left, "recalled mail")), x.Name))
		}
	}
	if deleted := discarded(out); deleted > 0 && !out.Deletes.IsZero() {
		fmt.Fprintln(w, t.W("did-delete-at", term.Stamp(out.Deletes), out.Ended[0].Name))
	} else {
		fmt.Fprintln(w, t.W("did-take-back", out.Ended[0].Name))
	}
	for _, lure := range out.Blocked {
		fmt.Fprintln(w, t.W("did-block", safe(lure, 200)))
	}
	linkAdvice(w, t, p)
}

// Back says what taking ends back did, and which rules it left in force.
func Back(w io.Writer, t words.Reader, back *review.Back) {
	for _, x := range back.Incidents {
		fmt.Fprintln(w, t.W("did-reopen", x.Name, mails(t, x.Held), mails(t, x.Learned), mails(t, x.Late)))
	}
	if len(back.Blocks) > 0 {
		fmt.Fprintln(w, "\n"+t.W("still-blocked"))
	}
	for i := range back.Blocks {
		r := &back.Blocks[i]
		why := safe(r.By, 30)
		if r.Reason != "" {
			why += ": " + safe(r.Reason, 60)
		}
		fmt.Fprintf(w, "  hisseki url clear %s   # %s, %s\n", ShellQuote(strings.TrimPrefix(r.Subject, "url:")),
			term.Stamp(r.Created), why)
	}
}

// discarded counts the mail that is going to be deleted.
func discarded(out *review.Outcome) (n int) {
	for _, x := range out.Ended {
		n += x.Discarding
	}
	return n
}

// linkAdvice says how to block the links of a confirmed incident that are not blocked yet.
func linkAdvice(w io.Writer, t words.Reader, p *review.Preview) {
	if len(p.Lures) == 0 || p.Ending.Block {
		return
	}
	fmt.Fprintln(w, "\n"+t.W("lures-advice"))
	for _, l := range p.Lures {
		note := ""
		if l.Elsewhere {
			note = "   # " + t.W("lure-elsewhere")
		}
		fmt.Fprintf(w, "  hisseki url block %s --reason %s%s\n", ShellQuote(l.Pattern),
			ShellQuote("incident "+p.Incidents[0].Name()), note)
	}
}
