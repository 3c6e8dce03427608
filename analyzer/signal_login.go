package analyzer

import (
	"context"
	"fmt"
	"time"

	"hisseki/baseline"
)

// loginSpan is how long failures before a success count: guessing goes on over nights and
// weekends, below the limits that lock an account out.
const loginSpan = 72 * time.Hour

// Networks new to the sender from which logins failed: two are a habit of the internet,
// five take somebody with many addresses.
const (
	someNetworks = 2
	manyNetworks = 5
)

// logins returns the attempts to log in that came before a mail from a network that is new
// to its sender. For all other mail nothing is asked and nothing can be held against it:
// an outsider who fails to log in must not be able to silence the owner.
func (a *Analyzer) logins(ctx context.Context, e *entry, m *Mail) ([]Login, error) {
	unknown := !m.Client.IsValid() && m.Relay != "" // of webmail in a cloud nothing tells the address
	if m.Class != Account || !unknown && !m.Client.IsValid() || !unknown && e.profile.Accepts(baseline.Network,
		a.hash.key(baseline.Network, network(m.Client, 24, 48)), baseline.SlotOf(m.Time)) {
		return nil, nil
	}
	list, err := a.memory.Logins(ctx, m.Sender, m.Time.Add(-loginSpan), m.Time)
	if err != nil {
		return nil, fmt.Errorf("read logins of %s: %w", m.Sender, err)
	}
	return list, nil
}

// loginAfterFailures: the mail's sender got in from a new network after others had failed
// to. It is judged only for mail from a new network, and only where logs are read.
// Levels: 1 failures from two networks that are new to the sender, and one more each for
// five, for a lockout, and for failures from the mail's own network.
func loginAfterFailures(v *view) reading {
	own := v.o.Keys[baseline.Network]
	if len(v.state.logins) == 0 || len(own) == 0 || v.declared.network {
		return reading{}
	}
	failed := make(map[baseline.Key]bool)
	attempts, locked := 0, false
	for _, l := range v.state.logins {
		if !l.Result.Failed() || !l.Client.IsValid() {
			continue
		}
		k := v.hasher.key(baseline.Network, network(l.Client, 24, 48))
		if v.sender.Accepts(baseline.Network, k, v.today) {
			continue // the owner's, with an old password
		}
		failed[k] = true
		attempts += l.Count
		locked = locked || l.Result == LoginLockout
	}
	r := reading{ok: true, often: 1,
		observed: fmt.Sprintf("%d failures from %d new networks", attempts, len(failed))}
	if len(failed) < someNetworks {
		return r
	}
	r.level, r.text = 1, "logged in from a new network after failures from many others"
	for _, more := range []bool{len(failed) >= manyNetworks, locked, failed[own[0]]} {
		if more {
			r.level++
		}
	}
	if locked {
		r.text += " and a lockout"
	}
	return r
}
