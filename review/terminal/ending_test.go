package terminal

import (
	"bytes"
	"strings"
	"testing"

	"hisseki/analyzer"
	"hisseki/internal/table"
	"hisseki/ledger"
	"hisseki/review"
)

func held(sender string) ledger.Hold {
	r := record()
	r.Envelope.Sender = sender
	return ledger.Hold{ID: 1, State: ledger.Held, Record: r}
}

// What others' mail becomes is said apart, and what is known to be blocked is not advised.
func TestPreviewSaysAll(t *testing.T) {
	p := &review.Preview{Ending: review.Ending{To: ledger.IncidentConfirmed},
		Incidents: []ledger.Incident{{ID: 3}}, Own: []ledger.Hold{held("b@example.jp"), held("b@example.jp")},
		Others: []ledger.Hold{held("c@example.jp")}, Does: ledger.Ended{Discarding: 2, Unlearned: 7, Left: 1},
		Lures:   []ledger.Lure{{Pattern: "lure.example.org"}, {Pattern: "it's.example.org", Elsewhere: true}},
		Blocked: []string{"blocked.example.org"}, Hooks: []string{"lock"}}
	var b bytes.Buffer
	Preview(table.Screen{Writer: &b}, english, p)
	for _, want := range []string{
		"would confirm I3: discard 2 mails of b@example.jp, unlearn 7 mails, run the hooks lock\n",
		"would leave 1 recalled mail of c@example.jp on hold: --others discard or release decides\n",
		"  hisseki url block lure.example.org --reason 'incident I3'\n",
		`  hisseki url block 'it'\''s.example.org' --reason 'incident I3'   # others sent it before`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	if strings.Contains(b.String(), "blocked.example.org") {
		t.Errorf("what is blocked is advised:\n%s", &b)
	}
	b.Reset()
	p.Ending.Block = true
	Outcome(&b, english, p, &review.Outcome{Ended: []review.EndedIncident{{Name: "I3",
		Ended: ledger.Ended{Discarding: 2, Releasing: 1, Unlearned: 7, Left: 1}}},
		Blocked: []string{"lure.example.org"}})
	for _, want := range []string{
		"I3 confirmed: 2 mails will be discarded, 1 released, 7 mails unlearned, 0 mails learned again\n",
		"1 recalled mail of other accounts on hold still: hisseki quarantine list --incident I3\n",
		"blocked lure.example.org\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, &b)
		}
	}
	if strings.Contains(b.String(), "url block") {
		t.Errorf("what was just blocked is advised:\n%s", &b)
	}
}

// What an end leaves behind is named with the command that takes it back, fit for a shell.
func TestBackNamesBlocks(t *testing.T) {
	var b bytes.Buffer
	back := &review.Back{Incidents: []review.BackIncident{{Name: "I3", Reopened: ledger.Reopened{Held: 1}}}}
	Back(&b, english, back)
	if b.String() != "I3 is open again: 1 mail held, 0 mails learned again, 0 mails too late to take back\n" {
		t.Errorf("%q", &b)
	}
	back.Blocks = []ledger.Rule{{Subject: "url:lure.example.org/it's", Created: noon,
		Override: analyzer.Override{By: "alice", Reason: "incident I3\x1b"}}}
	Back(&b, english, back)
	if want := "  hisseki url clear 'lure.example.org/it'\\''s'   # " + noon.Local().Format("2006-01-02 15:04") +
		", alice: incident I3·\n"; !strings.HasSuffix(b.String(), want) {
		t.Errorf("no %q in\n%s", want, &b)
	}
}
