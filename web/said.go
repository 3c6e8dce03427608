package web

import "strconv"

// sayings are what a page may say after a decision, by a key in its address, and whether a figure
// belongs to it: whoever forges a link can choose among these, and no words of his own.
var sayings = map[string]bool{
	"ended-confirm": true, "ended-dismiss": true, "reopened": true, "reopened-late": true,
	"release-done": true, "discard-done": true, "release-partly": true, "discard-partly": true,
	"newer": false, "overtaken": false, "nothing-left": false, "rule-set": false, "rule-cleared": false,
	"rule-none": false, "habit-set": false, "habit-ended": false, "telling-again": false, "session-ended": false,
	"second-asked": false, "second-done": true, "second-refused": false, "second-over": false, "second-more": false,
	"asked-again": false, "dial-set": false, "asked-nobody": false, "passkey-added": false, "passkey-removed": false,
}

// maxSaid bounds the figure.
const maxSaid = 10_000_000

// said is what the page before did, "" for nothing.
func (q *request) said() string {
	v := q.r.URL.Query()
	key := v.Get("said")
	figure, ok := sayings[key]
	switch n, err := strconv.Atoi(v.Get("n")); {
	case !ok:
		return ""
	case !figure:
		return q.W("said-" + key)
	case err != nil || n < 0 || n > maxSaid:
		return q.W("said-"+key, 0)
	default:
		return q.W("said-"+key, n)
	}
}
