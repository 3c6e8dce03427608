package doctor

import (
	"context"
	"testing"

	"hisseki/internal/config"
	"hisseki/postfix"
)

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
			Postfix: mainOnly{}}
		if err := d.Config.Milter.Listen.UnmarshalText([]byte(tt.listen)); err != nil {
			t.Fatal(err)
		}
		d.milters(tt.milters, "/q")
		if d.list[0].State != tt.state {
			t.Errorf("%s in %q: %+v, want %s", tt.listen, tt.milters, d.list[0], tt.state)
		}
	}
}

// mainOnly is a Postfix with an empty master.cf.
type mainOnly struct{ main postfix.Parameters }

func (m mainOnly) Parameters(context.Context, ...string) (postfix.Parameters, error) {
	return m.main, nil
}

func (mainOnly) Services(context.Context) ([]postfix.Service, error) { return nil, nil }
