package analyzer

import "fmt"

// The signals of reach have points of their own: how improbable so many people are for this
// account within the time.

func reachMail(v *view) reading {
	return v.reachReading(mailPeople, "one mail to %d people")
}

func reachDay(v *view) reading {
	return v.reachReading(dayPeople, "within 24 hours %d people were written to beside those of"+
		" the mail to most")
}

func reachHour(v *view) reading {
	return v.reachReading(hourPeople, "within an hour %d people were written to beside those of"+
		" the mail to most")
}

func reachNewDay(v *view) reading {
	return v.reachReading(dayNew, "within 24 hours %d people were written to for the first time"+
		" beside those of the mail to most")
}

func reachNewHour(v *view) reading {
	return v.reachReading(hourNew, "within an hour %d people were written to for the first time"+
		" beside those of the mail to most")
}

// reachReading's level counts the doublings beyond six people.
func (v *view) reachReading(m reachOf, text string) reading {
	n := v.reach[m]
	r := reading{ok: true, level: max(0, (stepOf(n)-leastStep)/2+1)}
	if stepOf(n) < leastStep {
		r.level = 0
		return r
	}
	r.points = v.reachSurprise(m)
	r.text = fmt.Sprintf(text, n)
	r.observed, r.usual = count(n, "person", "people"), v.usualReach(m)
	return r
}
