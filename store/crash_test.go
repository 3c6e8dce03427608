package store

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// crashFile names, in the environment, the store that a copy of this test program fills
// until it is killed.
const crashFile = "HISSEKI_TEST_CRASH_FILE"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		fill(path)
	}
	os.Exit(m.Run())
}

// fill records from many goroutines and prints each id once its record is durable.
func fill(path string) {
	db, err := Open(context.Background(), path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				kept, err := db.Begin(context.Background(), record("b@example.jp", analyzer.Hold))()
				mu.Lock()
				if err != nil {
					fmt.Println(err)
					os.Exit(1)
				}
				fmt.Println(kept.ID) // unbuffered: what was printed was promised
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// Whatever Record has returned is there after SIGKILL, whole: a hold with its record and
// recipients.
func TestNothingPromisedIsLostBySIGKILL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "h.db")
	promised := map[int64]bool{}
	for round := 1; round <= 3; round++ {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), crashFile+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; lines.Scan(); n++ {
			id, err := strconv.ParseInt(lines.Text(), 10, 64)
			if err != nil {
				t.Errorf("the writer says %q", lines.Text())
				break
			}
			promised[id] = true
			if n == 100*round {
				cmd.Process.Kill() // and read what it printed until then
			}
		}
		cmd.Process.Kill()
		cmd.Wait() //nolint:errcheck // it was killed
	}
	if len(promised) < 600 {
		t.Fatalf("only %d records were promised: the test shows nothing", len(promised))
	}
	db := open(t, path)
	for _, h := range holds(t, db, ledger.HoldFilter{}) {
		if len(h.Recipients) != 2 || h.Incident == 0 {
			t.Fatalf("hold %s is not whole: %+v", h.Name(), h)
		}
		delete(promised, h.Record.ID)
	}
	if len(promised) > 0 {
		t.Errorf("%d promised records are lost", len(promised))
	}
}
