package command

import (
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Mail goes first: who looks at a page waits a few milliseconds longer without noticing, and a mail
// that waits so holds up a connection of Postfix's. The unit says the same (deploy/hisseki-web.service), and
// there the kernel refuses to be asked again; without systemd the process lowers itself.
const (
	// pageNice is the processors' share when all want them: 3 % of what a thread of mail gets. 19, or
	// SCHED_IDLE, would be less than a page needs that is looked for in a flood; and a process that
	// never runs while it holds the store's lock would hold up mail.
	pageNice = 15
	// pageIO is the last of the best effort. The class idle would wait for others with that lock, too.
	pageIO = 2<<13 | 7 // IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, 7), ioprio_set(2)
	// pageGC has the heap, which is 4 MiB otherwise, grow before it is cleared up: a page makes 1 MiB
	// of garbage. pageHeap is below the unit's MemoryMax, which two passwords under comparison share.
	pageGC   = 400
	pageHeap = 192 << 20
)

// lower gives mail the processors and the disk first. What may not be done (seccomp) is done by the unit.
func lower() {
	// SCHED_BATCH does not push others off a processor when it wakes up (sched(7)). Each thread has its
	// own policy; a new one has that of the thread that makes it, so threads are gone through until
	// there is none that was not seen.
	seen := map[int]bool{}
	for more := true; more; {
		more = false
		list, _ := os.ReadDir("/proc/self/task")
		for _, e := range list {
			id, err := strconv.Atoi(e.Name())
			if err != nil || seen[id] {
				continue
			}
			seen[id], more = true, true
			attr := unix.SchedAttr{Policy: unix.SCHED_BATCH, Nice: pageNice}
			attr.Size = uint32(unsafe.Sizeof(attr))
			if unix.SchedSetAttr(id, &attr, 0) != nil {
				_ = unix.Setpriority(unix.PRIO_PROCESS, id, pageNice)
			}
			const whoProcess = 1 // IOPRIO_WHO_PROCESS, which is a thread
			_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, whoProcess, uintptr(id), pageIO)
		}
	}
	// Half of the processors are never the page's, whatever it does.
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(max(1, runtime.NumCPU()/2))
	}
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(pageGC)
		debug.SetMemoryLimit(pageHeap)
	}
}
