package analyzer

import (
	"fmt"
	"math"
	"slices"
	"time"

	"hisseki/baseline"
)

// Reach is how many people a sender writes to: in one mail, within an hour and a day, and how
// many of them for the first time. It needs neither a lure nor another writer: whoever steals
// an account wants to reach many. Of an hour and a day the mail to most people is left out, for
// one letter to a large circle is ordinary where a second one to another circle is not. How
// much is usual is counted by days, not by mails, or a newsletter's many mails would make
// themselves usual.
type reachOf uint8

const (
	dayPeople reachOf = iota
	hourPeople
	dayNew
	hourNew
	mailPeople
	measures
)

// reachSignals says what each signal of reach counts.
var reachSignals = map[Signal]reachOf{ReachDay: dayPeople, ReachHour: hourPeople, ReachNewDay: dayNew,
	ReachNewHour: hourNew, ReachMail: mailPeople}

// reachSteps are half doublings: 1, 1.4, 2, 2.8 ... to four million people.
const reachSteps = 44

// leastStep is the first step that is counted, of 6 people; below it nothing is to be told. Step 0 of dayPeople counts the days on which anything was sent.
const leastStep = 5

// stepOf returns the highest step that a number of people reaches.
func stepOf(n int) int {
	if n < 1 {
		return -1
	}
	return min(int(2*math.Log2(float64(n))+1e-9), reachSteps-1)
}

// peopleOf returns how many people a step stands for.
func peopleOf(step int) int { return int(math.Round(math.Exp2(float64(step) / 2))) }

// reachCount is how many people were written to, by measure.
type reachCount [measures]int

// reachDays notes when a sender last reached each step, so that a day counts once.
type reachDays [measures][reachSteps]int64 // unix seconds, 0 for never

// newly calls f for each step that counts reach and that was not reached within the day
// before.
func (d *reachDays) newly(counts *reachCount, now time.Time, f func(m reachOf, step int)) {
	for m := range measures {
		top := stepOf(counts[m])
		for step := leastStep; step <= top; step++ {
			if now.Unix()-d[m][step] > firstSpan {
				f(m, step)
			}
		}
	}
	if now.Unix()-d[dayPeople][0] > firstSpan {
		f(dayPeople, 0)
	}
}

// reachKeys are the keys of all steps, by age of the account.
type reachKeys [measures][reachSteps][2]baseline.Key

func newReachKeys(h hasher) *reachKeys {
	var keys reachKeys
	for m := range keys {
		for step := range keys[m] {
			for age, name := range []string{"old", "young"} {
				keys[m][step][age] = h.key(baseline.Reach, fmt.Sprintf("%d %d %s", m, step, name))
			}
		}
	}
	return &keys
}

func (k *reachKeys) of(m reachOf, step int, young bool) baseline.Key {
	if young {
		return k[m][step][1]
	}
	return k[m][step][0]
}

// observeReach counts whom the mail and those of the day before it reach, and notes which
// steps are reached by it.
func (v *view) observeReach() {
	var mail headcount
	v.reach, mail = v.state.reachWith(v.o, v.sender)
	v.people = mail.people
	var keys []baseline.Key
	v.state.days.newly(&v.reach, v.now, func(m reachOf, step int) {
		keys = append(keys, v.reachKeys.of(m, step, v.o.Young))
	})
	slices.Sort(keys)
	v.o.Keys[baseline.Reach] = keys
}

// Weights of the back-off, in days on which mail was sent: two weeks of an account, half a
// year of an office of eight.
const (
	senderDays = 10
	orgDays    = 1000
)

// priorReach is the share of an account's days that reach so many people, where nothing is
// known: it thins out by a power of the number, as among 39,000 days of accounts of public
// lists and companies (docs/evaluation.md).
var priorReach = [measures]struct{ usual, power float64 }{
	dayPeople:  {1.9, 2.1},
	hourPeople: {1.7, 2.1},
	dayNew:     {1.4, 2.1},
	hourNew:    {1.2, 2.1},
	mailPeople: {10.7, 2.6},
}

// reachSurprise is how improbable a day of so many people is for this account: the negative
// decimal logarithm of their share of its days, with accounts of its age behind it where its
// history is short.
func (v *view) reachSurprise(m reachOf) float64 {
	step := stepOf(v.reach[m])
	if step < leastStep {
		return 0
	}
	p := priorReach[m]
	prior := min(1, math.Pow(float64(peopleOf(step))/p.usual, -p.power))
	days := func(of *baseline.Profile, m reachOf, step int, young bool) float64 {
		_, n, _ := of.Usual(baseline.Reach, v.reachKeys.of(m, step, young))
		return float64(n)
	}
	young := v.o.Young
	org := (days(v.org, m, step, young) + orgDays*prior) / (days(v.org, dayPeople, 0, young) + orgDays)
	both := func(m reachOf, step int) float64 {
		return days(v.sender, m, step, false) + days(v.sender, m, step, true)
	}
	share := (both(m, step) + senderDays*min(1, org)) / (both(dayPeople, 0) + senderDays)
	return -math.Log10(min(1, share))
}

// usualReach is the highest step that the account reaches on one day in twenty, in words.
func (v *view) usualReach(m reachOf) string {
	days := func(m reachOf, step int) (n int) {
		for _, young := range []bool{false, true} {
			_, k, _ := v.sender.Usual(baseline.Reach, v.reachKeys.of(m, step, young))
			n += k
		}
		return n
	}
	all, step := v.daysWithMail(), leastStep
	for step < reachSteps-1 && days(m, step) > all/20 {
		step++
	}
	return fmt.Sprintf("usually at most %d, in %s", peopleOf(step),
		count(all, "day with mail", "days with mail"))
}

// daysWithMail is on how many days the account sent anything.
func (v *view) daysWithMail() (days int) {
	for _, young := range []bool{false, true} {
		_, n, _ := v.sender.Usual(baseline.Reach, v.reachKeys.of(dayPeople, 0, young))
		days += n
	}
	return days
}

// mostReached is the most people that the account reached before, at least a day ago.
func (v *view) mostReached(m reachOf) int {
	for step := reachSteps - 1; step >= leastStep; step-- {
		for _, young := range []bool{false, true} {
			if v.sender.Accepts(baseline.Reach, v.reachKeys.of(m, step, young), v.today) {
				return peopleOf(step)
			}
		}
	}
	return 0
}

// oddPoints are those from which a mail is unusual enough to ask whom it reaches: a little
// below what adds to the sum.
const oddPoints = 3

// seriesPeople is how many people a day's series may reach beside their circle before they
// count like all others: a series of patches goes to one list and, each, to somebody more (with
// 80, three series of 71,650 good mails were held). An attacker who puts a known person before each new one
// gains so many, and no more.
const seriesPeople = 200

// reach notes whom a mail reached, and returns how many of them no other mail of that day had.
func (s *state) reach(o *baseline.Observation, p *baseline.Profile, odd bool) headcount {
	counts, mail := s.reachWith(o, p)
	s.days.newly(&counts, o.At, func(m reachOf, step int) { s.days[m][step] = o.At.Unix() })
	repeat := !s.spreads(o)
	today := baseline.SlotOf(o.At)
	for _, k := range o.Keys[baseline.Recipient] {
		s.firsts.add(k, o.At, !p.Known(baseline.Recipient, k, today), mail.people == 0)
		if odd {
			s.odd.add(k, o.At, false, repeat)
		}
	}
	return mail
}

// reachWith counts whom the sender will have reached with a mail, and how many of them no
// other mail of the day did. A mail of which more than half goes to known people who had mail
// that day counts for nothing, see seriesPeople.
func (s *state) reachWith(o *baseline.Observation, p *baseline.Profile) (c reachCount, mail headcount) {
	today, again := baseline.SlotOf(o.At), 0
	for _, k := range o.Keys[baseline.Recipient] {
		known, lately := p.Known(baseline.Recipient, k, today), s.firsts.has(k, o.At)
		switch {
		case lately && known:
			again++
		case !lately && known:
			mail.people++
		case !lately:
			mail.people++
			mail.new++
		}
	}
	if beyond := o.Recipients - maxRecipients; beyond > 0 { // not looked at one by one
		mail.people, mail.new = mail.people+beyond, mail.new+beyond
	}
	hour, day := s.firsts.count(o.At)
	if mail.people < again && day.series+mail.people <= seriesPeople {
		mail = headcount{}
	}
	mostHour, mostDay := mail, mail
	for i := len(s.recent) - 1; i >= 0; i-- {
		t := &s.recent[i]
		ago := o.At.Unix() - t.at.Unix()
		if ago > firstSpan {
			break
		}
		mostDay = mostDay.most(t.reached)
		if ago <= hourSpan {
			mostHour = mostHour.most(t.reached)
		}
	}
	c = reachCount{
		dayPeople:  day.people + mail.people - mostDay.people,
		dayNew:     day.new + mail.new - mostDay.new,
		hourPeople: hour.people + mail.people - mostHour.people,
		hourNew:    hour.new + mail.new - mostHour.new,
	}
	if mail.people > 0 {
		c[mailPeople] = o.Recipients
	}
	return c, mail
}

func (c headcount) most(other headcount) headcount {
	return headcount{people: max(c.people, other.people), new: max(c.new, other.new)}
}

// spreads says whether a mail reaches other people than the unusual mail of the day before:
// at least half of its recipients are not among those. A patch series or a correspondence
// goes to the same ones again, and to few others (see seriesPeople); whoever steals an account
// goes from one to the next.
func (s *state) spreads(o *baseline.Observation) bool {
	n := s.notOdd(o)
	_, day := s.odd.count(o.At)
	return 2*n >= len(o.Keys[baseline.Recipient]) || day.series+n > seriesPeople
}

// oddestTo returns the most points that a mail of the day before had which reached one of the
// recipients. A lure repeats only mail that was as unusual: a harmless greeting from a new
// computer must not excuse the link that follows to the same people.
func (s *state) oddestTo(o *baseline.Observation) (points float64) {
	for i := len(s.recent) - 1; i >= 0; i-- {
		t := &s.recent[i]
		ago := o.At.Unix() - t.at.Unix()
		if ago > firstSpan {
			break
		}
		if t.would != Hold && ago >= -firstSpan && t.points > points && !t.toOthers(o) {
			points = t.points
		}
	}
	return points
}

// notOdd counts the recipients whom no unusual mail of the day before reached.
func (s *state) notOdd(o *baseline.Observation) (n int) {
	for _, k := range o.Keys[baseline.Recipient] {
		if !s.odd.has(k, o.At) {
			n++
		}
	}
	return n
}

// oddPeople counts whom the unusual mail of the last day reached, a mail that is being judged
// included.
func (s *state) oddPeople(o *baseline.Observation) int {
	_, day := s.odd.count(o.At)
	return day.people + day.series + s.notOdd(o)
}
