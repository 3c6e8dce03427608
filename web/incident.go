package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"hisseki/analyzer"
	"hisseki/ledger"
	"hisseki/report"
	"hisseki/review"
)

// incidentsPage lists incidents.
type incidentsPage struct {
	*request
	State string
	List  []ledger.Incident
	More  bool
}

// maxIncidents is how many incidents a page lists, the newest first.
const maxIncidents = 100

func (q *request) incidents() error {
	p := incidentsPage{request: q, State: q.r.URL.Query().Get("state")}
	iq := review.IncidentQuery{Sender: strings.TrimSpace(q.r.URL.Query().Get("sender"))}
	if p.State != "" {
		iq.States = []string{p.State}
	} else {
		iq.States = strings.Split(review.Names(review.IncidentStates), ", ")
	}
	iq.Newest = maxIncidents + 1
	list, err := remember(q.ctx(), &q.s.memory, "incidents "+p.State+" "+iq.Sender, func(ctx context.Context) ([]ledger.Incident, error) {
		list, err := q.s.Review.Incidents(ctx, iq)
		slices.Reverse(list)
		if errors.Is(err, review.ErrNothing) {
			err = nil
		}
		return list, err
	})
	if err != nil {
		return err
	}
	p.More = len(list) > maxIncidents
	p.List = list[:min(len(list), maxIncidents)]
	q.Title, q.Nav = q.W("nav-incidents"), "incidents"
	return q.show(http.StatusOK, "incidents.html", p)
}

// States are the states that incidents are listed by.
func (p incidentsPage) States() []ledger.IncidentState { return review.IncidentStates }

// incidentPage is all that is known of an incident.
type incidentPage struct {
	*request
	*review.Detail
	I       *ledger.Incident
	Drawing *Drawing
	Others  []ledger.Incident // of its case
	Mail    []ledger.Hold     // the newest of it
	Stamp   string            // of what is shown: another one means that something changed
	Fates   *int              // lines that companies may list still
}

// incidentMail is how much of an incident's mail its page lists.
const incidentMail = 10

func (q *request) incident() error {
	id := q.r.PathValue("id")
	return q.s.Review.ShowIncidents(q.ctx(), q.actor(), []string{id}, func(d *review.Detail) error {
		i := d.Incident()
		room := maxFates
		p := incidentPage{request: q, Detail: d, I: i, Drawing: q.drawReport(d.Report), Fates: &room}
		p.Stamp = stampOf(i, p.Answer())
		for _, m := range d.Mates {
			if m.ID != i.ID {
				p.Others = append(p.Others, m)
			}
		}
		for k := range min(incidentMail, len(d.Scope.Holds)) {
			p.Mail = append(p.Mail, d.Scope.Holds[len(d.Scope.Holds)-1-k])
		}
		q.Title, q.Nav = i.Name()+" "+q.Clean(i.Sender), "incidents"
		return q.show(http.StatusOK, "incident.html", p)
	})
}

var allStates = strings.Split(review.Names(review.States), ", ")

// stampOf says what an incident's page depends on.
func stampOf(i *ledger.Incident, answer ledger.EventKind) string {
	return fmt.Sprint(i.State, " ", answer, " ", strings.Join(review.StateCounts(i.States), " "))
}

// incidentLive says whether an incident changed since a page was made. Lists and counts are
// not noted in the audit log, so this can be asked again and again.
func (q *request) incidentLive() error {
	return q.part("incident.html", "changed", func(ctx context.Context) (any, error) {
		list, err := q.s.Review.Incidents(ctx, review.IncidentQuery{IDs: []string{q.r.PathValue("id")}})
		if err != nil {
			return nil, err
		}
		brief, err := q.s.Review.Store.Signs(ctx, list[0].ID)
		return struct {
			*request
			I       *ledger.Incident
			Changed bool
		}{q, &list[0], err == nil && stampOf(&list[0], brief.Answer) != q.r.URL.Query().Get("stamp")}, err
	})
}

// Headline is the incident's report in one sentence.
func (p incidentPage) Headline() string { return report.Headline(p.Report, p.Reader) }

// CountsOf says how much mail is in which state, in the reader's words.
func (q *request) CountsOf(states map[ledger.State]int) string {
	var out []string
	for _, s := range review.States {
		if n := states[s]; n > 0 {
			out = append(out, q.W("count-of", q.Named("hold-", string(s)), n))
		}
	}
	return strings.Join(out, q.W("comma"))
}

// Traits are what a suspect mail shares with an incident.
func (q *request) Traits(list []analyzer.Trait) string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = q.Named("trait-", string(x))
	}
	return strings.Join(out, q.W("comma"))
}

// maxListed bounds what of a long list a page shows; the report has all.
const maxListed = 50

// Companies are the first companies that got something, or still may.
func (p incidentPage) Companies() []report.Company {
	list := p.companies(true)
	return list[:min(len(list), maxListed)]
}

// Spared are the first of the others.
func (p incidentPage) Spared() []report.Company {
	list := p.companies(false)
	return list[:min(len(list), maxListed)]
}

// SparedCount counts the companies that got nothing.
func (p incidentPage) SparedCount() int { return len(p.companies(false)) }

// MoreCompanies counts those that are not shown.
func (p incidentPage) MoreCompanies() int {
	return max(0, len(p.companies(true))-maxListed) + max(0, p.SparedCount()-maxListed)
}

func (p incidentPage) companies(got bool) (out []report.Company) {
	for _, c := range p.Report.Companies {
		if (c.Count.Reached+c.Count.Open > 0) == got {
			out = append(out, c)
		}
	}
	return out
}

// Suspects are the newest suspect mails.
func (p incidentPage) Suspects() []report.Suspect {
	list := slices.Clone(p.Report.Suspects)
	slices.Reverse(list)
	return list[:min(len(list), maxListed)]
}

// SuspectsCount says how many there are where not all are listed.
func (p incidentPage) SuspectsCount() string {
	listed := len(p.Report.Suspects)
	all := listed + p.Report.Unread.Suspects
	switch {
	case p.Report.Unread.More:
		return p.W("suspects-least", all, min(listed, maxListed))
	case all > maxListed:
		return p.W("suspects-some", all, min(listed, maxListed))
	}
	return ""
}

// MoreMates says whether the case has more incidents than are listed.
func (p incidentPage) MoreMates() bool { return p.Detail.Others }

// Logins are the newest logins.
func (p incidentPage) Logins() []analyzer.Login {
	list := slices.Clone(p.Report.Logins)
	slices.Reverse(list)
	return list[:min(len(list), maxListed)]
}

// Steps is the checklist.
func (p incidentPage) Steps() []report.Step { return report.StepsIn(p.Reader) }

// Answer is what the account's owner said, "" for nothing: a denial stands.
func (p incidentPage) Answer() (said ledger.EventKind) {
	for _, n := range p.Report.Notes {
		if n.Incident == p.I.Name() && n.State == ledger.HookAnswer && said != ledger.EventDenied {
			said = n.Event
		}
	}
	return said
}

// MayAsk says whether the account's owner can be asked again.
func (p incidentPage) MayAsk() bool { return len(p.s.Review.Settings.Asking) > 0 && p.s.Desk != nil }

// askAgain has the owner brought another link.
func (q *request) askAgain() error {
	id := q.r.PathValue("id")
	_, err := q.s.Review.AskAgain(q.ctx(), q.actor(), id)
	said := "asked-again"
	if errors.Is(err, review.ErrNothing) {
		said, err = "asked-nobody", nil
	}
	if err != nil {
		return err
	}
	q.done("/incident/"+id, said, 0)
	return nil
}

// Notes are what hooks said.
func (p incidentPage) Notes() []report.Note { return p.Report.Notes }

// endingPage is what an ending would do.
type endingPage struct {
	*request
	*review.Preview
	I      *ledger.Incident
	Choice string // confirm or dismiss
	Others string // keep, discard or release
	Moved  bool   // more mail came since somebody looked
	Absent bool   // no agent carries it out
}

// ends are the decisions about an incident, by how their addresses end.
var ends = map[string]ledger.IncidentState{"confirm": ledger.IncidentConfirmed, "dismiss": ledger.IncidentDismissed}

// ending reads the form of a decision.
func ending(to ledger.IncidentState, v url.Values) (review.Ending, string) {
	e := review.Ending{To: to, Since: strings.TrimSpace(v.Get("since")), Reason: strings.TrimSpace(v.Get("reason"))}
	if to != ledger.IncidentConfirmed {
		return e, ""
	}
	e.Keep, e.Block, e.AtOnce = v.Get("keep") != "", v.Get("block") != "", v.Get("at-once") != ""
	others := v.Get("others")
	switch others {
	case "discard":
		e.Others = ledger.Discarding
	case "release":
		e.Others = ledger.Releasing
	default:
		others = "keep"
	}
	return e, others
}

func (q *request) previewEnding() error {
	to, ok := ends[q.r.PathValue("end")]
	if !ok {
		return errNoPage
	}
	return q.showEnding(to, q.r.URL.Query(), false)
}

func (q *request) showEnding(to ledger.IncidentState, v url.Values, moved bool) error {
	e, others := ending(to, v)
	p, err := q.s.Review.PreviewEnding(q.ctx(), review.IncidentQuery{IDs: []string{q.r.PathValue("id")}}, e)
	if err != nil {
		return q.overtaken(err)
	}
	page := endingPage{request: q, Preview: p, I: &p.Incidents[0], Choice: review.EndVerbs[to].Verb, Others: others,
		Moved: moved, Absent: q.s.Review.AgentMissing(q.ctx())}
	q.Title, q.Nav = q.W("end-"+page.Choice+"-title"), "incidents"
	return q.show(http.StatusOK, "ending.html", page)
}

// overtaken shows an incident that somebody else ended meanwhile, and says so.
func (q *request) overtaken(err error) error {
	if errors.Is(err, review.ErrNothing) {
		if _, known := q.s.Review.Incidents(q.ctx(), review.IncidentQuery{IDs: []string{q.r.PathValue("id")}}); known != nil {
			return known
		}
		q.done("/incident/"+q.r.PathValue("id"), "overtaken", 0)
		return nil
	}
	return err
}

// end ends an incident, or takes its end back. What would be done must be what was looked at.
func (q *request) end() error {
	id, verb := q.r.PathValue("id"), q.r.PathValue("end")
	if verb == "reopen" {
		return q.reopen(id)
	}
	to, ok := ends[verb]
	if !ok {
		return errNoPage
	}
	f := q.r.PostForm
	e, _ := ending(to, f)
	p, err := q.s.Review.PreviewEnding(q.ctx(), review.IncidentQuery{IDs: []string{id}}, e)
	if err != nil {
		return q.overtaken(err)
	}
	if f.Get("seen") != Seen(p) {
		return q.showEnding(to, f, true)
	}
	out, err := q.s.Review.End(q.ctx(), q.actor(), p)
	if q.askedSecond(err) {
		return nil
	}
	if out == nil || len(out.Ended) == 0 {
		return q.overtaken(err)
	}
	if err != nil && !errors.Is(err, review.ErrPartly) {
		return err
	}
	q.done("/incident/"+id, "ended-"+verb, out.Ended[0].Discarding+out.Ended[0].Releasing)
	return nil
}

// Seen says what a preview shows, for the decision that follows it: how much mail, and the newest, so
// that one mail that left and another that came are noticed.
func Seen(p *review.Preview) string {
	newest := int64(0)
	for _, list := range [][]ledger.Hold{p.Own, p.Others} {
		for i := range list {
			newest = max(newest, list[i].ID)
		}
	}
	return fmt.Sprintf("%d.%d.%d", len(p.Own), len(p.Others), newest)
}

// Seen is what the page shows.
func (p endingPage) Seen() string { return Seen(p.Preview) }

func (q *request) reopen(id string) error {
	back, err := q.s.Review.Reopen(q.ctx(), q.actor(), []string{id}, strings.TrimSpace(q.r.PostForm.Get("reason")))
	switch {
	case back != nil && len(back.Incidents) > 0 && back.Incidents[0].Late > 0:
		q.done("/incident/"+id, "reopened-late", back.Incidents[0].Late)
	case back != nil && len(back.Incidents) > 0:
		q.done("/incident/"+id, "reopened", back.Incidents[0].Held)
	case errors.Is(err, ledger.ErrNewer):
		q.done("/incident/"+id, "newer", 0)
	default:
		return q.overtaken(err)
	}
	return nil
}
