package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"hisseki/analyzer"
	"hisseki/review"
)

// rulesPage is every rule of the reviewers.
type rulesPage struct {
	*request
	Senders, Blocked, Links []review.RuleLine // Links are those that are allowed
	Habits                  []review.HabitLine
	Form                    url.Values
}

func (q *request) rules() error { return q.showRules(http.StatusOK, nil) }

func (q *request) showRules(status int, form url.Values) error {
	p := rulesPage{request: q, Form: form}
	if p.Form == nil {
		p.Form = url.Values{"subject": {q.r.URL.Query().Get("subject")}}
	}
	for _, kind := range []review.RuleKind{review.SenderRules, review.URLRules} {
		list, err := q.s.Review.Rules(q.ctx(), kind)
		if err != nil && !errors.Is(err, review.ErrNothing) {
			return err
		}
		for _, line := range review.RuleLines(list) {
			switch {
			case kind == review.SenderRules:
				p.Senders = append(p.Senders, line)
			case line.Action == analyzer.Hold:
				p.Blocked = append(p.Blocked, line)
			default:
				p.Links = append(p.Links, line)
			}
		}
	}
	var err error
	if p.Habits, err = q.s.Review.Habits(q.ctx()); err != nil && !errors.Is(err, review.ErrNothing) {
		return err
	}
	q.Title, q.Nav = q.W("nav-rules"), "rules"
	return q.show(status, "rules.html", p)
}

// actions are the rules that a form can set, by how the command line calls them.
var actions = map[string]struct {
	kind   review.RuleKind
	action analyzer.Action
	mode   analyzer.Mode
}{
	"allow":     {review.SenderRules, analyzer.Pass, ""},
	"hold":      {review.SenderRules, analyzer.Hold, ""},
	"observe":   {review.SenderRules, "", analyzer.Observe},
	"enforce":   {review.SenderRules, "", analyzer.Enforce},
	"block-url": {review.URLRules, analyzer.Hold, ""},
	"allow-url": {review.URLRules, analyzer.Pass, ""},
}

func (q *request) setRule() error {
	f := q.r.PostForm
	a, ok := actions[f.Get("rule")]
	if !ok {
		return review.UsageError{Err: errors.New("there is no such rule")}
	}
	_, err := q.s.Review.SetRules(q.ctx(), q.actor(), review.RuleChange{Kind: a.kind, Subjects: []string{f.Get("subject")},
		Action: a.action, Mode: a.mode, Until: strings.TrimSpace(f.Get("until")), Reason: strings.TrimSpace(f.Get("reason"))})
	return q.ruled(err, "rule-set")
}

// ruled says what became of a change of rules; what was written wrongly can be mended.
func (q *request) ruled(err error, said string) error {
	var usage review.UsageError
	switch {
	case errors.As(err, &usage):
		q.Problem = q.W("wrong-request") + " " + q.Mistake(usage.Error())
		return q.showRules(http.StatusBadRequest, q.r.PostForm)
	case errors.Is(err, review.ErrNothing):
		said = "rule-none"
	case err != nil:
		// What the store refuses is a mistake of the form too: an end that is missing.
		q.Problem = q.W("wrong-request") + " " + q.Mistake(err.Error())
		return q.showRules(http.StatusBadRequest, q.r.PostForm)
	}
	q.done("/rules", said, 0)
	return nil
}

func (q *request) clearRule() error {
	f := q.r.PostForm
	kind := review.SenderRules
	subject := f.Get("subject")
	if text, ok := strings.CutPrefix(subject, "url:"); ok {
		kind, subject = review.URLRules, text
	}
	_, err := q.s.Review.ClearRules(q.ctx(), q.actor(), kind, []string{subject}, strings.TrimSpace(f.Get("reason")))
	return q.ruled(err, "rule-cleared")
}

// fields splits what a form lists: words, or lines where a value has spaces.
func fields(s, by string) (out []string) {
	for _, x := range strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(by, r) }) {
		if x = strings.TrimSpace(x); x != "" {
			out = append(out, x)
		}
	}
	return out
}

func (q *request) addHabit() error {
	f := q.r.PostForm
	_, _, err := q.s.Review.AddHabit(q.ctx(), q.actor(), review.HabitRequest{Senders: fields(f.Get("senders"), ", \n"),
		Countries: fields(f.Get("countries"), ", \n"), Networks: fields(f.Get("networks"), ", \n"),
		Programs: fields(f.Get("programs"), ",;\n"), Devices: fields(f.Get("devices"), ",;\n"),
		Hours: fields(f.Get("hours"), ";\n"), Zone: strings.TrimSpace(f.Get("zone")),
		Until: strings.TrimSpace(f.Get("until")), Reason: strings.TrimSpace(f.Get("reason"))})
	return q.ruled(err, "habit-set")
}

func (q *request) endHabit() error {
	f := q.r.PostForm
	_, err := q.s.Review.RemoveHabits(q.ctx(), q.actor(), []string{f.Get("id")}, strings.TrimSpace(f.Get("reason")))
	return q.ruled(err, "habit-ended")
}
