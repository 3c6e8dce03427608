package analyzer

import "math"

// group bundles signals that tend to fire together: one cause must not count twice.
type group uint8

const (
	groupURL group = iota
	groupAccess
	groupClient
	groupContent
	groupCampaign
	groupStyle
	groupReach
	groupSignin
	groups
)

var groupNames = [groups]string{
	groupURL:      "url",
	groupAccess:   "access",
	groupClient:   "client",
	groupContent:  "content",
	groupCampaign: "campaign",
	groupStyle:    "style",
	groupReach:    "reach",
	groupSignin:   "signin",
}

// groupCap is the most that one group of signals can add, in points (factors of ten).
// No group reaches a hold on its own; style can neither hold alone nor excuse.
var groupCap = [groups]float64{
	groupURL:      4,
	groupAccess:   3,
	groupClient:   4,
	groupContent:  3,
	groupCampaign: 4,
	groupStyle:    2,
	groupReach:    8,
	groupSignin:   2,
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
