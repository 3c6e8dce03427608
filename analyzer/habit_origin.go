package analyzer

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hisseki/analyzer/content"
)

// origin is what is known of where, when and on what a mail was written, for comparing it with
// declared habits.
type origin struct {
	at       time.Time
	spots    []spot   // of the mail's client; where nothing tells it, of the sign-ins before
	programs []string // that the mail and the sign-ins before it name
	devices  []string // of the sign-ins before it
}

// spot is a place on the network; the client or the country may be unknown.
type spot struct {
	client  netip.Addr
	country string
}

func (s spot) String() string {
	text := "from an unknown address"
	if s.client.IsValid() {
		text = "from " + s.client.Unmap().String()
	}
	if s.country != "" {
		text += " in " + s.country
	}
	return text
}

// habitsFor returns the habits of a mail's sender that hold at its time.
func habitsFor(habits []Habit, m *Mail) (of []*Habit) {
	for i := range habits {
		h := &habits[i]
		valid := (h.Until.IsZero() || h.Until.After(m.Time)) && !m.Time.Before(h.From)
		if valid && h.Matches(m.Sender, m.Class) {
			of = append(of, h)
		}
	}
	return of
}

// compare fills in what the declared habits say of a mail. logins are those that were read for
// its signals, if any; others are only asked for where a habit is about sign-ins.
func (a *Analyzer) compare(ctx context.Context, v *view, logins []Login) error {
	of := habitsFor(*a.habits.Load(), v.mail)
	if len(of) == 0 {
		return nil
	}
	if len(logins) == 0 && aboutSignins(of, v) {
		var err error
		logins, err = a.memory.Logins(ctx, v.mail.Sender, v.now.Add(-signinSpan), v.now)
		if err != nil {
			return fmt.Errorf("read sign-ins of %s: %w", v.mail.Sender, err)
		}
	}
	v.declared = declare(of, v.origin(logins))
	return nil
}

// aboutSignins says whether habits name what only sign-ins tell of a mail.
func aboutSignins(of []*Habit, v *view) bool {
	return slices.ContainsFunc(of, func(h *Habit) bool {
		place := len(h.Countries) > 0 && v.place.Country == "" ||
			len(h.Networks) > 0 && v.untold()
		return len(h.Programs)+len(h.Devices) > 0 || place
	})
}

// untold says whether the mail comes by a relay that tells no address of its writer, as the
// webmail of clouds does.
func (v *view) untold() bool { return !v.mail.Client.IsValid() && v.mail.Relay != "" }

// origin takes together what the mail and the sign-ins of the day before it tell. Those from the
// mail's own network count, or all where nothing tells the address.
func (v *view) origin(logins []Login) *origin {
	f := &origin{at: v.mail.Time}
	own := spot{v.mail.Client, v.place.Country}
	f.programs = with(nil, clip(strings.TrimSpace(v.c.Mailer), maxProgram))
	for i := range logins {
		l := &logins[i]
		if l.Result != LoginSuccess || l.Last.Before(v.now.Add(-signinSpan)) || !v.before(l) {
			continue
		}
		f.programs, f.devices = with(f.programs, l.Program), with(f.devices, l.Device)
		switch {
		case v.untold():
			f.spots = append(f.spots, spot{l.Client, l.Country})
		case v.place.Country == "" && l.Country != "":
			own.country = l.Country // the latest, for they come oldest first
		}
	}
	if own.client.IsValid() {
		f.spots = []spot{own}
	}
	if len(f.programs) == 0 {
		f.programs = []string{NoProgram}
	}
	return f
}

// before says whether a sign-in may be the one with which the mail was sent.
func (v *view) before(l *Login) bool {
	if v.untold() {
		return true
	}
	return v.mail.Client.IsValid() && l.Client.IsValid() &&
		network(l.Client, 24, 48) == network(v.mail.Client, 24, 48)
}

// maxProgram bounds the name of a mail program, in bytes.
const maxProgram = 200

func with(list []string, name string) []string {
	if name == "" || slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

// declared is what the declared habits say of one mail.
type declared struct {
	network  bool // it comes from a declared network
	country  bool // or country
	hour     bool // in declared hours
	program  bool // by a declared program
	device   bool // on declared devices only
	links    []content.Pattern
	evidence []Evidence
	hold     bool
}

// declare compares a mail with the habits of its sender.
func declare(of []*Habit, f *origin) declared {
	var d declared
	for _, h := range of {
		d.network = d.network || f.everySpot(func(s spot) bool { return h.network(s.client) })
		d.country = d.country || f.everySpot(func(s spot) bool { return h.country(s.country) })
		d.hour = d.hour || h.hour(f.at)
		d.program = d.program || h.program(f)
		d.links = append(d.links, h.Links...)
		d.device = d.device || len(f.devices) > 0 && h.strangeDevice(f, nil) == ""
	}
	excuses := slices.DeleteFunc(slices.Clone(of), (*Habit).restricts)
	for _, h := range of {
		if h.restricts() {
			d.against(h, f, excuses)
		}
	}
	return d
}

func (f *origin) everySpot(is func(spot) bool) bool {
	return len(f.spots) > 0 && !slices.ContainsFunc(f.spots, func(s spot) bool { return !is(s) })
}

// against notes in what a mail is outside a habit, and no exception excuses it.
func (d *declared) against(h *Habit, f *origin, excuses []*Habit) {
	excused := func(is func(*Habit) bool) bool { return slices.ContainsFunc(excuses, is) }
	for _, s := range f.spots {
		if h.elsewhere(s) && !excused(func(e *Habit) bool { return e.network(s.client) || e.country(s.country) }) {
			d.add(h, "sent ", s.String(), h.places())
			break
		}
	}
	if len(h.Hours) > 0 && !h.hour(f.at) && !excused(func(e *Habit) bool { return e.hour(f.at) }) {
		d.add(h, "sent ", h.in(f.at).Format("Mon 15:04 MST"), h.hours())
	}
	if len(h.Programs) > 0 && !h.program(f) && !excused(func(e *Habit) bool { return e.program(f) }) {
		d.add(h, "written with the program ", clip(strings.Join(f.programs, "; "), 120), h.programs())
	}
	if device := h.strangeDevice(f, excuses); device != "" {
		d.add(h, "signed in on the device ", clip(device, 80), h.devices())
	}
}

// program says whether one of the programs of a mail is declared.
func (h *Habit) program(f *origin) bool {
	return slices.ContainsFunc(f.programs, func(p string) bool { return FitsWord(h.Programs, p) })
}

// strangeDevice returns a device that neither the habit nor an exception names, "" for none.
func (h *Habit) strangeDevice(f *origin, excuses []*Habit) string {
	if len(h.Devices) == 0 {
		return ""
	}
	for _, device := range f.devices {
		if !FitsWord(h.Devices, device) && !slices.ContainsFunc(excuses, func(e *Habit) bool {
			return FitsWord(e.Devices, device)
		}) {
			return device
		}
	}
	return ""
}

// elsewhere says whether a spot is surely none of the declared places. Without an address nothing
// is sure of networks, nor without a country where countries are declared: addresses inside the
// house have none.
func (h *Habit) elsewhere(s spot) bool {
	switch {
	case len(h.Networks)+len(h.Countries) == 0, h.network(s.client), h.country(s.country):
		return false
	case len(h.Networks) > 0 && !s.client.IsValid():
		return false
	}
	return len(h.Countries) == 0 || s.country != ""
}

// add notes that a mail is outside a habit.
func (d *declared) add(h *Habit, how, observed, usual string) {
	text := fmt.Sprintf("%s%s, outside the declared habit %q (%s)", how, observed, h.Name, usual)
	if h.Reason != "" {
		text += ", because: " + h.Reason
	}
	d.evidence = append(d.evidence, Evidence{Signal: HabitOutside, Points: h.Points,
		Observed: observed, Usual: "declared: " + usual, Text: text})
	d.hold = d.hold || h.Hold
}

// join puts what is outside declared habits in front of the evidence and adds its points.
func (d *declared) join(evidence []Evidence, points float64) ([]Evidence, float64) {
	for _, e := range d.evidence {
		points += e.Points
	}
	return append(d.evidence, evidence...), points
}
