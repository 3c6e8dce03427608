package analyzer

import (
	"slices"
	"strings"

	"hisseki/analyzer/content"
)

// lurePoints is what an unknown link must have weighed to be worth blocking: known sites
// that only this account never linked to weigh less.
const lurePoints = 1

// Lures returns what of a held mail's links may be blocked without harm to others, as
// patterns of content.ParsePattern: the unknown site, and where anybody can publish, the
// page alone.
func Lures(r *Record) []string {
	var out []string
	for _, e := range r.Verdict.Evidence {
		if e.Signal != URLUnknown || e.Points < lurePoints {
			continue
		}
		host, label, shared := strings.Cut(e.Observed, "/")
		if !shared {
			if p, err := content.ParsePattern(host); err == nil && !isPopular(lists(), host) {
				out = append(out, p.String())
			}
			continue
		}
		for _, raw := range r.URLs {
			raw, _, _ = strings.Cut(raw, "?")
			p, err := content.ParsePattern(raw)
			if err == nil && p.Host == host && label != "" && strings.Contains(p.Path, label) &&
				!slices.Contains(out, p.String()) {
				out = append(out, p.String())
			}
		}
	}
	return out
}
