package mta_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hisseki/internal/mta"
)

// TestWarden has a test process die with its daemons running: nothing stays behind.
func TestWarden(t *testing.T) {
	mta.Require(t)
	if os.Getenv("MTA_DIES") == "1" {
		in := mta.Start(t, mta.Options{})
		os.Stdout.WriteString("\nat " + in.Dir + " " + in.Submission + "\n")
		os.Exit(7) // as a panic or a timeout would: no cleanup runs
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestWarden$")
	cmd.Env = append(os.Environ(), "MTA_DIES=1")
	out, err := cmd.Output()
	var dir, addr string
	for line := range strings.Lines(string(out)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "at" {
			dir, addr = f[1], f[2]
		}
	}
	if err == nil || dir == "" {
		t.Fatalf("the child did not die as told: %v\n%s", err, out)
	}
	gone := func() bool {
		if _, err := os.Stat(dir); err == nil {
			return false
		}
		conn, err := net.Dial("tcp4", addr)
		if err != nil {
			return true
		}
		conn.Close()
		return false
	}
	for deadline := time.Now().Add(time.Minute); !gone(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s or its Postfix is still there", dir)
		}
	}
	// The warden removes the folder, and ends itself after that.
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		left := ""
		for _, path := range cmdlines(t) {
			if line, err := os.ReadFile(path); err == nil && strings.Contains(string(line), dir) {
				left = fmt.Sprintf("%s still runs: %q", path, line)
			}
		}
		if left == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(left)
		}
	}
}

func cmdlines(t *testing.T) []string {
	t.Helper()
	list, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(list) == 0 {
		t.Fatalf("no processes: %v", err)
	}
	return list
}
