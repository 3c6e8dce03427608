package main

import (
	"context"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/internal/company"
	"hisseki/internal/mta"
)

// TestSendTest: doctor's own mail takes the way of users' mail, and what is missing on it is said.
func TestSendTest(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{delay: 80, hold: 90, delayFor: time.Hour})
	s.startServe()
	s.startAgent()
	s.serve.says(0, "the agent is alive")
	user := company.Victim
	try := func(password string, args ...string) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, program(t), append([]string{"doctor", "--config", s.config, "--send-test",
			"admin@postmaster.test", "--wait", "20s"}, args...)...)
		cmd.Stdin, cmd.Dir, cmd.Env = strings.NewReader(password+"\n"), "/", []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}
		cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // shows where it hangs
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	expect := func(name string, fails bool, out string, err error, want ...string) {
		t.Helper()
		if (err != nil) != fails {
			t.Errorf("%s: error %v", name, err)
		}
		for _, text := range want {
			if !strings.Contains(strings.Join(strings.Fields(out), " "), text) {
				t.Errorf("%s: no %q in\n%s", name, text, out)
			}
		}
	}

	// The whole way, to a service that doctor finds by itself.
	out, err := try(mta.Password, "--user", user)
	expect("a user's", false, out, err, "sent ok "+s.Submission+": 2.0.0 Ok: queued as",
		"as the account "+user+": pass", "delivered ok 127.0.0.1")
	if mails := s.Sink.To("admin@postmaster.test"); len(mails) != 1 || strings.Contains(string(mails[0].Data), "http") {
		t.Errorf("%d mails arrived", len(mails))
	}
	out, err = try("", "--server", s.App)
	expect("a program's", false, out, err, "as the application", "delivered ok")

	// A wrong password, a login where there is none, a receiver that refuses.
	out, err = try("wrong", "--user", user)
	expect("wrong password", true, out, err, "sent bad "+s.Submission+": log in as "+user+": 535", "check user and password")
	out, err = try("", "--server", s.Submission)
	expect("no login", true, out, err, "sent bad "+s.Submission+": RCPT TO", "log in with --user")
	s.Sink.Answer("postmaster.test", "450 4.2.0 try later")
	out, err = try(mta.Password, "--user", user)
	expect("deferred", false, out, err, "delivered warn deferred:", "try later")
	s.Sink.Answer("postmaster.test", "")

	// Nobody reads the log; then the milter does not answer, and Postfix passes the mail.
	s.agent.kill()
	out, err = try(mta.Password, "--user", user, "--wait", "3s")
	expect("no agent", true, out, err, "judged ok", "delivered bad the mail log said nothing of", "the agent runs")
	s.serve.kill()
	out, err = try(mta.Password, "--user", user, "--wait", "3s")
	expect("no serve", true, out, err, "sent ok", "judged bad Postfix took the mail, and hisseki did not see it")
}
