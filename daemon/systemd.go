package daemon

import (
	"fmt"
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"
)

// notify sends systemd a message. Without systemd it does nothing.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd could not be notified", "state", state, "error", err)
	}
}

// statusLine is what systemctl status shows.
func (d *Serve) statusLine() string {
	c, agent := d.watch.counted, "the agent is alive"
	switch n := d.agents.count(); {
	case n == 0:
		agent = "no sign of the agent, nothing is delayed"
	case n > 1:
		agent = fmt.Sprintf("%d agents are alive", n)
	}
	return fmt.Sprintf("mode %s: %d passed, %d delayed, %d held, %d not judged; %s",
		d.settings.Load().Mode,
		c.Passed.Load(), c.Delayed.Load(), c.Held.Load(), c.Failures(), agent)
}

// statusNotifier returns what informs systemd how things stand, when that has changed.
func statusNotifier(log *slog.Logger) func(string) {
	last := ""
	return func(line string) {
		if line != last {
			last = line
			notify(log, "STATUS="+line)
		}
	}
}
