package daemon

import (
	"context"
	"log/slog"
	"maps"
	"sync/atomic"
	"time"
)

// StaleAfter is how old an agent's heartbeat may be. The agent beats at least every 10 s.
const StaleAfter = 30 * time.Second

// agents knows which MTA hosts have an agent that lives: somebody ends the delays there. A
// delay that nobody ends is lost mail.
type agents struct {
	alive  atomic.Pointer[map[string]bool]
	logged bool // the first look was logged; of upkeep
}

// canDelay says whether a mail that a host took may be delayed. A host that does not tell its
// name (without the macro j) may have any agent.
func (a *agents) canDelay(host string) bool {
	alive := a.alive.Load()
	return alive != nil && ((*alive)[host] || host == "" && len(*alive) > 0)
}

// count returns how many hosts have an agent.
func (a *agents) count() int {
	if alive := a.alive.Load(); alive != nil {
		return len(*alive)
	}
	return 0
}

// look takes heartbeats and logs what has changed. One from the future is none: the clock was
// set back since.
func (a *agents) look(log *slog.Logger, beats map[string]time.Time, now time.Time) {
	alive := make(map[string]bool)
	for host, at := range beats {
		if now.Sub(at).Abs() <= StaleAfter {
			alive[host] = true
		}
	}
	last := a.alive.Swap(&alive)
	if last == nil {
		last = &map[string]bool{}
	}
	if a.logged && maps.Equal(alive, *last) {
		return
	}
	for host := range alive {
		if !(*last)[host] {
			log.Info("the agent is alive: mail may be delayed", "host", host)
		}
	}
	for host := range *last {
		if !alive[host] {
			warnNoAgent(log, host, beats[host])
		}
	}
	if !a.logged && len(alive) == 0 {
		warnNoAgent(log, "", time.Time{})
	}
	a.logged = true
}

// warnNoAgent names the host and when its agent was seen last; "" when there never was one.
func warnNoAgent(log *slog.Logger, host string, seen time.Time) {
	var who []any
	if host != "" {
		who = []any{"host", host, "seen", seen}
	}
	log.Warn("no sign of the agent: nothing is delayed, holds are still made",
		append(who, "hint", "start hisseki agent as root")...)
}

// watchAgents looks at the agents' heartbeats.
func (d *Serve) watchAgents(ctx context.Context) {
	beats, err := d.db.Beats(ctx)
	d.report(ctx, "agents' heartbeats not read", err)
	if err != nil {
		beats = nil // as long as nobody knows, nothing is delayed
	}
	d.agents.look(d.Log, beats, time.Now())
}
