package bench

import (
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// flooders is how many connections the thief has; floodBytes is a mail that is read for long.
const (
	flooders   = 50
	floodBytes = 256 << 10
)

// attacked measures how long others' mail waits at rest and under an attack, in turn. The
// attack begins with attack(true) and ends with attack(false).
type attacked struct {
	rest, attack tally
	ratios       []float64 // of the rounds
	// fresh is a serve that has nothing of what the attack left in the store before; nil for none.
	fresh  *process
	before tally // its mails, at rest
}

// attackRounds is how many rounds there are. In each, others send for roundTime twice at rest and
// twice under attack.
const attackRounds = 7

func (a *attacked) measure(b *testing.B, p *process, list []letter, attack func(on bool)) {
	b.Helper()
	var next atomic.Int64
	drive(b, p, 4, pace, list, &next, &tally{}) // not the start
	if a.fresh != nil {
		drive(b, a.fresh, 4, pace, list, &next, &tally{})
	}
	for range attackRounds {
		if a.fresh != nil {
			drive(b, a.fresh, 4, pace, list, &next, &a.before)
			drive(b, a.fresh, 4, pace, list, &next, &a.before)
		}
		var rest, under tally
		drive(b, p, 4, pace, list, &next, &rest)
		drive(b, p, 4, pace, list, &next, &rest)
		attack(true)
		time.Sleep(roundTime / 2) // until all of it is at work
		drive(b, p, 4, pace, list, &next, &under)
		drive(b, p, 4, pace, list, &next, &under)
		attack(false)
		a.ratios = append(a.ratios, under.quantile(0.99)/rest.quantile(0.99))
		a.rest.ends = append(a.rest.ends, rest.ends...)
		a.attack.ends = append(a.attack.ends, under.ends...)
	}
	if p.said("mail not judged") {
		b.Errorf("mails were not judged:\n%s", p.lines("mail not judged", 5))
	}
	if a.fresh != nil {
		b.ReportMetric(a.before.quantile(0.5), "fresh-p50-ms")
		b.ReportMetric(a.before.quantile(0.99), "fresh-p99-ms")
		b.ReportMetric(a.attack.quantile(0.99)/a.before.quantile(0.99), "fresh-ratio")
	}
	b.ReportMetric(a.rest.quantile(0.5), "rest-p50-ms")
	b.ReportMetric(a.rest.quantile(0.9), "rest-p90-ms")
	b.ReportMetric(a.rest.quantile(0.99), "rest-p99-ms")
	b.ReportMetric(a.attack.quantile(0.5), "attack-p50-ms")
	b.ReportMetric(a.attack.quantile(0.9), "attack-p90-ms")
	b.ReportMetric(a.attack.quantile(0.99), "attack-p99-ms")
	slices.Sort(a.ratios)
	b.ReportMetric(a.ratios[len(a.ratios)/2], "median-ratio") // of the rounds' p99
	b.ReportMetric(a.attack.quantile(0.99)/a.rest.quantile(0.99), "p99-ratio")
	b.ReportMetric(p.resident(b, "VmHWM"), "most-MiB")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkFlood sends ordinary mail of many accounts at a pace that leaves the machine room, at
// rest and beside a thief's fifty connections, in turn. p99-ratio is how much longer others wait.
func BenchmarkFlood(b *testing.B) { flood(b, 1) }

// BenchmarkFloodOfAccounts is the same by a thief who has fifty accounts, with a connection of each.
func BenchmarkFloodOfAccounts(b *testing.B) { flood(b, flooders) }

// flood measures a thief of so many accounts.
func flood(b *testing.B, accounts int) {
	list := letters(b, 8000)
	p := startServe(b, "unix", filepath.Join(b.TempDir(), "hisseki.db"))
	t := startThief(b, p, accounts)
	mails := 0
	new(attacked).measure(b, p, list, func(on bool) {
		if on {
			t.ask(b, "go")
		} else {
			mails += t.ask(b, "stop")
		}
	})
	b.ReportMetric(float64(mails), "thief-mails")
}
