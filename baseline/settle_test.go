package baseline

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// newcomerMail is a mail to a recipient who never had one.
func newcomerMail(rng *rand.Rand, at time.Time) *Observation {
	o := &Observation{At: at, Recipients: 1, Seen: 1 << 3, Points: 1, Settled: true}
	o.Levels[3] = uint8(rng.IntN(Levels))
	o.Keys[Recipient] = []Key{Key(rng.Uint64()) >> (64 - KeyBits)}
	o.Keys[RecipientDomain] = []Key{Key(rng.Uint64()) >> (64 - KeyBits)}
	o.Keys[Mailer] = []Key{7}
	o.Style = []StyleCount{{uint16(rng.IntN(StyleDims)), 3}}
	return o
}

// A sender of 1,000 mails a day, each to somebody new, whose journal keeps thirty days: his
// profile holds those days' recipients and KeepOld older ones, of each family, whether he sent
// 40,000 mails or 200,000. What the journal's mail taught can be taken back without a trace.
func TestAProfileHasAnEnd(t *testing.T) {
	const days, perDay, kept = 200, 1000, 30
	rng := rand.New(rand.NewPCG(11, 1))
	var p, never Profile
	var attack []*Observation
	var sizes []int
	for day := range days {
		for i := range perDay {
			at := start.Add(time.Duration(day)*24*time.Hour + time.Duration(i)*time.Minute)
			o := newcomerMail(rng, at)
			p.Learn(o)
			never.Learn(o)
			if day > days-kept && i%10 == 0 {
				a := newcomerMail(rng, at)
				attack = append(attack, a)
				p.Learn(a)
			}
		}
		if day%2 > 0 {
			continue
		}
		before := SlotOf(start.Add(time.Duration(day-kept) * 24 * time.Hour))
		settled := p.Settle(before, KeepOld)
		never.Settle(before, KeepOld)
		if p.Settle(before, KeepOld) || settled != (day > kept) {
			t.Fatalf("day %d: there was something to settle: %t", day, settled)
		}
		if day >= 2*kept && day%20 == 0 {
			sizes = append(sizes, len(encode(t, &p)))
		}
	}
	const most = (kept+2)*(perDay+perDay/10) + KeepOld
	for _, f := range []Family{Recipient, RecipientDomain} {
		if n := p.Count(f); n > most {
			t.Errorf("%d keys of family %d, want %d at most", n, f, most)
		}
	}
	t.Logf("bytes after 60 days, and every 20 days: %d", sizes)
	if last := sizes[len(sizes)-1]; last > 1<<20 || last > sizes[0]*13/10 {
		t.Errorf("the profile takes %d bytes after %d mails, %d before", last, p.Mails(), sizes[0])
	}
	for _, o := range attack {
		p.Unlearn(o)
	}
	if !bytes.Equal(encode(t, &p), encode(t, &never)) {
		t.Error("the profile differs from one that never saw the attack")
	}
}

// BenchmarkSettle goes through an organisation of 100,000 correspondents.
func BenchmarkSettle(b *testing.B) {
	rng := rand.New(rand.NewPCG(11, 2))
	for b.Loop() {
		b.StopTimer()
		var p Profile
		for i := range 100_000 {
			p.Learn(newcomerMail(rng, start.Add(time.Duration(i)*time.Minute)))
		}
		b.StartTimer()
		p.Settle(SlotOf(start.Add(24*time.Hour)), KeepOldShared)
	}
}

// Settling in steps leaves what settling at once leaves, whatever is learned and unlearned between
// two steps, and no step is long.
func TestSettleInSteps(t *testing.T) {
	const keep = 2 * settleStep
	rng := rand.New(rand.NewPCG(12, 1))
	var once, steps Profile
	var recent []*Observation
	for i := range 10 * settleStep {
		o := newcomerMail(rng, start.Add(time.Duration(i)*30*time.Second))
		once.Learn(o)
		steps.Learn(o)
		recent = append(recent, o)
	}
	last := recent[len(recent)-1].At
	before := SlotOf(last)
	pauses := 0
	var between []*Observation
	settled := steps.SettleInSteps(before, keep, func(meanwhile func()) {
		pauses++
		for range 20 {
			o := newcomerMail(rng, last)
			steps.Learn(o)
			between = append(between, o)
		}
		steps.Unlearn(between[len(between)-1])
		steps.Learn(between[len(between)-1])
		meanwhile()
	})
	if !once.Settle(before, keep) || !settled || steps.Settle(before, keep) {
		t.Error("not settled, or not all of it")
	}
	for _, o := range between {
		once.Learn(o)
	}
	if !bytes.Equal(encode(t, &once), encode(t, &steps)) {
		t.Error("the profile differs from one that was settled at once")
	}
	// Two families of so many keys: each gone through twice, and most of them forgotten.
	if pauses < 2*(10+10+7) {
		t.Errorf("%d pauses for %d keys", pauses, 20*settleStep)
	}
}
