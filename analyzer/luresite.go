package analyzer

import (
	"slices"
	"strings"
	"time"

	"hisseki/analyzer/content"
	"hisseki/baseline"
)

// LureSite is where an unknown link of a held mail leads.
type LureSite struct {
	Pattern string       // of content.ParsePattern: the site, or the page where anybody can publish
	Key     baseline.Key // of the site
	Points  float64      // that the evidence gives it; 0 when another link was more unusual
}

// LureSites returns every link of a held mail that was unknown when it came, also those
// beside the one that the evidence names: an attacker may put an innocent one before his
// own. salt is the store's secret.
func LureSites(salt []byte, r *Record) []LureSite {
	h := hasher{salt}
	var out []LureSite
	named := Lures(r) // much visited sites are none
	add := func(pattern, site string) {
		l := LureSite{Pattern: pattern, Key: h.key(baseline.Site, site)}
		if slices.ContainsFunc(out, func(o LureSite) bool { return o.Pattern == pattern }) {
			return
		}
		for _, e := range r.Verdict.Evidence {
			if e.Signal == URLUnknown && e.Observed == site {
				l.Points = e.Points
			}
		}
		if slices.Contains(named, pattern) || slices.Contains(r.Observation.Marks, l.Key) {
			out = append(out, l)
		}
	}
	for _, raw := range r.URLs {
		raw, _, _ = strings.Cut(raw, "?")
		if p, err := content.ParsePattern(raw); err == nil {
			add(lurePattern(p, r.Hosts))
		}
	}
	for _, pattern := range named { // where no text is kept, there are no URLs
		site, _, _ := strings.Cut(pattern, "/")
		if site == pattern {
			add(pattern, site)
		}
	}
	return out
}

// lurePattern returns what to block of a link, and its site as site has it. domains are
// the registrable domains of the mail's links.
func lurePattern(p content.Pattern, domains []string) (pattern, name string) {
	l := lists()
	if _, page := l.page(p.Host, p.Path); page != "" { // "drive.example/file/d/1AbCdE/view"
		return p.String(), page
	}
	name = p.Host
	if l.published(p.Host) == "" {
		for _, d := range domains {
			if strings.HasSuffix(p.Host, "."+d) {
				name = d
			}
		}
	}
	return content.Pattern{Host: name}.String(), name
}

// SiteKnown says whether the organisation has known a site for a day.
func SiteKnown(org *baseline.Profile, site baseline.Key, now time.Time) bool {
	return org.Known(baseline.Site, site, baseline.SlotOf(now))
}
