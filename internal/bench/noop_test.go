package bench

import (
	"net/textproto"
	"os"
	"path/filepath"
	"syscall"

	gomilter "github.com/emersion/go-milter"
)

// noop is go-milter's milter that does nothing; at the end it goes on, as hisseki does.
// A silent one gives no answer to packets of header and body, and a recording one answers
// the end only when something is durable, as whoever must lose no record has to.
type noop struct {
	gomilter.NoOpMilter
	silent bool
	record *recorder // nil records nothing
}

func (n noop) quiet() (gomilter.Response, error) {
	if n.silent {
		return nil, nil
	}
	return gomilter.RespContinue, nil
}

func (n noop) Header(string, string, *gomilter.Modifier) (gomilter.Response, error) {
	return n.quiet()
}

func (n noop) Headers(textproto.MIMEHeader, *gomilter.Modifier) (gomilter.Response, error) {
	return n.quiet()
}

func (n noop) BodyChunk([]byte, *gomilter.Modifier) (gomilter.Response, error) {
	return n.quiet()
}

func (n noop) Body(*gomilter.Modifier) (gomilter.Response, error) {
	if n.record != nil {
		done := make(chan error)
		n.record.jobs <- done
		if err := <-done; err != nil {
			return nil, err
		}
	}
	return gomilter.RespContinue, nil
}

// A commit of one to two mails writes about ten pages of 4 KiB to SQLite's log, which lies
// in its place already.
const (
	commitSize = 40 << 10
	logSize    = 64 << 20
)

// recorder writes and syncs as much as a commit, once for all who wait.
type recorder struct {
	jobs chan chan error
	log  *os.File
}

func newRecorder(dir string) (*recorder, error) {
	f, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(make([]byte, logSize)); err != nil {
		return nil, err
	}
	return &recorder{make(chan chan error, 100), f}, f.Sync()
}

func (r *recorder) run() {
	commit := make([]byte, commitSize)
	for at := int64(0); ; at = (at + commitSize) % (logSize - commitSize) {
		waiting := []chan error{<-r.jobs}
		for len(r.jobs) > 0 {
			waiting = append(waiting, <-r.jobs)
		}
		_, err := r.log.WriteAt(commit, at)
		if err == nil {
			err = syscall.Fdatasync(int(r.log.Fd()))
		}
		for _, done := range waiting {
			done <- err
		}
	}
}
