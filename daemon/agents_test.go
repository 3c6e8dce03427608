package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// TestDelaysNeedTheHostsOwnAgent: another host's agent ends no delay here.
func TestDelaysNeedTheHostsOwnAgent(t *testing.T) {
	var a agents
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	now := time.Now()
	if a.canDelay("mx") {
		t.Error("delays before anything is known")
	}
	for _, c := range []struct {
		beats map[string]time.Time
		may   string // hosts whose mail may be delayed
		says  string // in the log
	}{
		{nil, "", "holds are still made\" hint="},
		{nil, "", ""}, // once
		{map[string]time.Time{"mx": now, "old": now.Add(-time.Hour)}, "mx, ",
			"the agent is alive: mail may be delayed\" host=mx"},
		{map[string]time.Time{"mx": now}, "mx, ", ""},
		{map[string]time.Time{"mx": now, "mx2": now}, "mx, mx2, ", "host=mx2"},
		{map[string]time.Time{"mx": now.Add(time.Hour), "mx2": now}, "mx2, ", "no sign of the agent"},
	} {
		log.Reset()
		a.look(logger, c.beats, now)
		got := ""
		for _, host := range []string{"mx", "mx2", "old", "other"} {
			if a.canDelay(host) {
				got += host + ", "
			}
		}
		if got != c.may || a.canDelay("") != (c.may != "") {
			t.Errorf("after %v mail of %q may be delayed, want %q", c.beats, got, c.may)
		}
		if said := log.String(); !strings.Contains(said, c.says) || c.says == "" && said != "" {
			t.Errorf("after %v it logs %q, want %q", c.beats, said, c.says)
		}
	}
}
