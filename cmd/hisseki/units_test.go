package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/internal/mta"
)

// TestUnits boots systemd in a container and lives through docs/howto.md there, with the
// files of deploy/ as they are: a unit whose sandbox keeps the program from its work is
// safe by every count and useless.
func TestUnits(t *testing.T) {
	mta.Require(t, "swaks")
	mta.InContainer(t, "/", "units/inside.sh", 3*time.Minute, program(t), "../../deploy")
}

// TestFirstDays lives the first days of a site with accounts in a real Dovecot, amavis as content
// filter and a second Postfix instance, on a fresh Debian 12 and 13: install, learn, watch, enforce, a
// theft, the lock, backup and restore, and an undo that leaves Postfix's files as they were.
func TestFirstDays(t *testing.T) {
	for name, root := range map[string]func(testing.TB) string{
		"Debian 12": mta.Debian12, "Debian 13": mta.Debian13Booted} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mta.InContainer(t, root(t), "units/days.sh", 10*time.Minute, program(t), "../../deploy")
		})
	}
}

// TestInstanceUnit: the agent's template for instances is its unit but for what names the
// instance.
func TestInstanceUnit(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("../../deploy", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	plain, instance := read("hisseki-agent.service"), read("hisseki-agent@.service")
	for from, to := range map[string]string{
		" agent of the Postfix instance %i":              " agent: releases and discards held mail",
		" --postfix-config /etc/postfix-%i --queue-only": "",
		"/var/spool/postfix-%i":                          "/var/spool/postfix",
	} {
		instance = strings.ReplaceAll(instance, from, to)
	}
	if _, rest, _ := strings.Cut(instance, "# Else as hisseki-agent.service.\n"); rest != plain {
		t.Errorf("the template says\n%s", instance)
	}
}

// TestUnitsBoundMemory: no unit may take the machine's memory, leave mail in a core file, or stay down.
func TestUnitsBoundMemory(t *testing.T) {
	units, err := filepath.Glob("../../deploy/*.service")
	if err != nil || len(units) == 0 {
		t.Fatal(units, err)
	}
	for _, name := range units {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{"\nMemoryMax=", "\nLimitCORE=0\n", "\nRestart=", "\nStartLimitIntervalSec=0\n"} {
			if !strings.Contains(string(text), line) {
				t.Errorf("%s has no line %q", filepath.Base(name), strings.TrimSpace(line))
			}
		}
	}
}

// TestClusterUnits: systemd understands the units with the drop-ins for several hosts, and serve the
// configuration that comes with them.
func TestClusterUnits(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	for _, unit := range []string{"hisseki", "hisseki-agent", "hisseki-web"} {
		for from, to := range map[string]string{
			unit + ".service":           unit + ".service",
			"cluster/" + unit + ".conf": unit + ".service.d/cluster.conf",
		} {
			text, err := os.ReadFile(filepath.Join("../../deploy", from))
			if err != nil {
				t.Fatal(err)
			}
			to = filepath.Join(dir, to)
			if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
				t.Fatal(err)
			}
			// It looks for the program too.
			if err := os.WriteFile(to, bytes.ReplaceAll(text, []byte("/usr/bin/hisseki"), []byte("/bin/true")),
				0o644); err != nil {
				t.Fatal(err)
			}
		}
		cmd := exec.Command("systemd-analyze", "verify", "--man=no", filepath.Join(dir, unit+".service"))
		cmd.Env = append(os.Environ(), "SYSTEMD_UNIT_PATH="+dir+":") // and where systemd has its own
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: %v: %s", unit, err, out)
		}
	}
	out, err := exec.Command(program(t), "serve", "--config", "../../deploy/cluster/hisseki.toml",
		"--check-config").CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
}
