package baseline

import (
	"bytes"
	_ "embed" // bytes of an older format
	"encoding/hex"
	"strings"
	"testing"
)

// What older programs wrote: eight observations, and last the profile that learned them and
// settled at the second day.
var (
	//go:embed testdata/of32.hex
	of32 string // of commit bce8810, with room for 32 signals
	//go:embed testdata/of17families.hex
	of17families string // of commit db18713, where nothing had to be earned
	//go:embed testdata/unvouched.hex
	unvouched string // of commit 4de4cea, where nobody vouched for anything
)

// What an older program stored is read, and means the same: the old profile is the one that
// learns the old observations today.
func TestReadsOlderFormats(t *testing.T) {
	for name, text := range map[string]string{"32 signals": of32, "17 families": of17families} {
		t.Run(name, func(t *testing.T) {
			old, again := readsOlder(t, strings.Fields(text))
			knowsAll(t, old)
			forgetCircles(old)
			forgetCircles(again)
			sameBytes(t, old, again)
		})
	}
	t.Run("unvouched", func(t *testing.T) {
		old, again := readsOlder(t, strings.Fields(unvouched))
		sameBytes(t, old, again)
	})
}

func sameBytes(t *testing.T, old, again *Profile) {
	if !bytes.Equal(encode(t, old), encode(t, again)) {
		t.Error("the stored profile is not the one that learns the stored mails")
	}
}

// readsOlder returns the stored profile, and the one that learns the stored observations.
func readsOlder(t *testing.T, lines []string) (old, again *Profile) {
	old, again = &Profile{}, &Profile{}
	most := 0
	for i, line := range lines {
		data, err := hex.DecodeString(line)
		if err != nil {
			t.Fatal(err)
		}
		if i == len(lines)-1 {
			if err := old.UnmarshalBinary(data); err != nil {
				t.Fatal(err)
			}
			break
		}
		var o Observation
		if err := o.UnmarshalBinary(data); err != nil {
			t.Fatalf("observation %d: %v", i, err)
		}
		for s := range o.Levels {
			if o.Levels[s] > 0 {
				most = max(most, s)
			}
		}
		again.Learn(&o)
	}
	again.Settle(SlotOf(start)+3, 1000)
	if most < 16 { // a recent count of such a signal has its highest bit set
		t.Errorf("the highest signal is %d: the test shows too little", most)
	}
	for _, p := range []*Profile{old, again} {
		if p.Mails() != 8 || p.Count(Recipient) == 0 {
			t.Errorf("%d mails, %d recipients", p.Mails(), p.Count(Recipient))
		}
	}
	return old, again
}

// knowsAll checks that what was known stays so, though nobody knows how it was earned.
func knowsAll(t *testing.T, old *Profile) {
	known := 0
	for f := range old.tables {
		for k := range old.tables[f] {
			if !old.Known(Family(f), k, SlotOf(start)+1000) {
				t.Errorf("key %d of family %d is not known any more", k, f)
			}
			known++
		}
	}
	if known == 0 {
		t.Error("the stored profile knows nothing")
	}
}

func forgetCircles(p *Profile) {
	for f := range p.tables {
		for _, h := range p.tables[f] {
			h.old.to = circles{}
			for i := range h.days {
				h.days[i].to = circles{}
			}
		}
	}
}

// Signals beyond the thirty-second are stored and learned like the others.
func TestMoreThan32Signals(t *testing.T) {
	o := &Observation{At: start, Seen: 1<<63 | 1<<31 | 1}
	o.Levels[63], o.Levels[31] = 7, 2
	b, _ := o.MarshalBinary()
	var back Observation
	if err := back.UnmarshalBinary(b); err != nil || back.Seen != o.Seen || back.Levels != o.Levels {
		t.Fatalf("stored %x %v, read %x %v, error %v", o.Seen, o.Levels, back.Seen, back.Levels, err)
	}
	var p, read Profile
	p.Learn(o)
	if err := read.UnmarshalBinary(encode(t, &p)); err != nil {
		t.Fatal(err)
	}
	later := SlotOf(start) + 2*daySlots
	for signal, want := range map[int]int{63: 1, 31: 0, 30: 0} {
		if got, _ := read.Reached(signal, 7, later); got != want {
			t.Errorf("signal %d reached its highest level %d times, want %d", signal, got, want)
		}
	}
	p.Unlearn(o)
	if !bytes.Equal(encode(t, &p), encode(t, &Profile{})) {
		t.Error("unlearning left a trace")
	}
}
