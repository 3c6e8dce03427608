package analyzer

// Lines of reach, in points: one day in two thousand of an account waits, one in ten thousand
// is held. Another writer lowers them.
const (
	reachDelay   = 3.3
	reachHold    = 4.0
	reachWriter  = 0.5 // points for each of the writer's
	writerAtMost = 4
)

// reachFloor is how many people it must be, however unusual they are: to wait, and to be held.
// Another writer lowers it. Of 9,585 days of accounts with good mail 22 reached more than 100
// people, 21 of them in one organisation, and one more than 100 for the first time; one mail
// to a large circle is more usual than many mails.
var reachFloor = [measures][2]float64{
	dayPeople: {50, 80}, hourPeople: {50, 80}, dayNew: {40, 60}, hourNew: {40, 60}, mailPeople: {150, 350},
}

// reachGrowth is how much more than ever before it must be: who wrote to a hundred once does
// it again.
const reachGrowth = 2

// answerFactor is how much more it must be to hold an answer that gives nothing new to act on, from what
// may be the owner's computer: whom a discussion reaches its first mail chose, not who answers. It waits
// as any other; four of the five episodes of 71,650 good mails were such answers to 100 to 300 people,
// once or twice a day. Nobody here can know whether the mail that In-Reply-To names was ever received,
// so that an attacker at the owner's own computer gains so much.
const answerFactor = 1.5

// easing is how much higher a mail's floors for a hold are.
func (v *view) easing(found *measured) float64 {
	if len(v.c.InReplyTo) > 0 && found.lure <= weakLure && found.computer < unprovenComputer {
		return answerFactor
	}
	return 1
}

// reachAction is what a mail gets for how many people it and the mail of the day before reach.
// factor raises the floors.
func (v *view) reachAction(found *measured, factor float64) Action {
	if v.people == 0 {
		return Pass
	}
	writer := max(0, min(found.computer, writerAtMost)-1)
	would, easing := Pass, v.easing(found)
	for m, points := range found.reach {
		people := float64(v.reach[m])
		if people < reachGrowth*float64(v.mostReached(reachOf(m))) {
			continue
		}
		people *= (1 + writer) / factor
		points += reachWriter * writer
		switch {
		case points >= reachHold && people >= easing*reachFloor[m][1]:
			return Hold
		case points >= reachDelay && people >= reachFloor[m][0]:
			would = Delay
		}
	}
	return would
}

// A blast is one mail that asks very many people at once to act on what nobody here knows:
// nothing follows it that could convict it later. Of 29,000 good mails three did (see
// docs/evaluation.md), and those from the owner's own computer.
const (
	blastPeople   = 30
	blastUnusual  = 1.0 // points of the number of people
	blastLure     = 1.5 // points of the lure: no weak one
	blastComputer = 0.5 // points of another network or program
	blastTogether = 4.0
)

func (v *view) luresMany(found *measured) bool {
	reach := found.reach[mailPeople]
	return v.people >= blastPeople && reach >= blastUnusual && found.lure >= blastLure &&
		found.computer >= blastComputer && reach+found.lure+found.computer >= blastTogether
}
