package bench

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// A commit of one to two mails writes about ten pages of 4 KiB to the log, which lies in
// its place already.
const (
	commitSize = 40 << 10
	syncs      = 600 // a round
)

// BenchmarkSync is what the disk allows: how long a commit's write and sync take without
// hisseki, on an idle machine and with every core busy, as they are when a milter answers
// as fast as it can. No answer after a durable record can be quicker.
func BenchmarkSync(b *testing.B) {
	var all [2]tally
	for range rounds {
		all[0].sync(b)
		stop := busy(b)
		all[1].sync(b)
		stop()
	}
	for i, name := range []string{"idle", "busy"} {
		for _, q := range []float64{50, 99, 99.5} {
			b.ReportMetric(all[i].quantile(q/100), fmt.Sprintf("%s-p%v-ms", name, q))
		}
	}
	b.ReportMetric(0, "ns/op")
}

// sync adds a round of writes, each synced as SQLite syncs its log.
func (t *tally) sync(b *testing.B) {
	b.Helper()
	f, err := os.Create(filepath.Join(b.TempDir(), "log"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(make([]byte, syncs*commitSize)); err != nil {
		b.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		b.Fatal(err)
	}
	page := make([]byte, commitSize)
	for i := range syncs {
		begun := time.Now()
		_, err := f.WriteAt(page, int64(i)*commitSize)
		if err == nil {
			err = syscall.Fdatasync(int(f.Fd()))
		}
		if err != nil {
			b.Fatal(err)
		}
		t.ends = append(t.ends, time.Since(begun))
	}
}

// busy keeps every core busy until its end is called.
func busy(b *testing.B) (end func()) {
	b.Helper()
	var all []*process
	for range runtime.NumCPU() {
		p := &process{name: "busy", cmd: exec.Command("sh", "-c", "while :; do :; done")}
		p.start(b)
		all = append(all, p)
	}
	return func() {
		for _, p := range all {
			p.stop(b)
		}
	}
}
