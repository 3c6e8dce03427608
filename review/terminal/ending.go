package terminal

import (
	"fmt"
	"io"
	"strings"

	"hisseki/internal/table"
	"hisseki/internal/term"
	"hisseki/ledger"
	"hisseki/review"
)

// Plan is what an ending is going to do, in words: "confirm I3: discard 36 mails of ...".
func Plan(p *review.Preview) string {
	names := make([]string, len(p.Incidents))
	for i := range p.Incidents {
		names[i] = p.Incidents[i].Name()
	}
	words := review.EndVerbs[p.Ending.To]
	what := words.Verb + " " + strings.Join(names, ", ")
	mail := p.Own
	if p.Ending.To == ledger.IncidentDismissed {
		mail = append(mail, p.Others...)
	}
	if len(mail) > 0 {
		acts := words.Acts
		if p.Ending.Keep {
			acts = "keep"
		}
		what += fmt.Sprintf(": %s %s %s", acts, term.Count(len(mail), "mail"), Senders(mail))
	}
	if !p.Since.IsZero() {
		what += ", unlearn mail since " + term.Stamp(p.Since)
	}
	if p.Does.Unlearned > 0 {
		what += ", unlearn " + term.Count(p.Does.Unlearned, "mail")
	}
	if p.Does.Learned > 0 {
		what += ", learn " + term.Count(p.Does.Learned, "mail") + " again"
	}
	if len(p.Hooks) > 0 {
		what += ", run the hooks " + term.Few(p.Hooks, 5)
	}
	return what
}

// OthersQuestion asks about recalled mail of other accounts.
func OthersQuestion(p *review.Preview) string {
	return fmt.Sprintf("discard also %s %s, recalled because of a shared link or file (no leaves it on hold)",
		term.Count(len(p.Others), "mail"), Senders(p.Others))
}

// Preview prints the mail that an ending decides and what it would do.
func Preview(screen table.Screen, p *review.Preview) {
	fmt.Fprintf(screen, "would %s\n", Plan(p))
	if n := len(p.Others); n > 0 && p.Ending.Others == "" && p.Ending.To == ledger.IncidentConfirmed {
		fmt.Fprintf(screen, "would leave %s %s on hold: --others discard or release decides\n",
			term.Count(n, "recalled mail"), Senders(p.Others))
	}
	linkAdvice(screen, p)
}

// Outcome says what an ending did, and what can be done next.
func Outcome(w io.Writer, p *review.Preview, out *review.Outcome) {
	words := review.EndVerbs[p.Ending.To]
	for _, x := range out.Ended {
		acted := []string{term.Count(x.Discarding+x.Releasing, "mail") + " will be " + words.Acted}
		if p.Ending.To == ledger.IncidentConfirmed && x.Releasing > 0 {
			acted = []string{term.Count(x.Discarding, "mail") + " will be discarded",
				fmt.Sprintf("%d released", x.Releasing)}
		}
		acted = append(acted, term.Count(x.Unlearned, "mail")+" unlearned",
			term.Count(x.Learned, "mail")+" learned again")
		fmt.Fprintf(w, "%s %s: %s\n", x.Name, words.Done, strings.Join(acted, ", "))
		if x.Left > 0 {
			fmt.Fprintf(w, "%s of other accounts on hold still: hisseki quarantine list --incident %s\n",
				term.Count(x.Left, "recalled mail"), x.Name)
		}
	}
	if deleted := discarded(out); deleted > 0 && !out.Deletes.IsZero() {
		fmt.Fprintf(w, "it is deleted at %s; until then all of it can be taken back:"+
			" hisseki incident reopen %s\n", term.Stamp(out.Deletes), out.Ended[0].Name)
	} else {
		fmt.Fprintf(w, "to take it back: hisseki incident reopen %s\n", out.Ended[0].Name)
	}
	for _, lure := range out.Blocked {
		fmt.Fprintf(w, "blocked %s\n", safe(lure, 200))
	}
	linkAdvice(w, p)
}

// Back says what taking ends back did, and which rules it left in force.
func Back(w io.Writer, back *review.Back) {
	for _, x := range back.Incidents {
		fmt.Fprintf(w, "%s is open again: %s held, %s learned again, %s too late to take back\n", x.Name,
			term.Count(x.Held, "mail"), term.Count(x.Learned, "mail"), term.Count(x.Late, "mail"))
	}
	if len(back.Blocks) > 0 {
		fmt.Fprintln(w, "\nlinks that are still blocked for everybody; to take that back too:")
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
func linkAdvice(w io.Writer, p *review.Preview) {
	if len(p.Lures) == 0 || p.Ending.Block {
		return
	}
	fmt.Fprintln(w, "\nlinks that nobody knew; to hold mail with them from anybody (or confirm with --block):")
	for _, l := range p.Lures {
		note := ""
		if l.Elsewhere {
			note = "   # others sent it before: look first"
		}
		fmt.Fprintf(w, "  hisseki url block %s --reason %s%s\n", ShellQuote(l.Pattern),
			ShellQuote("incident "+p.Incidents[0].Name()), note)
	}
}
