package doctor

import (
	"context"
	"slices"
	"testing"

	"hisseki/internal/config"
)

func TestSplitMilters(t *testing.T) {
	tests := map[string][]string{
		"":                                nil,
		"inet:127.0.0.1:8891":             {"inet:127.0.0.1:8891"},
		"inet:h:1, unix:a/b":              {"inet:h:1", "unix:a/b"},
		"inet:h:1 unix:a/b":               {"inet:h:1", "unix:a/b"},
		"{inet:h:1, timeout=2s}, unix:/a": {"inet:h:1", "unix:/a"},
		"unix:/a,{ inet:h:1 }":            {"unix:/a", "inet:h:1"},
		"{inet:h:1":                       {"inet:h:1"},
	}
	for list, want := range tests {
		if got := splitMilters(list); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", list, got, want)
		}
	}
}

func TestMilterOrder(t *testing.T) {
	tests := []struct{ listen, milters, state string }{
		{"unix:/q/hisseki/milter.sock", "inet:h:1 unix:hisseki/milter.sock", "ok"},
		{"unix:/q/hisseki/milter.sock", "unix:hisseki/milter.sock inet:h:1", "bad"},
		{"inet:127.0.0.1:8891", "inet:127.0.0.1:8891", "ok"},
		{"inet:127.0.0.1:8891", "inet:127.0.0.1:8892", "bad"},
		{"inet:127.0.0.1:8891", "", "bad"},
	}
	for _, tt := range tests {
		d := &Doctor{Config: config.Default("/s"), ctx: t.Context(),
			Postconf: func(context.Context, ...string) (string, error) { return "", nil }}
		if err := d.Config.Milter.Listen.UnmarshalText([]byte(tt.listen)); err != nil {
			t.Fatal(err)
		}
		d.milters(tt.milters, "/q")
		if d.list[0].State != tt.state {
			t.Errorf("%s in %q: %+v, want %s", tt.listen, tt.milters, d.list[0], tt.state)
		}
	}
}
