package analyzer

import (
	"fmt"
	"math"
	"slices"

	"hisseki/baseline"
)

// littleHistory is the number of mails below which the evidence says so.
const littleHistory = 30

// decision is what decide found.
type decision struct {
	action       Action // carried out
	would        Action // in enforce mode
	sum          float64
	incident     bool
	observed     bool   // not carried out because of the mode, so it is taught
	observedHold bool   // a hold of an account, not carried out in mode observe: somebody is to be told
	recall       bool   // went its way unjudged, and is to be asked back
	repeat, few  bool   // see Verdict
	cause        string // "mail", "sum", "reach", "incident", "asked", "move", "rule", "habit", "limit"
}

// decide goes by an admin's rules first, then by habits, then by points.
func (a *Analyzer) decide(v *view, found *measured, points float64, rule Override,
	cond Conditions) decision {
	t := a.shared.lines
	d := decision{would: Pass, incident: v.state.open}
	d.repeat = !v.state.spreads(v.o) && (found.lure <= weakLure ||
		round(points) <= v.state.oddestTo(v.o)) // whose points are rounded: the same mail again has as many
	d.sum = v.state.decayed(v.now)
	if !d.repeat && found.addsToSum() {
		factor := 1.0
		if found.lure > weakLure || found.computer >= unprovenComputer && !v.isHome() {
			factor = recipientFactor(v.people, max(found.reach[mailPeople], found.reach[dayPeople]))
		}
		d.sum += min(max(0, points-t.drift), t.sum*oneMail) * factor
	}
	d.few = found.ownProgram && found.computer < familiarComputer && v.state.oddPeople(v.o) < seriousPeople
	switch {
	case v.blocked.Signal != "": // goes before the sender's own rule
		d.would, d.cause = Hold, "rule"
	case rule.Action == Pass:
		d.cause, d.sum = "rule", 0
	case rule.Action == Hold:
		d.would, d.cause = Hold, "rule"
	case v.declared.hold:
		d.would, d.cause = Hold, "habit"
	case v.beyond == Hold:
		d.would, d.cause = Hold, "limit"
	default:
		d.would, d.cause = a.weigh(v, found, points, &d)
		if d.would == Hold && (d.cause == "mail" || d.cause == "sum") && v.move.waits() {
			d.would, d.cause = Delay, "move"
		}
		if d.would == Pass && v.beyond == Delay {
			d.would, d.cause = Delay, "limit"
		}
	}
	if d.would == Pass && rule.Action != Pass && v.undecidedHere(found) {
		d.would, d.cause = Delay, "rule" // somebody may look, or worse may follow
		if v.state.open {
			d.would = Hold
		}
	}
	a.carryOut(&d, v.mail.Class, rule, cond)
	v.o.Unproven, v.o.Held = d.unproven(v, found), d.action == Hold
	v.o.Doubted = d.doubted(v, found)
	if d.would != Hold {
		v.o.Keys[baseline.Move] = v.move.begun()
	}
	return d
}

// isHome says whether a mail comes from a network that the account is known to use: another
// program there is its owner's new one far more often than somebody else's.
func (v *view) isHome() bool {
	unknown, all := unknownKeys(v, baseline.Network)
	return all > 0 && unknown == 0
}

// undecidedHere says whether a blocked link may stand in what was not read, of a sender whose mail
// can be read whole as a rule.
func (v *view) undecidedHere(found *measured) bool {
	return v.undecided.Signal != "" && slices.ContainsFunc(found.evidence,
		func(e Evidence) bool { return e.Signal == Unread })
}

// carryOut says what becomes of a verdict: in mode enforce what it says, as far as that can be
// done now.
func (a *Analyzer) carryOut(d *decision, class Class, rule Override, cond Conditions) {
	mode := a.cfg.Mode[class]
	if rule.Mode != "" {
		mode = rule.Mode
	}
	d.action = d.would
	if d.action == Delay && !cond.CanDelay {
		d.action = Pass
	}
	if mode != Enforce {
		d.action, d.observed = Pass, true
		// Who has a rule that only watches a sender expects what he sends.
		d.observedHold = a.cfg.Alarm && d.would == Hold && rule.Mode == "" && class == Account
	}
	d.incident = d.incident || d.action == Hold || d.observedHold
	if late := cond.Late; !late.Now.IsZero() { // nothing can be carried out, but to ask the mail back
		d.recall, d.action = d.action == Hold, late.Action
	}
}

// weigh decides by evidence: first what the mail and the sum say, then how many people are
// reached, then whether it is like the mail of an open incident.
func (a *Analyzer) weigh(v *view, found *measured, points float64, d *decision) (would Action, cause string) {
	sum, alike := d.sum, v.state.open && a.alike(v, points)
	if v.state.open && !alike { // the sum is the attacker's by now, and the owner still writes
		sum = 0
	}
	would, cause = a.shared.lines.action(points, sum, d.repeat, d.few)
	if reach := v.reachAction(found, 1); reach == Hold || would == Pass && reach == Delay {
		would, cause = reach, "reach"
	}
	if would != Hold && v.luresMany(found) {
		would, cause = Hold, "reach"
	}
	if would != Hold && alike {
		would, cause = Hold, "incident"
	}
	if would == Hold && v.state.open && v.isMailing(found, cause) {
		return Delay, "asked"
	}
	return would, cause
}

// familiarComputer are points of network and mail program below which they say nothing against the
// account's owner.
const familiarComputer = 0.5

// seriousPeople is how many people the odd mail of a day must reach before one line of the sum
// holds mail from the owner's own computer, see fewSum: an attacker wants more.
const seriousPeople = 20

// What the owner's own computer sends in bulk, with an address that nobody knows, is a mailing
// far more often than an attack. One mail of it is held: that is the question whether it is
// the owner's. Until it is answered the rest waits its delay only, unless it reaches twice as
// many people as would be held for their number alone.
const (
	askedFactor   = 2
	askedComputer = 1 // points of a computer that may be the owner's, where only the number is odd
)

// isMailing says whether what would be held in an open incident only waits, see askedFactor.
func (v *view) isMailing(found *measured, cause string) bool {
	owner := found.own || cause == "reach" && found.computer < askedComputer
	return owner && v.reachAction(found, askedFactor) != Hold
}

// unprovenComputer is so much evidence of another network or program that what the mail shows stays
// unproven.
const unprovenComputer = 1.5

// unproven says whether a mail may not make known what it asks for: mail to oneself, mail of
// another writer, delayed mail, for whose release nobody vouches. What is held is taught only
// when a person lets it go.
func (d *decision) unproven(v *view, found *measured) bool {
	another := found.computer >= unprovenComputer && !v.move.isCommon()
	return v.o.To == 0 || d.would != Hold && another || d.would == Delay ||
		d.would == Hold && d.action != Hold
}

// doubted says whether a mail from another computer may not make that computer usual: nobody sees it
// who knows the account's owner, and would wonder. What is held is taught only when a person lets it go.
//
//	eight notes to himself, or to a box of his own, in four days; then a link to three partners a day
func (d *decision) doubted(v *view, found *measured) bool {
	return d.action != Hold && found.computer >= unprovenComputer && !v.move.isCommon() && !v.seenByKnown()
}

// seenByKnown says whether somebody whom the account knows gets a mail, beside its owner. An account
// that writes to somebody new with nearly every mail, as a shop does, has nobody who would wonder, and a
// young one hardly anybody.
func (v *view) seenByKnown() bool {
	if v.o.To == 0 {
		return false
	}
	strangers, all := unknownKeys(v, baseline.Recipient)
	return strangers < all || v.o.Young || 10*v.sender.Count(baseline.Recipient) >= 9*min(v.sender.Mails(), baseline.KeepOld)
}

// alike says whether a mail resembles the suspicious ones of the sender's open incident: the
// same unknown link or file, or, to other people, the same text, or the same new network or
// mail program.
func (a *Analyzer) alike(v *view, points float64) bool {
	spreads := v.state.spreads(v.o)
	for i := range v.state.recent {
		t := &v.state.recent[i]
		if t.would == Pass || t.points < oddPoints { // else it was held for its many people alone
			continue
		}
		if v.now.Sub(t.at).Abs() > memorySpan { // the clock was set back
			continue
		}
		if share1(t.marks, v.o.Marks) || spreads && similar(t.simHash, v.o.SimHash) {
			return true
		}
		if spreads && points >= a.shared.lines.drift && (v.sharesNew(baseline.Network, t.networks) ||
			v.sharesNew(baseline.Mailer, t.programs) || v.sharesNew(baseline.IDShape, t.programs)) {
			return true
		}
	}
	return false
}

// sharesNew says whether a habit that is new to the sender is among those of another mail.
func (v *view) sharesNew(f baseline.Family, of []baseline.Key) bool {
	if v.declared.network && f == baseline.Network || v.declared.program && ofProgram(f) {
		return false
	}
	for _, k := range v.o.Keys[f] {
		if slices.Contains(of, k) && !v.sender.Accepts(f, k, v.today) {
			return true
		}
	}
	return false
}

func share1(a, b []baseline.Key) bool {
	for _, k := range a {
		if slices.Contains(b, k) {
			return true
		}
	}
	return false
}

// passIf says what would have let the mail pass.
func passIf(d decision, evidence []Evidence, t lines) string {
	if d.would == Pass || d.cause == "rule" || len(evidence) == 0 {
		return ""
	}
	points := 0.0
	for _, e := range evidence {
		points += e.Points
	}
	line := t.delay
	switch d.cause {
	case "reach":
		return "would pass if this account wrote to so many people more often"
	case "move":
		return "would pass if other accounts had moved to the same network or program"
	case "limit":
		return "would pass if limits.reach of the configuration allowed so many people"
	case "habit":
		return "would pass if it were sent as the declared habit says"
	case "sum":
		return fmt.Sprintf("would pass if the account had sent no other unusual mail "+
			"in the hours before (sum %.1f, line %.1f)", d.sum, t.sum)
	case "incident":
		line = t.drift
	}
	var without []string
	for _, e := range evidence {
		points -= e.Points
		without = append(without, string(e.Signal))
		if points < line {
			break
		}
	}
	return fmt.Sprintf("would pass if %v were usual for this account", without)
}

func round(x float64) float64 { return math.Round(x*100) / 100 }
