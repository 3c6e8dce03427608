package analyzer

import (
	"slices"
	"strings"

	"hisseki/baseline"
)

// newcomerPlace: an account without habits of its own writes from where, or with what, nobody in the
// organisation does. Who begins here sits where his colleagues sit more often than not; how often he
// does not is learned from the first mails of others, so where everybody brings a computer of his own,
// as on a public list, it says nothing.
// Levels: 1 the network or the mail program is nobody's here, 2 both.
func newcomerPlace(v *view) reading {
	if v.ready() || v.mail.Class != Account || v.org.Mails() < baseline.OrgWeight {
		return reading{}
	}
	r := reading{ok: true, usual: "the organisation's networks and mail programs"}
	var observed []string
	for f, value := range map[baseline.Family]string{baseline.Provider: network(v.mail.Client, 24, 48), baseline.IDShape: clip(idShape(v.c.MessageID), 60)} {
		if keys := v.o.Keys[f]; len(keys) > 0 && !v.usedHere(f, keys[0]) && !v.declaresPlace(f) {
			observed = append(observed, value)
		}
	}
	slices.Sort(observed)
	if r.level = len(observed); r.level > 0 {
		r.observed = strings.Join(observed, ", ")
		r.text = "an account without habits writes from where, or with what, nobody in the organisation does"
	}
	return r
}

// declaresPlace says whether an admin declared the network or the program.
func (v *view) declaresPlace(f baseline.Family) bool {
	if f == baseline.Provider {
		return v.declared.network || v.declared.country
	}
	return v.declared.program
}
