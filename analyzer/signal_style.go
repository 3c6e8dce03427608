package analyzer

import (
	"fmt"
	"time"

	"hisseki/baseline"
)

// StyleReady is how many mails with enough text a history needs to compare writing with.
const StyleReady = 20

// styleMass is the weight of the background in a sender's style, in features: about
// five mails' worth.
const styleMass = 3000

// styleFit compares the mail's style with the sender's; 0 where that is not possible.
func (v *view) styleFit() float64 {
	if v.sender.StyleMails() < StyleReady || len(v.o.Style) == 0 {
		return 0
	}
	return Fit(v.sender.StyleModel(), v.background.model, v.o.Style)
}

// unlikeStyle: how much better the text fits everybody else than the sender.
// The level counts steps of 0.08 in the mean log-likelihood ratio below fitOwn; how
// usual a level is for this sender is learned like every other signal's.
func unlikeStyle(v *view) reading {
	if len(v.o.Style) == 0 {
		return reading{note: fmt.Sprintf("too little text to compare the writing: %s",
			count(v.o.Letters, "letter", "letters"))}
	}
	level := fitLevel(v.fit, 0.08)
	return reading{
		ok: true, level: level,
		observed: fmt.Sprintf("fit %.2f", v.fit),
		often:    level,
		text:     "the wording and layout fit other people's mail better than this account's",
	}
}

// fitOwn is a fit that four of five mails of their own author reach.
const fitOwn = 0.16

func fitLevel(fit, step float64) int {
	if fit >= fitOwn {
		return 0
	}
	return 1 + int((fitOwn-fit)/step)
}

// A burst is what was sent within burstSpan; from burstLeast mails on their mean fit says
// more than a single one, and beyond burstMost older mail would only dilute it.
const (
	burstSpan  = 2 * time.Hour
	burstLeast = 3
	burstMost  = 10
)

// unlikeBurst: the same fit, pooled over the mails of a burst. A mean scatters less than a
// single mail, so its steps are finer.
func unlikeBurst(v *view) reading {
	if v.fit == 0 {
		return reading{}
	}
	sum, n := v.fit, 1
	for i := len(v.state.recent) - 1; i >= 0 && n < burstMost; i-- {
		t := &v.state.recent[i]
		if v.now.Sub(t.at) > burstSpan {
			break
		}
		if t.fit != 0 && !v.state.fromAttacker(t) {
			sum += t.fit
			n++
		}
	}
	if n < burstLeast {
		return reading{}
	}
	mean := sum / float64(n)
	level := fitLevel(mean, 0.06)
	return reading{
		ok: true, level: level,
		observed: fmt.Sprintf("mean fit %.2f of %d mails", mean, n),
		often:    level,
		text:     "the mails of the last hours together read like somebody else's",
	}
}

// newPhrases: opener and closer lines. Levels: 1 one of them is new, 2 both.
func newPhrases(v *view) reading {
	if len(v.o.Keys[baseline.Phrase]) < 2 {
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
