package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hisseki/internal/company"
	"hisseki/internal/demo"
	"hisseki/internal/freeport"
	"hisseki/internal/pgtest"
)

// TestDatabaseAwayIsSeen: a PostgreSQL that is gone is seen in serve's log, its metrics and /readyz, in
// status and doctor, while mail flows; when it is back all say so, and nothing was restarted.
func TestDatabaseAwayIsSeen(t *testing.T) {
	t.Parallel()
	pg := pgtest.Own(t)
	url, err := pg.Database("")
	if err != nil {
		t.Fatal(err)
	}
	dir, at, figures := t.TempDir(), freeport.Address(t), freeport.Address(t)
	cfg := filepath.Join(dir, "hisseki.toml")
	text := "database = \"" + url + "\"\n[milter]\nlisten = \"inet:" + at + "\"\n[metrics]\nlisten = \"inet:" +
		figures + "\"\n"
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	log := background(t, "serve", "--config", cfg)
	shows := func(path, text string) func() bool {
		return func() bool { _, body := get(figures, path); return strings.Contains(body, text) }
	}
	command := func(name string) (code int, out string) {
		var both bytes.Buffer
		code = run(context.Background(), []string{name, "--config", cfg}, strings.NewReader(""), &both, &both)
		return code, both.String()
	}
	wait(t, "readiness", shows("readyz", "ok"))
	mails := company.New(1).Weeks(1, scriptEnd)
	mta := demo.NewMTA("tcp", at)
	send := func() {
		if held, err := mta.Send(&mails[0], "4AWAY0001z"); err != nil || held {
			t.Fatalf("a mail was held: %t, %v", held, err)
		}
	}
	send()

	if err := pg.Down(os.Kill); err != nil {
		t.Fatal(err)
	}
	send()
	wait(t, "a word in the log", func() bool {
		return strings.Contains(log.String(), "the database does not answer: mail gets the failure action")
	})
	wait(t, "serve not to be ready", func() bool {
		code, body := get(figures, "readyz")
		return code == 503 && strings.Contains(body, "the database does not answer")
	})
	wait(t, "the metric", shows("metrics", "hisseki_store_up 0"))
	if code, body := get(figures, "healthz"); code != 200 {
		t.Errorf("healthz: %d %s: a restart would mend nothing", code, body)
	}
	for name, want := range map[string]string{"status": "is the server up", "doctor": "see the whole message with hisseki status"} {
		if code, out := command(name); code != exitError || !strings.Contains(out, want) {
			t.Errorf("%s: code %d, %s; want %q", name, code, out, want)
		}
	}
	send()
	for _, again := range []string{"heartbeats not read", "lessons not applied"} { // each second
		if n := strings.Count(log.String(), again); n > 1 {
			t.Errorf("the log says %d times %q: that the database is away was said", n, again)
		}
	}

	if err := pg.Up(); err != nil {
		t.Fatal(err)
	}
	wait(t, "a word of its return", func() bool { return strings.Contains(log.String(), "the database answers again") })
	wait(t, "readiness again", shows("readyz", "ok"))
	wait(t, "the metric again", shows("metrics", "hisseki_store_up 1"))
	if code, out := command("status"); code != exitOK {
		t.Errorf("status: code %d, %s", code, out)
	}
	if _, out := command("doctor"); !strings.Contains(out, "store          ok") {
		t.Errorf("doctor: %s", out)
	}
	send()
}
