package analyzer

import "math"

// group bundles signals that tend to fire together: one cause must not count twice.
type group uint8

const (
	groupRecipients group = iota
	groupVolume
	groupURL
	groupAccess
	groupClient
	groupContent
	groupCampaign
	groupStyle
	groups
)

var groupNames = [groups]string{
	groupRecipients: "recipients",
	groupVolume:     "volume",
	groupURL:        "url",
	groupAccess:     "access",
	groupClient:     "client",
	groupContent:    "content",
	groupCampaign:   "campaign",
	groupStyle:      "style",
}

// groupCap is the most that one group of signals can add, in points (factors of ten).
// No group reaches a hold on its own; style can neither hold alone nor excuse.
var groupCap = [groups]float64{
	groupRecipients: 4,
	groupVolume:     3,
	groupURL:        4,
	groupAccess:     3,
	groupClient:     4,
	groupContent:    3,
	groupCampaign:   4,
	groupStyle:      2,
}

// SignalGroup is a set of signals that tend to fire together; their points are capped as
// one.
type SignalGroup struct {
	Name    string
	Signals []Signal
}

// SignalGroups returns every measured signal in its group.
func SignalGroups() []SignalGroup {
	list := make([]SignalGroup, groups)
	for g, name := range groupNames {
		list[g].Name = name
	}
	for i := range signals {
		g := &list[signals[i].group]
		g.Signals = append(g.Signals, signals[i].name)
	}
	return list
}

// related is how much a second signal of one group still counts.
const related = 0.4

// capGroup scales a group's evidence so that its sum is the heaviest signal plus a part
// of the others, at most the cap.
func capGroup(list []Evidence, most float64) []Evidence {
	sum, top := 0.0, 0.0
	for _, e := range list {
		sum += e.Points
		top = max(top, e.Points)
	}
	if sum == 0 {
		return nil
	}
	scale := min(most, top+related*(sum-top)) / sum
	for i := range list {
		list[i].Points = math.Round(list[i].Points*scale*100) / 100
	}
	return list
}

// weigh adds the groups up and returns the total and how much of it is a lure (a new
// link, file or reply address). A lure and another writer (network, mail program, style)
// count in full. What honest announcements show too (many mails, new recipients, a
// repeated text or link) only amplifies a lure from another writer; and a new computer
// without a lure is the owner's far more often than an attacker's. The scaled evidence stays
// in found.
func weigh(found [][]Evidence, sums [groups]float64) (total, lure float64) {
	lure = sums[groupURL] + sums[groupContent] + sums[groupCampaign]/2
	writer := sums[groupAccess] + sums[groupClient] + sums[groupStyle]
	burst := sums[groupRecipients] + sums[groupVolume] + sums[groupCampaign]
	writerScale, burstScale := 1.0, 1.0
	if most := lure*2 + writerAlone; writer > most {
		writerScale = most / writer
	}
	if most := min(lure, writer)*2 + burstAlone; burst > most {
		burstScale = most / burst
	}
	for g := range found {
		scale := 1.0
		switch group(g) {
		case groupAccess, groupClient, groupStyle:
			scale = writerScale
		case groupRecipients, groupVolume, groupCampaign:
			scale = burstScale
		}
		for i := range found[g] {
			e := &found[g][i]
			e.Points = math.Round(e.Points*scale*100) / 100
			total += e.Points
		}
	}
	return total, lure
}

// writerAlone and burstAlone are what another writer, and a burst, may count without any
// lure: together not enough for a hold.
const (
	writerAlone = 4
	burstAlone  = 1
)
