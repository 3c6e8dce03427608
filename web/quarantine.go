package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"hisseki/ledger"
	"hisseki/review"
)

// pageRows is how much kept mail a page lists.
const pageRows = 50

// filters are the parts of an address that choose kept mail, named as the command line's.
var filters = []string{"sender", "incident", "since", "until", "host", "min-points", "state"}

// quarantinePage lists kept mail.
type quarantinePage struct {
	*request
	*review.HoldPage
	Filter url.Values // as written
	Order  review.Order
	Newest int64  // id of the newest mail that the list knows
	Next   string // address of the next page, "" for none
	Bad    string // what of the filter is written wrongly
}

// holdQuery reads a filter from an address or a form.
func holdQuery(v url.Values) (q review.HoldQuery, err error) {
	q = review.HoldQuery{Sender: strings.TrimSpace(v.Get("sender")), Incident: strings.TrimSpace(v.Get("incident")),
		Since: strings.TrimSpace(v.Get("since")), Until: strings.TrimSpace(v.Get("until")),
		Host: strings.TrimSpace(v.Get("host")), IDs: v["id"]}
	for _, s := range v["state"] {
		if s != "" {
			q.States = append(q.States, s)
		}
	}
	if text := strings.TrimSpace(v.Get("min-points")); text != "" {
		if q.MinPoints, err = strconv.ParseFloat(text, 64); err != nil {
			return q, review.UsageError{Err: fmt.Errorf("%.20q is not a number of points such as 4.5", text)}
		}
	}
	if text := v.Get("upto"); text != "" {
		if q.Upto, err = strconv.ParseInt(text, 10, 64); err != nil || q.Upto < 0 {
			return q, review.UsageError{Err: fmt.Errorf("%.20q is not an id", text)}
		}
	}
	return q, nil
}

// filterOf is what of an address chooses mail, without empty parts.
func filterOf(v url.Values) url.Values {
	out := url.Values{}
	for _, name := range filters {
		for _, value := range v[name] {
			if value = strings.TrimSpace(value); value != "" {
				out.Add(name, value)
			}
		}
	}
	return out
}

func (q *request) quarantine() error {
	v := q.r.URL.Query()
	p := quarantinePage{request: q, HoldPage: &review.HoldPage{}, Filter: filterOf(v)}
	from := placeOf(v)
	p.Order = from.Order
	hq, err := holdQuery(p.Filter)
	if err == nil {
		key := fmt.Sprint("quarantine ", p.Filter.Encode(), " ", from)
		var list *review.HoldPage
		list, err = remember(q.ctx(), &q.s.memory, key, func(ctx context.Context) (*review.HoldPage, error) {
			return q.s.Review.PageHolds(ctx, hq, from, pageRows)
		})
		if err == nil {
			p.HoldPage = list
		}
	}
	var usage review.UsageError
	switch {
	case errors.As(err, &usage):
		p.Bad = q.Mistake(usage.Error())
	case err != nil:
		return err
	}
	if from.After == 0 { // a later page is not the place to look for what is new
		p.Newest = p.Count.Last
	}
	if p.More {
		p.Next = p.after(&p.Holds[len(p.Holds)-1])
	}
	q.Title, q.Nav = q.W("nav-quarantine"), "quarantine"
	return q.show(http.StatusOK, "quarantine.html", p)
}

// placeOf reads where a page begins. What is none is the beginning, the newest first.
func placeOf(v url.Values) review.Place {
	p := review.Place{Order: review.Order(v.Get("sort"))}
	if !slices.Contains(review.Orders, p.Order) {
		p.Order = review.NewestFirst
	}
	p.After, _ = strconv.ParseInt(v.Get("after"), 10, 64)
	points, err := strconv.ParseFloat(v.Get("points"), 64)
	if p.Points = points; p.Order == review.WorstFirst && (err != nil || math.IsNaN(points)) {
		p.After = 0
	}
	return p
}

// after is the address of the page after a mail.
func (p quarantinePage) after(h *ledger.Hold) string {
	v := p.sorted(p.Order)
	v.Set("after", strconv.FormatInt(h.ID, 10))
	if p.Order == review.WorstFirst {
		v.Set("points", strconv.FormatFloat(h.Record.Verdict.Points, 'g', -1, 64))
	}
	return "/quarantine?" + v.Encode()
}

// sorted is the filter, and an order where it is not the usual one.
func (p quarantinePage) sorted(o review.Order) url.Values {
	v := filterOf(p.Filter)
	if o != review.NewestFirst {
		v.Set("sort", string(o))
	}
	return v
}

// Sorts are links to the list in each order.
func (p quarantinePage) Sorts() (out []navLink) {
	for _, o := range review.Orders {
		out = append(out, navLink{"/quarantine?" + p.sorted(o).Encode(), p.W("sort-" + string(o)), o == p.Order})
	}
	return out
}

// States are the states that kept mail is listed by.
func (p quarantinePage) States() []ledger.State { return review.States }

// Has says whether the filter names a state.
func (p quarantinePage) Has(s ledger.State) bool {
	return slices.Contains(p.Filter["state"], string(s))
}

// NewAddress asks how much came since the list was made.
func (p quarantinePage) NewAddress() string {
	v := filterOf(p.Filter)
	v.Set("after", strconv.FormatInt(p.Newest, 10))
	return "/quarantine/new?" + v.Encode()
}

// DecideAll is the address of a decision about all that the filter chooses.
func (p quarantinePage) DecideAll(to string) string {
	v := filterOf(p.Filter)
	v.Set("all", "1")
	v.Set("to", to)
	return "/quarantine/decide?" + v.Encode()
}

// Decidable says whether anything waits for a decision.
func (q *request) Decidable(h *ledger.Hold) bool { return ledger.Undecided(h.State) }

// IncidentName is an incident's name: "I3".
func (q *request) IncidentName(id int64) string { return review.IncidentName(id) }

func (q *request) quarantineNew() error {
	v := q.r.URL.Query()
	after, err := strconv.ParseInt(v.Get("after"), 10, 64)
	if err != nil || after < 0 {
		return review.UsageError{Err: errors.New("after must be an id")}
	}
	hq, err := holdQuery(filterOf(v))
	if err != nil {
		return err
	}
	return q.part("quarantine.html", "new", func(ctx context.Context) (any, error) {
		n, err := q.s.Review.NewHolds(ctx, hq, after)
		return struct {
			*request
			Count   int
			Address string
		}{q, n, "/quarantine?" + filterOf(v).Encode()}, err
	})
}

// choicePage is what a decision is about.
type choicePage struct {
	*request
	*review.HoldPage
	To     string     // release or discard
	Form   url.Values // chooses the same again, and says what was seen
	Moved  bool       // it is not what was looked at
	Absent bool       // no agent carries it out
}

// maxChoiceRows is how much of a choice is listed: all of it is counted.
const maxChoiceRows = 20

// verbs are the decisions about kept mail, by how a form says them.
var verbs = map[string]ledger.State{"release": ledger.Releasing, "discard": ledger.Discarding}

// chosen reads what a form chooses: ids, or all that a filter chooses. What came after somebody
// looked (upto) is never chosen.
func chosen(v url.Values) (form url.Values, hq review.HoldQuery, to ledger.State, err error) {
	to, ok := verbs[v.Get("to")]
	if !ok {
		return nil, hq, to, review.UsageError{Err: errors.New("a decision is release or discard")}
	}
	form = filterOf(v)
	if ids := v["id"]; len(ids) > 0 {
		form = url.Values{"id": ids}
	} else if v.Get("all") == "" {
		return nil, hq, to, review.UsageError{Err: errors.New("nothing is selected")}
	}
	if upto := v.Get("upto"); upto != "" {
		form.Set("upto", upto)
	}
	hq, err = holdQuery(form)
	if err == nil && len(hq.IDs) == 0 && len(hq.States) == 0 {
		for _, s := range ledger.StepRelease.From() {
			hq.States = append(hq.States, string(s))
		}
	}
	return form, hq, to, err
}

func (q *request) choose() error { return q.showChoice(q.r.URL.Query(), false) }

func (q *request) showChoice(v url.Values, moved bool) error {
	form, hq, to, err := chosen(v)
	if err != nil {
		return err
	}
	page, err := q.s.Review.PreviewChoice(q.ctx(), hq, to, maxChoiceRows)
	if errors.Is(err, review.ErrNothing) {
		q.done("/quarantine", "nothing-left", 0)
		return nil
	}
	if err != nil {
		return err
	}
	p := choicePage{request: q, HoldPage: page, To: v.Get("to"), Moved: moved, Form: form,
		Absent: q.s.Review.AgentMissing(q.ctx())}
	form.Set("to", p.To)
	form.Set("all", v.Get("all"))
	form.Set("upto", strconv.FormatInt(page.Count.Last, 10))
	form.Set("seen", itoa(page.Count.Mails))
	q.Title, q.Nav = q.W("decide-"+p.To), "quarantine"
	return q.show(http.StatusOK, "choice.html", p)
}

// decide releases or discards what was looked at: neither more nor less.
func (q *request) decide() error {
	f := q.r.PostForm
	_, hq, to, err := chosen(f)
	if err != nil {
		return err
	}
	c, err := q.s.Review.Choose(q.ctx(), hq, to)
	if errors.Is(err, review.ErrNothing) {
		q.done("/quarantine", "nothing-left", 0)
		return nil
	}
	if err != nil {
		return err
	}
	if f.Get("seen") != itoa(len(c.Holds)) {
		return q.showChoice(f, true)
	}
	done, err := q.s.Review.Decide(q.ctx(), q.actor(), c, to, strings.TrimSpace(f.Get("reason")))
	said := f.Get("to") + "-done"
	switch {
	case q.askedSecond(err):
		return nil
	case err != nil && !errors.Is(err, review.ErrPartly):
		return err
	case len(done) == 0:
		said = "nothing-left"
	case err != nil:
		said = f.Get("to") + "-partly"
	}
	q.done("/quarantine", said, len(done))
	return nil
}

// mailPage is one kept mail.
type mailPage struct {
	*request
	H       *review.Shown
	Excerpt bool // it was asked for
}

func (q *request) mail() error { return q.showMail(review.View{}) }

// excerpt shows what is kept of a mail's text. Who reads it is noted first.
func (q *request) excerpt() error { return q.showMail(review.View{Excerpt: true}) }

func (q *request) showMail(v review.View) error {
	list, err := q.s.Review.Show(q.ctx(), q.actor(), []string{q.r.PathValue("id")}, v)
	if len(list) == 0 {
		return err
	}
	q.Title, q.Nav = list[0].Name(), "quarantine"
	return q.show(http.StatusOK, "mail.html", mailPage{q, &list[0], v.Excerpt})
}
