package main

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"hisseki/internal/company"
	"hisseki/internal/demo"
)

func TestMain(m *testing.M) {
	testscript.Main(cleaning{m}, map[string]func(){"hisseki": main})
}

// cleaning runs the tests and removes the program that they built.
type cleaning struct{ *testing.M }

// Run implements testscript.TestingM.
func (c cleaning) Run() int {
	defer func() { os.RemoveAll(built) }() // known only when the tests have run
	return c.M.Run()
}

// scripts is where they are.
const scripts = "../../testdata/script"

// TestScript runs every script: the real main, one subcommand and its refusals each.
func TestScript(t *testing.T) {
	t.Parallel()
	runScripts(t, testscript.Params{Dir: scripts})
}

func runScripts(t *testing.T, p testscript.Params) {
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("HOME", env.WorkDir)
		env.Setenv("HISSEKI_CONFIG", "")
		env.Setenv("GORACE", raceExit)
		env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, "state"))
		env.Setenv("STATE_DIRECTORY", filepath.Join(env.WorkDir, "state"))
		return nil
	}
	p.Cmds = map[string]func(*testscript.TestScript, bool, []string){
		"company":  writeCompany,
		"incident": playIncident,
		"answers":  waitForSocket,
		"kept-in":  findInFiles,
	}
	p.RequireExplicitExec, p.RequireUniqueNames = true, true
	testscript.Run(t, p)
}

// scriptEnd is when the company's past ends in scripts: fixed, so that output is.
var scriptEnd = time.Date(2026, 11, 17, 10, 12, 0, 0, company.Tokyo)

// writeCompany is "company DIR": three weeks of mail as a timeline.
func writeCompany(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: company DIR")
	}
	_, err := company.WriteTimeline(ts.MkAbs(args[0]), company.New(demo.Seed).Weeks(3, scriptEnd))
	ts.Check(err)
}

// playIncident is "incident SOCKET N": the first N mails of the thief, through the milter.
func playIncident(ts *testscript.TestScript, neg bool, args []string) {
	n := 0
	if len(args) == 2 {
		_, err := fmt.Sscan(args[1], &n)
		ts.Check(err)
	}
	if neg || n < 1 || n > demo.Mails {
		ts.Fatalf("usage: incident SOCKET N")
	}
	firm := company.New(demo.Seed)
	firm.Weeks(3, scriptEnd)
	theft, _ := firm.Incident(scriptEnd, demo.Span, demo.Mails)
	mta := demo.NewMTA("unix", ts.MkAbs(args[0]))
	kept := 0
	for i := range theft[:n] {
		ok, err := mta.Send(&theft[i], fmt.Sprintf("4SCRIPT%04dz", i+1))
		ts.Check(err)
		if ok {
			kept++
		}
	}
	ts.Logf("%d of %d kept", kept, n)
	ts.Check(os.WriteFile(ts.MkAbs("kept"), fmt.Appendf(nil, "%d\n", kept), 0o600))
}

// waitForSocket is "answers SOCKET": wait until somebody accepts there.
func waitForSocket(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: answers SOCKET")
	}
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("unix", ts.MkAbs(args[0]))
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("nobody answers: %v", err)
		}
	}
}

// findInFiles is "[!] kept-in FOLDER PATTERN": some file below holds the pattern, byte for
// byte, the store's free pages and its log as well.
func findInFiles(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: [!] kept-in FOLDER PATTERN")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	found, read := "", 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		read++
		text, err := os.ReadFile(path)
		if pattern.Match(text) {
			found = path
		}
		return err
	}))
	switch {
	case read == 0:
		ts.Fatalf("no files in %s", args[0])
	case neg && found != "":
		ts.Fatalf("%s holds %s", found, args[1])
	case !neg && found == "":
		ts.Fatalf("no file of %s holds %s", args[0], args[1])
	}
}
