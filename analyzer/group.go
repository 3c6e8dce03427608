package analyzer

// SignalGroup is a set of signals that tend to fire together; their points are capped as
// one.
type SignalGroup struct {
	Name    string
	Signals []string // names
}

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

// SignalGroups returns every signal in its group.
func SignalGroups() []SignalGroup {
	list := make([]SignalGroup, groups)
	for g, name := range groupNames {
		list[g].Name = name
	}
	for i := range cues {
		g := &list[cues[i].group]
		g.Signals = append(g.Signals, cues[i].name)
	}
	return list
}
