package daemon

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"

	"hisseki/analyzer"
	"hisseki/milter"
)

// A mail of milter.LongBody bytes and more, or of an account whose mail took long lately, is read at
// readPriority (nice(1)): whoever else needs the processor has it at once, instead of waiting until
// a page of nothing but links is read. What it costs does not show in its size alone: a small file
// may unpack to a large one, and then the account's next mail is read so. The unit has a CPUWeight, so that
// the priority counts within it only: on a machine with ten busy processes of others a thread of this priority
// would have a hundredth of a processor, and the mail its failure action.
const readPriority = 15

// reader returns how a mail is read: nil for at once.
func reader(ctx context.Context, m *analyzer.Mail) func(reading func()) {
	if len(m.Source.Body) < milter.LongBody && !milter.Slow(ctx) {
		return nil
	}
	return aside
}

// aside does work at readPriority and returns when it is done. Only reading is work for it, which
// holds no lock that others wait for. Without the right to raise it nobody gets a thread's priority
// back, so the thread ends with the work (of the program's first one nothing runs on it any more); a
// new thread is 50 µs.
func aside(work func()) {
	done := make(chan error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- fmt.Errorf("%v\n%s", p, debug.Stack())
			}
			close(done)
		}()
		runtime.LockOSThread()
		// On Linux 0 is the calling thread. Where it may not be done (seccomp), it is not.
		if syscall.Setpriority(syscall.PRIO_PROCESS, 0, readPriority) != nil {
			runtime.UnlockOSThread()
		}
		work()
	}()
	if err := <-done; err != nil {
		panic(err)
	}
}
