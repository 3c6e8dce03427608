package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/internal/company"
)

// compose writes a scenario: a company's week, then a theft of forty mails with
// three honest ones between. The week but its last mail is the warm-up.
func compose(t *testing.T, name string, seed uint64) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	c := company.New(seed)
	end := time.Date(2026, 11, 17, 10, 0, 0, 0, company.Tokyo)
	mails := c.Weeks(1, end)
	warm := len(mails) - 1
	theft, ordinary := c.Incident(end, 20*time.Minute, 40)
	mails = append(append(mails, theft...), ordinary...)
	slices.SortStableFunc(mails, func(a, b company.Mail) int { return a.Time.Compare(b.Time) })
	if _, err := company.WriteTimeline(dir, mails); err != nil {
		t.Fatal(err)
	}
	var labels bytes.Buffer
	for i, m := range mails {
		l := label{File: fmt.Sprintf("mail/%05d.eml", i+1), Label: "benign", Phase: "eval",
			Recipients: len(m.Recipients)}
		if i < warm {
			l.Phase = "warmup"
		}
		if m.Client == theft[0].Client {
			l.Label, l.Incident = "attack", "T-1"
		}
		if err := json.NewEncoder(&labels).Encode(l); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "labels.jsonl"), labels.String())
	write(t, filepath.Join(dir, "incidents.json"),
		`{"name":"x","incidents":[{"incident":"T-1","kind":"contacts"}]}`)
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Of the composed theft hardly anything escapes; with lines out of reach everything does.
func TestComposedScenario(t *testing.T) {
	e := measured(t, []string{compose(t, "one", 7)})
	never := setting{shipped: analyzer.Thresholds{Delay: 1e6, Hold: 1e6, Sum: 1e6, Drift: 3}}
	if err := e.measure(t.Context(), runs(e.all(), never)...); err != nil {
		t.Fatal(err)
	}
	for _, set := range []setting{asShipped, noClient} {
		got := e.pooled(e.all(), set)
		if got.Contained != 1 || got.Escaped[0] > 1 || got.Benign != 4 || got.FalseHolds != 0 {
			t.Errorf("%+v: %+v", set, got)
		}
	}
	want := score{Benign: 4, Escaped: []int{40}, Recipients: 40, Reached: 40}
	if got := e.pooled(e.all(), never); !reflect.DeepEqual(got, want) {
		t.Errorf("lines out of reach: %+v, want %+v", got, want)
	}
}

func TestSwitchedOff(t *testing.T) {
	if off := asShipped.config().Off; len(off) > 0 {
		t.Errorf("as shipped without %v", off)
	}
	set := asShipped
	set.off = "url"
	if off := set.config().Off; !reflect.DeepEqual(off, map[analyzer.Signal]bool{analyzer.URLUnknown: true}) {
		t.Errorf("without links: %v", off)
	}
}

// measured returns scenarios' scores as shipped, with client addresses and without.
func measured(t *testing.T, dirs []string) *evaluation {
	t.Helper()
	e := newEvaluation(nil)
	for _, dir := range dirs {
		s, err := load(dir)
		if err != nil {
			t.Fatal(err)
		}
		e.scenarios = append(e.scenarios, s)
	}
	if err := e.measure(t.Context(), runs(e.all(), asShipped, noClient)...); err != nil {
		t.Fatal(err)
	}
	return e
}

// What is printed, and compared with the scores of others.
func TestEvaluate(t *testing.T) {
	dirs := []string{compose(t, "one", 7), compose(t, "two", 8)}
	folder := t.TempDir()
	f := flags{check: folder, markdown: filepath.Join(folder, "tables.md"), commit: "abc1234",
		recipes: "incident,attachment"} // a table's rows; drill plays all of them in its own tests
	e := measured(t, dirs)
	for _, r := range runs(e.all(), asShipped, noClient) {
		suffix := ".score.json"
		if r.setting.noClient {
			suffix = "--no-client" + suffix
		}
		sc := e.scores[r]
		theirs := sc.official()
		theirs.Reached = math.Round(100*theirs.Reached) / 100 // as score.py rounds
		text, err := json.Marshal(theirs)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, e.scenarios[r.scenario].name+suffix), string(text))
	}
	var out strings.Builder
	if err := evaluate(t.Context(), f, dirs, &out); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(f.markdown)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"at commit abc1234 by `make eval`", "## As shipped",
		"| pooled, no client addresses | 2 of 2 |", "## Leave one out",
		"| organisation | hold / sum / delay | false holds, delays per 10,000 on the others |",
		"## Ablation", "| nothing | 2 of 2 |", "| style |", "| incident |", "| attachment |"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "| spray |") {
		t.Error("a recipe that was not asked for is in the table")
	}
	if !strings.Contains(out.String(), "pooled, no client addresses") {
		t.Errorf("printed\n%s", &out)
	}
	write(t, filepath.Join(folder, "two.score.json"), `{"benign":4,"incidents":1,"contained":0}`)
	f.only = "thefts"
	err = evaluate(t.Context(), f, dirs, &out)
	if err == nil || !strings.Contains(err.Error(), "two.score.json says") {
		t.Errorf("another score: %v", err)
	}
}

func TestLoadSaysWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"no label":      {"labels.jsonl", "{\"file\":\"a\"}\n", `labels.jsonl:1: "file", "label" or`},
		"no JSON":       {"labels.jsonl", "benign\n", "labels.jsonl:1: not a label"},
		"no incident":   {"incidents.json", "{}", `no incident "T-1", which the label of mail/`},
		"not incidents": {"incidents.json", "[", "incidents.json: not a list of incidents"},
		"no timeline":   {"timeline.jsonl", "x", "timeline.jsonl:1:"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := compose(t, "broken", 7)
			write(t, filepath.Join(dir, c.file), c.text)
			if _, err := load(dir); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %s", err, c.want)
			}
		})
	}
}
