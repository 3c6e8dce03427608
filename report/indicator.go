package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/internal/term"
	"hisseki/internal/words"
	"hisseki/ledger"
)

// IndicatorKind says what an indicator is.
type IndicatorKind string

// Kinds of indicators.
const (
	IndicatorURL    IndicatorKind = "url"
	IndicatorHost   IndicatorKind = "host"   // a site that nobody knew: it may be blocked
	IndicatorClient IndicatorKind = "client" // new to the account, or guessed passwords
	IndicatorFile   IndicatorKind = "sha256" // of an attachment that can carry a program
)

// Indicator is something to block or to look for.
type Indicator struct {
	Kind  IndicatorKind
	Value string // as it is, for machines
	Name  string // of a file
	Mails int    // that show it
	First time.Time
	Last  time.Time
}

// guesses is from how many failed logins on an address is listed: fewer are typing errors.
const guesses = 5

// indicators collects what the attack used. Mail that was recalled, that only a rule holds
// or that a person released says nothing.
func indicators(s *ledger.Scope) []Indicator {
	found := make(map[Indicator]*Indicator) // by kind and value
	see := func(kind IndicatorKind, value, name string, at time.Time, mails int) {
		key := Indicator{Kind: kind, Value: value}
		i := found[key]
		if i == nil {
			i = &Indicator{Kind: kind, Value: value, Name: name, First: at, Last: at}
			found[key] = i
		}
		i.Mails += mails
		i.First, i.Last = earlier(i.First, at), later(i.Last, at)
	}
	for i := range s.Lures {
		l := &s.Lures[i]
		see(IndicatorHost, l.Pattern, "", l.First, l.Mails)
		see(IndicatorHost, l.Pattern, "", l.Last, 0)
	}
	for i := range s.Holds {
		if h := &s.Holds[i]; h.OfAttack() { // others may be an innocent's
			addMail(h.Record, see)
		}
	}
	for _, l := range s.Logins {
		if l.Result.Failed() && l.Count >= guesses && l.Client.IsValid() {
			see(IndicatorClient, l.Client.String(), "", l.At, 0)
		}
	}
	var out []Indicator
	for _, i := range found {
		out = append(out, *i)
	}
	order := []IndicatorKind{IndicatorHost, IndicatorURL, IndicatorClient, IndicatorFile}
	rank := make(map[string]int, len(s.Lures)) // of sites
	for i := range s.Lures {
		rank[s.Lures[i].Pattern] = i
	}
	slices.SortFunc(out, func(a, b Indicator) int {
		first := slices.Index(order, a.Kind) - slices.Index(order, b.Kind)
		if a.Kind == IndicatorHost && b.Kind == IndicatorHost {
			first = rank[a.Value] - rank[b.Value]
		}
		return cmp.Or(first, b.Mails-a.Mails, cmp.Compare(a.Value, b.Value))
	})
	return out
}

// addMail collects from one mail.
func addMail(m *analyzer.Record, see func(IndicatorKind, string, string, time.Time, int)) {
	at := m.Envelope.Time
	for _, u := range m.URLs {
		see(IndicatorURL, u, "", at, 1)
	}
	if m.Envelope.Client.IsValid() && m.Verdict.Shows(analyzer.NetworkNew) {
		see(IndicatorClient, m.Envelope.Client.String(), "", at, 1)
	}
	for _, f := range m.Files {
		if name, sum, kind, ok := fileOf(f); ok && carries(kind) {
			see(IndicatorFile, sum, name, at, 1)
		}
	}
}

// fileOf reads a record's file: "name sha256-hex kind", where the name may have spaces.
func fileOf(text string) (name, sum string, kind content.Kind, ok bool) {
	f := strings.Split(text, " ")
	n := len(f)
	if n < 2 || len(f[n-2]) != 64 || strings.Trim(f[n-2], "0123456789abcdef") != "" {
		return "", "", "", false
	}
	return strings.Join(f[:n-2], " "), f[n-2], content.Kind(f[n-1]), true
}

// carries says whether a kind of file can carry a program.
func carries(kind content.Kind) bool {
	switch kind {
	case content.Picture, content.TextFile, content.Calendar, content.Message:
		return false
	}
	return true
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Shown is an indicator for people, harmless.
func (i *Indicator) Shown() string {
	switch i.Kind {
	case IndicatorURL, IndicatorHost, IndicatorClient:
		return Defang(i.Value)
	}
	return safe(i.Value, maxText)
}

// Defang makes a link, host or address harmless to read.
func Defang(link string) string { return words.Defang(link) }

// unlink makes hostile text safe to show, and links in it unclickable.
func unlink(text string) string { return words.Unlink(text) }

// Bounds of hostile text, in characters: what one line of a page or terminal holds.
const maxText = 300

func safe(s string, most int) string { return term.Safe(s, most) }
