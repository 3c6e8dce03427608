package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"hisseki/analyzer"
	"hisseki/replay"
)

// A thief who has several accounts of the composed office at once looks much like a change of the
// office: one new network, one new program, one new link, below the owner's own words. The owners
// go on writing, but for a holiday.
type manyThefts struct {
	name    string
	stolen  int           // accounts
	mails   int           // of each, to its own partners
	every   time.Duration // between two mails of one account
	begins  time.Duration // after the office does
	program int           // index of programs: 0 is the owners'
	body    bool          // the link stands in the text, not in the signature
	holiday bool
}

var manyTheftCases = []manyThefts{
	{name: "5 accounts, 24 mails in 40 minutes", stolen: 5, mails: 24, every: 100 * time.Second, begins: 2 * time.Hour, program: 1},
	{name: "20 accounts, 24 mails in 40 minutes", stolen: 20, mails: 24, every: 100 * time.Second, begins: 2 * time.Hour, program: 1},
	{name: "20 accounts, before the office opens", stolen: 20, mails: 24, every: 100 * time.Second, program: 1},
	{name: "20 accounts, the link in the text", stolen: 20, mails: 24, every: 100 * time.Second, program: 1, body: true},
	{name: "20 accounts, the owners' program", stolen: 20, mails: 24, every: 100 * time.Second},
	{name: "5 accounts, a mail an hour", stolen: 5, mails: 8, every: time.Hour, program: 1},
	{name: "20 accounts, a mail an hour", stolen: 20, mails: 8, every: time.Hour, program: 1},
	{name: "20 accounts, a mail an hour, the owners' program", stolen: 20, mails: 8, every: time.Hour},
	{name: "20 accounts, 24 mails in 40 minutes on a holiday", stolen: 20, mails: 24, every: 100 * time.Second, program: 1, holiday: true},
	{name: "20 accounts, a mail an hour on a holiday", stolen: 20, mails: 8, every: time.Hour, program: 1, holiday: true},
}

// thiefPlace is where the thief writes from.
var thiefPlace = office{"https://account-check.test/a", "203.0.113.", 1}

// manyTheftMail is the office's mail until the day, that day's, and the thief's, whose files are named.
func manyTheftMail(c manyThefts) (acts []*replay.Act, thief map[string]bool) {
	w := &writer{rng: rand.New(rand.NewPCG(14, 19))}
	first := changeDay.AddDate(0, 0, -officeDays*7/5)
	for n := range officeDays {
		acts = append(acts, w.day(working(first, n), officeBefore)...)
	}
	var day []*replay.Act
	if !c.holiday {
		day = w.day(changeDay, officeBefore)
	}
	thief = make(map[string]bool)
	for person := range c.stolen {
		from, jitter := thiefPlace, time.Duration(w.rng.IntN(90))*time.Second
		from.program = c.program
		for n := range c.mails {
			own := w.words(person)
			if c.body {
				own += " " + from.link
			}
			act := w.letter(changeDay.Add(c.begins+jitter+time.Duration(n)*c.every), person, from, own,
				fmt.Sprintf("c%d@partner%02d.example", n/8%3, (person*3+n%8)%60))
			day, thief[act.Name] = append(day, act), true
		}
	}
	slices.SortStableFunc(day, func(a, b *replay.Act) int { return a.Time.Compare(b.Time) })
	return append(acts, day...), thief
}

// manyTheft is what became of one case.
type manyTheft struct{ contained, mails, escaped, owners, ownersHeld int }

func runManyThefts(ctx context.Context, c manyThefts) (r manyTheft, err error) {
	acts, thief := manyTheftMail(c)
	held, of := make(map[string]bool), make(map[string]string)
	_, err = replay.Run(ctx, replay.Options{Source: &source{rest: acts}, Config: asShipped.config(),
		Report: func(e *replay.Event) error {
			if e.Kind == "verdict" {
				of[e.File] = e.Sender
			}
			if e.Action == analyzer.Hold || e.Kind == "held" {
				held[e.File] = true
			}
			return nil
		}})
	contained := make(map[string]bool)
	for _, act := range acts {
		switch {
		case thief[act.Name] && held[act.Name]:
			contained[of[act.Name]] = true
		case thief[act.Name]:
			r.escaped++
		case !act.Time.Before(changeDay):
			r.owners++
			if held[act.Name] {
				r.ownersHeld++
			}
		}
	}
	r.contained, r.mails = len(contained), len(thief)
	return r, err
}

// manyTheftsTable says what becomes of thefts that look like a change for everybody.
func (e *evaluation) manyTheftsTable(ctx context.Context) (section, error) {
	sec := newTable("Several stolen accounts at once, in an office of twenty", table.Row{"what the thief does",
		"accounts contained", "mails escaped", "owners' mails held"})
	for _, c := range manyTheftCases {
		r, err := runManyThefts(ctx, c)
		if err != nil {
			return sec, err
		}
		sec.rows.AppendRow(table.Row{c.name, fmt.Sprintf("%d of %d", r.contained, c.stolen),
			fmt.Sprintf("%d of %d", r.escaped, r.mails), fmt.Sprintf("%d of %d", r.ownersHeld, r.owners)})
	}
	return sec, nil
}
