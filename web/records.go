package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"hisseki/internal/jsonl"
	"hisseki/ledger"
	"hisseki/review"
)

// auditPage is a part of the audit log, the newest first.
type auditPage struct {
	*request
	List   []ledger.Act
	Filter url.Values
	Older  string
	Cut    bool // further lines were not looked at
	Bad    string
}

// maxSearched is how many lines one search goes through: the log has no end and no index.
const maxSearched = 200_000

// auditFilters are the parts of an address that choose lines of the audit log.
var auditFilters = []string{"since", "until", "actor", "verb", "object"}

// ofColleagues are what only reviewers see of each other: what somebody looked at, and when he came and went.
// Who decided what everybody may know who may come in.
var ofColleagues = []string{"read", "export", "login", "logout", "link-reviewer"}

// actQuery reads which lines of the audit log an address chooses.
func (q *request) actQuery() (aq review.ActQuery, chosen url.Values) {
	v := q.r.URL.Query()
	chosen = url.Values{}
	for _, name := range auditFilters {
		if value := strings.TrimSpace(v.Get(name)); value != "" {
			chosen.Set(name, value)
		}
	}
	aq = review.ActQuery{Since: chosen.Get("since"), Until: chosen.Get("until"), Actor: chosen.Get("actor"),
		Verb: chosen.Get("verb"), Object: chosen.Get("object")}
	if !q.MayReview() {
		aq.Without = ofColleagues
	}
	aq.Before, _ = strconv.ParseInt(v.Get("below"), 10, 64) // what is none is the first page
	return aq, chosen
}

func (q *request) audit() error {
	aq, chosen := q.actQuery()
	aq.Limit = pageRows + 1
	p := auditPage{request: q, Filter: chosen}
	from := aq.Before
	if from <= 0 {
		newest, err := q.s.Review.Acts(q.ctx(), review.ActQuery{Limit: 1})
		if err != nil && !errors.Is(err, review.ErrNothing) {
			return err
		}
		if from = 1; err == nil {
			from = newest[0].ID + 1
		}
	}
	aq.After = max(0, from-1-maxSearched)
	list, err := q.s.Review.Acts(q.ctx(), aq)
	var usage review.UsageError
	switch {
	case errors.As(err, &usage):
		p.Bad = q.Mistake(usage.Error())
	case err != nil && !errors.Is(err, review.ErrNothing):
		return err
	}
	p.List = list[:min(len(list), pageRows)]
	below := int64(0)
	switch {
	case len(list) > pageRows:
		below = list[pageRows-1].ID
	case aq.After > 0 && p.Bad == "":
		p.Cut, below = true, aq.After+1
	}
	if below > 0 {
		older := url.Values{"below": {strconv.FormatInt(below, 10)}}
		for name, value := range chosen {
			older[name] = value
		}
		p.Older = "/audit?" + older.Encode()
	}
	q.Title, q.Nav = q.W("nav-audit"), "audit"
	return q.show(http.StatusOK, "audit.html", p)
}

// Export is the address of the chosen lines as a file.
func (p auditPage) Export() string { return "/audit/export?" + p.Filter.Encode() }

// maxExport bounds how much of the audit log one file has.
const maxExport = 100_000

func (q *request) exportAudit() error {
	aq, _ := q.actQuery()
	aq.Limit = maxExport
	list, err := q.s.Review.Acts(q.ctx(), aq)
	if err != nil && !errors.Is(err, review.ErrNothing) {
		return err
	}
	h := q.w.Header()
	h.Set("Content-Type", "application/jsonl")
	h.Set("Content-Disposition", `attachment; filename="hisseki-audit.jsonl"`)
	_ = jsonl.Write(q.w, review.ActLines(list)) // a browser that went away needs no more
	return nil
}

// hooksPage is what hooks were told.
type hooksPage struct {
	*request
	List  []ledger.Telling
	State string
	Older string
}

func (q *request) hooks() error {
	v := q.r.URL.Query()
	below, _ := strconv.ParseInt(v.Get("below"), 10, 64)
	state := v.Get("state")
	list, err := q.s.Review.Tellings(q.ctx(), ledger.TellingFilter{State: state, Before: below, Limit: pageRows + 1})
	if err != nil {
		return err
	}
	p := hooksPage{request: q, List: list, State: state}
	if n := len(list); n > pageRows {
		// An event is shown with all its hooks, so a page ends where one begins.
		for n > 1 && list[n-1].N == list[len(list)-1].N {
			n--
		}
		p.List = list[:n]
		p.Older = "/hooks?" + url.Values{"state": {state}, "below": {strconv.FormatInt(list[n-1].N, 10)}}.Encode()
	}
	q.Title, q.Nav = q.W("nav-hooks"), "hooks"
	return q.show(http.StatusOK, "hooks.html", p)
}

func (q *request) tellAgain() error {
	f := q.r.PostForm
	n, err := strconv.ParseInt(f.Get("event"), 10, 64)
	if err != nil {
		return review.UsageError{Err: fmt.Errorf("%.20q is not an event", f.Get("event"))}
	}
	if err := q.s.Review.TellAgain(q.ctx(), q.actor(), f.Get("hook"), n); err != nil {
		return err
	}
	q.done("/hooks", "telling-again", 0)
	return nil
}
