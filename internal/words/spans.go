package words

import (
	"regexp"
	"strings"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/signalname"
)

// Rough is a span of time for people, to one unit: "3 min", "2 h", "5 d".
func (t Reader) Rough(d time.Duration) string {
	switch {
	case d < time.Minute:
		return t.W("span-s", max(int(d/time.Second), 0))
	case d < time.Hour:
		return t.W("span-min", int(d/time.Minute))
	case d < 48*time.Hour:
		return t.W("span-h", int(d/time.Hour))
	}
	return t.W("span-d", int(d/(24*time.Hour)))
}

// withoutSigns is what the analyzer says of a mail that some signs kept: "would pass if
// [url-unknown network-new] were usual for this account".
var withoutSigns = regexp.MustCompile(`^would pass if \[([a-z0-9 -]*)\] were usual for this account$`)

// PassIf puts what would have let a mail pass into the reader's words.
func (t Reader) PassIf(s string) string {
	m := withoutSigns.FindStringSubmatch(s)
	if m == nil {
		return t.Phrase(s)
	}
	var names []string
	for name := range strings.FieldsSeq(m[1]) {
		ja := signalname.Japanese(analyzer.Signal(name))
		if t.Japanese() && ja != "" {
			name = ja
		}
		names = append(names, name)
	}
	return t.W("pass-if", strings.Join(names, t.W("comma")))
}
