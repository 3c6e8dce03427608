package metrics

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// serve serves metrics until the test ends and returns what reads a path.
func serve(t *testing.T, m *Metrics, healthy, ready Probe) func(path string) (int, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := NewServer(m, healthy, ready, slog.New(slog.DiscardHandler))
	go s.Serve(ln)
	t.Cleanup(func() {
		if err := s.Shutdown(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return func(path string) (int, string) {
		resp, err := http.Get("http://" + ln.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
}

func fine() error { return nil }

func TestProbes(t *testing.T) {
	read := serve(t, New("1", Sources{}), fine, func() error { return errors.New("no store") })
	if code, text := read("/healthz"); code != 200 || text != "ok\n" {
		t.Errorf("healthz: %d %q", code, text)
	}
	if code, text := read("/readyz"); code != 503 || text != "no store\n" {
		t.Errorf("readyz: %d %q", code, text)
	}
	if code, _ := read("/other"); code != 404 {
		t.Errorf("other: %d", code)
	}
}

// TestStoreDown: without an answer no figure of the store is shown, least of all an old
// one.
func TestStoreDown(t *testing.T) {
	asked := 0
	m := New("1", Sources{
		Milter:  func() Milter { return Milter{InFlight: 5, TimedOut: 2} },
		Allowed: func() Shares { return Shares{Holds: 0.001, Delays: 0.01} },
		Store: func() Store {
			asked++
			return Store{OK: true, Holds: map[string]int{"held": 3}, AgentAge: 7 * time.Second}
		}})
	m.Verdict("pass", "hold", "account", []string{"url-unknown"}, 3*time.Millisecond)
	m.Commit(2, time.Millisecond)
	read := serve(t, m, fine, fine)
	_, text := read("/metrics")
	for _, want := range []string{
		"hisseki_store_up 1", `hisseki_holds{state="held"} 3`, "hisseki_agent_heartbeat_age_seconds 7",
		`hisseki_signals_total{signal="url-unknown"} 1`, `hisseki_budget_actual{budget="holds"} 1`,
		`hisseki_budget_allowed{budget="delays"} 0.01`, `hisseki_failures_total{cause="timed_out"} 2`,
		"hisseki_milter_in_flight_bytes 5", "hisseki_store_commit_writes_sum 2",
		`hisseki_judgement_seconds_bucket{le="0.005"} 1`, `hisseki_build_info{version="1"} 1`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
	read("/metrics")
	if asked != 1 {
		t.Errorf("the store was asked %d times within %s", asked, storeEvery)
	}
	read = serve(t, New("1", Sources{Store: func() Store { return Store{} }}), fine, fine)
	if _, text := read("/metrics"); !strings.Contains(text, "hisseki_store_up 0") ||
		strings.Contains(text, "hisseki_holds") || strings.Contains(text, "heartbeat_age") {
		t.Errorf("a store that does not answer is shown as\n%s", text)
	}
}

func TestDay(t *testing.T) {
	var d day
	at := time.Unix(1_800_000_000, 0)
	for i := range 100 {
		would := "pass"
		switch {
		case i == 0:
			would = "hold"
		case i < 6:
			would = "delay"
		}
		d.count(at, would)
	}
	if s := d.shares(at.Add(22 * time.Hour)); s != (Shares{Holds: 0.01, Delays: 0.05}) {
		t.Errorf("within the day: %+v", s)
	}
	d.count(at.Add(30*time.Hour), "pass")
	if s := d.shares(at.Add(30 * time.Hour)); s != (Shares{}) {
		t.Errorf("a day later: %+v", s)
	}
}
