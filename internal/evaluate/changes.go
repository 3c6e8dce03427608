package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"

	"hisseki/analyzer"
	"hisseki/analyzer/content"
	"hisseki/replay"
)

// An office of twenty people, composed, changes something for everybody on one day: how much of
// its honest mail is stopped? The same seed gives the same office.
const (
	officePeople = 20
	officeDays   = 40 // with mail, before the change
	afterDays    = 5
)

// office is what an office writes with, before a change and after it.
type office struct {
	link    string // of the signature
	network string // client addresses begin with it
	program int    // index of programs
}

// programs are mail programs: fields beside those that all have, the form of Message-IDs, and how
// text is sent.
var programs = []struct{ fields, id, text string }{
	{"X-Mailer: Office Mail 12.4\nThread-Index: AdQ%05d\n", "%06X$%06X@office", "text/plain; charset=\"iso-2022-jp\""},
	{"User-Agent: Blue Bird 115.3\n", "%06x-%06x-4a1b-9c", "text/plain; charset=UTF-8; format=flowed"},
}

var (
	officeBefore = office{"https://www.example.jp/", "192.0.2.", 0}
	officeAfter  = office{"https://www.new-name.example/", "198.51.100.", 1}
	changeDay    = time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC).AddDate(0, 0, officeDays*7/5)
)

// changeCase is one line of the table.
type changeCase struct {
	name     string
	after    office
	declared bool
}

func changeCases() []changeCase {
	with := func(change func(o *office)) office {
		o := officeBefore
		change(&o)
		return o
	}
	return []changeCase{
		{"none", officeBefore, false},
		{"new signature with a new link", with(func(o *office) { o.link = officeAfter.link }), false},
		{"all get another mail program", with(func(o *office) { o.program = officeAfter.program }), false},
		{"office move", with(func(o *office) { o.network = officeAfter.network }), false},
		{"signature, network and program together", officeAfter, false},
		{"the same, declared", officeAfter, true},
	}
}

// announced is the change as `hisseki change add` declares it.
func announced() analyzer.Habit {
	link, err := content.ParsePattern(officeAfter.link)
	if err != nil {
		panic("evaluate: " + err.Error())
	}
	return analyzer.Habit{Name: "T1", Senders: []string{"example.jp"}, Until: changeDay.AddDate(0, 0, 14),
		Networks: []netip.Prefix{netip.MustParsePrefix(officeAfter.network + "0/24")},
		Programs: []string{"Blue Bird*"},
		Change:   analyzer.Change{From: changeDay, Links: []content.Pattern{link}}}
}

// letterWords are what letters are made of.
var letterWords = strings.Fields(`the order delivery schedule meeting next week thank you for quotation samples
	warehouse price list please find confirm date Tuesday number pallets shipment drawing revised plan contract budget
	summary visit report question answer customer factory parts model test result delay early morning call again`)

// writer composes the office's mail.
type writer struct {
	rng *rand.Rand
	n   int
}

// words are what a person writes: everybody has some words of his own.
func (w *writer) words(person int) string {
	words := make([]string, 30+w.rng.IntN(30))
	for i := range words {
		words[i] = letterWords[(person*7+w.rng.IntN(24))%len(letterWords)]
	}
	return strings.Join(words, " ")
}

// letter is one mail of a person.
func (w *writer) letter(at time.Time, person int, o office, own string, to ...string) *replay.Act {
	w.n++
	p := programs[o.program]
	from := fmt.Sprintf("p%02d@example.jp", person)
	fields := p.fields
	if strings.Contains(fields, "%") {
		fields = fmt.Sprintf(fields, w.n)
	}
	id := fmt.Sprintf(p.id, w.rng.IntN(1<<24), w.rng.IntN(1<<24)) + "@example.jp"
	text := fmt.Sprintf("From: P%02d <%s>\nTo: %s\nSubject: %.20s\nDate: %s\nMessage-ID: <%s>\n%sMIME-Version: 1.0\n"+
		"Content-Type: %s\nContent-Transfer-Encoding: 7bit\n\nDear %s,\n\n%s.\n\nBest regards\n-- \nP%02d, Example Trading\n%s\n",
		person, from, to[0], own, at.Format(time.RFC1123Z), id, fields, p.text, to[0][:3],
		own, person, o.link)
	src, err := content.ReadSource(strings.NewReader(strings.ReplaceAll(text, "\n", "\r\n")), 0)
	if err != nil {
		panic("evaluate: " + err.Error()) // a strings.Reader has none
	}
	client := netip.MustParseAddr(fmt.Sprintf("%s%d", o.network, 10+person))
	return &replay.Act{Time: at, Name: fmt.Sprintf("%06d", w.n), Mail: &analyzer.Mail{Source: src,
		Envelope: analyzer.Envelope{Time: at, Sender: from, Login: from, Class: analyzer.Account,
			Client: client, MailFrom: from, Recipients: to}}}
}

// partner is somebody whom a person writes to: a few often, some for the first time.
func (w *writer) partner(person int) string {
	if w.rng.IntN(20) == 0 {
		return fmt.Sprintf("new%05d@other%03d.example", w.n, w.rng.IntN(900))
	}
	return fmt.Sprintf("c%d@partner%02d.example", w.rng.IntN(3), (person*3+w.rng.IntN(8))%60)
}

// day is a working day's mail, of about half of the people two mails each, in order of time.
func (w *writer) day(day time.Time, o office) (acts []*replay.Act) {
	for person := range officePeople {
		for range w.rng.IntN(4) {
			at := day.Add(time.Duration(w.rng.IntN(9*3600)) * time.Second)
			acts = append(acts, w.letter(at, person, o, w.words(person), w.partner(person)))
		}
	}
	slices.SortStableFunc(acts, func(a, b *replay.Act) int { return a.Time.Compare(b.Time) })
	return acts
}

// working returns the n-th working day from a Monday on.
func working(monday time.Time, n int) time.Time { return monday.AddDate(0, 0, n/5*7+n%5) }

// changeMail is the mail of one case.
func changeMail(c changeCase) (acts []*replay.Act) {
	w := &writer{rng: rand.New(rand.NewPCG(14, 17))}
	first := changeDay.AddDate(0, 0, -officeDays*7/5)
	for n := range officeDays {
		acts = append(acts, w.day(working(first, n), officeBefore)...)
	}
	for n := range afterDays {
		acts = append(acts, w.day(working(changeDay, n), c.after)...)
	}
	return acts
}

// clerkMail is an office whose new clerk, with ten mails of history, sends fifty customers the same
// text for the first time.
func clerkMail() (acts []*replay.Act, run map[string]bool) {
	w := &writer{rng: rand.New(rand.NewPCG(14, 18))}
	first := changeDay.AddDate(0, 0, -officeDays*7/5)
	for n := range officeDays {
		acts = append(acts, w.day(working(first, n), officeBefore)...)
		if n%4 == 0 {
			at := working(first, n).Add(8 * time.Hour)
			acts = append(acts, w.letter(at, officePeople, officeBefore, w.words(officePeople), w.partner(officePeople)))
		}
	}
	run = make(map[string]bool)
	for i := range 50 {
		at := changeDay.Add(8*time.Hour + time.Duration(i)*20*time.Second)
		text := fmt.Sprintf("please find below the statement of your account for November, number %04d. The balance is "+
			"due at the end of next month as agreed", 4000+i)
		act := w.letter(at, officePeople, officeBefore, text, fmt.Sprintf("accounts@customer%02d.example", i))
		acts, run[act.Name] = append(acts, act), true
	}
	return acts, run
}

// stopped counts mail that was held and delayed.
type stopped struct{ Mails, Held, Delayed int }

// play replays mail and returns what was stopped, by what a mail counts for ("" for nothing).
func play(ctx context.Context, acts []*replay.Act, habits []analyzer.Habit, counts func(*replay.Event) string) (
	map[string]*stopped, error) {
	cfg := asShipped.config()
	cfg.Habits = habits
	of, out, held := make(map[string]string), make(map[string]*stopped), make(map[string]bool)
	add := func(e *replay.Event) error {
		if e.Kind == "verdict" {
			of[e.File] = counts(e)
		}
		key := of[e.File]
		if key == "" {
			return nil
		}
		s := out[key]
		if s == nil {
			s = &stopped{}
			out[key] = s
		}
		if e.Kind == "verdict" {
			s.Mails++
		}
		if e.Action == analyzer.Delay {
			s.Delayed++
		}
		if (e.Action == analyzer.Hold || e.Kind == "held") && !held[e.File] {
			held[e.File] = true
			s.Held++
		}
		return nil
	}
	_, err := replay.Run(ctx, replay.Options{Source: &source{rest: acts}, Config: cfg, Report: add})
	return out, err
}

// changeDays are the columns of the table.
var changeDays = []string{"day 1", "day 2", "days 3 to 5"}

func changeColumn(e *replay.Event) string {
	switch days := int(e.Time.Sub(changeDay).Hours()) / 24; {
	case e.Time.Before(changeDay):
		return ""
	case days < 2:
		return changeDays[days]
	}
	return changeDays[2]
}

func runChange(ctx context.Context, c changeCase) (map[string]*stopped, error) {
	var habits []analyzer.Habit
	if c.declared {
		habits = append(habits, announced())
	}
	return play(ctx, changeMail(c), habits, changeColumn)
}

// runClerk returns what was stopped of a clerk's first run of fifty mails.
func runClerk(ctx context.Context) (*stopped, error) {
	acts, run := clerkMail()
	out, err := play(ctx, acts, nil, func(e *replay.Event) string {
		if run[e.File] {
			return "run"
		}
		return ""
	})
	return out["run"], err
}

// changesTable says what a change for everybody stops: held / delayed of the mails of a day.
func (e *evaluation) changesTable(ctx context.Context) (section, error) {
	sec := newTable("What many do on one day: held / delayed, of the mails", table.Row{"change", changeDays[0],
		changeDays[1], changeDays[2]})
	for _, c := range changeCases() {
		out, err := runChange(ctx, c)
		if err != nil {
			return sec, err
		}
		row := table.Row{c.name}
		for _, d := range changeDays {
			row = append(row, fmt.Sprintf("%d / %d of %d", out[d].Held, out[d].Delayed, out[d].Mails))
		}
		sec.rows.AppendRow(row)
	}
	s, err := runClerk(ctx)
	if err == nil {
		sec.rows.AppendRow(table.Row{"first run of a clerk with ten mails", fmt.Sprintf("%d / %d of %d", s.Held, s.Delayed, s.Mails)})
	}
	return sec, err
}
