package analyzer

import (
	"fmt"

	"hisseki/baseline"
)

// Readiness says whether some signals have enough of a sender's history to judge by.
type Readiness struct {
	Signals string `json:"signals"` // what they look at
	Ready   bool   `json:"ready"`
	Needs   string `json:"needs"` // what is missing, "" when ready
}

// Coverage says which signals a sender's profile is ready for. Links, files, volume and
// campaigns need no history of the sender: the organisation's and the world's will do.
func Coverage(p *baseline.Profile) []Readiness {
	habits := ""
	if p.Mails() < readyMails || p.Slots() < readySlots {
		habits = fmt.Sprintf("only %s of history, habits need %d at %d times of day",
			count(p.Mails(), "mail", "mails"), readyMails, readySlots)
	}
	needs := func(f baseline.Family, what string) string {
		if habits == "" && p.Count(f) == 0 {
			return what
		}
		return habits
	}
	style := ""
	if n := p.StyleMails(); n < StyleReady {
		style = fmt.Sprintf("%s with enough text, style needs %d", count(n, "mail", "mails"),
			StyleReady)
	}
	list := []Readiness{
		{Signals: "recipients", Needs: habits},
		{Signals: "links and files"},
		{Signals: "network", Needs: needs(baseline.Network, "no client address was ever told")},
		{Signals: "country", Needs: needs(baseline.Country, "no country is known of any client")},
		{Signals: "mail program", Needs: habits},
		{Signals: "hours", Needs: habits},
		{Signals: "style", Needs: style},
	}
	for i := range list {
		list[i].Ready = list[i].Needs == ""
	}
	return list
}
