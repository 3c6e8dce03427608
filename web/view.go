package web

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/words"
	"hisseki/ledger"
	"hisseki/report"
	"hisseki/review"
)

// navLink is a link of the page's frame.
type navLink struct {
	To, Text string
	Here     bool
}

// Link is the link to a part of the page.
func (q *request) Link(part, to string) navLink {
	return navLink{to, q.W("nav-" + part), q.Nav == part}
}

// OtherLang is the code of the language that the switch leads to.
func (q *request) OtherLang() string {
	if q.Japanese() {
		return string(words.English)
	}
	return string(words.Japanese)
}

// rows is kept mail as a list shows it.
type rows struct {
	*request
	Holds []ledger.Hold
	Pick  bool // with boxes to select mail by
}

// Rows is kept mail as a list shows it.
func (q *request) Rows(list []ledger.Hold) rows { return rows{q, list, false} }

// Rows of the quarantine can be selected.
func (p quarantinePage) Rows(list []ledger.Hold) rows { return rows{p.request, list, p.MayReview()} }

// FewTo names the first recipient, and how many more there are.
func (q *request) FewTo(h *ledger.Hold) string {
	switch len(h.Recipients) {
	case 0:
		return ""
	case 1:
		return q.Clean(h.Recipients[0])
	}
	return q.W("few-to", q.Clean(h.Recipients[0]), len(h.Recipients)-1)
}

// sign is a sign of the evidence as a page shows it.
type sign struct {
	Text, Points                     string
	Width                            float64 // of its bar, 0 to 100
	SeenWord, Seen, UsualWord, Usual string
}

// fullBar is how many points fill a bar: few signs have more.
const fullBar = 6

// Signs are the evidence of a verdict.
func (q *request) Signs(list []analyzer.Evidence) []sign {
	var out []sign
	for _, e := range list {
		s := sign{Text: q.Sign(e), SeenWord: q.W("seen"), Seen: q.Observed(e), UsualWord: q.W("usual"),
			Usual: q.Phrase(e.Usual)}
		if e.Points != 0 {
			s.Points = fmt.Sprintf("%.1f", e.Points)
			s.Width = 100 * min(max(e.Points, 0), fullBar) / fullBar
		}
		out = append(out, s)
	}
	return out
}

// PassIf says what would have let a mail pass.
func (q *request) PassIf(v analyzer.Verdict) string { return q.Reader.PassIf(v.PassIf) }

// ChartUsual explains the band of an incident's drawing.
func (p incidentPage) ChartUsual() string {
	c := &p.Report.Chart
	if c.Days == 0 {
		return p.W("chart-new")
	}
	return p.W("chart-usual", c.Usual, p.Span(c.Width))
}

// AllStates are all states of kept mail.
func (q *request) AllStates() []string { return allStates }

// Grace is how long mail waits that a confirmation deletes.
func (q *request) Grace() time.Duration { return q.s.Review.Settings.Grace }

// FirstOwn is the first of the mail that an ending decides.
func (p endingPage) FirstOwn() []ledger.Hold { return p.Own[:min(len(p.Own), maxChoiceRows)] }

// maxValues bounds recipients and links that a page of one mail shows.
const maxValues = 30

// FirstRecipients are the first recipients.
func (p mailPage) FirstRecipients() []string {
	return p.H.Recipients[:min(len(p.H.Recipients), maxValues)]
}

// MoreRecipients counts the others.
func (p mailPage) MoreRecipients() int { return max(0, len(p.H.Recipients)-maxValues) }

// FirstLinks are the first unusual links.
func (p mailPage) FirstLinks() []string {
	return p.H.Record.URLs[:min(len(p.H.Record.URLs), maxValues)]
}

// maxTextLines bounds what a page shows of a text of several lines.
const maxTextLines = 200

// CleanText makes a hostile text of several lines fit to read.
func (q *request) CleanText(s string) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(s) {
		if n++; n > maxTextLines {
			b.WriteString("…")
			break
		}
		b.WriteString(q.Clean(strings.TrimRight(line, "\r\n")))
		b.WriteByte('\n')
	}
	return b.String()
}

// AtPtr is a time that may be missing.
func (q *request) AtPtr(t *time.Time) Stamp {
	if t == nil {
		return Stamp{}
	}
	return q.At(*t)
}

// Join names what a list has, harmless.
func (q *request) Join(list []string) string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = q.Clean(s)
	}
	return strings.Join(out, q.W("comma"))
}

// ruleLines are rules as a page lists them.
type ruleLines struct {
	*request
	List []review.RuleLine
}

// Lines are rules as a page lists them.
func (q *request) Lines(list []review.RuleLine) ruleLines { return ruleLines{q, list} }

// RuleNames are the rules that a form can set, in the order of a list.
func (q *request) RuleNames() []string {
	return []string{"hold", "allow", "enforce", "observe", "block-url", "allow-url"}
}

// seenTable is what of a sender's mail was seen when.
type seenTable struct {
	Word, Mails, First, Last, None string
	List                           []seenRow
}

type seenRow struct {
	Value       string
	Mails       int
	First, Last Stamp
}

// SeenTable is what of a sender's mail was seen when; key is the word for it.
func (q *request) SeenTable(list []review.Seen, key string) seenTable {
	t := seenTable{Word: q.W(key), Mails: q.W("mails"), First: q.W("first-seen"), Last: q.W("last-seen"), None: q.W("none")}
	for _, x := range list {
		t.List = append(t.List, seenRow{q.Clean(x.Value), x.Mails, q.At(x.First), q.At(x.Last)})
	}
	return t
}

// ObjectAddress is where what a line of the audit log is about can be seen, "" for nowhere.
func (q *request) ObjectAddress(object string) string {
	if name, ok := strings.CutPrefix(object, "sender:"); ok {
		return "/sender?" + url.Values{"name": {name}}.Encode()
	}
	if _, err := review.ParseID("H", object); err == nil && strings.HasPrefix(object, "H") {
		return "/mail/" + object
	}
	if _, err := review.ParseID("I", object); err == nil && strings.HasPrefix(object, "I") {
		return "/incident/" + object
	}
	return ""
}

// company is a company of the report, for a template of its own, with its first people.
type company struct {
	*request
	report.Company
	People []report.Person
	More   int // mails to people that are not listed
}

// maxFates bounds how many lines of what became of mail a page has, maxOfCompany those of one company: a
// single mail may go to thousands.
const (
	maxFates     = 120
	maxOfCompany = 20
)

// Company is a company of the report, for a template of its own. What one lists the next ones have less.
func (p incidentPage) Company(c report.Company) company {
	out := company{request: p.request, Company: c}
	room := min(maxOfCompany, *p.Fates)
	for _, person := range c.People {
		n := min(len(person.Mails), room)
		out.More += len(person.Mails) - n
		if room -= n; n > 0 {
			out.People = append(out.People, report.Person{Address: person.Address, Mails: person.Mails[:n]})
			*p.Fates -= n
		}
	}
	return out
}

// maxShort bounds a text that stands in a line beside others.
const maxShort = 80

// Short is the beginning of a hostile text, fit to read.
func (q *request) Short(s string) string {
	if r := []rune(q.Clean(s)); len(r) > maxShort {
		return string(r[:maxShort]) + "…"
	}
	return q.Clean(s)
}
