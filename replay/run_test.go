package replay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	list "hisseki/internal/table"
	"hisseki/internal/words"
)

// story is a Source written as lines "MINUTE SENDER ACTION", ACTION being pass, delay,
// hold or confirm; names are line numbers. Times count from start.
type story struct {
	lines []string
	at    int
}

var start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

func newStory(text string) *story {
	return &story{lines: strings.Split(strings.TrimSpace(text), "\n")}
}

func (s *story) Next() (*Act, error) {
	if s.at == len(s.lines) {
		return nil, io.EOF
	}
	var minute int
	var sender, action string
	if _, err := fmt.Sscan(s.lines[s.at], &minute, &sender, &action); err != nil {
		return nil, err
	}
	s.at++
	act := &Act{Time: start.Add(time.Duration(minute) * time.Minute), Name: fmt.Sprint(s.at)}
	if action == "confirm" {
		act.Confirm = sender
		return act, nil
	}
	act.Mail = &analyzer.Mail{
		Envelope: analyzer.Envelope{Time: act.Time, Sender: sender, Class: analyzer.Account},
		Source:   content.Source{Body: []byte(action)},
	}
	return act, nil
}

// script is a Judge that does what the mail's body says. It notes the lessons that it is told to fold in.
type script struct {
	memory  *Memory
	mark    int64
	learned []string
}

func (s *script) Judge(ctx context.Context, m *analyzer.Mail, cond analyzer.Conditions) (
	*analyzer.Record, error) {
	if !cond.CanDelay {
		return nil, errors.New("delays must be possible")
	}
	action := analyzer.Action(m.Body)
	r := &analyzer.Record{Envelope: m.Envelope, Learn: action == analyzer.Pass,
		Verdict: analyzer.Verdict{Action: action, Would: action}}
	r.Observation.At, r.Observation.Held = m.Time, action == analyzer.Hold
	if action == analyzer.Delay {
		r.Due = m.Time.Add(10 * time.Minute)
	}
	if action == analyzer.Hold {
		r.Verdict.Incident = true
	}
	kept, err := s.memory.Begin(ctx, r)()
	r.ID, r.Promoted = kept.ID, kept.Promoted
	return r, err
}

func (s *script) Apply(ctx context.Context) error {
	list, err := s.memory.Lessons(ctx, s.mark, 1000)
	for _, l := range list {
		s.mark = l.ID
		s.learned = append(s.learned, fmt.Sprintf("%+d:%d", l.Sign, l.Record))
	}
	return err
}

// tellStory runs a story and returns its lines, as "MINUTE KIND FILE BY-or-action",
// and the lessons.
func tellStory(t *testing.T, text string, after time.Duration) (lines, lessons string, m *Memory) {
	t.Helper()
	var out []string
	var judge *script
	m, err := Run(context.Background(), Options{
		Source: newStory(text), ReleaseAfter: after,
		New: func(m *Memory) Judge {
			judge = &script{memory: m}
			return judge
		},
		Report: func(e *Event) error {
			what := e.By + string(e.Action)
			if e.Incident != nil {
				what += " " + *e.Incident
			}
			out = append(out, fmt.Sprintf("%.0f %s %s %s", e.Time.Sub(start).Minutes(), e.Kind,
				e.File, what))
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, "\n"), strings.Join(judge.learned, " "), m
}

func TestReviewer(t *testing.T) {
	for name, c := range map[string]struct{ story, lines, lessons string }{
		"a delay leaves after its delay, at the end too": {"0 a delay\n30 a pass\n31 a delay",
			"0 verdict 1 delay\n10 released 1 timer\n30 verdict 2 pass\n31 verdict 3 delay\n" +
				"41 released 3 timer",
			"+1:1 +1:2 +1:3"},
		"what is due with a mail comes before it": {"0 a delay\n10 a pass",
			"0 verdict 1 delay\n10 released 1 timer\n10 verdict 2 pass", "+1:1"},
		"a hold is released as the owner's": {"0 a hold\n60 a pass\n300 b pass",
			"0 verdict 1 hold I-1\n60 verdict 2 pass\n240 released 1 reviewer\n300 verdict 3 pass",
			"+1:2 +1:1"},
		"a hold promotes what waits": {"0 a delay\n1 b delay\n5 a hold\n300 a pass",
			"0 verdict 1 delay\n1 verdict 2 delay\n5 verdict 3 hold I-1\n5 held 1 incident\n" +
				"11 released 2 timer\n245 released 1 reviewer\n245 released 3 reviewer\n" +
				"300 verdict 4 pass",
			"+1:2 +1:1 +1:3"},
		"a confirmation discards and unlearns since the first held mail": {
			"0 a pass\n1 a delay\n20 a pass\n21 b pass\n25 a hold\n26 a delay\n27 a pass\n" +
				"30 a confirm\n500 a pass\n501 a hold",
			"0 verdict 1 pass\n1 verdict 2 delay\n11 released 2 timer\n20 verdict 3 pass\n" +
				"21 verdict 4 pass\n25 verdict 5 hold I-1\n26 verdict 6 delay\n27 verdict 7 pass\n" +
				"500 verdict 9 pass\n501 verdict 10 hold I-2\n741 released 10 reviewer",
			"+1:1 +1:2 +1:3 +1:4 +1:7 -1:7 +1:8 +1:9"},
		"a delayed mail that is held with it belongs to it": {
			"0 a pass\n20 a delay\n22 a pass\n25 a hold\n30 a confirm",
			"0 verdict 1 pass\n20 verdict 2 delay\n22 verdict 3 pass\n25 verdict 4 hold I-1\n" +
				"25 held 2 incident",
			"+1:1 +1:3 -1:3"},
		"a confirmation after the holds were released unlearns them": {
			"0 a pass\n1 a hold\n300 a confirm\n301 a pass",
			"0 verdict 1 pass\n1 verdict 2 hold I-1\n241 released 2 reviewer\n301 verdict 4 pass",
			"+1:1 +1:2 -1:2"},
		"a confirmation of somebody unknown": {"0 a pass\n1 z confirm", "0 verdict 1 pass", "+1:1"},
		"equal times, first come": {"0 b hold\n0 a hold\n0 c delay\n0 c hold",
			"0 verdict 1 hold I-1\n0 verdict 2 hold I-2\n0 verdict 3 delay\n" +
				"0 verdict 4 hold I-3\n0 held 3 incident\n240 released 1 reviewer\n" +
				"240 released 2 reviewer\n240 released 3 reviewer\n240 released 4 reviewer",
			"+1:1 +1:2 +1:3 +1:4"},
	} {
		lines, lessons, _ := tellStory(t, c.story, 0)
		if lines != c.lines {
			t.Errorf("%s: lines\n%s\nwant\n%s", name, lines, c.lines)
		}
		if lessons != c.lessons {
			t.Errorf("%s: lessons %s, want %s", name, lessons, c.lessons)
		}
	}
}

func TestReleaseAfter(t *testing.T) {
	lines, _, _ := tellStory(t, "0 a hold\n20 a pass", 15*time.Minute)
	if want := "0 verdict 1 hold I-1\n15 released 1 reviewer\n20 verdict 2 pass"; lines != want {
		t.Errorf("lines\n%s\nwant\n%s", lines, want)
	}
}

func TestRunStops(t *testing.T) {
	stop := errors.New("stop")
	_, err := Run(context.Background(), Options{Source: newStory("0 a pass\n1 a pass"),
		New:    func(m *Memory) Judge { return &script{memory: m} },
		Report: func(*Event) error { return stop }})
	if !errors.Is(err, stop) || !strings.Contains(err.Error(), "replay 1:") {
		t.Errorf("error %v, want stop of mail 1", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Run(ctx, Options{Source: newStory("0 a pass")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}

// TestMemoryProfile: a profile that is read again has all lessons in it, once.
func TestMemoryProfile(t *testing.T) {
	_, _, m := tellStory(t, "0 a pass\n1 b hold\n2 a pass\n3 a hold\n4 a confirm", 0)
	ctx := context.Background()
	for sender, want := range map[string]int{"a": 2, "b": 1, "": 3, "z": 0} {
		for range 2 {
			p, last, err := m.Profile(ctx, sender)
			if err != nil || p.Mails() != want || last != 3 {
				t.Errorf("%q: %d mails, lesson %d, %v; want %d mails, lesson 3", sender, p.Mails(),
					last, err, want)
			}
		}
	}
	if list, _ := m.Lessons(ctx, 1, 1); len(list) != 1 || list[0].ID != 2 {
		t.Errorf("lessons after 1, at most 1: %+v", list)
	}
	if list, err := m.Lessons(ctx, 99, 5); len(list) != 0 || err != nil {
		t.Errorf("lessons after the last: %+v, %v", list, err)
	}
}

func TestEventLines(t *testing.T) {
	points, incident := 2.5, "I-1"
	for want, e := range map[string]*Event{
		`{"schema":1,"kind":"verdict","time":"2026-01-05T00:00:00Z","file":"a<b","sender":"s",` +
			`"action":"pass","points":0,"incident":null,"evidence":[]}`: {Schema: 1,
			Kind: "verdict", File: "a<b", Sender: "s", Action: analyzer.Pass},
		`{"schema":1,"kind":"verdict","time":"2026-01-05T00:00:00Z","file":"f","sender":"s",` +
			`"action":"hold","points":2.5,"incident":"I-1","evidence":[{"signal":"x","points":1,` +
			`"observed":"","usual":"","text":"t"}]}`: {Schema: 1, Kind: "verdict", File: "f",
			Sender: "s", Action: analyzer.Hold, Points: &points, Incident: &incident,
			Evidence: []analyzer.Evidence{{Signal: "x", Points: 1, Text: "t"}}},
		`{"kind":"held","time":"2026-01-05T00:00:00Z","file":"f","by":"incident"}`: {Schema: 1,
			Kind: "held", File: "f", By: "incident"},
	} {
		e.Time = time.Date(2026, 1, 5, 9, 0, 0, 0, time.FixedZone("JST", 9*3600))
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(e); err != nil || b.String() != want+"\n" {
			t.Errorf("%s, %v\nwant %s", b.String(), err, want)
		}
	}
}

// TestRealAnalyzer replays one archive twice through the real analyzer.
func TestRealAnalyzer(t *testing.T) {
	var mails []string
	for day := 1; day <= 28; day++ {
		for _, from := range []string{"a@example.org", "c@example.org"} {
			mails = append(mails, dated(from, day))
		}
	}
	dir := writeFiles(t, map[string]string{"all.mbox.zst": zst(inMbox(mails...))})
	var runs [2]string
	for i := range runs {
		a, err := OpenPaths(context.Background(), []string{dir}, ArchiveOptions{})
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		enc := json.NewEncoder(&b)
		sum := NewSummary()
		m, err := Run(context.Background(), Options{Source: a, NoClient: i == 1,
			Config: analyzer.Config{Salt: []byte("salt"),
				Mode: map[analyzer.Class]analyzer.Mode{analyzer.Account: analyzer.Enforce}},
			Report: func(e *Event) error { return errors.Join(enc.Encode(e), sum.Add(e)) },
		})
		if err != nil {
			t.Fatal(err)
		}
		if p, _, _ := m.Profile(context.Background(), "a@example.org"); p.Mails() != 28 {
			t.Errorf("the profile of a has %d mails, want 28", p.Mails())
		}
		var table bytes.Buffer
		if err := sum.Write(list.Screen{Writer: &table}, words.For(words.English, nil)); err != nil || !strings.Contains(table.String(), "2026-W02") {
			t.Errorf("table %s, error %v", table.String(), err)
		}
		runs[i] = b.String()
		a.Close()
	}
	if n := strings.Count(runs[0], `"kind":"verdict"`); n != len(mails) {
		t.Errorf("%d verdicts, want %d", n, len(mails))
	}
	if runs[0] != runs[1] {
		t.Error("two runs differ")
	}
}

// The clock that releases holds in a replay asked no owner: what the mail shows is known after a
// day, as any mail's.
func TestTheClockVouchesForNothing(t *testing.T) {
	_, lessons, m := tellStory(t, "0 a@example.org hold", time.Hour)
	if !strings.Contains(lessons, "+1:1") {
		t.Fatalf("the hold was not released: lessons %q", lessons)
	}
	if m.records[0].Observation.Held {
		t.Error("what the clock released counts as a person's word")
	}
}
