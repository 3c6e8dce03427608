package baseline

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

var start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// someMail composes the i-th mail of a sender with habits and now and then news.
func someMail(rng *rand.Rand, i int) *Observation {
	o := &Observation{At: start.Add(time.Duration(i) * 5 * time.Hour), Recipients: 1 + rng.IntN(4)}
	for f := range o.Keys {
		for range 1 + rng.IntN(3) {
			o.Keys[f] = append(o.Keys[f], Key(rng.Uint64N(40))<<20)
		}
		o.Keys[f] = compact(o.Keys[f])
	}
	for c := range o.Levels {
		if rng.IntN(4) > 0 {
			o.Seen |= 1 << c
			o.Levels[c] = uint8(rng.IntN(Levels))
		}
	}
	for d := rng.IntN(50); d < StyleDims; d += 1 + rng.IntN(60) {
		o.Style = append(o.Style, StyleCount{uint16(d), uint8(1 + rng.IntN(9))})
	}
	o.Letters, o.SimHash, o.Points = rng.IntN(900), rng.Uint64(), rng.Float64()*20
	o.Marks = []Key{3, Key(5 + rng.Uint64N(1000))}
	o.To, o.Young, o.Unproven = uint8(rng.IntN(1<<Circles)), rng.IntN(2) == 0, rng.IntN(3) == 0
	o.Lured, o.Held, o.Doubted = rng.IntN(2) == 0, rng.IntN(20) == 0, rng.IntN(5) == 0
	return o
}

func compact(keys []Key) []Key {
	seen := map[Key]bool{}
	for _, k := range keys {
		seen[k] = true
	}
	var out []Key
	for k := Key(0); k < 40<<20; k += 1 << 20 {
		if seen[k] {
			out = append(out, k)
		}
	}
	return out
}

func encode(t *testing.T, p *Profile) []byte {
	t.Helper()
	b, err := p.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Unlearning a burst gives, byte for byte, the profile that never saw it, in whatever
// order the mails were learned.
func TestUnlearnLeavesNoTrace(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var own, attack []*Observation
	for i := range 200 {
		own = append(own, someMail(rng, i))
	}
	for i := range 40 {
		attack = append(attack, someMail(rng, 150+i/4))
	}
	var never, saw Profile
	for _, o := range own {
		never.Learn(o)
	}
	all := append(append([]*Observation{}, attack...), own...)
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, o := range all {
		saw.Learn(o)
	}
	if bytes.Equal(encode(t, &never), encode(t, &saw)) {
		t.Fatal("the attack left no trace in the first place: the test shows nothing")
	}
	for _, o := range attack {
		saw.Unlearn(o)
	}
	if !bytes.Equal(encode(t, &never), encode(t, &saw)) {
		t.Fatal("the profile differs from one that never saw the attack")
	}
}

func TestUnlearnAfterSettling(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var never, saw Profile
	var attack []*Observation
	for i := range 300 {
		o := someMail(rng, i)
		never.Learn(o)
		saw.Learn(o)
		if i > 250 {
			a := someMail(rng, i)
			attack = append(attack, a)
			saw.Learn(a)
		}
	}
	horizon := SlotOf(start.Add(200 * 5 * time.Hour))
	never.Settle(horizon, 8)
	saw.Settle(horizon, 8)
	for _, o := range attack {
		saw.Unlearn(o)
	}
	if !bytes.Equal(encode(t, &never), encode(t, &saw)) {
		t.Fatal("settling kept a trace of recent mail")
	}
}

func TestKnownMeansKnownForADay(t *testing.T) {
	var p Profile
	o := &Observation{At: start, To: 0b101}
	o.Keys[Site] = []Key{7}
	p.Learn(o)
	today := SlotOf(start)
	if p.Known(Site, 7, today) {
		t.Error("a site seen today is usual today")
	}
	if p.Known(Site, 7, SlotOf(start.Add(15*time.Hour))) {
		t.Error("a site seen before midnight is usual after midnight")
	}
	if !p.Known(Site, 7, SlotOf(start.Add(32*time.Hour))) {
		t.Error("a site seen yesterday is not usual today")
	}
	if p.Known(Site, 8, today+9) || p.Known(Recipient, 7, today+9) {
		t.Error("a key that was never seen is usual")
	}
}

// What an attacker could make known by a mail to a box of his own must be earned: by mails
// on two days, or to two circles of people, each a day ago.
func TestKnownIsEarned(t *testing.T) {
	day := func(n int) time.Time { return start.Add(time.Duration(n) * 24 * time.Hour) }
	mail := func(at time.Time, to uint8, unproven bool) *Observation {
		o := &Observation{At: at, To: to, Unproven: unproven}
		for f := range o.Keys {
			o.Keys[f] = []Key{7}
		}
		return o
	}
	doubted := func(at time.Time) *Observation {
		o := mail(at, 3, true)
		o.Doubted = true
		return o
	}
	const site, network, recipient = 1, 2, 4
	for name, c := range map[string]struct {
		mails []*Observation
		known int
	}{
		"one mail to one":              {[]*Observation{mail(day(0), 1, false)}, recipient},
		"one mail to oneself":          {[]*Observation{mail(day(0), 0, false)}, recipient},
		"two mails to one, one day":    {[]*Observation{mail(day(0), 1, false), mail(day(0), 1, false)}, recipient},
		"one mail to two":              {[]*Observation{mail(day(0), 3, false)}, site | network | recipient},
		"two mails to two":             {[]*Observation{mail(day(0), 1, false), mail(day(0), 8, false)}, site | network | recipient},
		"two days":                     {[]*Observation{mail(day(0), 1, false), mail(day(1), 1, false)}, site | network | recipient},
		"the second day is today":      {[]*Observation{mail(day(0), 1, false), mail(day(9), 1, false)}, recipient},
		"the second circle is today's": {[]*Observation{mail(day(0), 1, false), mail(day(9), 2, false)}, recipient},
		"unproven":                     {[]*Observation{mail(day(0), 3, true), mail(day(1), 3, true)}, network | recipient},
		"in doubt":                     {[]*Observation{doubted(day(0)), doubted(day(1))}, 0},
		"one of two days in doubt":     {[]*Observation{doubted(day(0)), mail(day(1), 1, false)}, recipient},
		"one of two days unproven":     {[]*Observation{mail(day(0), 1, true), mail(day(1), 1, false)}, network | recipient},
	} {
		var p Profile
		for _, o := range c.mails {
			p.Learn(o)
		}
		check := func(when string) {
			t.Helper()
			got := 0
			for f, bit := range map[Family]int{Site: site, Network: network, Recipient: recipient} {
				if p.Known(f, 7, SlotOf(day(9))) {
					got |= bit
				}
			}
			if got != c.known {
				t.Errorf("%s, %s: known are %03b, want %03b", name, when, got, c.known)
			}
		}
		check("learned")
		p.Settle(SlotOf(day(9)), 1000)
		check("settled")
		for _, o := range c.mails {
			if SlotOf(o.At) >= SlotOf(day(9)) {
				p.Unlearn(o)
			}
		}
	}
}

// What a person let go is accepted at once, though not known, and not any more when that is
// taken back.
func TestWhatAPersonVouchesForIsAcceptedAtOnce(t *testing.T) {
	o := &Observation{At: start, To: 1, Held: true}
	o.Keys[Site], o.Keys[Network] = []Key{7}, []Key{7}
	today := SlotOf(start)
	var p Profile
	p.Learn(o)
	for _, when := range []string{"at once", "settled"} {
		if !p.Accepts(Site, 7, today) || !p.Accepts(Network, 7, today) || p.Accepts(Site, 8, today) {
			t.Errorf("%s it is not accepted, or all is", when)
		}
		if p.Known(Site, 7, today) {
			t.Errorf("%s it is known: to others too", when)
		}
		var read Profile
		if err := read.UnmarshalBinary(encode(t, &p)); err != nil || !read.Accepts(Site, 7, today) {
			t.Errorf("%s, stored and read it is not accepted: %v", when, err)
		}
		if when == "at once" {
			p.Settle(today+3, 1000)
		}
	}
	p = Profile{}
	p.Learn(o)
	p.Unlearn(o)
	if !bytes.Equal(encode(t, &p), encode(t, &Profile{})) {
		t.Error("taking it back left a trace")
	}
}

// What accounts of an age do says most about others of that age.
func TestAgesAreCountedApart(t *testing.T) {
	var sender, org Profile
	for i := range 2000 {
		o := &Observation{At: start.Add(time.Duration(i) * time.Minute), Seen: 1, Young: i%2 == 0}
		if o.Young && i%4 == 0 { // every second mail of a young account
			o.Levels[0] = 2
		}
		org.Learn(o)
	}
	now := SlotOf(start) + 90
	young, old := Tail(&sender, &org, 0, 2, 0.1, true, now), Tail(&sender, &org, 0, 2, 0.1, false, now)
	if young < 0.35 || old > 0.06 {
		t.Errorf("every second young mail and no other reaches the level: %.2f and %.2f", young, old)
	}
	for range 300 {
		sender.Learn(&Observation{At: start, Seen: 1})
	}
	if back := Tail(&sender, &org, 0, 2, 0.1, true, now); back < young/3 || back > young {
		t.Errorf("after a pause an old habit counts like ten mails: %.2f of %.2f", back, young)
	}
}

func TestEncodingRoundTrips(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	var p Profile
	for i := range 100 {
		o := someMail(rng, i)
		p.Learn(o)
		b, _ := o.MarshalBinary()
		var back Observation
		if err := back.UnmarshalBinary(b); err != nil {
			t.Fatal(err)
		}
		again, _ := back.MarshalBinary()
		if !bytes.Equal(b, again) {
			t.Fatalf("observation %d changed on its way through the journal", i)
		}
	}
	p.Settle(SlotOf(start)+5, 1000)
	b := encode(t, &p)
	var back Profile
	if err := back.UnmarshalBinary(b); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b, encode(t, &back)) {
		t.Fatal("profile changed on its way through the store")
	}
	step := 1
	if raceEnabled { // which has no more to see at each byte than at some
		step = 61
	}
	for n := 0; n < len(b); n += step {
		if err := new(Profile).UnmarshalBinary(b[:n]); err == nil {
			t.Fatalf("a profile cut at byte %d of %d was accepted", n, len(b))
		}
	}
}

func TestTailBacksOff(t *testing.T) {
	var sender, org Profile
	if got := Tail(&sender, &org, 0, 2, 0.1, false, SlotOf(start)+90); got != 0.1 {
		t.Errorf("without history the tail is %v, want the prior 0.1", got)
	}
	for i := range 1000 {
		o := &Observation{At: start.Add(time.Duration(i) * time.Minute), Seen: 1}
		o.Levels[0] = uint8(i % 2 * 3)
		org.Learn(o)
	}
	withOrg := Tail(&sender, &org, 0, 2, 0.1, false, SlotOf(start)+90)
	if withOrg < 0.4 || withOrg > 0.5 {
		t.Errorf("half of the organisation's mail reaches the level, the tail is %v", withOrg)
	}
	for i := range 200 {
		sender.Learn(&Observation{At: start.Add(time.Duration(i) * time.Hour), Seen: 1})
	}
	if own := Tail(&sender, &org, 0, 2, 0.1, false, SlotOf(start)+90); own > 0.05 {
		t.Errorf("the sender never reached the level in 200 mails, the tail is %v", own)
	}
}

func FuzzProfileDecoding(f *testing.F) {
	rng := rand.New(rand.NewPCG(7, 8))
	var p Profile
	for i := range 30 {
		p.Learn(someMail(rng, i))
	}
	b, _ := p.MarshalBinary()
	f.Add(b)
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Profile
		if p.UnmarshalBinary(data) == nil {
			o := someMail(rand.New(rand.NewPCG(1, 1)), 3)
			p.Learn(o)
			p.Unlearn(o)
		}
		var o Observation
		_ = o.UnmarshalBinary(data)
	})
}

func BenchmarkLearn(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	var p Profile
	list := make([]*Observation, 1000)
	for i := range list {
		list[i] = someMail(rng, i)
		p.Learn(list[i])
	}
	data, _ := p.MarshalBinary()
	b.ReportMetric(float64(len(data)), "bytes/profile")
	for i := 0; b.Loop(); i++ {
		p.Learn(list[i%1000])
		p.Unlearn(list[i%1000])
	}
}
