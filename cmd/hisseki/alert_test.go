package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/internal/freeport"
	"hisseki/internal/logbuffer"
	"hisseki/internal/mta"
	"hisseki/ledger"
	"hisseki/quarantine"
	"hisseki/store"
)

// background runs a subcommand until the test ends and returns what it says.
func background(t *testing.T, args ...string) *logbuffer.Buffer {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var log logbuffer.Buffer
	done := make(chan int, 1)
	go func() { done <- run(ctx, args, strings.NewReader(""), &log, &log) }()
	t.Cleanup(func() {
		cancel()
		if code := <-done; code != exitOK {
			t.Errorf("hisseki %s ended with code %d", args[0], code)
		}
		if t.Failed() {
			t.Logf("hisseki %s:\n%s", args[0], log.String())
		}
	})
	return &log
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func hisseki(t *testing.T, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if code := run(t.Context(), args, strings.NewReader(""), &out, &out); code != exitOK {
		t.Fatalf("hisseki %v: code %d\n%s", args, code, out.String())
	}
	return out.String()
}

const alertConfig = `mode = "enforce"
database = "%[1]s/h.db"
[milter]
listen = "inet:%[2]s"
[classes]
application = "enforce"
[agent]
interval = "1s"
postfix_config = "%[3]s"
[[hooks.command]]
name = "hanging"
run = ["/bin/sleep", "600"]
user = "nobody"
timeout = "3s"
[[hooks.command]]
name = "waiting"
run = ["/bin/sh", "-c", "touch %[1]s/waiting; until [ -e %[1]s/go ]; do sleep 0.1; done"]
user = "root"
timeout = "10m"
[[hooks.command]]
name = "keep"
run = ["/bin/sh", "-c", "cat >>%[1]s/heard; /usr/bin/id -un"]
user = "root"
[[hooks.webhook]]
name = "hanging-soc"
url = "%[4]s"
secret_file = "%[1]s/secret"
timeout = "3s"
[hooks.mail]
to = ["postmaster@example.org"]
language = "ja"
`

// With everything a thief or a strict admin may do to it, the alert reaches the postmaster,
// and only him; hooks that hang delay no mail.
func TestAlertReachesThePostmaster(t *testing.T) {
	t.Parallel()
	mta.Require(t)
	dir, milter := t.TempDir(), freeport.Address(t)
	in := mta.Start(t, mta.Options{Milters: []string{"inet:" + milter},
		Main: []string{"non_smtpd_milters = $smtpd_milters"}})
	hang := make(chan struct{})
	r := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-hang }))
	defer r.Close()
	defer close(hang)
	cfg := filepath.Join(dir, "hisseki.toml")
	text := fmt.Sprintf(alertConfig, dir, milter, in.Config, r.URL)
	for name, text := range map[string]string{cfg: text,
		dir + "/secret": "a secret of 24 characters"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	serve := background(t, "serve", "--config", cfg)
	wait(t, "serve", func() bool { return strings.Contains(serve.String(), "msg=serving") })
	hisseki(t, "sender", "hold", "--until", "1d", "--reason", "phoned", "bob@example.org",
		"--config", cfg)
	hisseki(t, "sender", "hold", "--until", "1d", "class:application", "--config", cfg)
	hisseki(t, "url", "block", "lure.test", "--config", cfg)
	agent := background(t, "agent", "--config", cfg)
	thief := mta.Submission{User: "bob@example.org", From: "bob@example.org",
		To: []string{"x@partner.test"}, Data: letterWith("look: http://lure.test/a", "<1@example.org>")}
	in.MustSubmit(t, thief)
	wait(t, "the alert", func() bool { return len(in.Sink.To("postmaster@example.org")) > 0 })
	alert := in.Sink.To("postmaster@example.org")[0]
	wait(t, "hooks that hang to be killed", func() bool {
		return strings.Contains(agent.String(), "hook=hanging") &&
			strings.Contains(serve.String(), "hook=hanging-soc")
	})
	wait(t, "the hook that waits", func() bool { return exists(dir + "/waiting") })
	for range 5 { // each is answered while that hook, which waits for us, still runs
		in.MustSubmit(t, thief)
	}
	if err := os.WriteFile(dir+"/go", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(alert.Data, []byte("charset=iso-2022-jp")) ||
		!bytes.Contains(alert.Data, []byte("lure[.]test")) {
		t.Errorf("the alert is\n%s", alert.Data)
	}
	if said := hisseki(t, "incident", "show", "I1", "--config", cfg); !strings.Contains(said,
		"  keep  opened, done\n  | root\n") {
		t.Errorf("the incident shows\n%s", said)
	}
	forge(t, in, messageID(t, alert.Data))
	checkAlertStore(t, dir)
	heard, err := os.ReadFile(dir + "/heard")
	if err != nil || strings.Count(string(heard), `"event":"opened","time"`) < 1 ||
		strings.Count(string(heard), `"incident":"I1"`) != 1 {
		t.Errorf("the command heard %s, %v", heard, err)
	}
}

// forge sends what a thief would who has seen an alert: its Message-ID on other mail.
func forge(t *testing.T, in *mta.Instance, id string) {
	t.Helper()
	data := letterWith("look: http://lure.test/a", id)
	queue := quarantine.Queue{ConfigDir: in.Config, Timeout: time.Minute}
	for _, s := range []mta.Submission{
		{From: "postmaster@example.org", To: []string{"victim@partner.test"}, Data: data},
		{From: "postmaster@example.org", To: []string{"postmaster@example.org"}, Data: data},
		{User: "carol@example.org", From: "carol@example.org", To: []string{"postmaster@example.org"},
			Data: data},
	} {
		queueID := in.MustSubmit(t, s)
		q, err := queue.Where(t.Context(), queueID)
		if err != nil || q != "hold" {
			t.Errorf("forged mail of %s to %s is in the queue %q, %v", s.From, s.To, q, err)
		}
	}
}

// checkAlertStore looks for the alert among what was judged.
func checkAlertStore(t *testing.T, dir string) {
	t.Helper()
	db, err := store.OpenReadOnly(t.Context(), dir+"/h.db", store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	list, err := db.Recent(t.Context(), "", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 9 { // the thief's six and three forged ones
		t.Errorf("%d mails were judged, want 9", len(list))
	}
	notes, err := db.Notes(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	kept := false
	for _, n := range notes {
		kept = kept || n.Hook == "keep" && n.Output == "root\n" && n.State == ledger.HookDone
	}
	if !kept {
		t.Errorf("notes %+v", notes)
	}
}

func letterWith(body, messageID string) []byte {
	return []byte("From: Postmaster <postmaster@example.org>\r\nTo: you\r\nSubject: see\r\n" +
		"Message-ID: " + messageID + "\r\nDate: Mon, 02 Mar 2026 09:00:00 +0900\r\n\r\n" + body + "\r\n")
}

func messageID(t *testing.T, data []byte) string {
	t.Helper()
	for line := range strings.Lines(string(data)) {
		if id, ok := strings.CutPrefix(line, "Message-ID: "); ok {
			return strings.TrimSpace(id)
		}
	}
	t.Fatalf("no Message-ID in\n%s", data)
	return ""
}
