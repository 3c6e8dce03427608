package analyzer

import (
	"fmt"

	"hisseki/baseline"
)

// history is what a signal must know of a sender's past before it says anything: to a
// newcomer everything is new.
type history uint8

const (
	needsNothing history = iota // the organisation's and the world's past will do
	needsHabits                 // enough mails at enough times of day
	needsNetwork                // the same, and a client address with this mail
	needsStyle                  // enough mails with enough text
)

// readyMails and readySlots are the history below which an absent habit says nothing.
// What must be earned takes two days, and is known a day later (baseline.Profile.Known), so a
// history must span as many before what is not in it is called new.
const (
	readyMails = 5
	readySlots = 3
	readySpan  = 3 * 3 // slots, three days
)

// met says whether there is enough history to judge a mail by.
func (h history) met(v *view) bool {
	switch h {
	case needsHabits:
		return v.ready()
	case needsNetwork:
		return v.ready() && len(v.o.Keys[baseline.Network]) > 0
	case needsStyle:
		return v.sender.StyleMails() >= StyleReady
	}
	return true
}

// note says why a mail could not be judged, "" where no reviewer would ask.
func (h history) note(name Signal, v *view) string {
	if name != StyleUnlike {
		return ""
	}
	return fmt.Sprintf("too little history to compare the writing: %s of %d",
		count(v.sender.StyleMails(), "mail", "mails"), StyleReady)
}

// An account is young until it has sent youngMails, and again after a pause of longPause:
// then everything may be new to it, and it is compared with others of that age.
const (
	youngMails = 50
	longPause  = 60 * 3 // slots, two months
)

func isYoung(p *baseline.Profile, today baseline.Slot) bool {
	_, last, ok := p.Since()
	return p.Mails() < youngMails || ok && today-last > longPause
}

// ready says whether the sender has habits to compare with.
func (v *view) ready() bool { return hasHabits(v.sender) }

// extent is how much of a past there is: a baseline.Profile's, or an Extent alone.
type extent interface {
	Mails() int
	Slots() int
	Since() (first, last baseline.Slot, ok bool)
	Count(baseline.Family) int
	StyleMails() int
}

func hasHabits(p extent) bool {
	first, last, ok := p.Since()
	return ok && p.Mails() >= readyMails && p.Slots() >= readySlots && last-first >= readySpan
}

// missing says what a profile lacks, "" for nothing.
func (h history) missing(p extent) string {
	switch h {
	case needsHabits, needsNetwork:
		if !hasHabits(p) {
			return fmt.Sprintf("only %s of history, habits need %d at %d times of day in three days",
				count(p.Mails(), "mail", "mails"), readyMails, readySlots)
		}
		if h == needsNetwork && p.Count(baseline.Network) == 0 {
			return "no client address was ever told"
		}
	case needsStyle:
		if n := p.StyleMails(); n < StyleReady {
			return fmt.Sprintf("%s with enough text, style needs %d", count(n, "mail", "mails"),
				StyleReady)
		}
	}
	return ""
}

// Readiness says whether some signals have enough of a sender's history to judge by.
type Readiness struct {
	Signals string `json:"signals"` // what they look at
	Ready   bool   `json:"ready"`
	Needs   string `json:"needs"` // what is missing, "" when ready
}

// Coverage says which signals a sender's profile is ready for. Links, files, volume and
// campaigns need no history of the sender: the organisation's and the world's will do.
func Coverage(p extent) []Readiness {
	var list []Readiness
	for _, topic := range []struct {
		name string
		of   Signal // whose needs they are
	}{
		{"recipients", ReachNewDay},
		{"links and files", URLUnknown},
		{"network", NetworkNew},
		{"country", NetworkNew},
		{"mail program", MailerNew},
		{"hours", HourNew},
		{"style", StyleUnlike},
	} {
		needs := byName[topic.of].needs.missing(p)
		if topic.name == "country" && hasHabits(p) && p.Count(baseline.Country) == 0 {
			needs = "no country is known of any client"
		}
		list = append(list, Readiness{Signals: topic.name, Ready: needs == "", Needs: needs})
	}
	return list
}
