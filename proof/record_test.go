package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, folder string) *Record {
	t.Helper()
	r, err := Open(folder, "mx")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// again closes a record and opens it as the next agent does.
func again(t *testing.T, r *Record) *Record {
	t.Helper()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, filepath.Dir(r.path))
}

const id = "4jc4sD3hSbz1Sbd3"

func claims(c ...Claim) func(string) (Claim, bool) {
	return func(string) (Claim, bool) {
		if len(c) == 0 {
			return Claim{}, false
		}
		return c[0], true
	}
}

// TestWhoHeldIt has what the log said and the queue showed, and what is believed then.
func TestWhoHeldIt(t *testing.T) {
	type word struct {
		word Word
		at   time.Duration
	}
	ours := Claim{Hold: 7, Kept: true}
	for name, c := range map[string]struct {
		first   bool          // it is the agent's first look
		arrived time.Duration // from the last look
		before  []word        // what the log said before the mail was met
		claimed bool
		after   []word
		want    How
	}{
		"fresh, no log":              {claimed: true, want: Seen},
		"fresh, nobody's":            {want: Foreign},
		"nobody's, log says milter":  {before: []word{{ByMilter, 0}}, want: Foreign},
		"log says milter":            {arrived: -time.Hour, before: []word{{ByMilter, -time.Hour}}, claimed: true, want: Quarantined},
		"log says a rule":            {before: []word{{ByOther, 0}}, claimed: true, want: Foreign},
		"log says a rule, later":     {claimed: true, after: []word{{ByOther, 0}}, want: Foreign},
		"log says milter, later":     {arrived: -time.Hour, claimed: true, after: []word{{ByMilter, 0}}, want: Quarantined},
		"of an earlier mail's id":    {claimed: true, before: []word{{ByOther, -time.Hour}}, want: Seen},
		"it waited before":           {arrived: -time.Hour, claimed: true, want: Foreign},
		"a long session":             {arrived: -5 * time.Minute, claimed: true, want: Seen},
		"the agent's first look":     {first: true, arrived: -time.Hour, claimed: true, want: Adopted},
		"let go, and held by hand":   {claimed: true, before: []word{{ByMilter, 0}}, after: []word{{Let, time.Minute}, {ByOther, time.Minute}}, want: Foreign},
		"let go, and on hold anyhow": {claimed: true, before: []word{{ByMilter, 0}}, after: []word{{Let, time.Minute}}, want: Foreign},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, t.TempDir())
			if !c.first {
				if err := r.Look(noon, nil, claims()); err != nil {
					t.Fatal(err)
				}
			}
			l := Listed{id, noon.Add(c.arrived).Unix()}
			of := claims()
			if c.claimed {
				of = claims(ours)
			}
			hear := func(list []word) {
				for _, w := range list {
					r.Heard(id, w.word, noon.Add(w.at))
				}
			}
			hear(c.before)
			if err := r.Look(noon.Add(time.Second), []Listed{l}, of); err != nil {
				t.Fatal(err)
			}
			hear(c.after)
			r = again(t, r)
			m, ok := r.Mail(l.ID, l.Arrived)
			if !ok || m.How != c.want || m.Ours() != (c.want != Foreign) {
				t.Errorf("%+v, want %s", m, c.want)
			}
			// A row that is written later makes nothing ours, nor another hold's.
			if err := r.Meet(noon, l, Claim{Hold: 9}); err != nil {
				t.Fatal(err)
			}
			if m, _ := r.Mail(l.ID, l.Arrived); m.How != c.want || m.Hold == 9 {
				t.Errorf("later a row says so: %+v", m)
			}
		})
	}
}

// TestRecalled: what the agent puts on hold itself is ours, until somebody else lets it go.
func TestRecalled(t *testing.T) {
	r := open(t, t.TempDir())
	l := Listed{id, noon.Add(-time.Hour).Unix()}
	if err := r.Recall(noon, map[int64]Listed{7: l}); err != nil {
		t.Fatal(err)
	}
	r.Heard(id, ByOther, noon.Add(2*time.Second)) // postsuper's own word of it
	if err := r.Look(noon.Add(time.Minute), []Listed{l}, claims(Claim{Hold: 7})); err != nil {
		t.Fatal(err)
	}
	if m, _ := r.Mail(l.ID, l.Arrived); m.How != Recalled || !r.Has(7, id) || r.Has(8, id) {
		t.Errorf("%+v", m)
	}
	r.Heard(id, Let, noon.Add(time.Hour))
	r.Heard(id, ByOther, noon.Add(time.Hour))
	if m, _ := r.Mail(l.ID, l.Arrived); m.Ours() {
		t.Errorf("held by hand since then: %+v", m)
	}
	if err := r.Look(noon.Add(2*time.Hour), nil, claims()); err != nil {
		t.Fatal(err)
	}
	if m, ok := r.Mail(l.ID, l.Arrived); ok {
		t.Errorf("it is gone: %+v", m)
	}
}

// TestTakenBack: a decision that was taken back does not count again, whatever the row says.
func TestTakenBack(t *testing.T) {
	r := open(t, t.TempDir())
	l := Listed{id, noon.Unix()}
	step := func(order string) *Mail {
		t.Helper()
		if err := r.Follow(map[string]Claim{id: {Hold: 7, Kept: true, Order: order}}); err != nil {
			t.Fatal(err)
		}
		r = again(t, r)
		m, _ := r.Mail(l.ID, l.Arrived)
		return &m
	}
	if err := r.Look(noon, []Listed{l}, claims(Claim{Hold: 7})); err != nil {
		t.Fatal(err)
	}
	if m := step("first"); m.Order != "first" || m.Taken("first") || !m.Kept {
		t.Errorf("%+v", m)
	}
	if m := step(""); !m.Taken("first") {
		t.Errorf("taken back: %+v", m)
	}
	if m := step("first"); !m.Taken("first") || m.Order != "" {
		t.Errorf("put back: %+v", m)
	}
	if m := step("second"); m.Taken("second") {
		t.Errorf("another one: %+v", m)
	}
}

func TestMarksOnceADay(t *testing.T) {
	folder := t.TempDir()
	r := open(t, folder)
	for i, c := range []struct {
		at    time.Duration
		what  string
		fresh bool
	}{{0, "a", true}, {time.Hour, "a", false}, {time.Hour, "b", true}, {25 * time.Hour, "a", true}} {
		if fresh, err := r.Mark(noon.Add(c.at), c.what); fresh != c.fresh || err != nil {
			t.Errorf("%d: %t, %v", i, fresh, err)
		}
	}
	for i := range 3 * maxMarks {
		if _, err := r.Mark(noon, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	again(t, r)
	list, err := Marks(folder)
	if err != nil || len(list) < maxMarks || list[len(list)-1].What != "a" {
		t.Errorf("%d marks, %v", len(list), err)
	}
}

// TestRecordIsBounded: the file does not grow with what was, and a cut line is dropped.
func TestRecordIsBounded(t *testing.T) {
	r := open(t, t.TempDir())
	for i := range 1500 {
		at := noon.Add(time.Duration(i) * time.Second)
		l := Listed{fmt.Sprintf("4jc4sD3hSbz%05d", i), at.Unix()}
		if err := r.Look(at, []Listed{l}, claims(Claim{Hold: int64(i + 1)})); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(r.path)
	if err != nil || info.Size() > 500_000 || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if _, err := r.file.WriteString(`{"mail":{"ID":"4jc`); err != nil {
		t.Fatal(err)
	}
	r = again(t, r)
	if len(r.mails) != 1 || r.New() {
		t.Errorf("%d mails after a cut line", len(r.mails))
	}
	r = again(t, r)
	if len(r.mails) != 1 {
		t.Errorf("%d mails", len(r.mails))
	}
}

// TestOneAgent: a second one of a host is refused.
func TestOneAgent(t *testing.T) {
	folder := t.TempDir()
	open(t, folder)
	if _, err := Open(folder, "mx"); err == nil || !strings.Contains(err.Error(), "another agent") {
		t.Errorf("%v", err)
	}
	for _, bad := range []string{"", "../x", "a/b", ".hidden"} {
		if _, err := Open(folder, bad); err == nil {
			t.Errorf("host %q", bad)
		}
	}
}

// TestChain: a line that is changed, taken away or cut off is noticed.
func TestChain(t *testing.T) {
	line := func(n int) Line { return Line{int64(n), fmt.Appendf(nil, "line %d", n)} }
	r := open(t, t.TempDir())
	c := r.Chain()
	for i := 1; i <= 3*Slice; i++ {
		c = c.Add(line(i))
	}
	if err := r.Anchor(c); err != nil {
		t.Fatal(err)
	}
	r = again(t, r)
	c = r.Chain()
	if !c.Ends(line(3*Slice)) || c.Ends(line(3*Slice-1)) || len(c.Marks) != 3 {
		t.Errorf("ends at %d with %d marks", c.Last, len(c.Marks))
	}
	for c.Next = range 4 {
		after, ok := c.From()
		var lines []Line
		for i := range Slice {
			lines = append(lines, line(int(after)+i+1))
		}
		if !ok || !c.Holds(lines) {
			t.Errorf("slice %d does not hold", c.Next)
		}
		if lines[5].Bytes = []byte("another"); c.Holds(lines) || c.Holds(lines[:Slice-1]) {
			t.Errorf("slice %d holds although it was changed", c.Next)
		}
	}
}

// TestChainIsBounded: a line of any number costs nothing, and the chain goes on behind it.
func TestChainIsBounded(t *testing.T) {
	c := Chain{}
	for _, id := range []int64{1, 2, 1 << 62, 1<<62 + 1, -1 << 62, 5, 6} {
		if c = c.Add(Line{id, []byte("x")}); !c.Ends(Line{id, []byte("x")}) || len(c.Marks) > 0 {
			t.Errorf("%d: %+v", id, c)
		}
	}
	var lines []Line
	for i := range int64(Slice) {
		lines = append(lines, Line{7 + i, fmt.Append(nil, i)})
		c = c.Add(lines[i])
	}
	if after, ok := c.From(); !ok || after != 5 {
		t.Errorf("slices begin behind %d, %t", after, ok)
	}
}

func TestNewer(t *testing.T) {
	r := open(t, t.TempDir())
	for _, n := range []int64{3, 5, 5} {
		if !r.Newer("lock", "bob", n) {
			t.Errorf("%d is not newer", n)
		}
		if err := r.Tell("lock", "bob", n); err != nil {
			t.Fatal(err)
		}
	}
	r = again(t, r)
	if r.Newer("lock", "bob", 4) || !r.Newer("lock", "eve", 4) || !r.Newer("other", "bob", 4) {
		t.Error("an older event is told again, or another account's is not")
	}
	if names, err := r.Logins("bob", "bob", "robert"); len(names) != 2 || err != nil {
		t.Error(names, err)
	}
	r = again(t, r)
	if names, err := r.Logins("bob", "robert"); len(names) != 2 || err != nil {
		t.Error(names, err)
	}
}

// FuzzLoad reads records that somebody damaged: no panic, and what is read can be written.
func FuzzLoad(f *testing.F) {
	f.Add([]byte(`{"mail":{"ID":"4jc4sD3hSbz1Sbd3","Arrived":1,"Hold":7,"How":"seen"}}` + "\n" + `{"looked":5}` + "\n" + `{"chain":{"Last":3}}`))
	f.Add([]byte(`{"points":{"From":-1,"Marks":["a"]}}` + "\n" + `{"gone":"x","unrule":["a"]}`))
	f.Add([]byte("{}\n{\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "seen-mx.jsonl"), data, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Open(folder, "mx")
		if err != nil {
			return
		}
		defer r.Close()
		if _, err := r.Mark(noon, "x"); err != nil {
			t.Error(err)
		}
		if err := r.Look(noon, []Listed{{id, noon.Unix()}}, claims(Claim{Hold: 7})); err != nil {
			t.Error(err)
		}
		c := r.Chain()
		if _, ok := c.From(); ok {
			c.Holds(nil)
		}
	})
}

// TestManyMarksOfOneKind: refusals by the hundred leave what else was noticed, and the newest of their own.
func TestManyMarksOfOneKind(t *testing.T) {
	dir := t.TempDir()
	r, err := Open(dir, "mx")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	rule := `the rule for "sender:a@example.org" is gone, and nobody who may decide has cleared it`
	if _, err := r.Mark(at, rule); err != nil {
		t.Fatal(err)
	}
	last := ""
	for i := range 3 * maxMarks {
		last = fmt.Sprintf("refused to release mail 4cX%d (H%d): nobody has signed it", i, i)
		if _, err := r.Mark(at.Add(time.Duration(i)*time.Second), last); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.marks) != maxMarks || r.marks[0].What != rule || r.marks[maxMarks-1].What != last {
		t.Errorf("%d marks, the first %q, the last %q", len(r.marks), r.marks[0].What, r.marks[len(r.marks)-1].What)
	}
	shown := Newest(r.marks, 10)
	if len(shown) != 10 || shown[0].What != rule || shown[9].What != last {
		t.Errorf("shown: %v", shown)
	}
}
