package daemon

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"testing"
)

// A small site's garbage is collected now and then, not after every few mails, and the
// reserve that brings this about takes no memory.
func TestGarbageIsCollectedSeldom(t *testing.T) {
	if os.Getenv("GOGC") != "" {
		t.Skip("GOGC is set")
	}
	const mails, perMail = 1000, 100 << 10
	work := func() (collections uint32) {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range mails {
			garbage = make([]byte, perMail)
		}
		garbage = nil
		runtime.ReadMemStats(&after)
		return after.NumGC - before.NumGC
	}
	room := anonymous(t)
	end := collectSeldom()
	grown := anonymous(t) - room
	seldom := work()
	end()
	runtime.GC() // the reserve is gone
	often := work()
	t.Logf("%d mails: %d collections, %d without a reserve; it took %d KiB", mails, seldom, often, grown)
	if seldom > mails/80 || seldom == 0 {
		t.Errorf("%d collections for %d mails", seldom, mails)
	}
	if !raceEnabled && grown > heapReserve>>10/4 { // the race detector notes each page
		t.Errorf("the reserve takes %d KiB", grown)
	}
}

var garbage []byte

// anonymous returns the memory that this process takes beside files, in KiB.
func anonymous(t *testing.T) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		if rest, ok := bytes.CutPrefix(line, []byte("RssAnon:")); ok {
			n, err := strconv.Atoi(string(bytes.Fields(rest)[0]))
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatal("no RssAnon")
	return 0
}
