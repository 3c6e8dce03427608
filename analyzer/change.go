package analyzer

import (
	"slices"
	"strings"
	"time"

	"hisseki/analyzer/content"
)

// Change is what an admin announces: from a day on some senders will have a new link in their
// signature, beside the networks and programs that Habit names. It makes the named things known
// for these senders while it holds, and nothing else: a thief with the same program still has a
// link and a network of his own.
type Change struct {
	From  time.Time         // zero for at once
	Links []content.Pattern // see CheckLink
}

// Names says whether the change is one at all.
func (c *Change) Names() bool { return !c.From.IsZero() || len(c.Links) > 0 }

// words are the change's part of Habit.Declares.
func (c *Change) words() (parts []string) {
	for _, l := range c.Links {
		parts = append(parts, "link "+l.String())
	}
	if !c.From.IsZero() {
		parts = append(parts, "from "+c.From.UTC().Format("2006-01-02 15:04 UTC"))
	}
	return parts
}

// CheckLink says why a link cannot be declared, "" when it can: where anybody can publish, a host
// is not the organisation's, only a page is, or a name of its own.
func CheckLink(p content.Pattern) string {
	l := lists()
	if _, page := l.page(p.Host, p.Path); l.shared(p.Host) == "" && strings.HasSuffix(page, "/") {
		return "the page says who is paid on " + p.Host + ": name the page"
	}
	shared := l.published(p.Host)
	if shared == "" || strings.Trim(p.Path, "/") != "" {
		return ""
	}
	if p.Host == shared || l.shared(p.Host) != "" {
		return "anybody can publish on " + p.Host + ": name the page, or the host below it that is yours"
	}
	return ""
}

// knows says whether a link is a declared one. Behind a redirector it is judged as any link.
func (d *declared) knows(u *content.URL) bool {
	if _, wrapped := u.Wrapper(); wrapped {
		return false
	}
	return slices.ContainsFunc(d.links, func(p content.Pattern) bool { return p.Matches(u) })
}
