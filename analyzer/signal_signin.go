package analyzer

import (
	"fmt"
	"slices"
	"time"

	"hisseki/baseline"
)

// newPlace says whether what a log tells of came from a network that is new to the sender.
func (v *view) newPlace(l *Login) bool {
	return l.Client.IsValid() && !v.sender.Accepts(baseline.Network,
		v.hasher.key(baseline.Network, network(l.Client, 24, 48)), v.today)
}

// accountChanged: before the mail, somebody in a network new to its sender set a rule that
// hides mail, or had mail forwarded to another domain: so that the owner sees no answers. It is
// judged only for mail from a new network, or from nobody knows where.
// Levels: 1 hides or forwards, 2 both, or all mail is forwarded.
func accountChanged(v *view) reading {
	r := reading{ok: len(v.state.logins) > 0}
	for i := range v.state.logins {
		l := &v.state.logins[i]
		change := l.Result == LoginRule || l.Result == LoginForwarding
		if !change || !l.Hides && !l.Outside || !v.newPlace(l) {
			continue
		}
		level := 1
		if l.Hides && l.Outside || l.Result == LoginForwarding {
			level = 2
		}
		if level > r.level {
			r.level, r.often = level, 1
			r.observed = fmt.Sprintf("%s from %s: %s", l.Result, network(l.Client, 24, 48), clip(l.Note, 120))
			r.text = "a rule that hides or forwards mail was set from a network new to this account"
		}
	}
	return r
}

// signinSpan is how long a sign-in explains the mail that follows.
const signinSpan = 24 * time.Hour

// oddSignin: the mail belongs to a burst from the network of a sign-in that is odd for its
// sender. One mail is no burst: everybody travels, and buys a phone.
// Levels: 1 by a protocol that knows no second factor, or from a device that is new as well; 2
// both.
func oddSignin(v *view) reading {
	own := v.o.Keys[baseline.Network]
	if len(v.state.logins) == 0 || len(own) == 0 || v.declared.network {
		return reading{}
	}
	r := reading{ok: true}
	if !v.inBurst(own[0]) {
		return r
	}
	legacy, device := "", ""
	var usual []string
	for i := range v.state.logins {
		l := &v.state.logins[i]
		if l.Result != LoginSuccess {
			continue
		}
		if !v.newPlace(l) {
			usual = append(usual, l.Device)
			continue
		}
		if l.Last.Before(v.now.Add(-signinSpan)) || v.hasher.key(baseline.Network, network(l.Client, 24, 48)) != own[0] {
			continue
		}
		if l.Legacy {
			legacy = l.Service
		}
		if l.Device != "" {
			device = l.Device
		}
	}
	// Of an account whose devices no log has told, none is new.
	if v.declared.device || len(usual) == 0 || slices.Contains(usual, device) || !slices.ContainsFunc(usual, func(d string) bool { return d != "" }) {
		device = ""
	}
	for _, odd := range []struct{ what, text string }{{legacy, "by a protocol that knows no second factor"},
		{device, "on a device new to this account"}} {
		if odd.what == "" {
			continue
		}
		r.level++
		r.often = 1
		if r.text == "" {
			r.text = "signed in from a new network "
		} else {
			r.text += " and "
			r.observed += ", "
		}
		r.text += odd.text
		r.observed += clip(odd.what, 60)
	}
	return r
}

// inBurst says whether the sender sent another mail from a network within the last two hours.
func (v *view) inBurst(network baseline.Key) bool {
	return slices.ContainsFunc(v.state.recent, func(t trace) bool {
		return slices.Contains(t.networks, network) && v.now.Sub(t.at) < 2*time.Hour
	})
}
