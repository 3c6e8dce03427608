package analyzer

import (
	"fmt"

	"hisseki/baseline"
)

// styleReady is the history below which style says nothing.
const styleReady = 20

// styleMass is the weight of the background in a sender's hand, in features: about
// five mails' worth.
const styleMass = 3000

// unlikeStyle: how much better the text fits the colleagues than the sender.
// The level counts steps of 0.08 in the mean log-likelihood ratio below 0.16; how
// usual a level is for this sender is learned like every other cue's.
func unlikeStyle(v *view) reading {
	if len(v.o.Style) == 0 || v.sender.StyleMails() < styleReady {
		return reading{}
	}
	score := v.hands.score(v, v.o.Style)
	level := 0
	if score < 0.16 {
		level = 1 + int((0.16-score)/0.08)
	}
	return reading{
		ok: true, level: level,
		observed: fmt.Sprintf("fit %.2f", score),
		usual:    often(v, level),
		text:     "the wording and layout fit other people's mail better than this account's",
	}
}

// newPhrases: opener and closer lines. Levels: 1 one of them is new, 2 both.
func newPhrases(v *view) reading {
	if len(v.o.Keys[baseline.Phrase]) < 2 || v.sender.StyleMails() < styleReady {
		return reading{}
	}
	unknown, _ := unknownKeys(v, baseline.Phrase)
	return reading{
		ok: true, level: unknown,
		observed: fmt.Sprintf("%d of 2 lines new", unknown),
		usual:    fmt.Sprintf("%d known lines", v.sender.Count(baseline.Phrase)),
		text:     "the first and last lines are not those this account uses",
	}
}
