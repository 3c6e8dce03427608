package analyzer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"hisseki/analyzer/content"
)

// URLRule is an admin's override for links: Hold holds every mail that carries one,
// whoever sends it; Pass makes them known to everybody.
type URLRule struct {
	Override // a zero Until means without an end
	Pattern  content.Pattern
	Created  time.Time
}

// urlRules are the rules by the host of their pattern.
type urlRules map[string][]URLRule

// loadURLRules reads the rules again; there are few.
func (a *Analyzer) loadURLRules(ctx context.Context) error {
	list, err := a.memory.URLRules(ctx)
	if err != nil {
		return fmt.Errorf("read rules for links: %w", err)
	}
	var rules urlRules
	if len(list) > 0 {
		rules = make(urlRules, len(list))
	}
	for _, r := range list {
		rules[r.Pattern.Host] = append(rules[r.Pattern.Host], r)
	}
	a.urlRules.Store(&rules)
	return nil
}

// of returns the rule that says most exactly what u is at a time, nil for none.
func (rules urlRules) of(u *content.URL, now time.Time) *URLRule {
	if len(rules) == 0 {
		return nil
	}
	best := rules.byHost(u, nil, now)
	if outer, ok := u.Wrapper(); ok {
		best = rules.byHost(&outer, best, now)
	}
	return best
}

// byHost looks a URL's host up, then every domain above it.
func (rules urlRules) byHost(u *content.URL, best *URLRule, now time.Time) *URLRule {
	for host := u.Host; host != ""; _, host, _ = strings.Cut(host, ".") {
		for i := range rules[host] {
			r := &rules[host][i]
			over := !r.Until.IsZero() && !r.Until.After(now)
			if !over && r.Pattern.Matches(u) && (best == nil || r.Pattern.Narrower(best.Pattern)) {
				best = r
			}
		}
		if u.IP.IsValid() {
			break
		}
	}
	return best
}

// read parses a mail and returns the evidence of its first link that a rule blocks, wherever
// it stands in the mail and whether or not it is among those that are kept; the zero
// Evidence for none.
func (rules urlRules) read(src content.Source, lim content.Limits, now time.Time) (
	*content.Content, Evidence) {
	watch := content.Watcher{Site: site}
	var blocked Evidence
	if len(rules) > 0 {
		watch.See = func(u *content.URL) {
			if blocked.Signal != "" {
				return
			}
			if r := rules.of(u, now); r != nil && r.Action == Hold {
				blocked = r.blocks(u)
			}
		}
	}
	c := content.Watch(src, lim, watch)
	return c, blocked
}

// undecided is the evidence that links are blocked and that a mail has content which was not read,
// zero where nothing is blocked. What only its reader can open is not counted: who encrypts would
// be stopped by every rule.
func (rules urlRules) undecided(c *content.Content, now time.Time) Evidence {
	var why []string
	for _, u := range c.Unread {
		if u.Reason != content.UnreadEncrypted {
			why = append(why, u.Detail)
		}
	}
	if len(why) == 0 || !rules.block(now) {
		return Evidence{}
	}
	observed := clip(strings.Join(why, ", "), 100)
	return Evidence{Signal: URLUndecided, Observed: observed, Usual: "mail that can be read whole",
		Text: "links are blocked here, and whether the mail has one is not known: " + observed}
}

// block says whether any link is blocked.
func (rules urlRules) block(now time.Time) bool {
	for _, list := range rules {
		for i := range list {
			if r := &list[i]; r.Action == Hold && (r.Until.IsZero() || r.Until.After(now)) {
				return true
			}
		}
	}
	return false
}

// blocks is the evidence of a blocked link.
func (r *URLRule) blocks(u *content.URL) Evidence {
	return Evidence{Signal: URLBlocked, Observed: clip(u.Host, 100),
		Usual: "blocked: " + r.Pattern.String(),
		Text: fmt.Sprintf("the link to %s is blocked since %s, %s", clip(u.Host, 100),
			r.Created.UTC().Format("2006-01-02 15:04 UTC"), r.source())}
}

// source says whose rule it is and why.
func (o *Override) source() string {
	s := "by " + o.By
	if o.Reason != "" {
		s += ", because: " + o.Reason
	}
	return s
}

// allowed says whether a rule makes a link known to everybody, or a declared change to this sender.
func (v *view) allowed(u *content.URL) bool {
	if v.declared.knows(u) {
		return true
	}
	r := v.rules.of(u, v.now)
	return r != nil && r.Action == Pass
}

// ruled puts an admin's rules in front of the evidence. They have no points, for they
// surprise nobody.
func (v *view) ruled(rule Override, evidence []Evidence) []Evidence {
	var first []Evidence
	if v.blocked.Signal != "" {
		first = append(first, v.blocked)
	}
	if v.undecided.Signal != "" {
		first = append(first, v.undecided)
	}
	if rule.Action == Hold {
		first = append(first, Evidence{Signal: SenderHeld, Observed: v.mail.Sender,
			Usual: "held until " + rule.Until.UTC().Format("2006-01-02 15:04 UTC"),
			Text:  "all mail of this sender is held, " + rule.source()})
	}
	return append(first, evidence...)
}
