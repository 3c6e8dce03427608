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
	"time"

	"hisseki/analyzer"
	"hisseki/ledger"
)

// crashFile and burstFile name, in the environment, the store that a copy of this test
// program fills until it is killed: from many goroutines, or with one sender's burst.
const (
	crashFile = "HISSEKI_TEST_CRASH_FILE"
	burstFile = "HISSEKI_TEST_BURST_FILE"
)

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

// Whatever was promised to be durable is there after SIGKILL, whole: a hold with its record and
// recipients.
func TestNothingPromisedIsLostBySIGKILL(t *testing.T) {
	onlySQLite(t, "a copy of the file is opened")
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

// burst begins one sender's records, up to fifty ahead of the disk, and prints the number
// of each when it is durable. Every tenth is held, the others are delayed.
func burst(path string) {
	db, err := Open(context.Background(), path, Options{})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	begun := make(chan analyzer.Pending, 50)
	go func() {
		for i := 0; ; i++ {
			r := delay(noon.Add(time.Hour))
			if i%10 == 9 {
				r = record("b@example.jp", analyzer.Hold)
			}
			r.Subject = strconv.Itoa(i)
			begun <- db.Begin(context.Background(), r)
		}
	}()
	for i := 0; ; i++ {
		if _, err := (<-begun)(); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println(i)
	}
}

// After SIGKILL amid a burst whose records were begun ahead, the store has the first of them,
// without a gap, and at least all that were promised; and every delay before a hold is part
// of its incident.
func TestBurstIsCutOffBySIGKILL(t *testing.T) {
	onlySQLite(t, "a copy of the file is opened")
	for round := range 3 {
		path := filepath.Join(t.TempDir(), "h.db")
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), burstFile+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		promised := 0
		for lines := bufio.NewScanner(out); lines.Scan(); promised++ {
			if lines.Text() != strconv.Itoa(promised) {
				t.Fatalf("the writer says %q, not %d", lines.Text(), promised)
			}
			if promised == 300+17*round {
				cmd.Process.Kill() // and read what it printed until then
			}
		}
		cmd.Wait() //nolint:errcheck // it was killed
		checkBurst(t, open(t, path), promised)
	}
}

func checkBurst(t *testing.T, db *DB, promised int) {
	t.Helper()
	list := holds(t, db, ledger.HoldFilter{})
	if promised < 300 || len(list) < promised {
		t.Errorf("%d records promised, %d kept", promised, len(list))
	}
	for i, h := range list {
		want := ledger.Held
		if i >= len(list)/10*10 { // nothing was held after it
			want = ledger.Delayed
		}
		if h.Record.ID != int64(i+1) || h.Record.Subject != strconv.Itoa(i) || h.State != want ||
			(h.Incident != 0) != (want == ledger.Held) {
			t.Fatalf("of %d records, number %d is %s %q, %s, of incident %d", len(list), i, h.Name(),
				h.Record.Subject, h.State, h.Incident)
		}
	}
}
