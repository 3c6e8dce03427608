package ledger

import (
	"strings"
	"time"

	"hisseki/analyzer"
)

const (
	// CaseSpan is how long after its end a confirmed incident may get company. A campaign's
	// links are dead after days; a month allows for a second wave.
	CaseSpan = 30 * 24 * time.Hour
	// RecallSpan is how long mail can wait in the queue: Postfix gives up after five days
	// (maximal_queue_lifetime).
	RecallSpan = 5 * 24 * time.Hour
	// MaxTexts bounds how many different texts of an incident are compared with others'. A
	// thief who writes each mail anew is known by his links.
	MaxTexts = 256
)

// rulePoints is what a mail that only a rule held must have to show a campaign: one
// ordinary mail in ten thousand has so many. The owner's own mail is held by the rule too.
const rulePoints = 4

// DefinesCampaign says whether a kept mail shows what an attack looks like: it was held for
// what it is itself.
func DefinesCampaign(v *analyzer.Verdict) bool {
	switch v.Cause {
	case "rule", "habit", "limit":
		return v.Points >= rulePoints || v.Shows(analyzer.URLBlocked)
	}
	return true
}

// OfAttack says whether a hold's mail says what its incident's campaign is: it was held for
// what it is itself, not recalled because of it, and no person let it go.
func (h *Hold) OfAttack() bool { return h.DefinesCampaign && h.State.ShowsCampaign() }

// Notices says whether the attack may have been noticed by a hold's mail: its own verdict kept it, or would have in
// mode enforce, and no person let it go.
func (h *Hold) Notices() bool {
	own := h.Record.Verdict.Action != analyzer.Pass || h.State == Passed
	return own && h.Recalled.IsZero() && !h.Freed()
}

// ShowsCampaign says so of a mail that defines a campaign, by its hold's state.
func (s State) ShowsCampaign() bool { return s != Releasing && s != Released && s != Delayed }

// CampaignStates are the states in which a hold's mail shows a campaign.
func CampaignStates() (list []State) {
	for _, s := range States {
		if s.ShowsCampaign() {
			list = append(list, s)
		}
	}
	return list
}

// Campaign says whether the marks and texts of an incident in this state are kept: they tie
// other incidents to it. What was the owner's doing ties nothing.
func (s IncidentState) Campaign() bool { return s == IncidentOpen || endRules[s].Campaign }

// SharesCase says whether an incident that was opened at a time may share a case with
// another one that shows the same.
func (i *Incident) SharesCase(opened time.Time) bool {
	return i.State == IncidentOpen ||
		i.State.Campaign() && !i.Closed.Before(opened.Add(-CaseSpan))
}

// Recallable says whether a mail may be asked back, by its hold if it has one: it went its
// way, or will, without a person's say. by is who decided the hold.
func Recallable(state State, by string) bool {
	if state == "" { // no hold
		return true
	}
	_, ok := StepRecall.To(state)
	return ok && (state != Released || by == ByTimer)
}

// LetsGo says whether a rule has mail pass: nothing is asked back that an admin lets go.
func (r *Rule) LetsGo(now time.Time) bool {
	return !strings.HasPrefix(r.Subject, "url:") && r.Until.After(now) &&
		(r.Action == analyzer.Pass || r.Mode == analyzer.Observe)
}
