package metrics

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// TestDashboard: the shipped dashboard and rules ask for figures that exist.
func TestDashboard(t *testing.T) {
	data, err := os.ReadFile("../deploy/grafana-dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	m := New("1", Sources{Milter: func() Milter { return Milter{} },
		Allowed: func() Shares { return Shares{} },
		Others:  func() Others { return Others{Looked: time.Now()} },
		Store:   func() Store { return Store{OK: true, Holds: map[string]int{"held": 0}} }})
	m.Verdict("pass", "pass", "account", []string{"url-unknown"}, time.Millisecond)
	_, text := serve(t, m, fine, fine)("/metrics")
	name := regexp.MustCompile(`(hisseki|process)_[a-z_]+`)
	asked := 0
	for _, p := range d.Panels {
		for _, target := range p.Targets {
			for _, n := range name.FindAllString(target.Expr, -1) {
				if asked++; !strings.Contains(text, "\n"+n) {
					t.Errorf("panel %q asks for %s, which does not exist", p.Title, n)
				}
			}
		}
	}
	rules, err := os.ReadFile("../deploy/prometheus-rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range regexp.MustCompile(`(?m)^ +expr: (.+)$`).FindAllStringSubmatch(string(rules), -1) {
		for _, n := range name.FindAllString(line[1], -1) {
			if asked++; !strings.Contains(text, "\n"+n) {
				t.Errorf("a rule asks for %s, which does not exist: %s", n, line[1])
			}
		}
	}
	if asked < 20 {
		t.Errorf("only %d figures are asked for", asked)
	}
}
