package daemon

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"hisseki/analyzer"
	"hisseki/milter"
)

// niceOf is the priority of the calling thread: 20 - nice, as the system call returns it.
func niceOf(t *testing.T) int {
	t.Helper()
	n, err := syscall.Getpriority(syscall.PRIO_PROCESS, syscall.Gettid())
	if err != nil {
		t.Fatal(err)
	}
	return 20 - n
}

// Long mail is read at a low priority, by a thread that nobody else gets.
func TestLongMailIsReadAside(t *testing.T) {
	before := niceOf(t)
	if reader(context.Background(), &analyzer.Mail{}) != nil {
		t.Error("a short mail is read aside")
	}
	long := &analyzer.Mail{}
	long.Source.Body = make([]byte, milter.LongBody)
	read := reader(context.Background(), long)
	if read == nil {
		t.Fatal("a long mail is not read aside")
	}
	nice, thread := 0, 0
	read(func() { nice, thread = niceOf(t), syscall.Gettid() })
	if nice != readPriority {
		t.Errorf("read at nice %d, want %d", nice, readPriority)
	}
	if now := niceOf(t); now != before {
		t.Errorf("nice is %d afterwards, want %d", now, before)
	}
	if thread == os.Getpid() {
		return // Go keeps a program's first thread, and runs nothing on it any more
	}
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(fmt.Sprintf("/proc/self/task/%d", thread)); err != nil {
			return // it ended with the work
		}
		if time.Now().After(deadline) {
			t.Fatal("the thread is still there")
		}
	}
}

// A panic of the reading is whose mail it is, and ends neither the daemon nor other mails.
func TestPanicsOfReadingComeBack(t *testing.T) {
	defer func() {
		if p := recover(); p == nil || !strings.Contains(fmt.Sprint(p), "a broken mail") {
			t.Errorf("recovered %v", p)
		}
	}()
	aside(func() { panic("a broken mail") })
	t.Error("aside returned")
}
