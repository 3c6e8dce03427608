package analyzer_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/baseline"
)

// Coverage names what a growing profile is ready for.
func TestCoverage(t *testing.T) {
	var p baseline.Profile
	learn := func(n int, style, client bool) {
		for range n {
			o := &baseline.Observation{At: monday.Add(time.Duration(p.Mails()) * 9 * time.Hour)}
			if style {
				o.Style = []baseline.StyleCount{{Dim: 1, Count: 1}}
			}
			if client {
				o.Keys[baseline.Network] = []baseline.Key{1}
			}
			p.Learn(o)
		}
	}
	check := func(ready string, needs ...string) {
		t.Helper()
		var got []string
		all := ""
		for _, r := range analyzer.Coverage(&p) {
			if r.Ready != (r.Needs == "") {
				t.Errorf("%+v contradicts itself", r)
			}
			if r.Ready {
				got = append(got, r.Signals)
			}
			all += r.Needs + "\n"
		}
		if strings.Join(got, ", ") != ready {
			t.Errorf("%d mails: ready are %v, want %s", p.Mails(), got, ready)
		}
		for _, n := range needs {
			if !strings.Contains(all, n) {
				t.Errorf("%d mails: %q is not among what is missing:\n%s", p.Mails(), n, all)
			}
		}
	}
	check("recipients, links and files", "only 0 mails of history", "0 mails with enough text")
	learn(3, false, true)
	check("recipients, links and files", fmt.Sprintf("only %d mails of history", 3))
	learn(30, true, false)
	check("recipients, links and files, network, mail program, hours, style", "no country is known")
	p = baseline.Profile{} // another one, behind webmail
	learn(30, false, false)
	check("recipients, links and files, mail program, hours", "no client address was ever told",
		"0 mails with enough text, style needs")
}
