package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hisseki/internal/company"
	"hisseki/internal/demo"
	"hisseki/internal/freeport"
)

// TestServeShowsItself reads metrics, health and what systemd is told from a serve that
// judges mail.
func TestServeShowsItself(t *testing.T) {
	dir, at, figures := t.TempDir(), freeport.Address(t), freeport.Address(t)
	socket, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: filepath.Join(dir, "notify")})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	t.Setenv("NOTIFY_SOCKET", filepath.Join(dir, "notify"))
	t.Setenv("WATCHDOG_USEC", "1000000")
	t.Setenv("WATCHDOG_PID", fmt.Sprint(os.Getpid()))
	cfg := filepath.Join(dir, "hisseki.toml")
	text := fmt.Sprintf("database = \"%s/h.db\"\n[milter]\nlisten = \"inet:%s\"\n"+
		"[metrics]\nlisten = \"inet:%s\"\n[log]\nformat = \"json\"\n", dir, at, figures)
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := background(t, "serve", "--config", cfg)
	wait(t, "readiness", func() bool { code, _ := get(figures, "readyz"); return code == 200 })
	if code, body := get(figures, "healthz"); code != 200 || body != "ok\n" {
		t.Errorf("healthz: %d %s", code, body)
	}
	if _, body := get(figures, "metrics"); !strings.Contains(body,
		"hisseki_agent_heartbeat_age_seconds -1") {
		t.Errorf("an agent never seen is not shown:\n%s", body)
	}
	firm := company.New(1)
	mails := firm.Weeks(1, scriptEnd)
	mta := demo.NewMTA("tcp", at)
	for i := range mails[:3] {
		if _, err := mta.Send(&mails[i], fmt.Sprintf("4METRICS%03dz", i)); err != nil {
			t.Fatal(err)
		}
	}
	body := ""
	wait(t, "the last mail's room given back, which is just behind its answer", func() bool {
		_, body = get(figures, "metrics")
		return strings.Contains(body, "hisseki_milter_in_flight_bytes 0\n")
	})
	for _, want := range []string{
		`hisseki_verdicts_total{action="pass",class="account",would="pass"} 3`,
		"hisseki_judgement_seconds_count 3", "hisseki_store_commit_seconds_count",
		`hisseki_failures_total{cause="error"} 0`,
		`hisseki_budget_allowed{budget="holds"} 0.0001`, `hisseki_budget_actual{budget="holds"} 0`,
		`hisseki_holds{state="held"} 0`, "hisseki_store_up 1", "go_goroutines",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in the metrics", want)
		}
	}
	if strings.Contains(body, "example") || strings.Contains(body, "@") {
		t.Errorf("a sender or host is named in the metrics:\n%s", body)
	}
	for _, want := range []string{`"email.local_id":"4METRICS000z"`, `"event.action":"verdict"`,
		`"user.name":"`, `"event.risk_score":`, `"log.level":"info"`, `"@timestamp":"`} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no %s in the log:\n%s", want, log.String())
		}
	}
	told := ""
	buf := make([]byte, 4096)
	wait(t, "ready, watchdog and status", func() bool {
		n, err := socket.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		told += string(buf[:n]) + "\n"
		return strings.Contains(told, "READY=1") && strings.Contains(told, "WATCHDOG=1") &&
			strings.Contains(told, "STATUS=mode observe: 3 passed, 0 delayed, 0 held, 0 not judged")
	})
}

func get(addr, path string) (code int, body string) {
	resp, err := http.Get("http://" + addr + "/" + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}
