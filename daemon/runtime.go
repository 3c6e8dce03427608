package daemon

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Garbage may be gcPercent of what is in use and of heapReserve together: hundred, Go's
// default, is 30 MiB more of a large site for a hundredth of the CPU, and of a small site,
// which has 5 MiB in use, any share is collected every dozen mails. The reserve is memory that
// nobody touches, so it takes no room. $GOGC overrides both.
const (
	gcPercent   = 40
	heapReserve = 32 << 20
)

// collectSeldom sets the collection of garbage up, until the function it returns is called.
func collectSeldom() (end func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(gcPercent)
	reserve := make([]byte, heapReserve)
	return func() {
		runtime.KeepAlive(reserve)
		debug.SetGCPercent(before)
	}
}

// threadsEach is how many threads may run Go for each processor. With one each, what a commit needs
// next waits behind mails that are read for long until Go's scheduler interrupts one of them, after
// 10 ms; with spare threads the kernel gives whoever has just woken up the processor at once.
// $GOMAXPROCS overrides it.
const threadsEach = 2

// processors are those that there are, as Go counts them before it is told otherwise.
var processors = runtime.GOMAXPROCS(0)

// spareThreads sets threadsEach up, until the function it returns is called.
func spareThreads() (end func()) {
	if os.Getenv("GOMAXPROCS") != "" {
		return func() {}
	}
	before := runtime.GOMAXPROCS(threadsEach * processors)
	return func() { runtime.GOMAXPROCS(before) }
}
